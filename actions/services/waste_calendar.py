"""Reads a waste calendar in ICS form with all the traps that real ones hold.

Bytes are decoded here (UTF-8 with or without mark, else Latin-1); an error page
in HTML or a cut file is an error; an event whose date cannot be read makes the
calendar *damaged*, not silently shorter; a calendar without events is valid and
says that there is no data.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass

import icalendar
import recurring_ical_events  # type: ignore[import-untyped]

from actions.services.opening_hours import BERLIN

MAX_EVENTS = 5_000
_TOO_OFTEN = {"SECONDLY", "MINUTELY", "HOURLY"}
_PREFIX = re.compile(r"^\s*(?:abfuhr|abholung|leerung|termin)\s*[:-]\s*", re.IGNORECASE)
_BINS: tuple[tuple[str, str], ...] = (
    ("rest", "restmuell"),
    ("hausmüll", "restmuell"),
    ("bio", "biomuell"),
    ("gelb", "gelbe_tonne"),
    ("wertstoff", "gelbe_tonne"),
    ("leichtverpackung", "gelbe_tonne"),
    ("papier", "papier"),
    ("blaue", "papier"),
    ("schadstoff", "schadstoffe"),
    ("sonderabfall", "schadstoffe"),
    ("weihnacht", "weihnachtsbaum"),
    ("tannenb", "weihnachtsbaum"),
    ("sperr", "sperrmuell"),
    ("glas", "altglas"),
)


class CalendarError(ValueError):
    """The bytes are no calendar that can be used."""


@dataclass(frozen=True, order=True)
class Pickup:
    """One collection of one bin. ``bin`` is a value of the entity ``abfallart`` or ``""``."""

    day: dt.date
    title: str
    bin: str


@dataclass(frozen=True)
class Schedule:
    """All collections of a district in the years that the calendar covers."""

    pickups: tuple[Pickup, ...]
    years: frozenset[int]
    damaged: bool = False

    def after(self, first: dt.date, kind: str | None = None) -> tuple[Pickup, ...]:
        """Return the collections from ``first`` on, of one bin where ``kind`` is given."""
        return tuple(
            each for each in self.pickups if each.day >= first and kind in {None, each.bin}
        )

    def on(self, day: dt.date) -> tuple[Pickup, ...]:
        """Return the collections of one day."""
        return tuple(each for each in self.pickups if each.day == day)


def read_schedule(raw: bytes, today: dt.date) -> Schedule:
    """Return the schedule of last, this and next year.

    Raises:
        CalendarError: the bytes are no complete calendar.
    """
    calendar = _parse(_decode(raw))
    events = list(calendar.walk("VEVENT"))
    if len(events) > MAX_EVENTS:
        raise CalendarError(f"more than {MAX_EVENTS} events")
    readable = [each for each in events if _readable(each)]
    damaged = len(readable) < len(events)
    calendar.subcomponents = [*readable, *calendar.walk("VTIMEZONE")]
    first, last = dt.date(today.year - 1, 1, 1), dt.date(today.year + 2, 1, 1)
    pickups, broken = _expand(calendar, readable, first, last)
    return Schedule(pickups, frozenset(each.day.year for each in pickups), damaged or broken)


def joined(schedules: Iterable[Schedule]) -> Schedule:
    """Return several schedules as one."""
    parts = tuple(schedules)
    pickups = tuple(sorted({pickup for each in parts for pickup in each.pickups}))
    years = frozenset(year for each in parts for year in each.years)
    return Schedule(pickups, years, any(each.damaged for each in parts))


def _decode(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _parse(text: str) -> icalendar.Calendar:
    plain = text.strip()
    if not plain.startswith("BEGIN:VCALENDAR"):
        raise CalendarError("does not begin like a calendar")
    if not plain.endswith("END:VCALENDAR"):
        raise CalendarError("is cut off")
    try:
        parsed = icalendar.Calendar.from_ical(plain)
    except Exception as error:  # the parser raises many kinds; none may cross the border
        raise CalendarError(f"cannot be parsed: {type(error).__name__}") from error
    if not isinstance(parsed, icalendar.Calendar):
        raise CalendarError("is no calendar")
    return parsed


def _readable(event: icalendar.Component) -> bool:
    """Tell whether an event has a day and does not repeat absurdly often."""
    try:
        start = event.decoded("DTSTART")
        rule = event.get("RRULE") or {}
        frequencies = rule.get("FREQ", []) if hasattr(rule, "get") else ["SECONDLY"]
    except Exception:  # broken values raise on access, in many ways
        return False
    return isinstance(start, dt.date) and not _TOO_OFTEN & {str(f).upper() for f in frequencies}


def _expand(
    calendar: icalendar.Calendar,
    events: list[icalendar.Component],
    first: dt.date,
    last: dt.date,
) -> tuple[tuple[Pickup, ...], bool]:
    """Return the collections and whether some could not be worked out."""
    try:
        found = recurring_ical_events.of(calendar).between(first, last)
        return tuple(sorted({_to_pickup(each) for each in found})), False
    except Exception:  # one bad rule breaks the whole expansion: then event by event
        return _expand_singly(events, first, last), True


def _expand_singly(
    events: Iterable[icalendar.Component], first: dt.date, last: dt.date
) -> tuple[Pickup, ...]:
    pickups: set[Pickup] = set()
    for event in events:
        alone = icalendar.Calendar()
        alone.add_component(event)
        try:
            found = recurring_ical_events.of(alone).between(first, last)
            pickups |= {_to_pickup(each) for each in found}
        except Exception:  # noqa: S112 - counted as damaged by the caller
            continue
    return tuple(sorted(pickups))


def _to_pickup(event: icalendar.Component) -> Pickup:
    title = _PREFIX.sub("", str(event.get("SUMMARY", ""))).strip() or "Abholung"
    return Pickup(_day(event.decoded("DTSTART")), title, bin_of(title))


def _day(start: dt.date) -> dt.date:
    if isinstance(start, dt.datetime):
        return (start.astimezone(BERLIN) if start.tzinfo else start).date()
    return start


def bin_of(title: str) -> str:
    """Return the bin that a title names, as a value of the entity ``abfallart``, or ``""``."""
    lower = title.casefold()
    return next((value for word, value in _BINS if word in lower), "")
