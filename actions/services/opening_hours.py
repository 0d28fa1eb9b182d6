"""When an office is open: OSM rules, the holidays of North Rhine-Westphalia, exceptions.

``opening_hours_py`` evaluates the weekly rule. It knows nation-wide holidays
only (Fronleichnam and Allerheiligen would count as open), so holidays come
from ``german.public_holidays`` and always mean closed. Whatever differs on single days
(Heiligabend, Rosenmontag, a staff meeting) is an exception with its reason.
All times are wall-clock times in Berlin: an office that opens at 8 opens at 8
on both sides of a clock change.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from opening_hours import OpeningHours, ParserError, State  # type: ignore[attr-defined]  # not in the library's stub

from german.public_holidays import public_holiday

BERLIN = ZoneInfo("Europe/Berlin")
SEARCH_DAYS = 120
"""How far ahead the next opening is looked for."""

_FORBIDDEN: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(r'(?:^|[,;])\s*"'),
        'a comment alone after "," or ";" means always open: write || "nach Vereinbarung"',
    ),
    (
        re.compile(r"\bPH\b(?!\s*(?:off|closed)\b)"),
        'holidays are closed anyway: write "PH off" or nothing, an opening as an exception',
    ),
    (re.compile(r"\bSH\b"), "school holidays are not known: write the days as exceptions"),
    (re.compile(r"sunrise|sunset|dawn|dusk"), "times by the sun are not allowed"),
    (re.compile(r"\d\+"), 'an open end ("08:00+") is not allowed: write the closing time'),
    (re.compile(r"24/7.*\""), "an office that is always open cannot carry a comment"),
)
_QUOTED = re.compile(r'"[^"]*"')


class HoursError(ValueError):
    """A rule of opening hours cannot be used; the message names the place and the mend."""


@dataclass(frozen=True)
class Span:
    """One stretch of opening on one day, in wall-clock time."""

    start: dt.datetime
    end: dt.datetime
    comment: str = ""


@dataclass(frozen=True)
class Deviation:
    """What holds on ``first`` to ``last`` instead of the weekly rule.

    ``rule`` is ``off`` or OSM hours without weekdays (``08:00-12:00``).
    """

    first: dt.date
    last: dt.date
    rule: str
    reason: str


@dataclass(frozen=True)
class DayHours:
    """The opening of one day; ``reason`` says why it differs from the weekly rule."""

    day: dt.date
    spans: tuple[Span, ...]
    reason: str = ""

    @property
    def closed(self) -> bool:
        """True when the office does not open on this day at all."""
        return not self.spans


@dataclass(frozen=True)
class Moment:
    """Whether an office is open at one moment and what comes next."""

    open: bool
    until: dt.datetime | None
    """End of the present opening."""
    today: DayHours
    next: DayHours | None
    """The next day (or today) with an opening that begins after the moment."""


def check_rule(rule: str) -> None:
    """Refuse rules that cannot be read or that mean something else than they seem to.

    Raises:
        HoursError: with the place and how to mend it.
    """
    for pattern, mend in _FORBIDDEN:
        found = pattern.search(rule)
        if found:
            raise HoursError(f"hours {rule!r}, place {found.start() + 1}: {mend}")
    _parse(rule)


def _parse(rule: str) -> OpeningHours:
    """Read the rule without its fallback: the library takes that for open around the clock."""
    hours = rule.partition("||")[0]
    try:
        return OpeningHours(hours, auto_country=False, auto_timezone=False)
    except ParserError as error:
        place = re.search(r"1:(\d+)", str(error))
        raise HoursError(
            f"hours {rule!r}, place {place.group(1) if place else '?'}: not in OSM syntax; "
            'write for example "Mo-Fr 08:00-12:30, Th 14:00-18:00"'
        ) from error


def fallback_comment(rule: str) -> str:
    """Return what holds outside the hours (``|| "nach Vereinbarung"``), or ``""``."""
    _, separator, rest = rule.partition("||")
    quoted = _QUOTED.search(rest) if separator else None
    return quoted.group(0).strip('"') if quoted else ""


class Timetable:
    """The opening hours of one office.

    Args:
        rule: OSM opening hours, already checked or checked here.
        exceptions: what holds on single days; the later one in the list wins.

    Raises:
        HoursError: the rule or the rule of an exception cannot be used.
    """

    def __init__(self, rule: str, exceptions: Iterable[Deviation] = ()) -> None:
        check_rule(rule)
        self._rule = _parse(rule)
        self.fallback = fallback_comment(rule)
        self._exceptions = tuple(exceptions)
        for exception in self._exceptions:
            check_rule(exception.rule)

    def on(self, day: dt.date) -> DayHours:
        """Return the opening of one day."""
        for exception in reversed(self._exceptions):
            if exception.first <= day <= exception.last:
                return DayHours(day, _spans(_parse(exception.rule), day), exception.reason)
        holiday = public_holiday(day)
        if holiday:
            return DayHours(day, (), holiday)
        return DayHours(day, _spans(self._rule, day))

    def at(self, moment: dt.datetime) -> Moment:
        """Tell whether the office is open at an aware ``moment`` and when it opens next."""
        wall = moment.astimezone(BERLIN).replace(tzinfo=None)
        today = self.on(wall.date())
        now = next((span for span in today.spans if span.start <= wall < span.end), None)
        return Moment(
            open=now is not None,
            until=now.end if now else None,
            today=today,
            next=self.next_opening(wall),
        )

    def next_opening(self, wall: dt.datetime) -> DayHours | None:
        """Return the first day whose opening begins after the naive wall-clock time.

        The result holds only the spans that are still to come.
        """
        for day in self._days_from(wall.date()):
            ahead = tuple(span for span in day.spans if span.start > wall)
            if ahead:
                return DayHours(day.day, ahead, day.reason)
        return None

    def next_open_day(self, day: dt.date) -> DayHours | None:
        """Return the first open day after ``day``."""
        return next((d for d in self._days_from(day + dt.timedelta(days=1)) if not d.closed), None)

    def usual_week(self, day: dt.date) -> tuple[DayHours, ...]:
        """Return Monday to Sunday of the week of ``day`` without holidays and exceptions."""
        monday = day - dt.timedelta(days=day.weekday())
        days = (monday + dt.timedelta(days=n) for n in range(7))
        return tuple(DayHours(each, _spans(self._rule, each)) for each in days)

    def _days_from(self, first: dt.date) -> Iterator[DayHours]:
        return (self.on(first + dt.timedelta(days=n)) for n in range(SEARCH_DAYS))


def _spans(rule: OpeningHours, day: dt.date) -> tuple[Span, ...]:
    start = dt.datetime.combine(day, dt.time())
    return tuple(
        Span(first, last, comment)
        for first, last, state, comment in rule.intervals(start, start + dt.timedelta(days=1))
        if state == State.OPEN and last is not None
    )
