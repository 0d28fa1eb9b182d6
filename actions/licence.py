"""Which deadline holds for an old driving licence: read from a year and the table of facts."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from actions.answers import bullets, paragraphs
from actions.catalogued import fact_line
from actions.services.records import Fact
from german.numbers import digits_from_words

ASK_YEAR = (
    "In welchem Jahr sind Sie geboren, oder wann wurde Ihr Führerschein ausgestellt (Feld 4a)? "
    "Nennen Sie mir das Jahr, dann sage ich Ihnen Ihre Frist."
)
ASK_BIRTH = "Bei einem so alten Führerschein zählt Ihr Geburtsjahr. Nennen Sie es mir gern."
ASK_ISSUE = (
    "Haben Sie schon eine Karte statt Papier? Dann zählt das Jahr, in dem sie ausgestellt wurde "
    "(Feld 4a). Nennen Sie es mir gern."
)
NOT_CONCERNED = "Ihr Führerschein ist neu genug. Für ihn gilt die Tabelle der Fristen nicht."
OVER = "Diese Frist ist vorbei. Bitte kümmern Sie sich jetzt um den Umtausch."
SOON = "Das ist bald. Bitte kümmern Sie sich jetzt um den Umtausch."
SOON_DAYS = 120
_YEAR = re.compile(r"\b(?:19[2-9]\d|20[0-3]\d)(?!\d)")
_SHORT_BIRTH = re.compile(
    r"(?:jahrgang|jg\.?|baujahr|geboren|geburtsjahr)\s*(?:ist\s*|im jahr\s*)?['’]?(\d\d)(?![\d.])"
    r"|(?<![\d.])['’]?(\d\d)(?:er)?\s*(?:jahrgang|baujahr|geboren)",
    re.IGNORECASE,
)
_CUES = {
    "birth": re.compile(r"geboren|geburt|geb\.|jahrgang|\bjg\b|baujahr", re.IGNORECASE),
    "issue": re.compile(
        r"ausge?stell|gemacht|erteilt|bekommen|bestanden|gekriegt|gültig seit|prüfung|karte"
        r"|führerschein|fuehrerschein|lappen|fleppe|4a",
        re.IGNORECASE,
    ),
}
FIRST_CARDS = 1999
"""Without any hint, a year before the first cards is one of birth, a later one of issue."""


@dataclass(frozen=True)
class LicenceYears:
    """What a citizen said: year of birth, year in which the licence was issued."""

    birth: int | None = None
    issued: int | None = None

    def __bool__(self) -> bool:
        return self.birth is not None or self.issued is not None

    def filled_by(self, other: LicenceYears) -> LicenceYears:
        """Return these years, with those of ``other`` where there are none."""
        return LicenceYears(self.birth or other.birth, self.issued or other.issued)


def read_years(text: str) -> LicenceYears:
    """Read years from a sentence: ``Jahrgang 62``, ``2003 ausgestellt``, ``12.03.1965 geboren``."""
    written = digits_from_words(text)
    years = LicenceYears()
    for found in _YEAR.finditer(written):
        year = int(found.group())
        if _kind(written, found) == "birth":
            years = LicenceYears(year, years.issued)
        else:
            years = LicenceYears(years.birth, year)
    if years.birth is None and (short := _SHORT_BIRTH.search(written)):
        years = LicenceYears(1900 + int(short.group(1) or short.group(2)), years.issued)
    return years


def _kind(text: str, found: re.Match[str]) -> str:
    """Return the kind of year whose cue stands nearest, else what the year itself suggests."""
    near = {
        kind: min(
            (min(abs(cue.start() - found.end()), abs(found.start() - cue.end())) for cue in cues),
            default=None,
        )
        for kind, pattern in _CUES.items()
        if (cues := list(pattern.finditer(text)))
    }
    known = {kind: distance for kind, distance in near.items() if distance is not None}
    if known:
        return min(known, key=lambda kind: known[kind])
    return "birth" if int(found.group()) < FIRST_CARDS else "issue"


def deadlines_for(table: Sequence[Fact], years: LicenceYears) -> tuple[Fact, ...]:
    """Return the rows of the table that can hold for somebody; none when the licence is new.

    The oldest are asked last whatever they hold; for a card the year of issue
    counts, for paper the year of birth.
    """
    births, issues = _rows(table, "birth"), _rows(table, "issue")
    own = tuple(row for row in births if years.birth is not None and _holds(row, years.birth))
    if any(row.years and row.years.first is None for row in own) or years.issued is None:
        return own
    cards = tuple(row for row in issues if _holds(row, years.issued))
    if cards:
        return cards
    if all(row.years and years.issued < (row.years.first or 0) for row in issues):
        return own or births
    return ()


def _rows(table: Iterable[Fact], kind: str) -> tuple[Fact, ...]:
    return tuple(row for row in table if row.years and row.years.of == kind)


def _holds(row: Fact, year: int) -> bool:
    return row.years is not None and row.years.hold(year)


def _over(row: Fact, today: dt.date) -> bool:
    return isinstance(row.value, dt.date) and row.value < today


def deadline_words(table: Sequence[Fact], years: LicenceYears, today: dt.date) -> str:
    """Say the deadline of somebody, or the table with what is over when no year is known."""
    if not years:
        return _whole_table(table, today)
    rows = deadlines_for(table, years)
    if not rows:
        return NOT_CONCERNED
    said = bullets(fact_line(row) for row in rows)
    if len(rows) > 1:
        return paragraphs(said, ASK_BIRTH)
    return paragraphs(
        said, _urgency(rows[0], today), ASK_ISSUE if may_have_card(rows[0], years) else ""
    )


def open_question(table: Sequence[Fact], years: LicenceYears) -> bool:
    """Tell whether one more year would make the answer surer."""
    rows = deadlines_for(table, years)
    return not years or len(rows) > 1 or (len(rows) == 1 and may_have_card(rows[0], years))


def may_have_card(row: Fact, years: LicenceYears) -> bool:
    """Tell whether the year of issue could still change the deadline."""
    return years.issued is None and row.years is not None and row.years.first is not None


def _urgency(row: Fact, today: dt.date) -> str:
    if _over(row, today):
        return OVER
    left = (row.value - today).days if isinstance(row.value, dt.date) else SOON_DAYS + 1
    return SOON if left <= SOON_DAYS else ""


def _whole_table(table: Sequence[Fact], today: dt.date) -> str:
    over = [row.label for row in table if _over(row, today)]
    open_rows = [fact_line(row) for row in table if not _over(row, today)]
    return paragraphs(
        f"Diese Fristen laufen noch:\n{bullets(open_rows)}" if open_rows else "",
        f"Schon vorbei ist die Frist für:\n{bullets(over)}" if over else "",
        ASK_YEAR,
    )
