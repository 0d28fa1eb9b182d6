from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actions.services.opening_hours import (
    Deviation,
    HoursError,
    Timetable,
    check_rule,
    fallback_comment,
)

RULE = "Mo,Tu 08:00-12:30,14:00-16:00; We,Fr 08:00-12:30; Th 08:00-12:30,14:00-17:30"
CLOSED: list[str] = []


@pytest.fixture
def office() -> Timetable:
    def day(month: int, number: int, rule: str, reason: str, year: int = 2026) -> Deviation:
        date = dt.date(year, month, number)
        return Deviation(date, date, rule, reason)

    return Timetable(
        RULE,
        [
            day(12, 24, "off", "Heiligabend"),
            day(12, 31, "off", "Silvester"),
            day(2, 16, "08:00-11:00", "Rosenmontag"),
            Deviation(dt.date(2026, 7, 20), dt.date(2026, 7, 24), "09:00-12:00", "Sommerzeiten"),
        ],
    )


def spoken(office: Timetable, day: str) -> list[str]:
    spans = office.on(dt.date.fromisoformat(day)).spans
    return [f"{s.start:%H:%M}-{s.end:%H:%M}" for s in spans]


@pytest.mark.parametrize(
    ("day", "hours", "reason"),
    [
        ("2026-11-23", ["08:00-12:30", "14:00-16:00"], ""),
        ("2026-11-26", ["08:00-12:30", "14:00-17:30"], ""),
        ("2026-11-22", CLOSED, ""),  # Sunday
        ("2026-06-04", CLOSED, "Fronleichnam"),  # no holiday for all of Germany
        ("2027-05-27", CLOSED, "Fronleichnam"),
        ("2026-06-05", ["08:00-12:30"], ""),  # Brückentag: an ordinary Friday
        ("2026-05-15", ["08:00-12:30"], ""),  # Brückentag after Christi Himmelfahrt
        ("2027-11-01", CLOSED, "Allerheiligen"),  # a Monday, only some states
        ("2026-10-03", CLOSED, "Tag der Deutschen Einheit"),
        ("2026-12-24", CLOSED, "Heiligabend"),
        ("2026-12-25", CLOSED, "Erster Weihnachtstag"),
        ("2026-12-31", CLOSED, "Silvester"),
        ("2027-01-01", CLOSED, "Neujahr"),
        ("2027-01-06", ["08:00-12:30"], ""),  # Epiphany is no holiday here
        ("2026-02-16", ["08:00-11:00"], "Rosenmontag"),
        ("2026-07-22", ["09:00-12:00"], "Sommerzeiten"),
        ("2026-10-31", CLOSED, ""),  # Saturday; Reformation Day is no holiday here
    ],
)
def test_a_day(office: Timetable, day: str, hours: list[str], reason: str):
    assert spoken(office, day) == hours
    assert office.on(dt.date.fromisoformat(day)).reason == reason


@pytest.mark.parametrize(
    ("moment", "is_open", "until"),
    [
        ("2026-11-23T07:59:59+01:00", False, None),
        ("2026-11-23T08:00:00+01:00", True, "12:30"),
        ("2026-11-23T12:29:59+01:00", True, "12:30"),
        ("2026-11-23T12:30:00+01:00", False, None),
        ("2026-11-23T15:00:00+01:00", True, "16:00"),
        ("2026-11-23T07:00:00+00:00", True, "12:30"),  # the same moment in UTC is 8 in Berlin
        ("2026-03-30T06:30:00+00:00", True, "12:30"),  # after the clock went forward: 8:30
        ("2026-03-27T06:30:00+00:00", False, None),  # before: 7:30
        ("2026-10-26T06:30:00+00:00", False, None),  # after it went back: 7:30
        ("2026-12-24T09:00:00+01:00", False, None),
        ("2026-06-04T09:00:00+02:00", False, None),
    ],
)
def test_open_now(office: Timetable, moment: str, is_open: bool, until: str | None):
    now = office.at(dt.datetime.fromisoformat(moment))
    assert now.open is is_open
    assert (f"{now.until:%H:%M}" if now.until else None) == until


@pytest.mark.parametrize(
    ("moment", "day", "start"),
    [
        ("2026-11-22T10:00+01:00", "2026-11-23", "08:00"),  # Sunday → Monday
        ("2026-11-23T09:00+01:00", "2026-11-23", "14:00"),  # open: the next is the afternoon
        ("2026-11-23T13:00+01:00", "2026-11-23", "14:00"),  # the noon break
        ("2026-11-27T13:00+01:00", "2026-11-30", "08:00"),  # over the weekend
        ("2026-12-23T13:00+01:00", "2026-12-28", "08:00"),  # over Christmas
        ("2026-12-30T18:00+01:00", "2027-01-04", "08:00"),  # over New Year
        ("2026-06-03T18:00+02:00", "2026-06-05", "08:00"),  # over Fronleichnam
    ],
)
def test_the_next_opening(office: Timetable, moment: str, day: str, start: str):
    following = office.at(dt.datetime.fromisoformat(moment)).next
    assert following is not None
    assert following.day.isoformat() == day
    assert f"{following.spans[0].start:%H:%M}" == start


def test_an_office_that_never_opens_has_no_next_opening():
    office = Timetable("off")
    assert office.at(dt.datetime(2026, 11, 22, 9, tzinfo=dt.UTC)).next is None
    assert office.next_open_day(dt.date(2026, 11, 22)) is None


def test_the_later_exception_wins():
    day = dt.date(2026, 11, 23)
    office = Timetable(
        RULE,
        [Deviation(day, day, "off", "Streik"), Deviation(day, day, "09:00-10:00", "Notdienst")],
    )
    assert office.on(day).reason == "Notdienst"


def test_an_exception_may_open_a_holiday():
    day = dt.date(2027, 5, 27)
    office = Timetable(RULE, [Deviation(day, day, "10:00-12:00", "Sonderöffnung")])
    assert not office.on(day).closed


def test_the_usual_week_knows_neither_holidays_nor_exceptions(office: Timetable):
    week = office.usual_week(dt.date(2026, 12, 24))
    assert [each.closed for each in week] == [False] * 5 + [True] * 2


@pytest.mark.parametrize(
    ("rule", "hint"),
    [
        ('Mo-Fr 08:00-12:00, "nach Vereinbarung"', "place 18"),
        ('Mo-Fr 08:00-12:00; "nach Vereinbarung"', "||"),
        ('"nach Vereinbarung"', "||"),
        ("8-16 Uhr", "place 1"),
        ("Mo-Fr 8-12", "place 7"),
        ("Montag bis Freitag von 8 bis 12 Uhr", "OSM syntax"),
        ("", "OSM syntax"),
        ("Mo-Fr 08:00+", "closing time"),
        ("Mo-Fr 08:00-12:00; PH 10:00-12:00", "exception"),
        ("Mo-Fr 08:00-12:00; SH off", "exceptions"),
        ("Mo-Fr sunrise-12:00", "sun"),
        ('24/7 "immer"', "comment"),
    ],
)
def test_rules_that_mean_something_else_are_refused(rule: str, hint: str):
    with pytest.raises(HoursError) as problem:
        check_rule(rule)
    assert hint in str(problem.value)


@pytest.mark.parametrize(
    "rule",
    [RULE, 'Mo-Fr 08:00-12:00 || "nach Vereinbarung"', "Mo-Fr 08:00-12:00; PH off", "24/7", "off"],
)
def test_good_rules_pass(rule: str):
    check_rule(rule)


def test_a_fallback_is_said_but_opens_nothing():
    office = Timetable('Mo 08:00-12:00 || "nach Vereinbarung"')
    assert office.on(dt.date(2026, 11, 22)).closed, "the library alone calls this Sunday open"
    assert office.on(dt.date(2026, 11, 24)).closed
    assert not office.on(dt.date(2026, 11, 23)).closed


def test_what_holds_outside_the_hours():
    assert fallback_comment('Mo 08:00-12:00 || "nach Vereinbarung"') == "nach Vereinbarung"
    assert fallback_comment("Mo 08:00-12:00") == ""


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_with_a_message(rule: str):
    try:
        Timetable(rule).on(dt.date(2026, 11, 23))
    except HoursError as error:
        message = str(error)
    else:
        message = "hours"
    assert "hours" in message
