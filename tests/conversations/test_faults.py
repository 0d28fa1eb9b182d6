"""kill -9 of real processes while citizens write (F1, F3, F5), at a size that fits CI.

The full size with the real engine is ``stadtdraht bench --faults``.
"""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from cli.ports import free_port
from contracts.hub import HubClient, HubError, HubUnavailable
from contracts.messages import UserMessage
from conversations.ledger import read_ledger
from tests.conversations.house import HUB_TOKEN
from tests.postgres import emptied

ROOT = Path(__file__).resolve().parents[2]
CITIZENS = 8
PAUSE_SECONDS = (0.2, 0.9)


class Parts:
    """Engine, hub and dispatchers as processes."""

    def __init__(self, folder: Path, database_url: str, dispatchers: int) -> None:
        self.folder = folder
        self.ports = {"hub": free_port(), "engine": free_port()}
        self.database_url = database_url
        self.names = ["engine", "hub", *(f"dispatcher-{n}" for n in range(dispatchers))]
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        engine_url = f"http://127.0.0.1:{self.ports['engine']}"
        self.settings = {
            "home": str(folder),
            "database_url": database_url,
            "engine_url": engine_url,
            "actions_url": f"{engine_url}/actions",
            "lease_seconds": 2.0,
            "answer_limit_seconds": 20.0,
        }

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ports['hub']}"

    def start(self, name: str) -> None:
        role = name.partition("-")[0]
        if role == "engine":
            command = ["stub_engine", str(self.ports["engine"]), str(self.folder)]
        else:
            command = ["part_process", role, str(self.ports["hub"])]
        module, *arguments = command
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", f"tests.conversations.{module}", *arguments],
                cwd=ROOT,
                env=os.environ | {"STADTDRAHT_TEST_SETTINGS": json.dumps(self.settings)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def kill(self, name: str) -> None:
        process = self.processes[name]
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.start(name)

    def stop(self) -> list[int]:
        for process in self.processes.values():
            process.terminate()
        return [process.wait(20) for process in self.processes.values()]


class Load:
    """Citizens who write one message after the other until told to stop."""

    def __init__(self, hub: HubClient) -> None:
        self.hub = hub
        self.accepted: dict[str, list[str]] = defaultdict(list)
        self.stopping = asyncio.Event()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as citizens:
            for number in range(CITIZENS):
                citizens.create_task(self.citizen(number))

    async def citizen(self, number: int) -> None:
        count = 0
        while not self.stopping.is_set():
            message = UserMessage(
                channel="webchat",
                address=f"person {number}",
                message_id=f"{number}-{count}",
                text=f"Frage {count}",
            )
            receipt = await self.insist(message)
            self.accepted[receipt.conversation].append(message.message_id)
            count += 1
            await asyncio.sleep(0.5)

    async def insist(self, message: UserMessage):
        while True:
            try:
                return await self.hub.submit(message)
            except HubUnavailable:
                await asyncio.sleep(0.2)

    async def drained(self) -> None:
        for conversation in self.accepted:
            while True:
                try:
                    if not (await self.hub.state(conversation)).busy:
                        break
                except HubError:
                    pass
                await asyncio.sleep(0.1)


async def under_load(parts: Parts, disturb) -> dict[str, list[str]]:
    """Let citizens write while ``disturb`` runs; return what was accepted in which order."""
    for name in parts.names:
        parts.start(name)
    client = HubClient(parts.url, HUB_TOKEN)
    load = Load(client)
    writing = asyncio.create_task(load.run())
    try:
        while not load.accepted:
            await asyncio.sleep(0.1)
        await disturb()
        load.stopping.set()
        await writing
        async with asyncio.timeout(60):
            await load.drained()
    finally:
        writing.cancel()
        await client.close()
        codes = parts.stop()
    assert set(codes) <= {0, -signal.SIGTERM}, "a part did not stop when asked to"
    return load.accepted


def random_kills(parts: Parts, kills: int, seed: int):
    chance = random.Random(seed)  # noqa: S311 - moments of kills

    async def disturb() -> None:
        for _ in range(kills):
            await asyncio.sleep(chance.uniform(*PAUSE_SECONDS))
            await asyncio.to_thread(parts.kill, chance.choice(parts.names))

    return disturb


def engine_turns(folder: Path) -> Counter[str]:
    """Count how often the engine processed each message."""
    counts: Counter[str] = Counter()
    for line in (folder / "turns.jsonl").read_text().splitlines():
        with_key = line.startswith("[") and line.endswith("]")
        counts.update([json.loads(line)[1]] if with_key else [])
    return counts


async def assert_nothing_is_wrong(parts: Parts, accepted: dict[str, list[str]]) -> None:
    ledger = await read_ledger(parts.database_url, accepted)
    assert ledger.is_clean, ledger
    assert ledger.accepted == sum(map(len, accepted.values())) > 0
    assert ledger.dead == 0
    assert set(engine_turns(parts.folder).values()) == {1}


@pytest.mark.timeout(300)
async def test_kills_on_sqlite(tmp_path):
    parts = Parts(tmp_path, f"sqlite:///{tmp_path / 'hub.sqlite'}", dispatchers=0)
    accepted = await under_load(parts, random_kills(parts, kills=12, seed=1))
    await assert_nothing_is_wrong(parts, accepted)


@pytest.mark.postgres
@pytest.mark.timeout(300)
async def test_kills_with_two_dispatchers_on_postgresql(tmp_path, postgres_server):
    await emptied(postgres_server, "hub")
    url = postgres_server.url("hub", driver="postgresql+asyncpg")
    parts = Parts(tmp_path, url, dispatchers=2)
    accepted = await under_load(parts, random_kills(parts, kills=16, seed=2))
    await assert_nothing_is_wrong(parts, accepted)


@pytest.mark.postgres
@pytest.mark.timeout(300)
async def test_restarts_of_postgresql(tmp_path, postgres_server):
    """F5: an immediate stop is what a crash of the server looks like."""
    await emptied(postgres_server, "hub")
    url = postgres_server.url("hub", driver="postgresql+asyncpg")
    parts = Parts(tmp_path, url, dispatchers=2)

    async def restart() -> None:
        for _ in range(3):
            await asyncio.sleep(1.0)
            await asyncio.to_thread(postgres_server.stop)
            await asyncio.to_thread(postgres_server.start)

    accepted = await under_load(parts, restart)
    await assert_nothing_is_wrong(parts, accepted)
