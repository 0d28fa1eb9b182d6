"""A turn is saved as a whole or not at all, on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    BotUttered,
    SessionStarted,
    SlotSet,
    UserUttered,
)

from bot import schema, tracker_store
from bot.failures import StorageFailed
from bot.tracker_store import (
    DatabaseUnreachable,
    SqlTrackerStore,
    StoredTracker,
    VersionConflict,
    connect,
)
from cli.bench.postgres import PostgresCluster
from tests.postgres import postgres_server  # noqa: F401 -- a fixture

from .conftest import CONVERSATION, conversation_id

DOMAIN_YAML = """
version: "3.1"
intents: [frage]
slots:
  stadt: {type: text, influence_conversation: false, mappings: [{type: custom}]}
  anliegen: {type: any, influence_conversation: false, mappings: [{type: custom}]}
forms:
  meldung: {required_slots: [stadt]}
responses:
  utter_antwort: [{text: Antwort}]
"""
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of Rasa's YAML reader
    DOMAIN = Domain.from_yaml(DOMAIN_YAML)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'engine.sqlite'}"
    return new_database(request.getfixturevalue("postgres_server"))


def new_database(server: PostgresCluster) -> str:
    name = f"tracker_{uuid4().hex}"
    server.create(name)
    return server.url(name, driver="postgresql+psycopg2")


@pytest.fixture
def two(url: str) -> Iterator[tuple[SqlTrackerStore, SqlTrackerStore]]:
    """Two engines on one database."""
    stores = connect(url, 5, DOMAIN), connect(url, 5, DOMAIN)
    yield stores
    for store in stores:
        store.close()


@pytest.fixture
def one(two: tuple[SqlTrackerStore, SqlTrackerStore]) -> SqlTrackerStore:
    return two[0]


def talk(tracker: StoredTracker, text: str, *more: object) -> None:
    """Play a turn; the first one starts the session, as Rasa does."""
    if not tracker.events:
        start = ActionExecuted("action_session_start"), SessionStarted()
        tracker.update_with_events([*start, ActionExecuted("action_listen")], DOMAIN)
    turn = [UserUttered(text, {"name": "frage"}), *more, ActionExecuted("utter_antwort")]
    turn += [BotUttered("Antwort"), ActionExecuted("action_listen")]
    tracker.update_with_events(turn, DOMAIN)


async def say(store: SqlTrackerStore, text: str, *more: object) -> None:
    opened = await store.open_turn(CONVERSATION, text)
    assert opened.recorded_answer is None
    talk(opened.tracker, text, *more)
    await store.commit_turn(opened.tracker, text, {"answers": [text]})


def user_texts(tracker: object) -> list[str]:
    return [e.text for e in tracker.events if isinstance(e, UserUttered)]  # type: ignore[attr-defined]


async def test_a_turn_is_found_by_the_next_engine(
    two: tuple[SqlTrackerStore, SqlTrackerStore],
) -> None:
    await say(two[0], "eins", SlotSet("stadt", "soest"), SlotSet("anliegen", {"intent": "ä"}))
    opened = await two[1].open_turn(CONVERSATION, "zwei")
    assert opened.tracker.current_slot_values()["stadt"] == "soest"
    assert opened.tracker.current_slot_values()["anliegen"] == {"intent": "ä"}
    assert user_texts(opened.tracker) == ["eins"]
    again = await two[1].open_turn(CONVERSATION, "eins")
    assert again.recorded_answer == {"answers": ["eins"]}


async def test_the_second_writer_gets_a_conflict_and_nothing_is_lost(
    two: tuple[SqlTrackerStore, SqlTrackerStore],
) -> None:
    await say(two[0], "start")
    a = (await two[0].open_turn(CONVERSATION, "A")).tracker
    b = (await two[1].open_turn(CONVERSATION, "B")).tracker
    talk(a, "A")
    talk(b, "B1")
    talk(b, "B2")
    await two[0].commit_turn(a, "A", {"answers": ["A"]})
    with pytest.raises(VersionConflict):
        await two[1].commit_turn(b, "B", {"answers": ["B"]})
    assert (await two[1].open_turn(CONVERSATION, "B")).recorded_answer is None
    await say(two[1], "B")
    full = await two[0].retrieve_full_tracker(CONVERSATION)
    assert user_texts(full) == ["start", "A", "B"]


async def test_two_first_turns_conflict(two: tuple[SqlTrackerStore, SqlTrackerStore]) -> None:
    a = (await two[0].open_turn(CONVERSATION, "A")).tracker
    b = (await two[1].open_turn(CONVERSATION, "B")).tracker
    talk(a, "A")
    talk(b, "B")
    await two[0].commit_turn(a, "A", {})
    with pytest.raises(VersionConflict):
        await two[1].commit_turn(b, "B", {})


async def test_many_writers_lose_nothing(two: tuple[SqlTrackerStore, SqlTrackerStore]) -> None:
    async def insist(store: SqlTrackerStore, text: str) -> None:
        while True:
            try:
                return await say(store, text)
            except VersionConflict:  # noqa: PERF203
                await asyncio.sleep(0)

    texts = [f"t{number}" for number in range(24)]
    await asyncio.gather(*(insist(two[n % 2], text) for n, text in enumerate(texts)))
    full = await two[0].retrieve_full_tracker(CONVERSATION)
    assert sorted(user_texts(full)) == sorted(texts)


async def test_the_window_stays_small_and_the_record_complete(one: SqlTrackerStore) -> None:
    await say(one, "t0", SlotSet("stadt", "olpe"))
    for number in range(1, 60):
        more = [SlotSet("anliegen", number)] if number == 30 else []
        await say(one, f"t{number}", *more)
    for forget in (False, True):
        if forget:
            one._recent.clear()
        window = (await one.open_turn(CONVERSATION, "x")).tracker
        assert len(user_texts(window)) <= tracker_store.WINDOW_TURNS
        assert user_texts(window)[-1] == "t59"
        assert window.current_slot_values()["stadt"] == "olpe"
        assert window.current_slot_values()["anliegen"] == 30
        assert window.latest_action_name == "action_listen"
    full = await one.retrieve_full_tracker(CONVERSATION)
    assert user_texts(full) == [f"t{number}" for number in range(60)]
    assert full.current_slot_values() == window.current_slot_values()


async def test_memory_and_database_give_the_same_window(
    two: tuple[SqlTrackerStore, SqlTrackerStore],
) -> None:
    for number in range(25):
        await say(two[0], f"t{number}", SlotSet("anliegen", number))
        memory = (await two[0].open_turn(CONVERSATION, "x")).tracker
        two[0]._remember(memory)
        database = (await two[1].open_turn(CONVERSATION, "x")).tracker
        assert user_texts(memory) == user_texts(database)
        assert memory.current_slot_values() == database.current_slot_values()
        assert (memory.version, memory.recorded) == (database.version, database.recorded)
        assert [e.type_name for e in memory.events] == [e.type_name for e in database.events]


async def test_an_active_form_survives_the_cut(one: SqlTrackerStore) -> None:
    await say(one, "start", ActiveLoop("meldung"))
    for number in range(tracker_store.WINDOW_TURNS_IN_LOOP + 5):
        await say(one, f"t{number}")
    one._recent.clear()
    window = (await one.open_turn(CONVERSATION, "x")).tracker
    assert window.active_loop_name == "meldung"
    assert len(user_texts(window)) <= tracker_store.WINDOW_TURNS_IN_LOOP


async def test_a_new_session_starts_a_new_window(one: SqlTrackerStore) -> None:
    await say(one, "alt", SlotSet("stadt", "olpe"))
    tracker = (await one.open_turn(CONVERSATION, "neu")).tracker
    start = [ActionExecuted("action_session_start"), SessionStarted(), SlotSet("stadt", "olpe")]
    tracker.update_with_events([*start, ActionExecuted("action_listen")], DOMAIN)
    talk(tracker, "neu")
    await one.commit_turn(tracker, "neu", {})
    for forget in (False, True):
        if forget:
            one._recent.clear()
        window = (await one.open_turn(CONVERSATION, "x")).tracker
        assert user_texts(window) == ["neu"]
        assert window.current_slot_values()["stadt"] == "olpe"
        one._remember(window)
    assert user_texts(await one.retrieve_full_tracker(CONVERSATION)) == ["alt", "neu"]


async def test_a_failed_turn_leaves_no_trace_in_memory(one: SqlTrackerStore) -> None:
    await say(one, "eins")
    tracker = (await one.open_turn(CONVERSATION, "zwei")).tracker
    talk(tracker, "zwei", SlotSet("stadt", "soest"))  # ... and is never committed
    again = (await one.open_turn(CONVERSATION, "zwei")).tracker
    assert user_texts(again) == ["eins"]
    assert again.current_slot_values()["stadt"] is None


async def test_answer_events_and_version_are_one_transaction(one: SqlTrackerStore) -> None:
    await say(one, "eins")
    tracker = (await one.open_turn(CONVERSATION, "zwei")).tracker
    talk(tracker, "zwei")
    with pytest.raises(TypeError):  # the answer cannot be written
        await one.commit_turn(tracker, "zwei", {"answers": object()})
    assert user_texts(await one.retrieve_full_tracker(CONVERSATION)) == ["eins"]
    await say(one, "zwei")
    assert user_texts(await one.retrieve_full_tracker(CONVERSATION)) == ["eins", "zwei"]


async def test_delete_and_purge(two: tuple[SqlTrackerStore, SqlTrackerStore]) -> None:
    one = two[0]
    await say(one, "eins")
    other = conversation_id(7)
    tracker = (await one.open_turn(other, "m")).tracker
    talk(tracker, "geheim")
    await one.commit_turn(tracker, "m", {"answers": ["geheim"]})
    await one.delete(CONVERSATION)
    assert await one.keys() == [other]
    assert await one.purge(time.time() - 60) == 0
    assert await one.purge(time.time() + 1) == 1
    for table in (schema.CONVERSATIONS, schema.RECORD, schema.TURNS):
        assert await one._run(one._fetch, sa.select(table)) == []
    assert await two[1].retrieve(other) is None


async def test_rasas_own_interface_works(one: SqlTrackerStore) -> None:
    tracker = await one.get_or_create_tracker(CONVERSATION)
    assert await one.retrieve(CONVERSATION) is None  # nothing is saved before a turn
    talk(tracker, "eins")
    await one.save(tracker)
    assert user_texts(await one.retrieve(CONVERSATION)) == ["eins"]
    with pytest.raises(TypeError):
        await one.save(tracker.copy())


def test_migrating_twice_changes_nothing_and_newer_tables_are_refused(url: str) -> None:
    store = connect(url, 5, DOMAIN)
    with store._engine.begin() as connection:
        before = connection.execute(sa.select(schema.SCHEMA.c.version)).scalars().all()
    schema.migrate(store._engine)
    with store._engine.begin() as connection:
        assert connection.execute(sa.select(schema.SCHEMA.c.version)).scalars().all() == before
        connection.execute(schema.SCHEMA.insert().values(version=999))
    with pytest.raises(schema.SchemaTooNew):
        connect(url, 5, DOMAIN)
    store.close()


@pytest.mark.parametrize(
    "url",
    ["sqlite:////nowhere/at/all/engine.sqlite", "postgresql://127.0.0.1:9/engine"],
)
def test_an_unreachable_database_ends_the_start(url: str) -> None:
    with pytest.raises(DatabaseUnreachable, match=r"gave no answer within 0\.1 s"):
        connect(url, 0.1)


@pytest.mark.postgres
async def test_a_restart_of_postgresql_is_a_503_then_normal(
    postgres_server: PostgresCluster,  # noqa: F811
) -> None:
    store = connect(new_database(postgres_server), 5, DOMAIN)
    await say(store, "eins")
    postgres_server.stop()
    with pytest.raises(StorageFailed):
        await store.open_turn(CONVERSATION, "zwei")
    postgres_server.start()
    await say(store, "zwei")
    assert user_texts(await store.retrieve_full_tracker(CONVERSATION)) == ["eins", "zwei"]
    store.close()
