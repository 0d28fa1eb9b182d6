"""School holidays of North Rhine-Westphalia."""

from datetime import date, datetime
from itertools import pairwise

import pytest

from german.dates import BERLIN, day_value, parse_dates
from german.school_holidays import HOLIDAY_NAMES, next_school_holidays, school_holidays


@pytest.mark.parametrize(
    ("name", "today", "first", "last"),
    [
        ("sommerferien", date(2026, 7, 19), date(2026, 7, 20), date(2026, 9, 1)),
        ("sommerferien", date(2026, 9, 1), date(2026, 7, 20), date(2026, 9, 1)),
        ("sommerferien", date(2026, 9, 2), date(2027, 7, 19), date(2027, 8, 31)),
        ("weihnachtsferien", date(2027, 1, 1), date(2026, 12, 23), date(2027, 1, 6)),
        ("den ferien", date(2026, 11, 22), date(2026, 12, 23), date(2027, 1, 6)),
    ],
)
def test_the_next_holidays(name, today, first, last):
    assert next_school_holidays(name, today) == (first, last)


def test_holidays_that_go_on_are_not_the_next_ones_before_which_something_happens():
    begun = date(2026, 7, 25)
    assert next_school_holidays("sommerferien", begun, begun=False) == (
        date(2027, 7, 19),
        date(2027, 8, 31),
    )


def test_what_is_not_known_is_no_date():
    assert school_holidays("osterferien", 2029) is None
    assert next_school_holidays("herbstferien", date(2029, 1, 1)) is None
    assert next_school_holidays("sommerferien", date(2001, 1, 1)) is None
    assert parse_dates("in den Osterferien 2029", datetime(2026, 11, 22, tzinfo=BERLIN)) == []


@pytest.mark.parametrize("name", HOLIDAY_NAMES)
def test_holidays_are_in_order_and_as_long_as_the_state_makes_them(name):
    spans = [span for year in range(2025, 2031) if (span := school_holidays(name, year))]
    assert spans
    assert all(first <= last and (last - first).days <= 44 for first, last in spans)
    assert all(before[1] < after[0] for before, after in pairwise(spans))


def test_the_days_before_and_after():
    now = datetime(2026, 6, 16, 8, tzinfo=BERLIN)
    before, after = (
        [day_value(match) for match in parse_dates(text, now)]
        for text in ("Geht das noch vor den Sommerferien?", "erst nach den Sommerferien")
    )
    assert (before, after) == (["2026-06-16/2026-07-19"], ["2026-09-02"])
