from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actions.services.waste_calendar import CalendarError, bin_of, read_schedule

TODAY = dt.date(2026, 11, 22)


def calendar(*events: str) -> str:
    body = "".join(f"BEGIN:VEVENT\n{event}\nEND:VEVENT\n" for event in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//x//DE\n{body}END:VCALENDAR\n"


def event(start: str, summary: str = "Restmüll", more: str = "") -> str:
    return f"UID:{summary}{start}@x\nDTSTAMP:20261101T000000Z\n{start}\nSUMMARY:{summary}{more}"


DATED = event("DTSTART;VALUE=DATE:20261124")


def days(raw: bytes) -> list[str]:
    return [each.day.isoformat() for each in read_schedule(raw, TODAY).pickups]


@pytest.mark.parametrize(
    "raw",
    [
        calendar(DATED).encode(),
        calendar(DATED).encode("utf-8-sig"),
        calendar(DATED).encode("latin-1"),
        calendar(DATED).replace("\n", "\r\n").encode(),
        ("\n\n" + calendar(DATED) + "\n").encode(),
    ],
    ids=["utf-8", "mark", "latin-1", "crlf", "blank lines"],
)
def test_encodings_and_line_ends(raw: bytes):
    (pickup,) = read_schedule(raw, TODAY).pickups
    assert (pickup.title, pickup.bin) == ("Restmüll", "restmuell")


@pytest.mark.parametrize(
    "start",
    [
        "DTSTART;VALUE=DATE:20261124",
        "DTSTART:20261124",
        "DTSTART;TZID=Europe/Berlin;VALUE=DATE:20261124",
        "DTSTART;TZID=Europe/Berlin:20261124T060000",
        "DTSTART:20261124T060000",
        "DTSTART:20261123T233000Z",  # half past midnight in Berlin
    ],
)
def test_every_kind_of_date_is_the_same_day(start: str):
    assert days(calendar(event(start)).encode()) == ["2026-11-24"]


def test_rules_exceptions_and_single_dates():
    rule = "\nRRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=4\nEXDATE;VALUE=DATE:20261222"
    raw = calendar(event("DTSTART;VALUE=DATE:20261124", more=rule)).encode()
    assert days(raw) == ["2026-11-24", "2026-12-08", "2027-01-05"]


def test_a_prefix_is_dropped_and_doubles_are_one():
    raw = calendar(
        event("DTSTART;VALUE=DATE:20261124", "Abfuhr: Biotonne"),
        event("DTSTART:20261124T070000", "Biotonne"),
    ).encode()
    (pickup,) = read_schedule(raw, TODAY).pickups
    assert pickup.title == "Biotonne"


def test_a_broken_date_marks_the_calendar_as_damaged():
    raw = calendar(DATED, event("DTSTART:20261124T", "Bio"), event("DTSTART:morgen", "Gelb"))
    schedule = read_schedule(raw.encode(), TODAY)
    assert schedule.damaged
    assert [each.title for each in schedule.pickups] == ["Restmüll"]


def test_a_rule_that_repeats_every_second_is_not_worked_out():
    bomb = event("DTSTART;VALUE=DATE:20260101", more="\nRRULE:FREQ=SECONDLY")
    schedule = read_schedule(calendar(DATED, bomb).encode(), TODAY)
    assert schedule.damaged
    assert len(schedule.pickups) == 1


def test_an_empty_calendar_is_no_error_and_covers_no_year():
    schedule = read_schedule(calendar().encode(), TODAY)
    assert schedule.pickups == ()
    assert schedule.years == frozenset()
    assert not schedule.damaged


def test_years_are_those_with_collections():
    raw = calendar(DATED, event("DTSTART;VALUE=DATE:20270105")).encode()
    assert read_schedule(raw, TODAY).years == {2026, 2027}


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"<!doctype html><title>Fehler</title>",
        b"\x00\xff\x00",
        calendar(DATED).encode()[:-20],
        b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR",
        b"BEGIN:VCALENDAR\nkaputt\nEND:VCALENDAR",
        b"BEGIN:VCALENDAR\nEND:VCALENDAR\nBEGIN:VCALENDAR\nEND:VCALENDAR",
    ],
)
def test_garbage_is_an_error(raw: bytes):
    with pytest.raises(CalendarError):
        read_schedule(raw, TODAY)


def test_too_many_events_are_refused():
    with pytest.raises(CalendarError, match="more than"):
        read_schedule(calendar(*[DATED] * 5001).encode(), TODAY)


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("Restabfall", "restmuell"),
        ("Hausmüll", "restmuell"),
        ("Bioabfall 14-täglich", "biomuell"),
        ("Gelber Sack", "gelbe_tonne"),
        ("Wertstofftonne", "gelbe_tonne"),
        ("Altpapier", "papier"),
        ("Blaue Tonne", "papier"),
        ("Tannenbaumabfuhr", "weihnachtsbaum"),
        ("Schadstoffmobil", "schadstoffe"),
        ("Straßenreinigung", ""),
    ],
)
def test_bins_are_known_by_their_titles(title: str, kind: str):
    assert bin_of(title) == kind


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(noise: bytes):
    for raw in (noise, b"BEGIN:VCALENDAR\n" + noise + b"\nEND:VCALENDAR"):
        try:
            read_schedule(raw, TODAY)
        except CalendarError:
            continue


@settings(deadline=None)
@given(st.text(max_size=40), st.text(max_size=40))
def test_any_event_is_read_or_refused(start: str, rule: str):
    raw = calendar(event(f"DTSTART:{start}", more=f"\nRRULE:{rule}"), DATED).encode(
        "utf-8", "surrogatepass"
    )
    try:
        read_schedule(raw, TODAY)
    except CalendarError:
        return
