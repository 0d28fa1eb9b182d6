"""Named days of the year: public holidays of North Rhine-Westphalia and days people name.

Public holidays come from the library `holidays` (Feiertagsgesetz NW); the other named
days (Heiligabend, Rosenmontag, Martinstag, ...) are counted from Easter or the calendar.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache

import holidays

_SPOKEN_NAMES = {"Erster Mai": "Tag der Arbeit"}


@lru_cache(maxsize=64)
def public_holidays(year: int) -> dict[date, str]:
    """Give the public holidays of a year in North Rhine-Westphalia.

    Args:
        year: From 1950 to 2150.

    Returns:
        Day → German name, in order.
    """
    known = holidays.country_holidays("DE", subdiv="NW", years=year, language="de")
    return {day: _SPOKEN_NAMES.get(known[day], known[day]) for day in sorted(known)}


def public_holiday(day: date) -> str | None:
    """Give the German name of the public holiday on a day, or None."""
    return public_holidays(day.year).get(day)


@lru_cache(maxsize=64)
def easter_sunday(year: int) -> date:
    """Give Easter Sunday (Gregorian computus by Meeus, Jones and Butcher)."""
    golden = year % 19
    century, rest = divmod(year, 100)
    skipped, leap = divmod(century, 4)
    lunar = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - skipped - lunar + 15) % 30
    quarters, remainder = divmod(rest, 4)
    weekday = (32 + 2 * leap + 2 * quarters - epact - remainder) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def fourth_advent(year: int) -> date:
    """Give the fourth Sunday of Advent, the last Sunday before 25 December."""
    christmas_eve = date(year, 12, 24)
    return christmas_eve - timedelta(days=(christmas_eve.weekday() + 1) % 7)


Span = tuple[date, date]
_Calendar = Callable[[int], Span]


def named_days(name: str, year: int) -> Span | None:
    """Give first and last day of a named day or season in a year.

    Args:
        name: Folded name (`german.normal_form.fold`), one of `DAY_NAMES`.
        year: The year it begins in.

    Returns:
        First and last day (the same for a single day), or None for an unknown name.
    """
    calendar = _CALENDARS.get(name)
    return None if calendar is None else calendar(year)


def next_named_days(name: str, today: date) -> Span | None:
    """Give the next occurrence of a named day that has not ended before today."""
    for year in (today.year - 1, today.year, today.year + 1):
        span = named_days(name, year)
        if span is not None and span[1] >= today:
            return span
    return None


def _fixed(month: int, first: int, last: int | None = None) -> _Calendar:
    return lambda year: (date(year, month, first), date(year, month, last or first))


def _easter(first: int, last: int | None = None) -> _Calendar:
    def calendar(year: int) -> Span:
        sunday = easter_sunday(year)
        end = first if last is None else last
        return sunday + timedelta(days=first), sunday + timedelta(days=end)

    return calendar


def _advent(days_before: int) -> _Calendar:
    def calendar(year: int) -> Span:
        day = fourth_advent(year) - timedelta(days=days_before)
        return day, day

    return calendar


def _second_sunday_of_may(year: int) -> Span:
    first = date(year, 5, 1)
    day = first + timedelta(days=(6 - first.weekday()) % 7 + 7)
    return day, day


_NAMES: tuple[tuple[_Calendar, str], ...] = (
    (_fixed(1, 1), "neujahr|neujahrstag"),
    (_fixed(1, 6), "heilige drei konige|heiligen drei konige|heilig drei konige|dreikonigstag"),
    (_fixed(2, 14), "valentinstag"),
    (_easter(-52), "weiberfastnacht|altweiber|altweiberfastnacht"),
    (_easter(-52, -47), "karneval|fasching"),
    (_easter(-49), "karnevalsonntag|tulpensonntag"),
    (_easter(-48), "rosenmontag"),
    (_easter(-47), "veilchendienstag|faschingsdienstag|fastnacht|karnevalsdienstag"),
    (_easter(-46), "aschermittwoch"),
    (_easter(-7), "palmsonntag"),
    (_easter(-3), "grundonnerstag"),
    (_easter(-2), "karfreitag"),
    (_easter(-1), "karsamstag|ostersamstag"),
    (_easter(0), "ostersonntag"),
    (_easter(1), "ostermontag"),
    (_easter(-2, 1), "ostern|osterfeiertage|osterfeiertagen|osterwochenende"),
    (_fixed(4, 30), "walpurgisnacht"),
    (_fixed(5, 1), "tag der arbeit|maifeiertag|ersten mai feiertag"),
    (_second_sunday_of_may, "muttertag"),
    (_easter(39), "christi himmelfahrt|himmelfahrt|vatertag"),
    (_easter(49), "pfingstsonntag"),
    (_easter(50), "pfingstmontag"),
    (_easter(49, 50), "pfingsten|pfingstwochenende|pfingstfeiertage|pfingstfeiertagen"),
    (_easter(60), "fronleichnam|fronleichnahm|fron leichnam"),
    (_fixed(8, 15), "maria himmelfahrt"),
    (_fixed(10, 3), "tag der deutschen einheit|tag der einheit|deutsche einheit"),
    (_fixed(10, 31), "reformationstag|halloween"),
    (_fixed(11, 1), "allerheiligen"),
    (_fixed(11, 2), "allerselen"),
    (_fixed(11, 11), "martinstag|sankt martin|st martin|st. martin|sankt martinstag"),
    (_advent(35), "volkstraurtag"),
    (_advent(32), "bus- und bettag|bus und bettag|bustag"),
    (_advent(28), "totensonntag|ewigkeitsonntag"),
    (_advent(21), "ersten advent|erster advent|1. advent"),
    (_advent(14), "zweiten advent|zweiter advent|2. advent"),
    (_advent(7), "dritten advent|dritter advent|3. advent"),
    (_advent(0), "vierten advent|vierter advent|4. advent"),
    (_fixed(12, 6), "nikolaus|nikolaustag"),
    (_fixed(12, 24), "heiligabend|heilig abend|heiligen abend|heiliger abend|weihnachtsabend"),
    (_fixed(12, 25), ("erster weihnachtstag|ersten weihnachtstag|1. weihnachtstag|weihnachtstag"
     "|erster weihnachtsfeiertag|ersten weihnachtsfeiertag|1. weihnachtsfeiertag")),
    (_fixed(12, 26), ("zweiter weihnachtstag|zweiten weihnachtstag|2. weihnachtstag"
     "|zweiter weihnachtsfeiertag|zweiten weihnachtsfeiertag|2. weihnachtsfeiertag|stephanstag")),
    (_fixed(12, 24, 26), ("weihnachten|weihnachtstage|weihnachtstagen|weihnachtsfeiertage"
     "|weihnachtsfeiertagen")),
    (_fixed(12, 27, 30), ("zwischen den jahren|zwischen weihnachten und neujahr"
     "|zwischen weihnachten und silvester")),
    (_fixed(12, 31), "silvester|sylvester|silvestertag|jahresende"),
)  # fmt: skip
_CALENDARS: dict[str, _Calendar] = {
    name: calendar for calendar, names in _NAMES for name in names.split("|")
}

DAY_NAMES = tuple(sorted(_CALENDARS, key=len, reverse=True))
"""Folded names of days, longest first, for grammars."""
