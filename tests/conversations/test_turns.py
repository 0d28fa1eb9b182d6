"""What becomes of a message when the engine is well, ill, slow or gone."""

import asyncio

import pytest

from contracts.messages import Sender, Status
from conversations.ledger import read_ledger
from tests.conversations.house import hub_settings, open_hub
from tests.conversations.stub_engine import StubEngine, echo

HUMAN = "Mit einem Menschen sprechen"


async def state_of(hub):
    return await hub.rows("SELECT state, attempts, error FROM inbox ORDER BY id DESC LIMIT 1")


async def clean(hub):
    ledger = await read_ledger(hub.settings.hub_database_url)
    assert ledger.is_clean, ledger
    return ledger


@pytest.mark.parametrize("fault", [500, 503, 409, "garbage", "empty", "gone"])
async def test_a_passing_fault_is_survived_with_the_same_message_id(hub, fault):
    hub.stub.faults = [fault, fault]
    [answer] = await hub.ask("Frage")
    assert answer.text == "Antwort auf Frage"
    assert len({call["message_id"] for call in hub.stub.calls}) == 1
    await clean(hub)


@pytest.mark.parametrize("fault", [500, "garbage", "empty"])
async def test_a_message_that_always_fails_ends_in_an_apology_and_frees_its_conversation(
    hub, fault
):
    hub.stub.faults = [fault] * 5
    [apology] = await hub.ask("Giftige Nachricht")
    assert "Entschuldigung" in apology.text
    assert apology.sender is Sender.SYSTEM
    assert [button.title for button in apology.buttons] == [HUMAN]
    assert (await state_of(hub))[0][:2] == ("dead", 5)
    assert len(hub.stub.calls) == 5


async def test_a_message_that_the_engine_refuses_is_not_repeated(hub):
    hub.stub.faults = [400]
    [apology] = await hub.ask("Frage")
    assert "Entschuldigung" in apology.text
    assert len(hub.stub.calls) == 1
    [answer] = await hub.ask("Nächste Frage")
    assert answer.text == "Antwort auf Nächste Frage"


async def test_a_message_that_kills_its_dispatcher_again_and_again_is_given_up(settings):
    async with open_hub(settings, dispatch=False) as hub:
        receipt = await hub.say("Gift")
        await hub.change("UPDATE inbox SET attempts = 5")
    async with open_hub(settings) as hub:
        await hub.settled(receipt.conversation)
        [apology] = await hub.answers_to(receipt)
        assert "Entschuldigung" in apology.text
        assert hub.stub.calls == []


async def test_an_engine_that_hangs_is_not_waited_for_longer_than_the_limit(hub):
    hub.stub.faults = ["hang"]
    [answer] = await hub.ask("Frage")
    assert len(hub.stub.calls) == 1
    assert answer.text == "Bürgerbüro soest: heute 8 bis 16 Uhr"
    assert [button.title for button in answer.buttons] == [HUMAN]
    assert (await clean(hub)).answered == 1


async def test_an_engine_that_comes_back_within_seconds_gives_the_real_answer(hub):
    hub.stub.down = True
    receipt = await hub.say("Frage")
    await asyncio.sleep(0.6)
    assert (await hub.client.state(receipt.conversation)).busy
    hub.stub.down = False
    await hub.settled(receipt.conversation)
    [answer] = await hub.answers_to(receipt)
    assert answer.text == "Antwort auf Frage"
    assert (await state_of(hub))[0][1] == 1, "an absent engine is no attempt at the message"


async def test_with_the_engine_down_the_town_is_named_and_a_human_offered(hub):
    hub.stub.down = True
    [answer] = await hub.ask("Frage")
    assert answer.text == "Bürgerbüro soest: heute 8 bis 16 Uhr"
    assert answer.sender is Sender.SYSTEM
    assert (await state_of(hub))[0][0] == "done"

    refused = hub.stub.refused
    assert refused > 1, "it was tried for a while"
    await hub.ask("Noch eine", address="bert")
    assert hub.stub.refused == refused, "a known outage is not waited for again"


async def test_after_an_outage_nothing_is_answered_a_second_time(hub):
    hub.stub.down = True
    receipt = await hub.say("Frage")
    await hub.settled(receipt.conversation)
    hub.stub.down = False
    for _ in range(40):
        [*_, last] = await hub.ask("Und jetzt?")
        if last.text == "Antwort auf Und jetzt?":
            break
        await asyncio.sleep(0.1)
    else:
        pytest.fail("the engine is back, but nobody asks it")
    assert len(await hub.answers_to(receipt)) == 1
    await clean(hub)


async def test_with_engine_and_actions_down_the_hub_has_a_dated_text_of_its_own(hub):
    hub.stub.down = hub.stub.fallback_down = True
    [answer] = await hub.ask("Frage")
    assert "115" in answer.text
    assert answer.as_of is not None
    assert answer.links[0].url == "https://www.soest.de"
    assert [button.title for button in answer.buttons] == [HUMAN]


async def test_the_human_button_works_with_the_engine_down(hub):
    hub.stub.down = True
    [answer] = await hub.ask("Frage")
    [noted] = await hub.ask(None, button=answer.buttons[0].id)
    assert "notiert" in noted.text
    state = await hub.client.state(noted.conversation)
    assert state.status is Status.WAITING


async def test_the_wish_for_a_human_is_understood_with_the_engine_down(hub):
    hub.stub.down = True
    await hub.ask("Frage", address="bert")
    [noted] = await hub.ask("ICH WILL EINEN MENSCHEN")
    assert "notiert" in noted.text


async def test_a_wrong_secret_is_an_outage_and_not_a_lost_message(tmp_path):
    async with open_hub(hub_settings(tmp_path, engine_token="wrong")) as hub:
        [answer] = await hub.ask("Frage")
        assert answer.text.startswith("Bürgerbüro")


async def test_messages_of_one_person_are_answered_one_by_one_in_order(hub):
    """F11: two messages at once."""
    hub.stub.delay = 0.01
    receipts = [await hub.say(f"Frage {n}") for n in range(30)]
    await hub.settled(receipts[0].conversation)
    assert hub.stub.texts == [f"Frage {n}" for n in range(30)]
    assert hub.stub.overlaps == 0
    await clean(hub)


async def test_different_people_are_answered_at_the_same_time(hub):
    hub.stub.gate = asyncio.Event()
    receipts = [await hub.say("Frage", address=f"person {n}") for n in range(8)]
    await hub.stub.called(8)
    hub.stub.gate.set()
    for receipt in receipts:
        await hub.settled(receipt.conversation)


async def test_a_stop_finishes_the_running_turn(settings):
    stub = StubEngine(delay=0.5)
    async with open_hub(settings, stub) as hub:
        receipt = await hub.say("Frage")
        await stub.called()
    async with open_hub(settings, stub, dispatch=False) as hub:
        assert not (await hub.client.state(receipt.conversation)).busy
        assert len(await hub.answers_to(receipt)) == 1


async def test_a_stop_gives_back_what_cannot_be_finished(settings, monkeypatch):
    monkeypatch.setattr("conversations.dispatcher.STOP_LIMIT_SECONDS", 0.2)
    stub = StubEngine(faults=["hang"])
    async with open_hub(settings, stub) as hub:
        receipt = await hub.say("Frage")
        await stub.called()
    rows = "SELECT lease_owner, attempts, state FROM conversations, inbox"
    async with open_hub(settings, stub, dispatch=False) as hub:
        assert await hub.rows(rows) == [(None, 0, "open")]
    async with open_hub(settings, stub) as hub:
        await hub.settled(receipt.conversation)
        [answer] = await hub.answers_to(receipt)
        assert answer.text == "Antwort auf Frage"


async def test_a_late_owner_writes_nothing(hub):
    """Q4: the fence. The lease is taken by another while the engine thinks."""
    hub.stub.gate = asyncio.Event()
    receipt = await hub.say("Frage")
    await hub.stub.called()
    await hub.change("UPDATE conversations SET lease_owner = 'o_other', attempt = attempt + 1")
    hub.stub.gate.set()
    await asyncio.sleep(0.5)
    assert await hub.answers_to(receipt) == []
    await hub.change("UPDATE conversations SET lease_until = 0")
    await hub.settled(receipt.conversation)
    assert len(await hub.answers_to(receipt)) == 1
    assert len(hub.stub.turns) == 1
    await clean(hub)


async def test_a_lease_is_kept_while_the_engine_thinks(tmp_path):
    settings = hub_settings(tmp_path, lease_seconds=1.0)
    async with open_hub(settings, StubEngine(delay=2.5)) as hub:
        await hub.ask("Frage")
        assert len(hub.stub.calls) == 1


async def test_the_bot_is_dropped_when_a_human_took_over_meanwhile(hub):
    """F11: staff and bot at once."""
    hub.stub.gate = asyncio.Event()
    receipt = await hub.say("Frage")
    await hub.stub.called()
    await hub.change("UPDATE conversations SET status = 'agent'")
    hub.stub.gate.set()
    await hub.settled(receipt.conversation)
    assert await hub.answers_to(receipt) == []
    assert (await clean(hub)).statuses == {"silenced": 1}


async def test_an_expectation_that_nobody_knows_is_left_out(hub):
    def strange(body):
        turn = echo(body)
        turn["answers"][0] |= {"expects": "mood", "more": 1}
        return turn | {"news": True}

    hub.stub.script = strange
    [answer] = await hub.ask("Frage")
    assert answer.expects is None
