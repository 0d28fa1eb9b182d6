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
from german.public_holidays import DAY_NAMES, Span, named_days, next_named_days
from german.school_holidays import HOLIDAY_NAMES, next_school_holidays, school_holidays

WEEKDAYS = ("montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonntag")
_WEEKDAY_NUMBERS = {name: number for number, name in enumerate(WEEKDAYS)} | {
    "sonnabend": 5, "samsttag": 5, "mitwoch": 2, "donerstag": 3, "dinstag": 1, "dienstach": 1,
    "donnerstach": 3, "donnerstg": 3, "freitach": 4, "montach": 0, "samstach": 5, "sonntach": 6,
    "mo": 0, "di": 1, "mi": 2, "do": 3, "fr": 4, "sa": 5, "so": 6,
}  # fmt: skip
_MONTHS = {
    "januar": 1, "janur": 1, "januär": 1, "jan": 1, "janer": 1, "janner": 1, "februar": 2, "feb": 2, "febr": 2,
    "marz": 3, "mrz": 3, "april": 4, "apr": 4, "mai": 5, "juni": 6, "juno": 6, "jun": 6,
    "juli": 7, "julei": 7, "jul": 7, "august": 8, "aug": 8, "september": 9, "sept": 9, "sep": 9,
    "oktober": 10, "okt": 10, "november": 11, "nov": 11, "dezember": 12, "dez": 12,
}  # fmt: skip
_MOST_SPANS = 50
"""Days, times or details of one message; nobody names more who wants to be understood."""
_RELATIVE_DAYS = {
    "vorgestern": -2, "gestern": -1, "heut": 0, "heute": 0, "morgen": 1, "morgn": 1, "moin": 1,
    "ubermorgen": 2, "ubermorgn": 2, "uber morgen": 2,
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
        At most `_MOST_SPANS` spans in the order of the text, without overlaps. What is
        no day of the calendar ("31.2.") is left out.
    """
    if not _TRIGGER.search(folded):
        return []
    single: list[DaySpan] = []
    for span in _candidates(folded, today):
        if not any(span.start < other.end and other.start < span.end for other in single):
            single.append(span)
        if len(single) == _MOST_SPANS:
            break
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
        elif before is not None and _is_same(folded, before, span):
            joined[-1] = DaySpan(span.first, span.last, span.grain, before.start, span.end)
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


def _is_same(folded: str, first: DaySpan, second: DaySpan) -> bool:
    """Tell whether "Mittwoch, den 25.11." and "heute Karfreitag" name one day twice."""
    if first.grain != "day" or second.grain != "day":
        return False
    if not re.fullmatch(r"[\s,(]*(?:de[nmr]|am|ist)?[\s,]*", folded[first.end : second.start]):
        return False
    weekday = _WEEKDAY_NUMBERS.get(folded[first.start : first.end])
    return first.first == second.first or weekday == second.first.weekday()


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


def _date_range(match: re.Match[str], today: date) -> _Days | None:
    last = _next_date(int(match["day"]), int(match["month"]), _year(match["year"]), today)
    first = date(last.year, int(match["firstmonth"]), int(match["first"]))
    return (first if first <= last else first.replace(year=last.year - 1)), last, "days"


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
    if match["yearshift"] or match["yearbefore"]:
        year = today.year + _shift(match["yearshift"] or match["yearbefore"])
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
    return _part_of_month(months // 12, months % 12 + 1, match["part"] or match["edge"])


def _relative_year(match: re.Match[str], today: date) -> _Days | None:
    year = today.year + _shift(match["shift"])
    return date(year, 1, 1), date(year, 12, 31), "year"


def _relative_day(match: re.Match[str], today: date) -> _Days | None:
    return _one(_moved(today + timedelta(days=_RELATIVE_DAYS[match["relative"]]), match))


def _moved(day: date, match: re.Match[str]) -> date:
    """Move a day by what follows it: "heute in einem Monat", "Dienstag vor zwei Wochen"."""
    count, unit, back = match["count"], match["unit"], match["way"] == "vor"
    if not count:
        return day
    if unit.startswith(("monat", "jahr")):
        months = _months(count, unit)
        return _months_later(day, -months if back else months)
    offset = _offset(count, unit, idiom=not back)
    return day + timedelta(days=-offset if back else offset)


def _weekday(match: re.Match[str], today: date) -> _Days | None:
    number = _WEEKDAY_NUMBERS[match["weekday"]]
    week = match["week"] or match["weekafter"]
    if week:
        monday = today - timedelta(days=today.weekday())
        return _one(monday + timedelta(days=number + 7 * _shift(week)))
    return _one(_moved(_next_weekday(number, match["shift"] or "", today), match))


def _next_weekday(number: int, shift: str, today: date) -> date:
    ahead = (number - today.weekday()) % 7
    if shift.startswith(("letzt", "vergangen", "vorig", "seit")):
        return today - timedelta(days=(today.weekday() - number) % 7 or 7)
    if shift.startswith(("dies", "jed")):
        return today + timedelta(days=ahead)
    if shift.startswith("ubernachst"):
        return today + timedelta(days=(ahead or 7) + 7)
    return today + timedelta(days=ahead or 7)


def _in_days(match: re.Match[str], today: date) -> _Days | None:
    offset, back = _offset(match["count"], match["unit"], idiom=False), match["way"] == "vor"
    if match["unit"].startswith(("monat", "jahr")):
        months = _months(match["count"], match["unit"])
        return _one(_months_later(today, -months if back else months))
    return _one(today + timedelta(days=-offset if back else offset))


def _coming_days(match: re.Match[str], today: date) -> _Days | None:
    """Read "in ein paar Tagen" and "in den nächsten zwei Wochen"."""
    if match["few"]:
        return today + timedelta(days=2), today + timedelta(days=5), "days"
    days = _offset(match["count"] or "funf", match["unit"], idiom=False)
    return today, today + timedelta(days=days), "days"


def _calendar_week(match: re.Match[str], today: date) -> _Days | None:
    """Read a calendar week (ISO 8601); without a year the next one, today's included."""
    number = int(match["number"] or match["ordinal"])
    year = _year(match["year"]) or today.isocalendar()[0]
    monday = date.fromisocalendar(year, number, 1)
    if not match["year"] and monday + timedelta(days=6) < today:
        monday = date.fromisocalendar(year + 1, number, 1)
    return monday, monday + timedelta(days=6), "week"


def _weekdays(match: re.Match[str], today: date) -> _Days | None:
    if match["first"] == match["last"]:  # "so-so"
        return None
    first = _next_weekday(_WEEKDAY_NUMBERS[match["first"]], "", today)
    length = (_WEEKDAY_NUMBERS[match["last"]] - first.weekday()) % 7
    return first, first + timedelta(days=length), "days"


def _whole_year(match: re.Match[str], _today: date) -> _Days | None:
    year = _year(match["year"]) or 0
    return date(year, 1, 1), date(year, 12, 31), "year"


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
    name, side = match["name"], match["side"]
    year = _year(match["year"])
    if year is None and match["shift"]:
        year = today.year + _shift(match["shift"])
    span = _named_span(name, year, today, begun=side != "vor")
    if span is None:
        return None
    if side == "vor" and span[0] > today:
        return today, span[0] - timedelta(days=1), "days"
    if side == "nach":
        return _after(span[1], match["weekdayafter"])
    return span[0], span[1], "day" if span[0] == span[1] else "days"


def _named_span(name: str, year: int | None, today: date, *, begun: bool) -> Span | None:
    if name in _SCHOOL:
        if year is not None:
            return school_holidays(name, year)
        return next_school_holidays(name, today, begun=begun)
    return next_named_days(name, today) if year is None else named_days(name, year)


def _after(last: date, weekday: str | None) -> _Days:
    """Give the first day after something, or the first such weekday after it."""
    if weekday:
        return _one(_next_weekday(_WEEKDAY_NUMBERS[weekday], "", last))
    return _one(last + timedelta(days=1))


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
    if year >= 100:
        return year
    return year + (2000 if year < _FIRST_OF_LAST_CENTURY else 1900)


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


_FIRST_OF_LAST_CENTURY = 60
"""Two digits from here on mean the last century: "14.5.87" is a date of birth."""
_SCHOOL = frozenset(HOLIDAY_NAMES)
_DAY = rf"(?:[12]\d|3[01]|0?[1-9]|{_words(word for word in ORDINAL_WORDS if len(word) > 3)})"
_MONTH_NAME = _words(sorted(_MONTHS, key=len, reverse=True))
_MONTH_DAY = r"(?:[12]\d|3[01]|0?[1-9])"
_MONTH_NUMBER = r"(?:1[0-2]|0?[1-9])"
_YEAR = r"(?:(?:19|20)\d\d|(?:zweitausend|neunzehnhundert)\w{3,25})"
_SHIFT = r"(?:ubernachste|nachste|kommende|folgende|diese|letzte|vergangene|vorige|jede)[nrms]?"
_COUNT = rf"(?:\d{{1,3}}|{_words(word for word in CARDINAL_WORDS if len(word) > 2)})"
_WEEKDAY_NAME = "|".join(name for name in _WEEKDAY_NUMBERS if len(name) > 2)
_PART = r"(?:(?P<part>anfang|mitte|ende) )?"
_LATER = rf"(?: (?P<way>in|vor) (?P<count>{_COUNT}) (?P<unit>wochen?|tagen?|monate?n?|jahre?n?))?"
_FREE = r"(?<![\w.,:/-])"

_RULES: tuple[_Rule, ...] = (
    (re.compile(rf"{_FREE}(?P<year>20\d\d)-(?P<month>\d\d)-(?P<day>\d\d)(?!\w)"), _iso),
    (
        re.compile(
            rf"{_FREE}(?P<first>{_MONTH_DAY})\. ?(?P<firstmonth>{_MONTH_NUMBER})\. ?(?:20\d\d)? ?- ?"
            rf"(?P<day>{_MONTH_DAY})\. ?(?P<month>{_MONTH_NUMBER})(?:\. ?(?P<year>20\d\d)?)(?!\w)"
        ),
        _date_range,
    ),
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
            rf"\b(?P<day>{_words(word for word in ORDINAL_WORDS if word.endswith('n'))}|(?<=der )(?:{_words(ORDINAL_WORDS)})) "
            rf"(?P<month>{_words(word for word in ORDINAL_WORDS if word.endswith(('e', 'n', 'r')))})"
            rf"(?! advent| weihnacht)\b(?: (?P<year>{_YEAR}))?"
        ),
        _calendar_day,
    ),
    (
        re.compile(
            rf"(?:(?:\b(?P<weekdayafter>{_WEEKDAY_NAME}) )?\b(?P<side>vor|nach) (?:de[nmr] )?(?={_words(HOLIDAY_NAMES)}"
            rf"|{_words(DAY_NAMES)}))?(?<!\w)(?P<name>{_words(HOLIDAY_NAMES)}|{_words(DAY_NAMES)})\b"
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
            rf"(?:\b(?P<week>{_SHIFT}) woche (?:am |den )?)?(?:\b(?P<shift>{_SHIFT}|seit) )?"
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
    (
        re.compile(
            rf"\bin (?:(?P<few>(?:ein )?paar) tagen|den (?:nachsten|kommenden) (?:(?P<count>{_COUNT}) )?"
            r"(?P<unit>tagen|wochen))\b"
        ),
        _coming_days,
    ),
    (
        re.compile(
            r"\b(?:kw ?(?P<number>5[0-3]|[1-4]\d|0?[1-9])(?!\d)"
            rf"|(?P<ordinal>5[0-3]|[1-4]\d|0?[1-9])\. (?:kalenderwoche|kw)\b)(?:[ /](?P<year>{_YEAR}))?"
        ),
        _calendar_week,
    ),
    (
        re.compile(
            r"\b(?P<first>mo|di|mi|do|fr|sa|so) ?(?:-|bis) ?(?P<last>mo|di|mi|do|fr|sa|so)\b"
        ),
        _weekdays,
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
            r"|\bmonats(?P<edge>anfang|mitte|ende)\b"
        ),
        _relative_month,
    ),
    (
        re.compile(
            rf"\b(?:(?P<yearbefore>{_SHIFT}) jahr )?(?:(?P<part>anfang|mitte|ende)|im|seit|ab|bis|fur|monat|bis ende"
            rf"|nachsten|kommenden) (?P<month>{_MONTH_NAME})\b(?: (?P<year>{_YEAR})| (?P<yearshift>{_SHIFT}) jahre?s)?"
        ),
        _whole_month,
    ),
    (re.compile(rf"\b(?P<shift>{_SHIFT}) jahr(?:es)?\b"), _relative_year),
    (re.compile(rf"\bim jahre? (?P<year>{_YEAR})\b"), _whole_year),
    (
        re.compile(rf"\b(?:am|zum|bis zum|ab dem|vom|den|dem) (?P<day>{_DAY})(?:\.(?!\d)|(?<=[nr]))"
                   r"(?! stock| etage| mal| kind| woche| wahl)(?=\W|$)"),
        _day_of_month,
    ),
)  # fmt: skip
_TRIGGER = re.compile(
    rf"\d|heut|morg|gestern|tag|tach\b|donnerst|woch|monat|jahr|advent|abend|{'|'.join(sorted({m[:3] for m in _MONTHS}))}"
    rf"|{_words(name for name in DAY_NAMES if 'tag' not in name and ' ' not in name)}"
    rf"|konige|ferien|ten\b|sten\b|te (?:\w+)te\b|\b(?:mo|di|mi|do|fr|sa) ?(?:-|bis)|am (?:mo|di|mi|do|fr|sa)\b"
)
