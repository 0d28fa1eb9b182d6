"""School holidays of North Rhine-Westphalia, as the state has set them.

The dates are fixed by the state's Ferienordnung ("Ferienordnung für Nordrhein-Westfalen
für die Schuljahre bis 2029/30", Ministerium für Schule und Bildung NRW), the summer ones
by the Kultusministerkonferenz. Read on 2026-11-23 from copies of it:

- 2026: aktuellekw.de/schulferien/2026/nordrhein-westfalen; 2025/26 and Easter to Whitsun
  2027: kohlverlag.de/themen (2025-12-04)
- 2027: calendar of the Tennisclub RW Stiepel, Bochum (tcrwstiepel.de)
- 2028 and Christmas 2028/29: kalenderpedia.de/ferien/ferien-nrw-2028.html
- summer until 2030: rp-online.de, 2021-12-13 (dpa on the decision of the conference)

Where two of them overlap they agree. Easter and autumn 2029, Christmas 2029/30 and
Easter 2030 could not be read from a source and are left out: what is not known is no
date. Days a school sets for itself ("bewegliche Ferientage") are not known here.
"""

from __future__ import annotations

from datetime import date

SOURCE = "Ferienordnung für Nordrhein-Westfalen bis 2029/30, Ministerium für Schule und Bildung"
AS_OF = date(2026, 11, 23)

Span = tuple[date, date]


def _days(*spans: tuple[str, str]) -> tuple[Span, ...]:
    return tuple((date.fromisoformat(first), date.fromisoformat(last)) for first, last in spans)


_AUTUMN = _days(
    ("2025-10-13", "2025-10-25"),
    ("2026-10-17", "2026-10-31"),
    ("2027-10-23", "2027-11-06"),
    ("2028-10-23", "2028-11-04"),
)
_CHRISTMAS = _days(
    ("2025-12-22", "2026-01-06"),
    ("2026-12-23", "2027-01-06"),
    ("2027-12-24", "2028-01-08"),
    ("2028-12-21", "2029-01-05"),
)
_EASTER = _days(
    ("2026-03-30", "2026-04-11"),
    ("2027-03-22", "2027-04-03"),
    ("2028-04-10", "2028-04-22"),
)
_WHITSUN = _days(("2026-05-26", "2026-05-26"), ("2027-05-18", "2027-05-18"))
_SUMMER = _days(
    ("2025-07-14", "2025-08-26"),
    ("2026-07-20", "2026-09-01"),
    ("2027-07-19", "2027-08-31"),
    ("2028-07-10", "2028-08-22"),
    ("2029-07-02", "2029-08-14"),
    ("2030-06-24", "2030-08-06"),
)
_ANY = tuple(sorted(_AUTUMN + _CHRISTMAS + _EASTER + _SUMMER))

_NAMES: tuple[tuple[tuple[Span, ...], str], ...] = (
    (_AUTUMN, "herbstferien"),
    (_CHRISTMAS, "weihnachtsferien|winterferien"),
    (_EASTER, "osterferien"),
    (_WHITSUN, "pfingstferien"),
    (_SUMMER, "sommerferien|grosen ferien"),
    (_ANY, "schulferien|den ferien"),
)
_SPANS = {name: spans for spans, names in _NAMES for name in names.split("|")}

HOLIDAY_NAMES = tuple(sorted(_SPANS, key=len, reverse=True))
"""Folded names of school holidays, longest first, for grammars."""


def school_holidays(name: str, year: int) -> Span | None:
    """Give the school holidays that begin in a year.

    Args:
        name: Folded name, one of `HOLIDAY_NAMES`.
        year: The year they begin in.

    Returns:
        First and last day, or None where they are not known.
    """
    return next((span for span in _SPANS.get(name, ()) if span[0].year == year), None)


def next_school_holidays(name: str, today: date, *, begun: bool = True) -> Span | None:
    """Give the next school holidays that have not ended before today.

    Args:
        name: Folded name, one of `HOLIDAY_NAMES`.
        today: The day from which to look.
        begun: Whether holidays that go on today count.

    Returns:
        First and last day, or None where they are not known.
    """
    spans = _SPANS.get(name, ())
    if not spans or today < spans[0][0].replace(year=spans[0][0].year - 1):
        return None  # long before the first known ones there were others
    return next((span for span in spans if (span[1] if begun else span[0]) >= today), None)
