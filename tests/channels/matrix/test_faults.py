"""Kills at random points: nothing lost, nothing doubled, order kept (tests.md F2, F3, F7)."""

import asyncio
import contextlib
import os
import random
import sys
from collections.abc import AsyncIterator

from channels.matrix.store import Store
from cli.ports import LOOPBACK, bound_listener
from cli.serving import serving, together
from tests.channels.matrix.conftest import House, open_house, until
from tests.channels.matrix.stand_in import KEY, SERVER
from tests.conversations.house import HUB_TOKEN

KILLS = int(os.environ.get("STADTDRAHT_MATRIX_KILLS", "4"))
ROOMS = 4


class Process:
    """A connector that is killed and started again."""

    def __init__(self, house: House, hub_url: str) -> None:
        self._command = [
            sys.executable, "-m", "tests.channels.matrix.connector_process",
            str(house.port), str(house.folder), hub_url, HUB_TOKEN,
        ]  # fmt: skip
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )

    async def kill(self) -> None:
        self._process.kill()
        await self._process.wait()


@contextlib.asynccontextmanager
async def a_process(house: House) -> AsyncIterator[Process]:
    with bound_listener(LOOPBACK, 0) as listener:
        hub = together({"/hub": house.hub.app})
        hub.router.lifespan_context = _nothing  # the hub runs already
        async with serving(hub, listener):
            process = Process(house, f"http://{LOOPBACK}:{listener.getsockname()[1]}/hub")
            await process.start()
            try:
                yield process
            finally:
                await process.kill()


@contextlib.asynccontextmanager
async def _nothing(_app) -> AsyncIterator[None]:
    yield


async def test_a_connector_that_is_killed_loses_and_doubles_nothing(tmp_path, monkeypatch):
    # what a killed connector had in hand is handed out again sooner than after a minute
    monkeypatch.setattr("conversations.outbox.HANDED_OUT_MILLISECONDS", 4_000)
    chance = random.Random(20261123)  # noqa: S311 - no secret
    async with open_house(tmp_path) as house, a_process(house) as process:
        server = house.server
        await until(lambda: len(server.called("/sync")) >= 2, 60)
        people = {
            server.room(f"@mensch{number}:{SERVER}"): f"@mensch{number}:{SERVER}"
            for number in range(ROOMS)
        }
        await until(lambda: all(server.heard(room) for room in people), 60)
        asked: dict[str, list[str]] = {room: [] for room in people}
        for kill in range(KILLS):
            server.faults["/send/"] = chance.choices(["lost", None], k=3)
            server.timeline_limit = chance.choice([2, 5, 50])
            for number in range(chance.randint(3, 10)):
                room = chance.choice(list(people))
                asked[room].append(f"Frage {kill}.{number}")
                server.say(room, people[room], asked[room][-1])
            syncs = len(server.called("/sync"))
            await until(lambda seen=syncs: len(server.called("/sync")) > seen, 60)
            await asyncio.sleep(chance.uniform(0, 0.6))
            await process.kill()
            await process.start()
        wanted = sum(map(len, asked.values()))
        await until(lambda: sum(len(server.answers(room)) for room in people) >= wanted, 90)
        await asyncio.sleep(0.5)
        got = {
            room: [
                each.partition("\n")[0].removeprefix("Antwort auf ")
                for each in server.answers(room)
            ]
            for room in people
        }
        [[stored]] = await house.hub.rows("SELECT count(*) FROM inbox")
    assert got == asked
    assert stored == wanted
    assert server.logins == 1


async def test_the_same_events_again_have_no_second_effect(tmp_path):
    """A store that lost its newest writes: the place is an old one, the events come again."""
    async with open_house(tmp_path) as house:
        async with house.connected():
            await house.started()
            room = house.server.room(f"@anna:{SERVER}")
            await until(lambda: house.server.heard(room))
            for number in range(5):
                house.server.say(room, f"@anna:{SERVER}", f"Frage {number}")
            await until(lambda: len(house.server.answers(room)) == 5)
        _forget_the_place(house, "s3")
        async with house.connected():
            house.server.say(room, f"@anna:{SERVER}", "neu")
            await until(lambda: len(house.server.answers(room)) == 6)
            await asyncio.sleep(0.5)
        assert len(house.server.answers(room)) == 6
        assert await house.hub.rows("SELECT count(*) FROM inbox") == [(6,)]


def _forget_the_place(house: House, since: str) -> None:
    store = Store(house.folder / "soest" / "connector.sqlite", KEY)
    store.advance(since)
    store._connection.execute("DELETE FROM events")
    store.close()
