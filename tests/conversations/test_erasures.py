"""Forgetting: at once here, at the engine as soon as it answers."""

import asyncio

import pytest

from contracts.hub import HubForgot
from tests.conversations.house import open_hub

TABLES = ("conversations", "inbox", "turns", "outbox", "buttons", "handoffs")


async def left(hub):
    return {table: (await hub.rows(f"SELECT count(*) FROM {table}"))[0][0] for table in TABLES}


async def test_nothing_is_left_anywhere(hub):
    [answer] = await hub.ask("Mein Geheimnis")
    [other] = await hub.ask("Hallo", address="bert")
    await hub.client.erase(answer.conversation)

    with pytest.raises(HubForgot):
        await hub.client.state(answer.conversation)
    assert hub.stub.erased == [answer.conversation]
    assert set((await left(hub)).values()) <= {0, 1}, "the other conversation is untouched"
    assert (await hub.client.state(other.conversation)).last_number == 1
    assert await hub.rows("SELECT * FROM erasures") == []


async def test_erasing_twice_says_that_it_is_gone(hub):
    [answer] = await hub.ask("Hallo")
    await hub.client.erase(answer.conversation)
    with pytest.raises(HubForgot):
        await hub.client.erase(answer.conversation)


async def test_after_erasing_the_person_is_a_stranger(hub):
    [answer] = await hub.ask("Hallo")
    await hub.client.erase(answer.conversation)
    [again] = await hub.ask("Hallo")
    assert again.conversation != answer.conversation
    assert again.number == 1


async def test_an_engine_that_is_down_is_made_to_forget_later(settings):
    async with open_hub(settings) as hub:
        [answer] = await hub.ask("Hallo")
        hub.stub.down = True
        await hub.client.erase(answer.conversation)
        assert set((await left(hub)).values()) == {0}
        stub = hub.stub
    assert stub.erased == []
    stub.down = False
    async with open_hub(settings, stub) as hub:  # also after a restart
        await stub.forgot()
        assert stub.erased == [answer.conversation]


async def test_a_turn_that_runs_while_its_conversation_is_erased_leaves_nothing(hub):
    hub.stub.gate = asyncio.Event()
    receipt = await hub.say("Hallo")
    await hub.stub.called()
    await hub.client.erase(receipt.conversation)
    hub.stub.gate.set()
    await asyncio.sleep(0.3)
    assert set((await left(hub)).values()) == {0}
    [(passes,)] = await hub.rows("SELECT passes_left FROM erasures")
    assert passes == 1, "the engine forgets it once more when the turn must be over"
    await hub.change("UPDATE erasures SET due_at = 0")
    await hub.stub.forgot(2)


async def test_those_who_wait_for_an_answer_learn_that_it_is_gone(hub):
    [answer] = await hub.ask("Hallo")
    waiting = asyncio.create_task(hub.client.deliveries(answer.conversation, 1, 20.0))
    await asyncio.sleep(0.2)
    await hub.client.erase(answer.conversation)
    with pytest.raises(HubForgot):
        await waiting
