"""Test S8: floods are turned away politely, others go on undisturbed."""

import time
import uuid

import pytest

from channels.webchat.rates import Buckets, Slots
from tests.channels.webchat.test_api import message, post, submit


class Watch:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def watch():
    return Watch()


def test_burst_then_steady_flow(watch):
    buckets = Buckets(20, 5, stopwatch=watch)
    assert [buckets.take("a") for _ in range(5)] == [0.0] * 5
    assert buckets.take("a") == pytest.approx(3.0)
    watch.now += 3.0
    assert buckets.take("a") == 0.0
    assert buckets.take("a") == pytest.approx(3.0)


def test_no_more_than_the_burst_is_saved_up(watch):
    buckets = Buckets(20, 5, stopwatch=watch)
    watch.now += 86_400
    assert sum(buckets.take("a") == 0.0 for _ in range(50)) == 5


def test_twenty_and_a_burst_in_a_minute(watch):
    buckets = Buckets(20, 5, stopwatch=watch)
    passed = 0
    for _ in range(50 * 60):
        passed += buckets.take("a") == 0.0
        watch.now += 1 / 50
    assert 24 <= passed <= 25


def test_keys_are_independent_and_bounded(watch):
    buckets = Buckets(20, 1, limit=100, stopwatch=watch)
    assert buckets.take("a") == 0.0
    assert all(buckets.take(f"other {number}") == 0.0 for number in range(99))
    assert buckets.take("a") > 0
    for number in range(10_000):
        buckets.take(f"flood {number}")
    assert len(buckets._levels) == 100


def test_slots():
    slots = Slots(2)
    assert [slots.take("a"), slots.take("a"), slots.take("a"), slots.take("b")] == [
        True, True, False, True,
    ]  # fmt: skip
    slots.release("a")
    assert slots.take("a")
    for key in ("a", "a", "b"):
        slots.release(key)
    assert slots.total == 0
    assert slots._taken == {}


async def test_flood_of_one_session_gets_429_and_a_time(houses, hub):
    house = houses(messages_per_minute=20, rate_burst=5)
    async with house.browser() as flooder, house.browser() as other:
        await post(flooder, "/api/session")
        answers = [await post(flooder, "/api/messages", message()) for _ in range(30)]
        await submit(other)
    codes = [answer.status_code for answer in answers]
    assert codes[:5] == [202] * 5
    assert set(codes[6:]) == {429}
    assert all(1 <= int(answer.headers["Retry-After"]) <= 3 for answer in answers[6:])
    assert "warten" in answers[-1].json()["text"]
    assert len(hub.messages) <= 7


async def test_flood_of_new_sessions_gets_429(houses, hub):
    house = houses(sessions_per_minute=60)
    codes = []
    for _ in range(200):
        async with house.browser() as browser:
            codes.append((await post(browser, "/api/messages", message())).status_code)
    assert codes[:60] == [202] * 60
    assert codes.count(202) <= 65
    assert len(hub.messages) == codes.count(202)


async def test_refused_messages_cost_no_more_than_a_look(houses, hub):
    """A flood must not slow the others down: refused messages never reach the hub."""
    house = houses(messages_per_minute=20, rate_burst=5)
    async with house.browser() as flooder:
        await post(flooder, "/api/session")
        for _ in range(5):
            await post(flooder, "/api/messages", message())
        calls = len(hub.calls)
        begun = time.perf_counter()
        for _ in range(50):
            body = {"message_id": str(uuid.uuid4()), "text": "a" * 8000}
            assert (await post(flooder, "/api/messages", body)).status_code == 429
    assert len(hub.calls) == calls
    assert time.perf_counter() - begun < 10
