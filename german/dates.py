"""Dates and times in German text, as intervals in Europe/Berlin.

Joins days (`german.days`) with times of day (`german.clock_times`): "nächsten Dienstag
nachmittag", "am dritten mai um halb vier", "morgen zwischen 8 und 12". Times belong to
the wall clock, so an interval across a change to summer time is an hour shorter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from german.clock_times import TimeSpan, find_times
from german.days import DaySpan, find_days
from german.normal_form import LONGEST_TEXT, AlignedText, aligned

BERLIN = ZoneInfo("Europe/Berlin")

_SOON = re.compile(
    r"\bin (?:(?:einer |ner )?(?P<part>halben stunde|viertelstunde|viertel stunde|dreiviertelstunde"
    r"|anderthalb stunden|eineinhalb stunden)|(?:einer?|ner) stunde|(?P<count>\d{1,2}) "
    r"(?P<unit>stunden?|minuten))\b"
)
_PARTS = {"halben": 30, "dreiviertel": 45, "viertel": 15, "halb": 90}
_BETWEEN = re.compile(r"[\s,]*(?:um|gegen|ab|so|dann|und zwar|uhr|am|von|der|den)?[\s,]*")


@dataclass(frozen=True)
class DateMatch:
    """A date, a time or both, found in a text.

    Attributes:
        start: First moment, aware, Europe/Berlin.
        end: First moment after it; the interval is half-open.
        grain: ``minute``, ``hour``, ``daytime``, ``range``, ``from``, ``until`` when a
            time is named, else ``day``, ``days``, ``weekend``, ``week``, ``month``, ``year``.
        text: The words.
        span: First character and one past the last in the given text.
        days: First and last day when days are named, else None (only a time).
        times: Begin and end of the time of day when one is named, else None.
    """

    start: datetime
    end: datetime
    grain: str
    text: str
    span: tuple[int, int]
    days: tuple[date, date] | None
    times: tuple[time, time | None] | None
    day_span: tuple[int, int] | None = None
    time_span: tuple[int, int] | None = None


def parse_dates(text: str | AlignedText, now: datetime) -> list[DateMatch]:
    """Find dates and times in a text.

    Args:
        text: Raw or folded text; at most `LONGEST_TEXT` characters are looked at.
        now: Moment from which relative dates count; naive means Europe/Berlin.

    Returns:
        Matches in the order of the text. A time without a day belongs to today,
        or to tomorrow when it has passed.
    """
    folded = text if isinstance(text, AlignedText) else aligned(text[:LONGEST_TEXT])
    here = now.astimezone(BERLIN) if now.tzinfo else now.replace(tzinfo=BERLIN)
    plain = folded.text[:LONGEST_TEXT]
    days, times = find_days(plain, here.date()), find_times(plain)
    times = [each for each in times if not _inside(each, days)]
    matches = [*_soon(folded, plain, here), *_pairs(folded, plain, days, times, here)]
    return sorted(matches, key=lambda match: match.span)


def day_value(match: DateMatch) -> str | None:
    """Write the days of a match: ``2026-12-24`` or ``2026-11-23/2026-11-29``."""
    if match.days is None:
        return None
    first, last = match.days
    return first.isoformat() if first == last else f"{first.isoformat()}/{last.isoformat()}"


def time_value(match: DateMatch) -> str | None:
    """Write the time of a match: ``15:30``, ``08:00/12:00``, ``14:00/`` or ``/12:00``."""
    if match.times is None:
        return None
    first, last = match.times
    if match.grain == "from":
        return f"{first:%H:%M}/"
    if match.grain == "until":
        return f"/{last:%H:%M}"
    return f"{first:%H:%M}" if last is None else f"{first:%H:%M}/{last:%H:%M}"


def _inside(span: TimeSpan, days: Sequence[DaySpan]) -> bool:
    return any(span.start < day.end and day.start < span.end and not _is_part(span) for day in days)


def _is_part(span: TimeSpan) -> bool:
    return span.grain == "daytime"


def _pairs(
    folded: AlignedText,
    plain: str,
    days: Sequence[DaySpan],
    times: Sequence[TimeSpan],
    now: datetime,
) -> Iterator[DateMatch]:
    free = list(times)
    for day in days:
        partner = next((each for each in free if _belongs(plain, day, each)), None)
        if partner is not None:
            free.remove(partner)
        yield _match(folded, day, partner, now)
    for lonely in free:
        yield _match(folded, None, lonely, now)


def _belongs(plain: str, day: DaySpan, moment: TimeSpan) -> bool:
    if day.first != day.last:
        return False
    if moment.start >= day.end:
        return _BETWEEN.fullmatch(plain[day.end : moment.start]) is not None
    if moment.end <= day.start:
        return _BETWEEN.fullmatch(plain[moment.end : day.start]) is not None
    return True


def _match(
    folded: AlignedText, day: DaySpan | None, moment: TimeSpan | None, now: datetime
) -> DateMatch:
    spans = [(each.start, each.end) for each in (day, moment) if each is not None]
    start, end = folded.span(min(span[0] for span in spans), max(span[1] for span in spans))
    days = None if day is None else (day.first, day.last)
    times = None if moment is None else (moment.first, moment.last)
    first, last, grain = _interval(day, moment, now)
    return DateMatch(
        first,
        last,
        grain,
        folded.raw[start:end],
        (start, end),
        days,
        times,
        None if day is None else folded.span(day.start, day.end),
        None if moment is None else folded.span(moment.start, moment.end),
    )


def _interval(
    day: DaySpan | None, moment: TimeSpan | None, now: datetime
) -> tuple[datetime, datetime, str]:
    if moment is None:
        assert day is not None  # noqa: S101 -- one of both is given
        return _at(day.first, time(0)), _at(day.last + timedelta(days=1), time(0)), day.grain
    base = day.first if day is not None else _day_of_time(moment, now)
    begin = _at(base, moment.first)
    if moment.last is not None:
        next_day = timedelta(days=1 if moment.last <= moment.first else 0)
        return begin, _at(base + next_day, moment.last), moment.grain
    if moment.grain == "from":
        return begin, _at(base + timedelta(days=1), time(0)), moment.grain
    length = timedelta(minutes=1) if moment.grain == "minute" else timedelta(hours=1)
    return begin, (begin.astimezone(timezone.utc) + length).astimezone(BERLIN), moment.grain


def _day_of_time(moment: TimeSpan, now: datetime) -> date:
    ending = moment.last or moment.first
    passed = moment.grain != "from" and ending <= now.time() and moment.first <= now.time()
    return now.date() + timedelta(days=1 if passed else 0)


def _at(day: date, moment: time) -> datetime:
    """Give a wall-clock moment; one that the clocks skip in spring moves on by an hour."""
    local = datetime.combine(day, moment, tzinfo=BERLIN)
    return local.astimezone(timezone.utc).astimezone(BERLIN)


def _soon(folded: AlignedText, plain: str, now: datetime) -> Iterator[DateMatch]:
    for match in _SOON.finditer(plain):
        minutes = next((_PARTS[part] for part in _PARTS if part in (match["part"] or "")), 60)
        if match["count"]:
            minutes = int(match["count"]) * (1 if match["unit"] == "minuten" else 60)
        moment = (now.astimezone(timezone.utc) + timedelta(minutes=minutes)).astimezone(BERLIN)
        moment = moment.replace(second=0, microsecond=0)
        start, end = folded.span(*match.span())
        yield DateMatch(
            moment,
            moment + timedelta(minutes=1),
            "minute",
            folded.raw[start:end],
            (start, end),
            (moment.date(), moment.date()),
            (moment.time(), None),
            (start, end),
            (start, end),
        )
