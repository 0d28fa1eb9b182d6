"""Days, times and opening hours as an answer says them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from actions.services.offices import OfficeEntry
from actions.services.opening_hours import BERLIN, DayHours, Span
from german.phrases import WEEKDAY_NAMES, day_phrase, time_phrase, time_range_phrase
from german.public_holidays import public_holiday

NEAR_DAYS = {0: "heute", 1: "morgen", 2: "übermorgen"}
PRONOUNS = {"der": "er", "die": "sie", "das": "es"}


def capital(words: str) -> str:
    """Return the words with a capital first letter."""
    return words[:1].upper() + words[1:]


def on_day(day: dt.date, today: dt.date) -> str:
    """Return ``morgen, Montag, 23. November,`` or ``am Freitag, 27. November,``."""
    near = NEAR_DAYS.get((day - today).days)
    full = day_phrase(day, today)
    return f"{near}, {full}," if near else f"am {full},"


def span_text(span: Span) -> str:
    """Return ``8 bis 12:30 Uhr`` with the comment of the rule."""
    comment = f" ({span.comment})" if span.comment else ""
    return f"{time_range_phrase(span.start, span.end)}{comment}"


def spans_text(spans: Iterable[Span]) -> str:
    """Return ``von 8 bis 12:30 Uhr und von 14 bis 16 Uhr``."""
    return " und ".join(f"von {span_text(span)}" for span in spans)


def end_phrase(end: dt.datetime) -> str:
    """Return ``12:30 Uhr``; midnight as an end is 24 Uhr."""
    return "24 Uhr" if end.time() == dt.time() else time_phrase(end)


def the_office(entry: OfficeEntry) -> str:
    """Return ``das Bürgerbüro Soest``."""
    return f"{entry.office.gender} {entry.office.name}"


def hours_on(entry: OfficeEntry, hours: DayHours, today: dt.date) -> str:
    """Say when an office is open on a day and, when it is closed, when it opens again."""
    when = capital(on_day(hours.day, today))
    if not hours.closed:
        because = f" ({hours.reason})" if hours.reason else ""
        return f"{when} ist {the_office(entry)} {spans_text(hours.spans)} geöffnet{because}."
    again = opens_again(entry, hours.day, today)
    if hours.reason and hours.reason == public_holiday(hours.day):
        closed = f"{capital(the_office(entry))} ist geschlossen."
        return f"{when} ist Feiertag ({hours.reason}). {closed}{again}"
    because = f" ({hours.reason})" if hours.reason else ""
    return f"{when} ist {the_office(entry)} geschlossen{because}.{again}"


def opens_again(entry: OfficeEntry, day: dt.date, today: dt.date) -> str:
    """Return the sentence with the next open day after ``day``, or ``""``."""
    following = entry.timetable.next_open_day(day) if entry.timetable else None
    if following is None:
        return ""
    when = on_day(following.day, today)
    pronoun = PRONOUNS[entry.office.gender]
    return f" Wieder geöffnet ist {pronoun} {when} {spans_text(following.spans)}."


def hours_now(entry: OfficeEntry, now: dt.datetime) -> str:
    """Say whether an office is open at this moment and what comes next."""
    if entry.timetable is None:
        return ""
    wall = now.astimezone(BERLIN)
    moment = entry.timetable.at(now)
    if moment.until is not None:
        until = end_phrase(moment.until)
        return f"{capital(the_office(entry))} ist jetzt geöffnet, heute bis {until}."
    because = f" ({moment.today.reason})" if moment.today.reason else ""
    closed = f"{capital(the_office(entry))} ist jetzt geschlossen{because}."
    if moment.next is None:
        return closed
    pronoun = capital(PRONOUNS[entry.office.gender])
    when = on_day(moment.next.day, wall.date()).removesuffix(",")
    if moment.next.day == wall.date():
        return f"{closed} {pronoun} öffnet heute um {time_phrase(moment.next.spans[0].start)}."
    return f"{closed} {pronoun} öffnet wieder {when}, {spans_text(moment.next.spans)}."


def week_lines(entry: OfficeEntry, today: dt.date) -> list[str]:
    """Return the usual hours, days with equal hours together."""
    if entry.timetable is None:
        return []
    week = entry.timetable.usual_week(today)
    groups: list[tuple[int, int, str]] = []
    for number, hours in enumerate(week):
        text = " und ".join(span_text(span) for span in hours.spans) or "geschlossen"
        if groups and groups[-1][2] == text:
            groups[-1] = (groups[-1][0], number, text)
        else:
            groups.append((number, number, text))
    return [
        f"{_days(first, last)}: {text}" for first, last, text in groups if text != "geschlossen"
    ]


def _days(first: int, last: int) -> str:
    if first == last:
        return WEEKDAY_NAMES[first]
    joint = " und " if last == first + 1 else " bis "
    return f"{WEEKDAY_NAMES[first]}{joint}{WEEKDAY_NAMES[last]}"
