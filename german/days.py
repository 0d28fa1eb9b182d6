"""Days in German text: "nächsten Dienstag", "am dritten mai", "vom 3. bis 7. Mai".

A grammar over folded text (`german.normal_form.fold`); every rule is one pattern and
one small function. Weekdays mean their next occurrence: "Dienstag", "am Dienstag" and
"nächsten Dienstag" the first Tuesday after today, "diesen Dienstag" also today.
"""

# ruff: noqa: E501 -- a pattern is easier to read in one line
from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from german.numbers import CARDINAL_WORDS, ORDINAL_WORDS, number_from_word, year_from_word
from german.public_holidays import DAY_NAMES, named_days, next_named_days

WEEKDAYS = ("montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonntag")
_WEEKDAY_NUMBERS = {name: number for number, name in enumerate(WEEKDAYS)} | {
    "sonnabend": 5, "samsttag": 5, "mitwoch": 2, "donerstag": 3, "dinstag": 1, "dienstach": 1,
    "mo": 0, "di": 1, "mi": 2, "do": 3, "fr": 4, "sa": 5, "so": 6,
}  # fmt: skip
_MONTHS = {
    "januar": 1, "janur": 1, "januär": 1, "jan": 1, "janer": 1, "februar": 2, "feb": 2, "febr": 2,
    "marz": 3, "mrz": 3, "april": 4, "apr": 4, "mai": 5, "juni": 6, "juno": 6, "jun": 6,
    "juli": 7, "julei": 7, "jul": 7, "august": 8, "aug": 8, "september": 9, "sept": 9, "sep": 9,
    "oktober": 10, "okt": 10, "november": 11, "nov": 11, "dezember": 12, "dez": 12,
}  # fmt: skip
_RELATIVE_DAYS = {
    "vorgestern": -2, "gestern": -1, "heut": 0, "heute": 0, "morgen": 1, "morgn": 1, "moin": 1,
    "ubermorgen": 2, "ubermorgn": 2,
}  # fmt: skip


@dataclass(frozen=True)
class DaySpan:
    """Days that a piece of text means.

    Attributes:
        first: First day.
        last: Last day, the same for one day.
        grain: ``day``, ``weekend``, ``week``, ``month``, ``year`` or ``days``.
        start: First character in the folded text.
        end: One past the last character.
    """

    first: date
    last: date
    grain: str
    start: int
    end: int


_Days = tuple[date, date, str]
_Rule = tuple[re.Pattern[str], Callable[[re.Match[str], date], "_Days | None"]]


def find_days(folded: str, today: date) -> list[DaySpan]:
    """Find all days and ranges of days.

    Args:
        folded: Folded text.
        today: The day from which relative days count.

    Returns:
        Spans in the order of the text, without overlaps. What is no day of the
        calendar ("31.2.") is left out.
    """
    if not _TRIGGER.search(folded):
        return []
    single: list[DaySpan] = []
    for span in _candidates(folded, today):
        if not any(span.start < other.end and other.start < span.end for other in single):
            single.append(span)
    return _joined(folded, sorted(single, key=lambda span: span.start))


def _candidates(folded: str, today: date) -> Iterator[DaySpan]:
    for pattern, resolve in _RULES:
        for match in pattern.finditer(folded):
            try:
                days = resolve(match, today)
            except (ValueError, OverflowError):
                continue
            if days is not None:
                yield DaySpan(*days, match.start(), match.end())


def _joined(folded: str, spans: list[DaySpan]) -> list[DaySpan]:
    """Join "von Montag bis Freitag" and "zwischen dem 24.12. und dem 2.1." to ranges."""
    joined: list[DaySpan] = []
    for span in spans:
        before = joined[-1] if joined else None
        if before is not None and _is_range(folded, before, span):
            joined[-1] = _range(before, span)
        else:
            joined.append(span)
    return joined


def _is_range(folded: str, first: DaySpan, second: DaySpan) -> bool:
    between = folded[first.end : second.start]
    if re.fullmatch(r"\s*(?:bis(?: zum| einschlieslich| zu)?|-)\s*(?:dem |den |am )?", between):
        return True
    if not re.fullmatch(r"\s+und\s+(?:dem |den )?", between):
        return False
    return re.search(r"\bzwischen (?:dem |den )?$", folded[: first.start]) is not None


def _range(first: DaySpan, second: DaySpan) -> DaySpan:
    last = second.last
    while last < first.first:  # "von Freitag bis Montag", "24.12. bis 2.1."
        year_later = second.grain == "day" and (first.first - last).days > 6
        last = _year_later(last) if year_later else last + timedelta(days=7)
    return DaySpan(first.first, last, "days", first.start, second.end)


def _year_later(day: date) -> date:
    return day.replace(year=day.year + 1, day=min(day.day, 28 if day.month == 2 else day.day))


def _one(day: date) -> _Days:
    return day, day, "day"


def _iso(match: re.Match[str], _today: date) -> _Days | None:
    return _one(date(int(match["year"]), int(match["month"]), int(match["day"])))


def _calendar_day(match: re.Match[str], today: date) -> _Days | None:
    month = _month(match["month"])
    day = _number(match["day"])
    if month is None or day is None:
        return None
    return _one(_next_date(day, month, _year(match["year"]), today))


def _day_range(match: re.Match[str], today: date) -> _Days | None:
    month, first_day, last_day = (
        _month(match["month"]),
        _number(match["first"]),
        _number(match["day"]),
    )
    if month is None or first_day is None or last_day is None:
        return None
    last = _next_date(last_day, month, _year(match["year"]), today)
    if first_day <= last_day:
        return last.replace(day=first_day), last, "days"
    month_before = last.replace(day=1) - timedelta(days=1)
    return month_before.replace(day=first_day), last, "days"


def _day_of_month(match: re.Match[str], today: date) -> _Days | None:
    day = _number(match["day"])
    if day is None:
        return None
    for months in range(13):
        month = (today.month - 1 + months) % 12 + 1
        year = today.year + (today.month - 1 + months) // 12
        if day <= _days_in(year, month) and date(year, month, day) >= today:
            return _one(date(year, month, day))
    return None


def _whole_month(match: re.Match[str], today: date) -> _Days | None:
    month = _MONTHS[match["month"]]
    year = _year(match["year"])
    if year is None:
        year = today.year + (1 if month < today.month else 0)
    return _part_of_month(year, month, match["part"])


def _part_of_month(year: int, month: int, part: str | None) -> _Days:
    first, last = date(year, month, 1), date(year, month, _days_in(year, month))
    if part == "anfang":
        return first, first.replace(day=10), "days"
    if part == "mitte":
        return first.replace(day=11), first.replace(day=20), "days"
    if part == "ende":
        return first.replace(day=21), last, "days"
    return first, last, "month"


def _relative_month(match: re.Match[str], today: date) -> _Days | None:
    shift = _shift(match["shift"]) if match["shift"] else 0
    months = today.year * 12 + today.month - 1 + shift
    return _part_of_month(months // 12, months % 12 + 1, match["part"])


def _relative_year(match: re.Match[str], today: date) -> _Days | None:
    year = today.year + _shift(match["shift"])
    return date(year, 1, 1), date(year, 12, 31), "year"


def _relative_day(match: re.Match[str], today: date) -> _Days | None:
    base = today + timedelta(days=_RELATIVE_DAYS[match["relative"]])
    return _one(base + timedelta(days=_offset(match["count"], match["unit"], idiom=True)))


def _weekday(match: re.Match[str], today: date) -> _Days | None:
    number = _WEEKDAY_NUMBERS[match["weekday"]]
    week = match["week"] or match["weekafter"]
    if week:
        monday = today - timedelta(days=today.weekday())
        return _one(monday + timedelta(days=number + 7 * _shift(week)))
    day = _next_weekday(number, match["shift"] or "", today)
    return _one(day + timedelta(days=_offset(match["count"], match["unit"], idiom=True)))


def _next_weekday(number: int, shift: str, today: date) -> date:
    ahead = (number - today.weekday()) % 7
    if shift.startswith(("letzt", "vergangen", "vorig")):
        return today - timedelta(days=(today.weekday() - number) % 7 or 7)
    if shift.startswith(("dies", "jed")):
        return today + timedelta(days=ahead)
    if shift.startswith("ubernachst"):
        return today + timedelta(days=(ahead or 7) + 7)
    return today + timedelta(days=ahead or 7)


def _in_days(match: re.Match[str], today: date) -> _Days | None:
    offset = _offset(match["count"], match["unit"], idiom=False)
    if match["unit"].startswith(("monat", "jahr")):
        return _one(_months_later(today, _months(match["count"], match["unit"])))
    return _one(today + timedelta(days=offset if match["way"] != "vor" else -offset))


def _relative_week(match: re.Match[str], today: date) -> _Days | None:
    monday = today - timedelta(days=today.weekday()) + timedelta(days=7 * _shift(match["shift"]))
    part = match["part"]
    if part == "anfang":
        return monday, monday + timedelta(days=1), "days"
    if part == "mitte":
        return monday + timedelta(days=2), monday + timedelta(days=2), "day"
    if part == "ende":
        return monday + timedelta(days=3), monday + timedelta(days=4), "days"
    return monday, monday + timedelta(days=6), "week"


def _weekend(match: re.Match[str], today: date) -> _Days | None:
    shift = match["shift"] or ""
    saturday = today + timedelta(days=(5 - today.weekday()) % 7)
    if today.weekday() == 6 and shift.startswith("dies"):
        return today, today, "weekend"
    if shift.startswith(("letzt", "vergangen", "vorig")):
        saturday = today - timedelta(days=today.weekday() + 2)
    elif shift.startswith("ubernachst") or (shift.startswith("nachst") and today.weekday() == 5):
        saturday += timedelta(days=7)
    return saturday, saturday + timedelta(days=1), "weekend"


def _named(match: re.Match[str], today: date) -> _Days | None:
    name = match["name"]
    year = _year(match["year"])
    if year is None and match["shift"]:
        year = today.year + _shift(match["shift"])
    span = next_named_days(name, today) if year is None else named_days(name, year)
    if span is None:
        return None
    return span[0], span[1], "day" if span[0] == span[1] else "days"


def _next_date(day: int, month: int, year: int | None, today: date) -> date:
    """Give the date; without a year the next one, the 29th of February in a leap year."""
    if year is not None:
        return date(year, month, day)
    for candidate in range(today.year, today.year + 9):
        if day <= _days_in(candidate, month) and date(candidate, month, day) >= today:
            return date(candidate, month, day)
    raise ValueError(f"no such day: {day}.{month}.")


def _days_in(year: int, month: int) -> int:
    following = date(year + month // 12, month % 12 + 1, 1)
    return (following - timedelta(days=1)).day


def _months_later(day: date, months: int) -> date:
    total = day.year * 12 + day.month - 1 + months
    year, month = total // 12, total % 12 + 1
    return date(year, month, min(day.day, _days_in(year, month)))


def _number(written: str | None) -> int | None:
    if written is None:
        return None
    return int(written) if written.isdigit() else number_from_word(written)


def _month(written: str) -> int | None:
    return _MONTHS.get(written, _number(written))


def _year(written: str | None) -> int | None:
    if not written:
        return None
    year = int(written) if written.isdigit() else year_from_word(written)
    if year is None:
        return None
    return year + 2000 if year < 100 else year


def _offset(count: str | None, unit: str | None, *, idiom: bool) -> int:
    """Count days; behind a day "in acht Tagen" is a week and "in vierzehn" are two."""
    if not count or not unit:
        return 0
    number = _number(count) or 0
    if unit.startswith("woche"):
        return 7 * number
    return 7 if idiom and number == 8 else number


def _months(count: str, unit: str) -> int:
    if count.startswith("halb") or count.endswith("halben"):
        return 6
    number = _number(count) or 0
    return number * 12 if unit.startswith("jahr") else number


def _shift(word: str) -> int:
    if word.startswith("ubernachst"):
        return 2
    if word.startswith(("nachst", "kommend", "folgend")):
        return 1
    if word.startswith(("letzt", "vergangen", "vorig")):
        return -1
    return 0


def _words(options: object) -> str:
    return "|".join(re.escape(str(option)) for option in options)  # type: ignore[attr-defined]


_DAY = rf"(?:[12]\d|3[01]|0?[1-9]|{_words(word for word in ORDINAL_WORDS if len(word) > 3)})"
_MONTH_NAME = _words(sorted(_MONTHS, key=len, reverse=True))
_MONTH_NUMBER = r"(?:1[0-2]|0?[1-9])"
_YEAR = r"(?:(?:19|20)\d\d|zweitausend\w{3,25})"
_SHIFT = r"(?:ubernachste|nachste|kommende|folgende|diese|letzte|vergangene|vorige|jede)[nrms]?"
_COUNT = rf"(?:\d{{1,3}}|{_words(word for word in CARDINAL_WORDS if len(word) > 2)})"
_WEEKDAY_NAME = "|".join(name for name in _WEEKDAY_NUMBERS if len(name) > 2)
_PART = r"(?:(?P<part>anfang|mitte|ende) )?"
_LATER = rf"(?: (?:in|vor) (?P<count>{_COUNT}) (?P<unit>wochen?|tagen?))?"
_FREE = r"(?<![\w.,:/-])"

_RULES: tuple[_Rule, ...] = (
    (re.compile(rf"{_FREE}(?P<year>20\d\d)-(?P<month>\d\d)-(?P<day>\d\d)(?!\w)"), _iso),
    (
        re.compile(
            rf"{_FREE}(?P<first>{_DAY})\.? ?(?:bis(?: zum)?|-|und)(?: dem| den)? "
            rf"?(?P<day>{_DAY})\.? ?(?P<month>{_MONTH_NAME}|{_MONTH_NUMBER}(?=\.))\b\.?"
            rf"(?: ?(?P<year>{_YEAR}))?"
        ),
        _day_range,
    ),
    (
        re.compile(
            rf"{_FREE}(?P<day>\d{{1,2}})(?:\. ?|/)(?P<month>{_MONTH_NUMBER})"
            r"(?:(?:\. ?|/)(?P<year>(?:19|20)\d\d|\d\d(?![\w:]))|\.)?"
            r"(?![\d%€:]|,\d| ?uhr| ?euro| ?h\b)(?!\w)"
        ),
        _calendar_day,
    ),
    (
        re.compile(
            rf"{_FREE}(?P<day>{_DAY})\.? ?(?P<month>{_MONTH_NAME})\b\.?(?: (?P<year>{_YEAR}))?"
        ),
        _calendar_day,
    ),
    (
        re.compile(
            rf"\b(?P<day>{_words(word for word in ORDINAL_WORDS if word.endswith('n'))}) "
            rf"(?P<month>{_words(word for word in ORDINAL_WORDS if word.endswith(('n', 'r')))})"
            rf"(?! advent| weihnacht)\b(?: (?P<year>{_YEAR}))?"
        ),
        _calendar_day,
    ),
    (
        re.compile(
            rf"(?<!\w)(?P<name>{_words(DAY_NAMES)})\b"
            rf"(?: (?:(?P<shift>{_SHIFT}) jahr(?:es)?|(?P<year>{_YEAR})))?"
        ),
        _named,
    ),
    (
        re.compile(
            rf"(?<!guten )(?<!guden )(?<!schonen )(?<!am )(?<!heute )(?<!heut )(?<!jeden )"
            rf"(?<!tag )(?<!och )(?<!diesen )(?<!gestern )(?<!ubermorgen )"
            rf"\b(?P<relative>{'|'.join(word for word in _RELATIVE_DAYS if word != 'moin')})\b"
            rf"(?! zusammen| allerseits| ihr lieb| lieb)(?!!)"
            rf"{_LATER}"
        ),
        _relative_day,
    ),
    (
        re.compile(
            rf"(?:\b(?P<week>{_SHIFT}) woche (?:am |den )?)?(?:\b(?P<shift>{_SHIFT}) )?"
            rf"\b(?P<weekday>{_WEEKDAY_NAME}|(?:(?<=am )|(?<=von ))(?:mo|di|mi|do|fr|sa)(?=[\s.,?!-]|$))"
            rf"(?:s|en|e)?(?=$|[^\w]|nach|vor|abend|morgen|mittag|fruh)"
            rf"(?: (?:in der |der |in )?(?P<weekafter>{_SHIFT}) woche)?{_LATER}"
        ),
        _weekday,
    ),
    (
        re.compile(
            rf"\b(?P<way>in|vor) (?P<count>{_COUNT}|(?:einem |nem )?halben) (?P<unit>tage?n?|wochen?|monate?n?"
            r"|jahre?n?)\b(?! alt)"
        ),
        _in_days,
    ),
    (re.compile(rf"\b{_PART}(?:der )?(?P<shift>{_SHIFT}) woche\b"), _relative_week),
    (
        re.compile(
            rf"\b(?:am|ans|uber das|ubers|an dem|furs|zum|(?:das |am |dem )?(?P<shift>{_SHIFT})) "
            r"wochenenden?\b"
        ),
        _weekend,
    ),
    (
        re.compile(
            rf"\b{_PART}(?:(?P<shift>{_SHIFT}) monat(?:s|es)?|(?<=ende )des monats)\b"
        ),
        _relative_month,
    ),
    (re.compile(rf"\b(?P<shift>{_SHIFT}) jahr(?:es)?\b"), _relative_year),
    (
        re.compile(
            rf"\b(?:(?P<part>anfang|mitte|ende)|im|seit|ab|bis|fur|monat|bis ende|nachsten|kommenden) "
            rf"(?P<month>{_MONTH_NAME})\b(?: (?P<year>{_YEAR}))?"
        ),
        _whole_month,
    ),
    (
        re.compile(rf"\b(?:am|zum|bis zum|ab dem|vom|den|dem) (?P<day>{_DAY})(?:\.(?!\d)|(?<=[nr]))"
                   r"(?! stock| etage| mal| kind| woche| wahl)(?=\W|$)"),
        _day_of_month,
    ),
)  # fmt: skip
_TRIGGER = re.compile(
    rf"\d|heut|morg|gestern|tag|woch|monat|jahr|advent|abend|{'|'.join(sorted({m[:3] for m in _MONTHS}))}"
    rf"|{_words(name for name in DAY_NAMES if 'tag' not in name and ' ' not in name)}"
    rf"|konige|ten\b|sten\b|am (?:mo|di|mi|do|fr|sa)\b"
)
