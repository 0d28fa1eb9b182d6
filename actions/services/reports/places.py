"""Where a defect is, in a citizen's words: street and number, coordinates, or a lamp number."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from actions.services.names import CHOICES
from actions.services.reports.report import Place, point_problem
from german.streets import StreetIndex

_POINT = re.compile(
    r"(?<![\d.,])(-?\d{1,2}[.,]\d{3,})\s*(?:°\s*[NnSs]?)?\s*[,;/ ]\s*(-?\d{1,3}[.,]\d{3,})(?![\d.])"
)
_LAMP_NUMBER = (
    r"\s*[:#]?\s*([A-Z]{0,3}[- ]?\d{1,6}[a-z]?)\b(?!\s*(?:tag|woche|monat|stunde|mal|uhr))"
)
_LAMP = re.compile(
    r"(?:laternen?|lampen?|leuchten?|masten?|lichtmast(?:en)?)"
    rf"(?:\s*[-:]?\s*(?:nummer|nr\.?|mit der nummer|mit der nr\.?))?{_LAMP_NUMBER}"
    rf"|(?:laternen|lampen|mast|leuchten)(?:nummer|nr\.?){_LAMP_NUMBER}",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class PlaceWords:
    """The place that words mean; ``choices`` are streets when it is not clear which."""

    place: Place
    choices: tuple[str, ...] = ()


class DefectPlaces:
    """Reads places of one town.

    Args:
        streets: names of the town's streets.
    """

    def __init__(self, streets: Sequence[str]) -> None:
        self._index = StreetIndex(streets)

    def find(self, text: str) -> PlaceWords:
        """Return the places that a message names by the way; an empty place when none."""
        marked = Place(lamp=_lamp(text))
        point = _point(text)
        if point is not None:
            marked = replace(marked, lat=point[0], lon=point[1])
        found = self._index.find(_without_lamp(text))
        if not found:
            return PlaceWords(marked)
        best = max(found, key=lambda match: match.score)
        if best.alternatives:
            return PlaceWords(marked, (best.name, *best.alternatives)[:CHOICES])
        address = f"{best.name} {best.house_number or ''}".strip()
        return PlaceWords(replace(marked, address=address))

    def answer(self, text: str) -> PlaceWords:
        """Read the answer to "where?": a known street, else the words as they are."""
        found = self.find(text)
        if found.place.known or found.choices:
            return found
        best = self._index.match(text)
        if best is not None and best.alternatives:
            return PlaceWords(found.place, (best.name, *best.alternatives)[:CHOICES])
        if best is not None:
            address = f"{best.name} {best.house_number or ''}".strip()
            return PlaceWords(Place(address=address))
        return PlaceWords(Place(address=" ".join(text.split())[:120] or None))


def _lamp(text: str) -> str | None:
    found = _LAMP.search(text)
    if found is None:
        return None
    return " ".join((found.group(1) or found.group(2)).upper().split())


def _without_lamp(text: str) -> str:
    """Return the text without lamp numbers, which are no house numbers."""
    return _LAMP.sub(lambda found: " " * len(found.group()), text)


def _point(text: str) -> tuple[float, float] | None:
    found = _POINT.search(text)
    if found is None:
        return None
    lat, lon = (float(part.replace(",", ".")) for part in found.groups())
    return None if point_problem(lat, lon) else (lat, lon)
