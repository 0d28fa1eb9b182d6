"""German renderings for answers: dates, times, lists, amounts of money."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal

from german.numbers import spoken_number, spoken_ordinal

WEEKDAY_NAMES = (
    "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag",
)  # fmt: skip
MONTH_NAMES = (
    "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September",
    "Oktober", "November", "Dezember",
)  # fmt: skip
_GERMAN_SEPARATORS = str.maketrans(",.", ".,")


def day_phrase(day: date, today: date | None = None) -> str:
    """Write a day: "Dienstag, 24. November", with the year when it is not this year's.

    Args:
        day: The day.
        today: Today; without it the year is always written.
    """
    year = "" if today is not None and day.year == today.year else f" {day.year}"
    return f"{WEEKDAY_NAMES[day.weekday()]}, {day.day}. {MONTH_NAMES[day.month - 1]}{year}"


def relative_day_phrase(day: date, today: date) -> str:
    """Write a day as people say it: "heute", "morgen", else like `day_phrase`."""
    names = {0: "heute", 1: "morgen", 2: "übermorgen", -1: "gestern"}
    return names.get((day - today).days) or day_phrase(day, today)


def short_date(day: date) -> str:
    """Write a date in digits: "24.11.2026"."""
    return f"{day:%d.%m.%Y}"


def day_range_phrase(first: date, last: date, today: date | None = None) -> str:
    """Write several days: "23. bis 29. November", "24. Dezember 2026 bis 2. Januar 2027"."""
    if first == last:
        return day_phrase(first, today)
    year = "" if today is not None and last.year == today.year else f" {last.year}"
    end = f"{last.day}. {MONTH_NAMES[last.month - 1]}{year}"
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}. bis {end}"
    begin_year = f" {first.year}" if first.year != last.year else ""
    return f"{first.day}. {MONTH_NAMES[first.month - 1]}{begin_year} bis {end}"


def time_phrase(moment: time | datetime) -> str:
    """Write a time: "8 Uhr", "12:30 Uhr"."""
    return f"{_clock(moment)} Uhr"


def time_range_phrase(first: time | datetime, last: time | datetime) -> str:
    """Write opening hours: "8 bis 12:30 Uhr". Midnight as an end is 24 Uhr."""
    end = "24" if (last.hour, last.minute) == (0, 0) else _clock(last)
    return f"{_clock(first)} bis {end} Uhr"


def list_phrase(items: Sequence[str], conjunction: str = "und") -> str:
    """Join items: "a, b und c"."""
    if len(items) <= 1:
        return "".join(items)
    return f"{', '.join(items[:-1])} {conjunction} {items[-1]}"


def euro_phrase(amount: Decimal | int | str) -> str:
    """Write an amount of money: "46,00 Euro", "1.250,50 Euro".

    Args:
        amount: Decimal, whole euros or a text like ``46.00``; never a float.

    Raises:
        decimal.InvalidOperation: The text is no number.
    """
    cents = Decimal(amount).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    return f"{cents:,.2f} Euro".translate(_GERMAN_SEPARATORS)


def duration_phrase(length: timedelta) -> str:
    """Write a length of time in its largest fitting unit: "2 Wochen", "1 Tag", "45 Minuten"."""
    minutes = int(length.total_seconds() // 60)
    for size, one, many in (
        (7 * 24 * 60, "Woche", "Wochen"),
        (24 * 60, "Tag", "Tage"),
        (60, "Stunde", "Stunden"),
        (1, "Minute", "Minuten"),
    ):
        if minutes >= size and minutes % size == 0:
            return f"{minutes // size} {one if minutes == size else many}"
    return "0 Minuten"


def spoken_day(day: date, today: date | None = None) -> str:
    """Write a day for speech: "Dienstag, der vierundzwanzigste November"."""
    ordinal = spoken_ordinal(day.day)[:-1]
    year = "" if today is not None and day.year == today.year else f" {spoken_number(day.year)}"
    return f"{WEEKDAY_NAMES[day.weekday()]}, der {ordinal} {MONTH_NAMES[day.month - 1]}{year}"


def spoken_time(moment: time | datetime) -> str:
    """Write a time for speech: "zwölf Uhr dreißig", "ein Uhr"."""
    hour = "ein" if moment.hour == 1 else spoken_number(moment.hour)
    return f"{hour} Uhr {spoken_number(moment.minute)}" if moment.minute else f"{hour} Uhr"


def _clock(moment: time | datetime) -> str:
    return f"{moment.hour}:{moment.minute:02d}" if moment.minute else str(moment.hour)
