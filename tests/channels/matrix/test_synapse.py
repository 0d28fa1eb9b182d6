"""Against a real homeserver: plain and encrypted rooms, restarts, rate limits."""

import asyncio
import contextlib
import json
import signal
from collections.abc import AsyncIterator

import nio
import pytest

from channels.matrix.connector import run
from channels.matrix.homeserver import API_ROOT
from tests.channels.matrix.conftest import until
from tests.channels.matrix.stand_in import KEY, an_account
from tests.conversations.house import hub_settings, open_hub
from tests.synapse import Synapse, limited_synapse, synapse  # noqa: F401 - fixtures

PASSWORD = "ein Passwort"
pytestmark = pytest.mark.timeout(300)  # a homeserver takes its time on a busy machine
MEGOLM = {
    "type": "m.room.encryption",
    "state_key": "",
    "content": {"algorithm": "m.megolm.v1.aes-sha2"},
}


class Person:
    """Somebody with a client of their own."""

    def __init__(self, client: nio.AsyncClient) -> None:
        self.client = client
        self.read: dict[str, list[dict]] = {}
        self._syncing: asyncio.Task | None = None

    async def arrive(self) -> None:
        await self.client.login(PASSWORD)
        self.client.add_event_callback(self._note, nio.RoomMessage)
        self._syncing = asyncio.create_task(self.client.sync_forever(2_000, full_state=True))

    async def _note(self, room, event) -> None:
        if event.sender != self.client.user_id:
            self.read.setdefault(room.room_id, []).append(event.source["content"])

    async def leave(self) -> None:
        self._syncing.cancel()
        await asyncio.gather(self._syncing, return_exceptions=True)
        await self.client.close()

    async def open(self, other: str, *, encrypted: bool) -> str:
        made = await self.client.room_create(
            is_direct=True, invite=[other], initial_state=[MEGOLM] if encrypted else []
        )
        return made.room_id

    async def say(self, room: str, text: str) -> str:
        content = {"msgtype": "m.text", "body": text}
        sent = await self.client.room_send(
            room, "m.room.message", content, ignore_unverified_devices=True
        )
        return sent.event_id

    def heard(self, room: str, kind: str = "m.text") -> list[str]:
        return [each["body"] for each in self.read.get(room, []) if each["msgtype"] == kind]


@contextlib.asynccontextmanager
async def a_person(server: Synapse, folder) -> AsyncIterator[Person]:
    user = await asyncio.to_thread(server.register, "anna", PASSWORD)
    folder.mkdir()
    config = nio.AsyncClientConfig(encryption_enabled=True)
    person = Person(nio.AsyncClient(server.url, user, store_path=str(folder), config=config))
    await person.arrive()
    try:
        yield person
    finally:
        await person.leave()


class Town:
    """The hub and an account of the assistant that can be there or not."""

    def __init__(self, hub, server: Synapse, user: str, folder) -> None:
        self.hub = hub
        self.user = user
        self._server = server
        self._folder = folder

    @contextlib.asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        stop = asyncio.Event()
        account = an_account(self._server.port, user=self.user, password=PASSWORD)
        task = asyncio.create_task(run([account], self._folder, KEY, self.hub.client, stop))
        try:
            yield
        finally:
            stop.set()
            await task


@contextlib.asynccontextmanager
async def a_town(server: Synapse, folder) -> AsyncIterator[Town]:
    user = await asyncio.to_thread(server.register, "assistent", PASSWORD)
    async with open_hub(hub_settings(folder)) as hub:
        yield Town(hub, server, user, folder / "matrix")


@pytest.fixture
async def town(synapse, tmp_path):  # noqa: F811 - the fixture
    async with a_town(synapse, tmp_path) as town:
        yield town


@pytest.fixture
async def anna(synapse, tmp_path):  # noqa: F811 - the fixture
    async with a_person(synapse, tmp_path / "anna") as anna:
        yield anna


def questions(texts: list[str]) -> list[str]:
    return [text.partition("\n")[0].removeprefix("Antwort auf ") for text in texts]


async def a_chat(town: Town, anna: Person, *, encrypted: bool) -> str:
    room = await anna.open(town.user, encrypted=encrypted)
    await until(lambda: anna.heard(room, "m.notice"), 40)
    return room


@pytest.mark.parametrize("encrypted", [False, True])
async def test_questions_are_answered_once_and_in_order_over_restarts(
    town, anna, encrypted, monkeypatch
):
    monkeypatch.setattr("channels.matrix.homeserver.TIMELINE_LIMIT", 10)
    asked = ["vorher"]
    async with town.connected():
        room = await a_chat(town, anna, encrypted=encrypted)
        await anna.say(room, "vorher")
        await until(lambda: anna.heard(room), 40)
    for number in range(25):  # while nobody is there; the timeline will be limited
        asked.append(f"Frage {number}")
        await anna.say(room, asked[-1])
    async with town.connected():
        await until(lambda: len(anna.heard(room)) >= len(asked), 150)
        await anna.say(room, "nachher")
        await until(lambda: len(anna.heard(room)) > len(asked), 40)
    assert questions(anna.heard(room)) == [*asked, "nachher"]


async def test_in_an_encrypted_room_the_server_sees_no_word_of_an_answer(town, anna):
    async with town.connected():
        room = await a_chat(town, anna, encrypted=True)
        await anna.say(room, "Frage")
        await until(lambda: anna.heard(room), 40)
    path = f"{API_ROOT}/rooms/{room}/messages?dir=b&limit=50"
    answer = await anna.client.send("GET", path, None, _bearer(anna))
    kept = (await answer.json())["chunk"]  # as the server has it
    ours = [event for event in kept if event["sender"] == town.user and "state_key" not in event]
    assert len(ours) == 2
    assert {event["type"] for event in ours} == {"m.room.encrypted"}


def _bearer(person: Person) -> dict[str, str]:
    return {"Authorization": f"Bearer {person.client.access_token}"}


async def test_our_device_is_signed_by_its_owner_and_stays_so(town, anna):
    async def seen() -> tuple[dict, dict]:
        answer = await anna.client.send(
            "POST",
            f"{API_ROOT}/keys/query",
            json.dumps({"device_keys": {town.user: []}}),
            _bearer(anna),
        )
        known = await answer.json()
        return known["master_keys"].get(town.user, {}), known["device_keys"].get(town.user, {})

    identities = []
    for _ in range(2):
        async with town.connected():
            async with asyncio.timeout(40):
                while not _signed(*(await seen()), town.user):
                    await asyncio.sleep(0.1)
        identities.append(await seen())
    assert identities[0] == identities[1]
    assert len(identities[0][1]) == 1


def _signed(master: dict, devices: dict, user: str) -> bool:
    return bool(master) and all(
        len(device["signatures"].get(user, {})) == 2 for device in devices.values()
    )


async def test_nothing_is_lost_or_doubled_when_the_server_is_killed(town, anna, synapse):  # noqa: F811 - the fixture
    asked: list[str] = []
    async with town.connected():
        room = await a_chat(town, anna, encrypted=False)
        for restart in range(2):
            for number in range(4):
                asked.append(f"Frage {restart}.{number}")
                await anna.say(room, asked[-1])
            await asyncio.to_thread(synapse.stop, signal.SIGKILL)
            await asyncio.to_thread(synapse.start)
        await until(lambda: len(anna.heard(room)) >= len(asked), 200)
        await asyncio.sleep(1.0)
    assert questions(anna.heard(room)) == asked


async def test_out_of_the_box_rate_limits_only_slow_us_down(limited_synapse, tmp_path):  # noqa: F811 - the fixture
    async with (
        a_town(limited_synapse, tmp_path / "town") as town,
        a_person(limited_synapse, tmp_path / "anna") as anna,
        town.connected(),
    ):
        room = await a_chat(town, anna, encrypted=False)
        for _ in range(12):  # the bot may say ten things at once, then one in five seconds
            await town.hub.say("Frage", f"soest {room}", channel="matrix")
        await until(lambda: len(anna.heard(room)) >= 12, 200)
        await asyncio.sleep(1.0)
    assert len(anna.heard(room)) == 12
