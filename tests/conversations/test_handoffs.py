"""Who is in charge: the state machine and what the citizen hears of it."""

import datetime as dt

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from contracts.messages import Sender, Status
from conversations import handoffs
from conversations.database import Database
from conversations.handoffs import ALLOWED, Transition, TransitionRefused
from tests.conversations.house import hub_settings, open_hub
from tests.conversations.stub_engine import StubEngine, echo


def wants_human(body):
    turn = echo(body) | {"handoff": {"reason": "citizen"}}
    turn["answers"] = [{"text": "Gern, ich gebe Ihr Anliegen weiter."}]
    return turn


def only_handoff(body):
    return echo(body) | {"handoff": {"reason": "misunderstood"}, "answers": []}


async def wait_for_human(hub):
    hub.stub.script = wants_human
    answers = await hub.ask("Ich will einen Menschen")
    hub.stub.script = echo
    return answers


async def test_a_handoff_makes_the_conversation_wait_and_says_so_honestly(hub):
    bot, system = await wait_for_human(hub)
    assert (bot.sender, system.sender) == (Sender.BOT, Sender.SYSTEM)
    assert "noch niemand" in system.text
    assert "zurück zum Bot" in system.text
    assert [button.title for button in system.buttons] == ["Zurück zum Bot"]
    assert (await hub.client.state(bot.conversation)).status is Status.WAITING
    events = await hub.rows("SELECT who, why, before, after FROM handoffs")
    assert events == [("bot", "citizen", "bot", "waiting")]


async def test_a_handoff_without_words_of_the_bot_names_the_phone(hub):
    hub.stub.script = only_handoff
    [system] = await hub.ask("Ich will einen Menschen")
    assert "115" in system.text
    assert system.as_of is not None


async def test_the_bot_is_silent_while_somebody_waits(hub):
    await wait_for_human(hub)
    [noted] = await hub.ask("Wann habt ihr auf?")
    assert "liegt jetzt bei Ihrer Anfrage" in noted.text
    assert await hub.ask("Hallo?") == []
    assert await hub.ask("Noch jemand da?") == []
    assert hub.stub.texts == ["Ich will einen Menschen"]


@pytest.mark.parametrize("words", ["abbrechen", "Zurück zum Bot!", "zurueck zum bot", "ABBRECHEN"])
async def test_the_way_back_to_the_bot(hub, words):
    await wait_for_human(hub)
    [greeting] = await hub.ask(words)
    assert greeting.text == "Ich bin wieder für Sie da. Was möchten Sie wissen?"
    [answer] = await hub.ask("Wann habt ihr auf?")
    assert answer.text == "Antwort auf Wann habt ihr auf?"
    assert await hub.rows("SELECT who, after FROM handoffs ORDER BY id") == [
        ("bot", "waiting"),
        ("citizen", "bot"),
    ]


async def test_the_button_leads_back_too(hub):
    _, system = await wait_for_human(hub)
    await hub.ask(None, button=system.buttons[0].id)
    assert (await hub.client.state(system.conversation)).status is Status.BOT
    [again] = await hub.ask(None, button=system.buttons[0].id)
    assert "wieder für Sie da" in again.text


async def test_a_sentence_that_only_contains_the_command_is_a_message(hub):
    await wait_for_human(hub)
    [noted] = await hub.ask("Kann ich meinen Antrag abbrechen?")
    assert "liegt jetzt" in noted.text


async def test_the_hub_says_nothing_while_an_agent_talks(hub):
    [answer] = await hub.ask("Hallo")
    await hub.change("UPDATE conversations SET status = 'agent'")
    for text in ("abbrechen", "Wann habt ihr auf?", "", "ä" * 3000):
        assert await hub.ask(text) == []
    assert len(hub.stub.calls) == 1
    transcript = await hub.client.transcript(answer.conversation)
    assert [entry.sender for entry in transcript.entries].count("user") == 5


async def test_somebody_who_waited_in_vain_gets_the_bot_back(tmp_path):
    times = [dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)]
    async with open_hub(hub_settings(tmp_path), StubEngine(), clock=lambda: times[0]) as hub:
        await wait_for_human(hub)
        times[0] += dt.timedelta(hours=2)
        sorry, answer = await hub.ask("Wann habt ihr auf?")
        assert "noch niemand gemeldet" in sorry.text
        assert answer.text == "Antwort auf Wann habt ihr auf?"
        assert (await hub.client.state(answer.conversation)).status is Status.BOT


async def test_a_closed_conversation_begins_again_with_the_next_message(hub):
    [answer] = await hub.ask("Hallo")
    await hub.change("UPDATE conversations SET status = 'closed'")
    [again] = await hub.ask("Ich noch mal")
    assert again.text == "Antwort auf Ich noch mal"
    assert again.conversation == answer.conversation


async def test_an_erased_wish_leaves_nothing(hub):
    bot, _ = await wait_for_human(hub)
    await hub.client.erase(bot.conversation)
    assert await hub.rows("SELECT * FROM handoffs") == []


STEPS = st.lists(st.sampled_from(list(Status)), max_size=12)


@hypothesis_settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS)
async def test_whatever_is_wished_only_the_allowed_changes_happen(hub, steps):
    """Each change leaves exactly one event, a refused one leaves nothing."""
    receipt = await hub.say("Hallo", address=f"person {next(hub.numbers)}")
    await hub.settled(receipt.conversation)
    database = Database(hub.settings.hub_database_url)
    now = dt.datetime.now(dt.UTC)
    status, changes = Status.BOT, []
    for wish in steps:
        wished = Transition(wish, "tester", "random")
        try:
            await database.write(handoffs.move, receipt.conversation, wished, now)
        except TransitionRefused:
            assert wish not in ALLOWED[status]
        else:
            changes.append((status.value, wish.value))
            status = wish
    events = await database.read(handoffs.events, receipt.conversation)
    await database.close()
    assert [(event["before"], event["after"]) for event in events] == changes
    assert (await hub.client.state(receipt.conversation)).status is status
