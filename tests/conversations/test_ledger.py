"""The ledger finds what the fault tests must never let happen."""

import pytest

from conversations.ledger import read_ledger


@pytest.fixture
async def busy_hub(hub):
    """Two people, three questions each, all answered."""
    accepted = {}
    for address in ("anna", "bert"):
        for number in range(3):
            message_id = f"{address}-{number}"
            receipt = await hub.say(f"Frage {number}", address, message_id=message_id)
            accepted.setdefault(receipt.conversation, []).append(message_id)
    for conversation in accepted:
        await hub.settled(conversation)
    hub.accepted = accepted
    return hub


async def ledger_of(hub):
    return await read_ledger(hub.settings.hub_database_url, hub.accepted)


async def test_a_clean_house(busy_hub):
    ledger = await ledger_of(busy_hub)
    assert ledger.is_clean
    assert (ledger.accepted, ledger.answered, ledger.dead) == (6, 6, 0)
    assert ledger.statuses == {"answered": 6}
    assert (await read_ledger(busy_hub.settings.hub_database_url)).is_clean


async def test_an_accepted_message_that_is_not_there_is_lost(busy_hub):
    next(iter(busy_hub.accepted.values())).append("never-stored")
    assert (await ledger_of(busy_hub)).lost == ["never-stored"]


async def test_a_closed_message_without_an_answer_is_lost(busy_hub):
    await busy_hub.change("DELETE FROM buttons")
    await busy_hub.change(
        "DELETE FROM outbox WHERE inbox_id = (SELECT id FROM inbox WHERE message_id = 'anna-2')"
    )
    assert (await ledger_of(busy_hub)).lost == ["anna-2"]


async def test_a_message_that_is_still_open_is_named(busy_hub):
    await busy_hub.change("UPDATE inbox SET state = 'open' WHERE message_id = 'anna-1'")
    ledger = await ledger_of(busy_hub)
    assert ledger.open == ["anna-1"]
    assert not ledger.is_clean


async def test_more_answers_than_the_turn_had_are_doubled(busy_hub):
    await busy_hub.change(
        "UPDATE turns SET parts = 0 WHERE inbox_id ="
        " (SELECT id FROM inbox WHERE message_id = 'bert-0')"
    )
    assert (await ledger_of(busy_hub)).doubled == ["bert-0"]


async def test_another_order_than_that_of_arrival_is_reordered(busy_hub):
    conversation, ids = next(iter(busy_hub.accepted.items()))
    ids.reverse()
    assert (await ledger_of(busy_hub)).reordered == [conversation]


async def test_a_gap_in_the_numbers_is_reordered(busy_hub):
    conversation = next(iter(busy_hub.accepted))
    await busy_hub.change(
        "UPDATE outbox SET number = 9 WHERE number = 2 AND conversation = :c", c=conversation
    )
    assert (await ledger_of(busy_hub)).reordered == [conversation]


async def test_a_crisis_hint_may_overtake(hub):
    hub.stub.delay = 0.5
    first = await hub.say("Wann habt ihr auf?", message_id="slow")
    await hub.say("Es brennt!", message_id="fire")
    await hub.settled(first.conversation)
    hub.accepted = {first.conversation: ["slow", "fire"]}
    assert (await ledger_of(hub)).is_clean
