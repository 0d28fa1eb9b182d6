from datetime import date

import pytest

from german.normal_form import fold
from german.public_holidays import (
    DAY_NAMES,
    easter_sunday,
    named_days,
    next_named_days,
    public_holiday,
    public_holidays,
)


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2026, 1, 1), "Neujahr"),
        (date(2026, 5, 1), "Tag der Arbeit"),
        (date(2026, 6, 4), "Fronleichnam"),
        (date(2027, 5, 27), "Fronleichnam"),
        (date(2026, 11, 1), "Allerheiligen"),
        (date(2026, 12, 26), "Zweiter Weihnachtstag"),
        (date(2026, 11, 18), None),  # Buß- und Bettag is none in North Rhine-Westphalia
        (date(2026, 12, 24), None),
        (date(2026, 1, 6), None),  # nor is Heilige Drei Könige
        (date(2026, 10, 31), None),  # nor is Reformationstag
    ],
)
def test_holidays_of_north_rhine_westphalia(day, name):
    assert public_holiday(day) == name


def test_a_year_has_eleven_public_holidays():
    assert len(public_holidays(2027)) == 11


@pytest.mark.parametrize(
    "sunday", [date(2024, 3, 31), date(2025, 4, 20), date(2026, 4, 5), date(2027, 3, 28),
               date(2038, 4, 25)]
)  # fmt: skip
def test_easter(sunday):
    assert easter_sunday(sunday.year) == sunday


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("Rosenmontag", date(2027, 2, 8), None),
        ("Weiberfastnacht", date(2027, 2, 4), None),
        ("Aschermittwoch", date(2027, 2, 10), None),
        ("Karfreitag", date(2027, 3, 26), None),
        ("Christi Himmelfahrt", date(2027, 5, 6), None),
        ("Pfingstmontag", date(2027, 5, 17), None),
        ("Buß- und Bettag", date(2027, 11, 17), None),
        ("Volkstrauertag", date(2027, 11, 14), None),
        ("Totensonntag", date(2026, 11, 22), None),
        ("erster Advent", date(2026, 11, 29), None),
        ("vierter Advent", date(2026, 12, 20), None),
        ("Muttertag", date(2027, 5, 9), None),
        ("Heiligabend", date(2026, 12, 24), None),
        ("Silvester", date(2026, 12, 31), None),
        ("Weihnachten", date(2026, 12, 24), date(2026, 12, 26)),
        ("Ostern", date(2027, 3, 26), date(2027, 3, 29)),
    ],
)
def test_the_next_occurrence_is_meant(name, first, last):
    assert next_named_days(fold(name), date(2026, 11, 22)) == (first, last or first)


def test_a_season_that_runs_is_the_present_one():
    assert next_named_days("weihnachten", date(2026, 12, 25)) == (
        date(2026, 12, 24),
        date(2026, 12, 26),
    )


def test_names_are_stored_in_the_form_they_are_looked_up():
    assert [name for name in DAY_NAMES if fold(name) != name] == []
    assert all(named_days(name, 2026) for name in DAY_NAMES)
    assert named_days("kein tag", 2026) is None
