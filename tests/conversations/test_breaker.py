"""The circuit breaker, with a clock of its own."""

import pytest

from conversations.breaker import OPEN_SECONDS, Breaker


@pytest.fixture
def time():
    return [1000.0]


@pytest.fixture
def breaker(time):
    return Breaker(lambda: time[0])


def test_it_opens_after_five_failures_in_a_row(breaker):
    for _ in range(4):
        breaker.failed()
    breaker.succeeded()
    for _ in range(4):
        breaker.failed()
    assert breaker.state == "closed"
    breaker.failed()
    assert breaker.state == "open"
    assert not breaker.admits()


def test_one_poisonous_message_does_not_open_it(breaker):
    breaker.failed()
    for _ in range(20):
        breaker.failed(counts=False)
    assert breaker.state == "closed"


def test_half_open_lets_one_call_through(breaker, time):
    for _ in range(5):
        breaker.failed()
    time[0] += OPEN_SECONDS - 1
    assert not breaker.admits()
    time[0] += 1
    assert breaker.state == "half-open"
    assert breaker.admits()
    assert not breaker.admits()
    breaker.succeeded()
    assert breaker.state == "closed"
    assert breaker.admits()


def test_a_failed_trial_opens_it_again(breaker, time):
    for _ in range(5):
        breaker.failed()
    time[0] += OPEN_SECONDS
    assert breaker.admits()
    breaker.failed(counts=False)
    assert breaker.state == "open"
    time[0] += OPEN_SECONDS
    assert breaker.admits()
    breaker.released()
    assert breaker.admits()


def test_an_engine_that_was_gone_is_used_as_soon_as_it_is_seen(breaker):
    breaker.lost()
    assert breaker.state == "open"
    assert breaker.gone
    breaker.seen_alive()
    assert breaker.state == "half-open"


def test_an_engine_that_failed_rests_whatever_it_says(breaker):
    for _ in range(5):
        breaker.failed()
    breaker.seen_alive()
    assert breaker.state == "open"
