"""How messengers fetch deliveries and report what became of them."""

import asyncio

import httpx
import pytest

from contracts.messages import Outcome
from tests.conversations.house import open_hub


async def pending(hub):
    return (await hub.client.pending("telegram")).pending


async def tell(hub, *texts, address="4711"):
    for text in texts:
        receipt = await hub.say(text, address, channel="telegram")
    await hub.settled(receipt.conversation)


async def test_only_the_oldest_unconfirmed_delivery_is_handed_out(hub):
    await tell(hub, "eins", "zwei")
    [first] = await pending(hub)
    assert first.address == "4711"
    assert first.delivery.text == "Antwort auf eins"
    assert await pending(hub) == ()
    await hub.client.confirm(first.delivery.id, Outcome(result="sent"))
    [second] = await pending(hub)
    assert second.delivery.text == "Antwort auf zwei"


async def test_conversations_do_not_wait_for_each_other(hub):
    await tell(hub, "eins", address="1")
    await tell(hub, "zwei", address="2")
    assert {each.address for each in await pending(hub)} == {"1", "2"}


async def test_what_must_be_repeated_comes_again_after_its_pause_and_in_order(hub):
    await tell(hub, "eins", "zwei")
    [first] = await pending(hub)
    outcome = Outcome(result="retry", reason="429", retry_after_seconds=30)
    await hub.client.confirm(first.delivery.id, outcome)
    assert await pending(hub) == (), "the second one does not overtake"
    [(before, now)] = await hub.rows(
        "SELECT next_try_at, queued_at FROM outbox WHERE status = 'pending' AND attempts = 1"
    )
    assert 29_000 <= before - now <= 90_000
    await hub.change("UPDATE outbox SET next_try_at = 0 WHERE next_try_at IS NOT NULL")
    [again] = await pending(hub)
    assert again.delivery.id == first.delivery.id


async def test_a_connector_that_died_gets_its_delivery_again(hub):
    await tell(hub, "eins")
    [first] = await pending(hub)
    await hub.change("UPDATE outbox SET next_try_at = 0 WHERE status = 'sending'")
    [again] = await pending(hub)
    assert again.delivery.id == first.delivery.id


async def test_a_refused_delivery_is_a_dead_letter_and_frees_the_next(hub):
    await tell(hub, "eins", "zwei")
    [first] = await pending(hub)
    await hub.client.confirm(first.delivery.id, Outcome(result="refused", reason="blocked"))
    assert await hub.rows("SELECT status, error FROM outbox WHERE number = 1") == [
        ("dead", "blocked")
    ]
    [second] = await pending(hub)
    assert second.delivery.number == 2


@pytest.mark.parametrize(
    ("attempts", "hours", "status"),
    [(4, 23, "pending"), (3, 25, "pending"), (50, 23, "pending"), (4, 25, "dead")],
)
async def test_a_delivery_is_given_up_after_five_attempts_and_a_day(hub, attempts, hours, status):
    """decisions.md 10: whichever is later."""
    await tell(hub, "eins")
    [first] = await pending(hub)
    await hub.change(
        "UPDATE outbox SET attempts = :attempts, queued_at = queued_at - :age",
        attempts=attempts,
        age=hours * 3_600_000,
    )
    await hub.client.confirm(first.delivery.id, Outcome(result="retry", reason="down"))
    assert await hub.rows("SELECT status FROM outbox") == [(status,)]


async def test_confirming_twice_has_no_second_effect(hub):
    await tell(hub, "eins")
    [first] = await pending(hub)
    await hub.client.confirm(first.delivery.id, Outcome(result="sent"))
    await hub.client.confirm(first.delivery.id, Outcome(result="retry"))
    assert await hub.rows("SELECT status, attempts FROM outbox") == [("sent", 1)]


@pytest.mark.parametrize("seconds", [-1, 1e9])
async def test_a_strange_pause_is_refused(hub, seconds):
    await tell(hub, "eins")
    [first] = await pending(hub)
    body = {"result": "retry", "retry_after_seconds": seconds}
    response = await hub.http.post(f"/v1/deliveries/{first.delivery.id}/outcome", json=body)
    assert response.status_code == 422


async def test_waiting_for_something_to_send(hub):
    waiting = asyncio.create_task(hub.client.pending("telegram", wait_seconds=20))
    await asyncio.sleep(0.1)
    await hub.say("eins", "4711", channel="telegram")
    assert (await waiting).pending[0].delivery.text == "Antwort auf eins"


async def test_addresses_are_kept_for_pushing_channels_only_and_never_in_clear(hub):
    await tell(hub, "eins", address="geheim-4711")
    await hub.ask("Hallo", address="geheim-sitzung")
    rows = await hub.rows("SELECT * FROM conversations ORDER BY channel")
    assert "geheim" not in str(rows)
    telegram, webchat = await hub.rows("SELECT address_sealed FROM conversations ORDER BY channel")
    assert telegram[0] is not None
    assert webchat[0] is None


async def test_with_another_key_an_old_delivery_becomes_a_dead_letter(settings):
    async with open_hub(settings) as hub:
        await tell(hub, "eins")
    async with open_hub(settings.model_copy(update={"address_key": "another"})) as hub:
        assert await pending(hub) == ()
        assert await hub.rows("SELECT status, error FROM outbox") == [
            ("dead", "address_unreadable")
        ]


async def test_a_channel_nobody_writes_on_has_nothing_to_send(hub):
    response: httpx.Response = await hub.http.get("/v1/channels/nothing/pending")
    assert response.json() == {"pending": []}
