"""Clocks: the system's and one that stands still."""

import datetime as dt

import pytest

from service.clock import clock_of, system_clock


def test_a_fixed_clock_stands_still_in_utc():
    clock = clock_of("2026-11-22T10:00+01:00")
    assert clock() == clock() == dt.datetime(2026, 11, 22, 9, 0, tzinfo=dt.UTC)
    assert clock().tzinfo is dt.UTC


def test_no_wish_is_the_systems_clock():
    assert clock_of("") is system_clock
    assert system_clock().tzinfo is dt.UTC


@pytest.mark.parametrize("wrong", ["gestern", "2026-11-22T10:00"])
def test_a_time_without_zone_is_refused(wrong):
    with pytest.raises(ValueError, match=r"zone|isoformat"):
        clock_of(wrong)
