"""``stadtdraht bench --faults``: parts are killed, the database crashes, citizens go on writing.

Fifty conversations write at five messages a second through the real parts. At
random moments a random part is killed and started again (tests F1 and F3); in a run of
its own PostgreSQL is stopped as by a power cut and started again (test F5). Afterwards
the ledger of the hub is read: every accepted message has exactly one inbox row and at
least one answer, in the order of arrival, and the engine processed none twice.
"""

from __future__ import annotations

import asyncio
import json
import random
import shutil
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ulid import ULID

from cli.bench.cluster import Cluster, running
from cli.bench.postgres import PostgresCluster, postgres_programs
from cli.environments import home, say
from cli.house import house_settings
from cli.model import model_path
from contracts.hub import HubClient, HubError, HubUnavailable
from contracts.messages import UserMessage
from conversations.ledger import read_ledger

CONVERSATIONS = 50
MESSAGES_PER_SECOND = 5.0
PAUSE_SECONDS = (1.0, 4.0)
DRAIN_LIMIT_SECONDS = 180.0
SENTENCES = (
    "Wann hat das Bürgerbüro in Soest auf?",
    "Was kostet ein Personalausweis?",
    "perso weg was nun",
    "wer ist in Olpe für KFZ zuständig",
    "Hallo",
    "Wann tagt der Rat in Arnsberg?",
    "wie wird das Wetter",
)


@dataclass
class Load:
    """What the citizens sent and what the hub accepted, in order per conversation."""

    sent: int = 0
    accepted: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    conversations: dict[str, str] = field(default_factory=dict)
    """Conversation id by address."""


Disturbance = Callable[[HubClient, Load], Awaitable[None]]
"""What goes wrong while citizens write; returns when it is over."""


def main(*, kills: int, restarts: int, postgres: bool) -> int:
    """Run the fault tests at full size on SQLite and PostgreSQL; 0 when nothing was lost."""
    results = {"sqlite": asyncio.run(sqlite_run(kills))}
    if postgres and postgres_programs() is None:
        say("PostgreSQL ist nicht installiert; nur SQLite geprüft.")
    elif postgres:
        results["postgresql"] = asyncio.run(postgres_run(kills))
        results["postgresql_crashes"] = asyncio.run(crash_run(restarts))
    print(json.dumps(results, indent=2))
    return int(any(result["lost"] or result["doubled"] or result["reordered"]
                   for result in results.values()))  # fmt: skip


def present_model() -> Path:
    """Return the model of the present content, trained when it is missing."""
    return model_path(house_settings().content)


async def sqlite_run(kills: int) -> dict[str, Any]:
    """Run the fault test on SQLite in a fresh folder."""
    with _fresh_folder("faults-sqlite") as folder:
        return await kill_run(Cluster(folder, present_model()), kills)


async def postgres_run(kills: int) -> dict[str, Any]:
    """Run the fault test on a PostgreSQL cluster of its own."""
    with _fresh_folder("faults-postgresql") as folder, PostgresCluster("hub", "engine") as server:
        return await kill_run(_on_postgres(folder, server), kills)


async def kill_run(cluster: Cluster, kills: int, seed: int = 1) -> dict[str, Any]:
    """Kill parts at random while citizens write, then read the ledger.

    Returns the figures of `disturbed_run` and the kills by part.
    """
    chance = random.Random(seed)  # noqa: S311 - moments of kills, not secrets

    async def kill(_hub: HubClient, load: Load) -> None:
        for number in range(1, kills + 1):
            await asyncio.sleep(chance.uniform(*PAUSE_SECONDS))
            await asyncio.to_thread(cluster.kill, await _victim(cluster, chance))
            if number % 20 == 0:
                say(f"{number} von {kills} Abbrüchen, {load.sent} Nachrichten")

    figures = await disturbed_run(cluster, kill)
    return figures | {"kills": dict(cluster.kills)}


async def crash_run(restarts: int, seed: int = 1) -> dict[str, Any]:
    """Stop PostgreSQL as a power cut would while citizens write, then read the ledger.

    Returns the figures of `disturbed_run`, the number of restarts and the longest time in
    seconds from the server's start until a new message was accepted and answered.
    """
    chance = random.Random(seed)  # noqa: S311 - moments of crashes, not secrets
    recoveries: list[float] = []
    with _fresh_folder("faults-crashes") as folder, PostgresCluster("hub", "engine") as server:

        async def crash(hub: HubClient, load: Load) -> None:
            for number in range(1, restarts + 1):
                await asyncio.sleep(chance.uniform(*PAUSE_SECONDS))
                await asyncio.to_thread(server.stop)
                await asyncio.to_thread(server.start)
                recoveries.append(await _recovery(hub, load))
                say(f"{number} von {restarts} Abstürzen, {load.sent} Nachrichten")

        figures = await disturbed_run(_on_postgres(folder, server), crash)
    return figures | {
        "restarts": restarts,
        "longest_recovery_seconds": round(max(recoveries, default=0.0), 1),
    }


def _on_postgres(folder: Path, server: PostgresCluster) -> Cluster:
    return Cluster(
        folder,
        present_model(),
        database_url=server.url("hub", driver="postgresql+asyncpg"),
        engine_database_url=server.url("engine", driver="postgresql+psycopg2"),
    )


async def disturbed_run(cluster: Cluster, disturb: Disturbance, seed: int = 2) -> dict[str, Any]:
    """Let citizens write while ``disturb`` goes on, then read the ledger.

    Returns the figures: sent, accepted, lost, doubled, reordered, dead letters, who
    answered, and the seconds that draining took.
    """
    chance = random.Random(seed)  # noqa: S311 - who writes what, not secrets
    load = Load()
    async with running(cluster):
        stop = asyncio.Event()
        hub = HubClient(cluster.hub_url, cluster.tokens["hub_token"])
        writers = asyncio.create_task(_write(hub, load, stop, chance))
        await disturb(hub, load)
        stop.set()
        await writers
        await cluster.wait_until_ready()
        started = time.monotonic()
        await _drain(hub, load)
        drained = time.monotonic() - started
        await hub.close()
        ledger = await read_ledger(cluster.ledger_url, load.accepted)
    return {
        "sent": load.sent,
        "accepted": ledger.accepted,
        "answered": ledger.answered,
        "lost": len(ledger.lost) + len(ledger.open),
        "doubled": len(ledger.doubled),
        "reordered": len(ledger.reordered),
        "dead": ledger.dead,
        "answered_by": ledger.statuses,
        "drained_seconds": round(drained, 1),
    }


async def _recovery(hub: HubClient, load: Load) -> float:
    """Let one more citizen write; return the seconds until the answer."""
    started = time.monotonic()
    address = f"newcomer-{ULID()}"
    await _send(hub, load, address, SENTENCES[0])
    load.sent += 1
    while True:
        try:
            if not (await hub.state(load.conversations[address])).busy:
                return time.monotonic() - started
        except HubError:
            pass
        await asyncio.sleep(0.1)


async def _victim(cluster: Cluster, chance: random.Random) -> str:
    """Choose a part that serves; killing one that is still starting tests nothing."""
    while True:
        name = chance.choice(cluster.victims)
        if await cluster.serves(name):
            return name
        await asyncio.sleep(0.5)


async def _write(hub: HubClient, load: Load, stop: asyncio.Event, chance: random.Random) -> None:
    """Let the citizens write at the set rate until ``stop``; all are accepted in the end."""
    addresses = [f"citizen-{number}-{ULID()}" for number in range(CONVERSATIONS)]
    queues = {address: asyncio.Queue[str | None]() for address in addresses}
    async with asyncio.TaskGroup() as citizens:
        for address, queue in queues.items():
            citizens.create_task(_citizen(hub, load, address, queue))
        while not stop.is_set():
            queues[chance.choice(addresses)].put_nowait(chance.choice(SENTENCES))
            load.sent += 1
            await asyncio.sleep(1 / MESSAGES_PER_SECOND)
        for queue in queues.values():
            queue.put_nowait(None)


async def _citizen(
    hub: HubClient, load: Load, address: str, queue: asyncio.Queue[str | None]
) -> None:
    """Send one person's messages in order."""
    while (text := await queue.get()) is not None:
        await _send(hub, load, address, text)


async def _send(hub: HubClient, load: Load, address: str, text: str) -> None:
    """Send a message until the hub has accepted it."""
    message = UserMessage(channel="cli", address=address, message_id=str(ULID()), text=text)
    while True:
        try:
            receipt = await hub.submit(message)
            break
        except HubUnavailable:
            await asyncio.sleep(0.2)
    load.accepted[receipt.conversation].append(message.message_id)
    load.conversations[address] = receipt.conversation


async def _drain(hub: HubClient, load: Load) -> None:
    """Wait until no conversation has an unanswered message."""
    waiting = set(load.conversations.values())
    deadline = time.monotonic() + DRAIN_LIMIT_SECONDS
    while waiting and time.monotonic() < deadline:
        for conversation in sorted(waiting):
            try:
                if not (await hub.state(conversation)).busy:
                    waiting.discard(conversation)
            except HubError:
                break
        await asyncio.sleep(0.3)


@contextmanager
def _fresh_folder(name: str) -> Iterator[Path]:
    folder = home() / "bench" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    yield folder
