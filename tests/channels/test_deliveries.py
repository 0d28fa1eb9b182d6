"""Deliveries are carried once, confirmed, and come again when they could not be."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections.abc import AsyncIterator, Callable

import pytest

from channels import deliveries
from channels.deliveries import Courier, carry, later
from contracts.hub import HubForgot, HubUnavailable
from contracts.messages import AddressedDelivery, Delivery, Outcome, PendingDeliveries

SENT = Outcome(result="sent")


def addressed(identity: str) -> AddressedDelivery:
    delivery = Delivery(
        id=identity,
        conversation="c_1",
        number=1,
        channel="post",
        sender="bot",
        text="Guten Tag.",
        created_at=dt.datetime(2026, 11, 23, 8, tzinfo=dt.UTC),
    )
    return AddressedDelivery(delivery=delivery, address="haus-1")


class Hub:
    """The hub's end: what it hands out, call by call, and what it was told."""

    def __init__(self, *handed_out: list[str] | Exception) -> None:
        self.handed_out = list(handed_out)
        self.told: list[tuple[str, Outcome]] = []
        self.refusal: Exception | None = None

    async def pending(self, channel: str, _wait_seconds: float) -> PendingDeliveries:
        assert channel == "post"
        if not self.handed_out:
            await asyncio.Event().wait()
        now = self.handed_out.pop(0)
        if isinstance(now, Exception):
            raise now
        return PendingDeliveries(pending=tuple(addressed(each) for each in now))

    async def confirm(self, delivery: str, outcome: Outcome) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.told.append((delivery, outcome))


@contextlib.asynccontextmanager
async def carrying(courier: Courier) -> AsyncIterator[None]:
    task = asyncio.create_task(courier.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await courier.close()


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.001)


@pytest.fixture(autouse=True)
def _short_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliveries, "PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(deliveries, "GRACE_SECONDS", 0.2)


async def test_what_is_pending_is_sent_and_confirmed_also_after_the_hub_was_away():
    hub = Hub(HubUnavailable("away"), ["d1", "d2"])
    sent: list[str] = []

    async def deliver(each: AddressedDelivery) -> Outcome:
        sent.append(each.delivery.id)
        return SENT

    async with carrying(Courier(hub, "post", deliver)):  # type: ignore[arg-type]
        await until(lambda: len(hub.told) == 2)
    assert sent == ["d1", "d2"]
    assert sorted(hub.told, key=lambda told: told[0]) == [("d1", SENT), ("d2", SENT)]


async def test_a_delivery_that_is_under_way_is_not_sent_twice():
    hub = Hub(["d1"], ["d1"], ["d1", "d2"])
    sent: list[str] = []
    arrive = asyncio.Event()

    async def deliver(each: AddressedDelivery) -> Outcome:
        sent.append(each.delivery.id)
        await arrive.wait()
        return SENT

    async with carrying(Courier(hub, "post", deliver)):  # type: ignore[arg-type]
        await until(lambda: "d2" in sent)
        assert sent == ["d1", "d2"]
        arrive.set()
        await until(lambda: len(hub.told) == 2)


@pytest.mark.parametrize(
    ("outcome", "refusal", "settled"),
    [
        (SENT, None, ["d1"]),
        (Outcome(result="refused", reason="blocked"), None, ["d1"]),
        (SENT, HubForgot("d1"), ["d1"]),
        (later("rate_limited", 3), None, []),
        (SENT, HubUnavailable("away"), []),
    ],
)
async def test_a_delivery_is_settled_when_it_cannot_come_again(
    outcome: Outcome, refusal: Exception | None, settled: list[str]
):
    hub = Hub(["d1"])
    hub.refusal = refusal
    done: list[str] = []

    async def deliver(_each: AddressedDelivery) -> Outcome:
        return outcome

    courier = Courier(hub, "post", deliver, done.append)  # type: ignore[arg-type]
    async with carrying(courier):
        await until(lambda: not hub.handed_out)
        await until(lambda: not courier._tasks)
    assert done == settled


async def test_a_stop_ends_what_is_under_way_and_what_is_received():
    hub = Hub(["d1"])
    ended: list[str] = []
    begun = asyncio.Event()

    async def wait(name: str) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(name)

    async def deliver(_each: AddressedDelivery) -> Outcome:
        begun.set()
        await wait("sending")
        return SENT

    stop = asyncio.Event()
    courier = Courier(hub, "post", deliver)  # type: ignore[arg-type]
    working = asyncio.create_task(carry(courier, [wait("receiving")], stop))
    await until(begun.is_set)
    stop.set()
    async with asyncio.timeout(10):
        await working
    assert sorted(ended) == ["receiving", "sending"]
    assert hub.told == []


async def test_a_stop_lets_what_is_under_way_arrive():
    hub = Hub(["d1"])
    begun = asyncio.Event()

    async def deliver(_each: AddressedDelivery) -> Outcome:
        begun.set()
        await asyncio.sleep(0.02)
        return SENT

    async with carrying(Courier(hub, "post", deliver)):  # type: ignore[arg-type]
        await until(begun.is_set)
    assert hub.told == [("d1", SENT)]


def test_nobody_waits_longer_than_an_hour():
    assert later("rate_limited", 86_400.0).retry_after_seconds == 3_600.0
