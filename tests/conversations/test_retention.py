"""Nothing is kept longer than it may be."""

import datetime as dt

import pytest

from conversations.database import Database
from conversations.retention import Retention
from tests.conversations.house import open_hub

START = dt.datetime(2026, 11, 22, 9, 0, tzinfo=dt.UTC)


@pytest.fixture
def times():
    return [START]


@pytest.fixture
async def hub(settings, times):
    async with open_hub(settings, clock=lambda: times[0]) as hub:
        yield hub


async def purge(hub, times):
    database = Database(hub.settings.hub_database_url)
    await Retention(database, lambda: times[0], transcript_days=30, raw_text_hours=24).purge()
    await database.close()


async def test_a_citizens_words_are_gone_after_a_day(hub, times):
    [answer] = await hub.ask("Mein Geheimnis")
    times[0] = START + dt.timedelta(hours=23)
    await purge(hub, times)
    assert await hub.rows("SELECT text FROM inbox") == [("Mein Geheimnis",)]
    times[0] = START + dt.timedelta(hours=25)
    await purge(hub, times)
    assert await hub.rows("SELECT text FROM inbox") == [(None,)]
    transcript = await hub.client.transcript(answer.conversation)
    assert transcript.entries[0].text == "(Text nach 24 Stunden gelöscht)"


async def test_words_stay_while_a_human_works_on_them(hub, times):
    await hub.ask("Mein Anliegen")
    await hub.change("UPDATE conversations SET status = 'agent'")
    times[0] = START + dt.timedelta(days=3)
    await purge(hub, times)
    assert await hub.rows("SELECT text FROM inbox") == [("Mein Anliegen",)]


async def test_a_conversation_is_gone_after_a_month_at_the_engine_too(hub, times):
    [old] = await hub.ask("Alt")
    times[0] = START + dt.timedelta(days=20)
    [young] = await hub.ask("Neu", address="bert")
    times[0] = START + dt.timedelta(days=31)
    await purge(hub, times)
    assert await hub.rows("SELECT id FROM conversations") == [(young.conversation,)]
    assert await hub.rows("SELECT conversation FROM inbox") == [(young.conversation,)]
    for _ in range(200):
        if hub.stub.erased:
            break
        await hub.client.deliveries(young.conversation, 1, 0.05)
    assert hub.stub.erased == [old.conversation]


async def test_old_messages_of_a_living_conversation_go_and_the_rest_stays(hub, times):
    await hub.ask("Alt")
    times[0] = START + dt.timedelta(days=29)
    [young] = await hub.ask("Neu")
    times[0] = START + dt.timedelta(days=31)
    await purge(hub, times)
    fetched = await hub.client.deliveries(young.conversation, 0)
    assert [each.text for each in fetched.deliveries] == ["Antwort auf Neu"]
    assert await hub.rows("SELECT count(*) FROM inbox") == [(1,)]
    [answer] = await hub.ask("Noch da?")
    assert answer.number == 3
