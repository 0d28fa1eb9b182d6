"""Times of day in German text: "halb vier", "zwischen 8 und 12", "nachmittags".

Hours from 1 to 6 without "früh", "morgens" or "nachts" mean the afternoon, because
that is when offices are open: "um halb vier" is 15:30.
"""

# ruff: noqa: E501 -- a pattern is easier to read in one line
from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import time

from german.numbers import CARDINAL_WORDS, number_from_word

_PARTS = {
    "fruhmorgens": (5, 8), "morgens": (6, 10), "fruh": (6, 10), "fruhs": (6, 10),
    "morgen": (6, 10), "vormittag": (8, 12), "vormittags": (8, 12), "mittag": (12, 14),
    "mittags": (12, 14), "nachmittag": (13, 18), "nachmittags": (13, 18), "abend": (18, 22),
    "abends": (18, 22), "nachts": (22, 6), "nacht": (22, 6),
}  # fmt: skip
_NOON = 12
_MOST_SPANS = 50
_EXACT = frozenset({"minute", "hour"})
_MOMENTS = _EXACT | {"from"}
_BESIDE = re.compile(r"[\s,]*(?:so |dann |um |gegen |ab )?")
_AFTERNOON = ("nachmittag", "abend")
_EARLY = ("fruh", "morgen", "vormittag", "nacht")


@dataclass(frozen=True)
class TimeSpan:
    """A time of day that a piece of text means.

    Attributes:
        first: The time, or the begin.
        last: The end; None for a moment or an open end.
        grain: ``minute``, ``hour``, ``daytime``, ``range``, ``from`` or ``until``.
        start: First character in the folded text.
        end: One past the last character.
    """

    first: time
    last: time | None
    grain: str
    start: int
    end: int


_Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], "tuple[time, time | None, str] | None"]]


def find_times(folded: str) -> list[TimeSpan]:
    """Find all times of day.

    Args:
        folded: Folded text.

    Returns:
        At most 50 spans in the order of the text, without overlaps.
    """
    if not _TRIGGER.search(folded):
        return []
    found: list[TimeSpan] = []
    for span in _candidates(folded):
        if not any(span.start < other.end and other.start < span.end for other in found):
            found.append(span)
        if len(found) == _MOST_SPANS:
            break
    return _joined(folded, sorted(found, key=lambda span: span.start))


def _joined(folded: str, spans: list[TimeSpan]) -> list[TimeSpan]:
    """Join "abends um halb sieben" and "von halb neun bis viertel nach zwölf"."""
    joined: list[TimeSpan] = []
    for span in spans:
        together = _together(folded, joined[-1], span) if joined else None
        if together is None:
            joined.append(span)
        else:
            joined[-1] = together
    return joined


def _together(folded: str, first: TimeSpan, second: TimeSpan) -> TimeSpan | None:
    between = folded[first.end : second.start]
    if first.grain == "daytime" and second.grain in _MOMENTS and _BESIDE.fullmatch(between):
        word = re.search(r"\w+$", folded[first.start : first.end])
        begin = first.start + (word.start() if word else 0)  # without the "morgen" before it
        return _in_daytime(second, first, begin, second.end)
    if second.grain == "daytime" and first.grain in _MOMENTS and not between.strip():
        return _in_daytime(first, second, first.start, second.end)
    if first.grain in _EXACT and second.grain in _EXACT and first.first < second.first:
        opened = re.search(r"\b(?:von|zwischen) $", folded[: first.start])
        if re.fullmatch(r" ?(?:bis|-) ?" if opened is None else r" (?:bis|und) ", between):
            return TimeSpan(first.first, second.first, "range", first.start, second.end)
    return None


def _in_daytime(moment: TimeSpan, part: TimeSpan, start: int, end: int) -> TimeSpan | None:
    """Move a time to the part of the day that is named beside it."""
    hour = moment.first.hour
    afternoon = part.first.hour >= _NOON and part.last is not None and part.last.hour > _NOON
    if afternoon and hour < _NOON:
        hour += _NOON
    elif not afternoon and _NOON < hour <= _NOON + 6:
        hour -= _NOON
    moved = moment.first.replace(hour=hour)
    return TimeSpan(moved, None, moment.grain, start, end)


def _candidates(folded: str) -> Iterator[TimeSpan]:
    for pattern, resolve in _RULES:
        for match in pattern.finditer(folded):
            times = resolve(match)
            if times is not None:
                yield TimeSpan(*times, match.start(), match.end())


def _range(match: re.Match[str]) -> tuple[time, time | None, str] | None:
    first = _time(match["first"], match["firstminute"], match["part"])
    last = _time(match["last"], match["lastminute"], match["part"])
    if first is None or last is None:
        return None
    if first > last:  # "von 8 bis 4", "von 2 bis 12"
        earlier = _exact(match["first"], match["firstminute"])
        first = earlier if earlier is not None and earlier < last else first
    return (first, last, "range") if first < last else None


def _from(match: re.Match[str]) -> tuple[time, time | None, str] | None:
    moment = _time(match["hour"], match["minute"], match["part"])
    return None if moment is None else (moment, None, "from")


def _until(match: re.Match[str]) -> tuple[time, time | None, str] | None:
    moment = _time(match["hour"], match["minute"], match["part"])
    return None if moment is None else (time(0), moment, "until")


def _clock(match: re.Match[str]) -> tuple[time, time | None, str] | None:
    moment = _time(match["hour"], match["minute"], match["part"])
    if moment is None:
        return None
    return moment, None, "minute" if match["minute"] else "hour"


def _spoken(match: re.Match[str]) -> tuple[time, time | None, str] | None:
    """Read "viertel vor drei", "zehn nach halb vier", "dreiviertel acht"."""
    hour = _time(match["hour"], None, match["part"])
    if hour is None:
        return None
    minutes = hour.hour * 60 + _minutes(match["shift"], match["way"], match["half"])
    minutes %= 24 * 60
    return time(minutes // 60, minutes % 60), None, "minute"


def _minutes(shift: str | None, way: str | None, half: str | None) -> int:
    named = {"viertel": 15, "dreiviertel": 45, "kurz": 5}
    amount = named.get(shift or "", _number(shift) or 0)
    offset = -30 if half else 0
    if way == "nach":
        return offset + amount
    if way == "vor":
        return offset - amount
    return offset if not shift else amount - 60  # "viertel vier" = 3:15


def _midnight(_match: re.Match[str]) -> tuple[time, time | None, str]:
    return time(0), None, "hour"


def _part(match: re.Match[str]) -> tuple[time, time | None, str] | None:
    first, last = _PARTS[match["daytime"]]
    return time(first), time(last), "daytime"


def _time(hour: str, minute: str | None, part: str | None) -> time | None:
    moment = _exact(hour, minute)
    if moment is None:
        return None
    if part and part.startswith(_AFTERNOON) and moment.hour < 12:
        return moment.replace(hour=moment.hour + 12)
    early = bool(part) and str(part).startswith(_EARLY)
    if not early and 1 <= moment.hour <= 6 and not hour.startswith("0"):
        return moment.replace(hour=moment.hour + 12)
    return moment


def _exact(hour: str, minute: str | None) -> time | None:
    hours, minutes = _number(hour), _number(minute) if minute else 0
    if hours is None or minutes is None or hours > 24 or minutes > 59:
        return None
    return time(hours % 24, minutes)


def _number(written: str | None) -> int | None:
    if not written:
        return None
    return int(written) if written.isdigit() else number_from_word(written)


_HOUR_WORDS = "|".join(
    word for word in CARDINAL_WORDS if len(word) > 2 and (number_from_word(word) or 99) <= 24
    and word not in {"eine", "einem", "einen", "einer", "ner", "nem", "nen", "par", "paar", "ein"}
)  # fmt: skip
_MINUTE_WORDS = "|".join(word for word in CARDINAL_WORDS if len(word) > 2)
_HOUR = rf"(?:2[0-4]|1\d|0?\d|{_HOUR_WORDS})(?!\d)"
_O_CLOCK = r"(?: ?uhr\b| ?h\b)"
_DAYTIME = (
    r"(?: (?P<part>fruhmorgens|morgens|fruh|vormittags?|mittags|nachmittags?|abends?|nachts))?"
)
_NOT_A_COUNT = (
    r"(?! ?(?:jahre?|kinder|personen|euro|€|hunde?|wochen?|monate?n?|tagen?|prozent|%|stuck|kilo"
    r"|meter|[a-z]\b)|\.\d|\. ?(?:jan|feb|mar|apr|mai|jun|jul|aug|sep|okt|nov|dez))"
)
_NOT_INSIDE = r"(?<![\w.,:/-])"


def _clock_text(hour: str, minute: str) -> str:
    return rf"(?P<{hour}>{_HOUR})(?:[:.](?P<{minute}>[0-5]\d)(?!\d|\.\d))?"


_RULES: tuple[_Rule, ...] = (
    (
        re.compile(
            rf"(?:\b(?:zwischen|von|so zwischen) |{_NOT_INSIDE}){_clock_text('first', 'firstminute')}"
            rf"{_O_CLOCK}? ?(?:und|bis|-|bis um) ?{_clock_text('last', 'lastminute')}"
            rf"{_O_CLOCK}{_DAYTIME}"
        ),
        _range,
    ),
    (
        re.compile(
            rf"\b(?:zwischen|von) {_clock_text('first', 'firstminute')}{_O_CLOCK}? "
            rf"(?:und|bis) {_clock_text('last', 'lastminute')}{_DAYTIME}{_NOT_A_COUNT}(?=\W|$)"
        ),
        _range,
    ),
    (
        re.compile(
            rf"(?:\bum |\bgegen |\bab |\bbis |\bnach |\bvor )?"
            rf"(?:(?P<shift>viertel|dreiviertel|kurz|(?:{_MINUTE_WORDS}|\d{{1,2}})(?: minuten)?(?= (?:vor|nach) "
            rf"(?:halb |{_HOUR_WORDS}|\d)))(?: (?P<way>vor|nach))? )?(?P<half>halb )"
            rf"(?P<hour>{_HOUR}){_DAYTIME}(?=\W|$)"
        ),
        _spoken,
    ),
    (
        re.compile(
            rf"\b(?P<shift>viertel|dreiviertel|kurz(?= vor| nach)|funf(?= vor| nach)|zehn(?= vor| nach)"
            rf"|zwanzig(?= vor| nach)|\d{{1,2}}(?= vor| nach))(?: (?P<way>vor|nach))? (?P<half>)"
            rf"(?P<hour>{_HOUR}){_O_CLOCK}?{_DAYTIME}(?=\W|$)(?! ?(?:jahr|kind|person|euro|monat|woch|tag))"
        ),
        _spoken,
    ),
    (
        re.compile(
            rf"\b(?:ab|nach|fruhestens um|fruhestens) (?P<hour>{_HOUR})(?:[:.](?P<minute>[0-5]\d)"
            rf"(?!\d|\.))?{_O_CLOCK}(?: (?=[0-5]?\d\b))?{_DAYTIME}"
        ),
        _from,
    ),
    (
        re.compile(
            rf"\b(?:bis|vor|spatestens um|bis um|spatestens) (?P<hour>{_HOUR})"
            rf"(?:[:.](?P<minute>[0-5]\d)(?!\d|\.))?{_O_CLOCK}{_DAYTIME}"
        ),
        _until,
    ),
    (
        re.compile(
            rf"\b(?:ab|nach) (?P<hour>{_HOUR_WORDS})(?P<minute>)(?P<part>)(?=\s*(?:[,;!?.]|$))"
        ),
        _from,
    ),
    (re.compile(r"(?:\bum |\bgegen )?\bmitternacht\b"), _midnight),
    (
        re.compile(
            rf"{_NOT_INSIDE}(?P<hour>[01]\d|2[0-3])(?P<minute>[0-5]\d) ?uhr\b{_DAYTIME}"
        ),
        _clock,
    ),
    (
        re.compile(
            rf"{_NOT_INSIDE}(?P<hour>{_HOUR}|ein)(?:[.:]\d\d(?={_O_CLOCK}))?(?<![.:]\d\d){_O_CLOCK}"
            rf" (?P<minute>[0-5]?\d(?![\d.:])|{_MINUTE_WORDS})\b(?! ?(?:uhr|euro|kinder|person)){_DAYTIME}"
        ),
        _clock,
    ),
    (
        re.compile(
            rf"{_NOT_INSIDE}(?P<hour>{_HOUR}|ein)(?:[:.](?P<minute>[0-5]\d))?{_O_CLOCK}{_DAYTIME}"
        ),
        _clock,
    ),
    (re.compile(rf"{_NOT_INSIDE}(?P<hour>2[0-4]|[01]?\d):(?P<minute>[0-5]\d)(?![:\d]){_DAYTIME}"), _clock),
    (
        re.compile(
            rf"\b(?:um|gegen|so um|punkt|ca\.?|circa) (?P<hour>{_HOUR})(?P<minute>){_DAYTIME}{_NOT_A_COUNT}"
            r"(?=[\s,;!?.]|$)"
        ),
        _clock,
    ),
    (
        re.compile(
            rf"(?<![\w.,:/-])(?P<hour>{_HOUR_WORDS}|\d{{1,2}})(?P<minute>) "
            r"(?P<part>morgens|fruh|nachmittags|abends|nachts|vormittags)\b"
        ),
        _clock,
    ),
    (
        re.compile(
            r"(?!uber morgen)(?:(?<=tag )|(?<=woch )|\b(?:am |heute |heut |gestern |morgen |ubermorgen |jeden |in der |gegen |uber )"
            r"|(?<=montag)|(?<=dienstag)|(?<=mittwoch)|(?<=donnerstag)|(?<=freitag)|(?<=samstag)|(?<=sonntag))"
            r"(?:fruhen |spaten )?(?P<daytime>fruh|morgen|vormittag|mittag|nachmittag|abend|nacht)s?\b(?! des)"
        ),
        _part,
    ),
    (
        re.compile(
            r"\b(?P<daytime>fruhmorgens|morgens|vormittags?|mittags|nachmittags?|abends|nachts)\b"
        ),
        _part,
    ),
)  # fmt: skip
_TRIGGER = re.compile(
    rf"\d|uhr|halb|viertel|fruh|morgen|mittag|abend|nacht|\b(?:um|gegen|zwischen|von|vor|nach|ab|punkt) (?:{_HOUR_WORDS})"
)
