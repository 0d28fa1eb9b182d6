from datetime import date, time, timedelta
from decimal import Decimal

import pytest

from german import phrases

TODAY = date(2026, 11, 22)


def test_days():
    assert phrases.day_phrase(date(2026, 11, 24), TODAY) == "Dienstag, 24. November"
    assert phrases.day_phrase(date(2027, 5, 27), TODAY) == "Donnerstag, 27. Mai 2027"
    assert phrases.day_phrase(date(2026, 11, 24)) == "Dienstag, 24. November 2026"
    assert phrases.short_date(date(2026, 2, 7)) == "07.02.2026"


@pytest.mark.parametrize(
    ("days", "phrase"),
    [(0, "heute"), (1, "morgen"), (2, "übermorgen"), (-1, "gestern"), (3, "Mittwoch, 25. November")],
)  # fmt: skip
def test_near_days_have_names(days, phrase):
    assert phrases.relative_day_phrase(TODAY + timedelta(days=days), TODAY) == phrase


@pytest.mark.parametrize(
    ("first", "last", "phrase"),
    [
        (date(2026, 11, 23), date(2026, 11, 29), "23. bis 29. November"),
        (date(2026, 11, 28), date(2026, 12, 2), "28. November bis 2. Dezember"),
        (date(2026, 12, 24), date(2027, 1, 2), "24. Dezember 2026 bis 2. Januar 2027"),
        (date(2026, 12, 24), date(2026, 12, 24), "Donnerstag, 24. Dezember"),
    ],
)
def test_ranges_of_days(first, last, phrase):
    assert phrases.day_range_phrase(first, last, TODAY) == phrase


def test_times():
    assert phrases.time_phrase(time(8)) == "8 Uhr"
    assert phrases.time_phrase(time(12, 5)) == "12:05 Uhr"
    assert phrases.time_range_phrase(time(8), time(12, 30)) == "8 bis 12:30 Uhr"
    assert phrases.time_range_phrase(time(18), time(0)) == "18 bis 24 Uhr"


@pytest.mark.parametrize(
    ("items", "phrase"), [([], ""), (["a"], "a"), (["a", "b"], "a und b"), (["a", "b", "c"], "a, b und c")]
)  # fmt: skip
def test_lists(items, phrase):
    assert phrases.list_phrase(items) == phrase


def test_alternatives():
    assert phrases.list_phrase(["Soest", "Olpe"], "oder") == "Soest oder Olpe"


@pytest.mark.parametrize(
    ("amount", "phrase"),
    [(46, "46,00 Euro"), ("27.60", "27,60 Euro"), (Decimal("1250.5"), "1.250,50 Euro"),
     ("0.125", "0,13 Euro")],
)  # fmt: skip
def test_money(amount, phrase):
    assert phrases.euro_phrase(amount) == phrase


@pytest.mark.parametrize(
    ("length", "phrase"),
    [
        (timedelta(days=14), "2 Wochen"),
        (timedelta(days=1), "1 Tag"),
        (timedelta(hours=36), "36 Stunden"),
        (timedelta(minutes=45), "45 Minuten"),
        (timedelta(0), "0 Minuten"),
    ],
)
def test_durations(length, phrase):
    assert phrases.duration_phrase(length) == phrase


def test_speech():
    assert phrases.spoken_day(date(2026, 11, 24), TODAY) == (
        "Dienstag, der vierundzwanzigste November"
    )
    assert phrases.spoken_day(date(2027, 5, 3), TODAY) == (
        "Montag, der dritte Mai zweitausendsiebenundzwanzig"
    )
    assert phrases.spoken_time(time(12, 30)) == "zwölf Uhr dreißig"
    assert phrases.spoken_time(time(1)) == "ein Uhr"
