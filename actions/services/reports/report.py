"""A defect report, its parts and its state, the same for every back end."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, field
from enum import StrEnum

DESCRIPTION_CHARACTERS = 2000
EARTH_METRES = 6_371_000.0


@dataclass(frozen=True)
class Place:
    """Where the defect is. One of address, point and lamp number is enough.

    ``address`` is a street with or without house number, ``lat`` and ``lon`` are
    degrees (WGS 84), ``lamp`` is the number on a street lamp.
    """

    address: str | None = None
    lat: float | None = None
    lon: float | None = None
    lamp: str | None = None

    @property
    def known(self) -> bool:
        """Tell whether a crew would find the place."""
        return bool(self.address or self.lamp or self.point)

    @property
    def point(self) -> tuple[float, float] | None:
        """Return latitude and longitude, or None."""
        if self.lat is None or self.lon is None:
            return None
        return self.lat, self.lon

    def words(self) -> str:
        """Return the place as it is said to a person."""
        lamp = f"Laterne {self.lamp}" if self.lamp else ""
        point = f"{self.lat:.5f}, {self.lon:.5f}" if self.point and not self.address else ""
        return ", ".join(part for part in (self.address, lamp, point) if part)


@dataclass(frozen=True)
class Photo:
    """A picture that was checked and re-encoded (see `photos`)."""

    content: bytes
    content_type: str = "image/jpeg"


@dataclass(frozen=True)
class Contact:
    """How the town reaches the citizen; empty for an anonymous report."""

    email: str | None = None
    phone: str | None = None
    first_name: str | None = None
    last_name: str | None = None


@dataclass(frozen=True)
class Report:
    """What is reported. ``ticket`` is our own number, the same on every try."""

    ticket: str
    town: str
    category: str
    title: str
    description: str
    place: Place
    contact: Contact = field(default_factory=Contact)
    photo: Photo | None = None
    attributes: tuple[tuple[str, str], ...] = ()

    @property
    def marked_description(self) -> str:
        """Return the description with our number in front, by which it is found again."""
        return f"[{self.ticket}] {self.description}"[:DESCRIPTION_CHARACTERS]


@dataclass(frozen=True)
class Category:
    """A kind of defect as a back end names it."""

    code: str
    name: str
    description: str = ""
    group: str = ""
    keywords: tuple[str, ...] = ()
    defined: bool = False
    """Further questions stand in the definition of the category."""


@dataclass(frozen=True)
class Attribute:
    """A further question of a category."""

    code: str
    question: str
    required: bool = False
    kind: str = "text"
    values: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Receipt:
    """The back end's word that it has a report.

    ``number`` is what its state is asked by; some back ends give a ``token``
    first that is exchanged for the number later.
    """

    number: str | None
    token: str | None = None


class State(StrEnum):
    """How far a report is."""

    QUEUED = "queued"
    RECEIVED = "received"
    IN_PROCESS = "in_process"
    DONE = "done"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class ReportStatus:
    """A report as the back end shows it."""

    number: str
    state: State
    description: str = ""
    category: str = ""
    place: Place = field(default_factory=Place)
    requested_at: dt.datetime | None = None
    updated_at: dt.datetime | None = None
    notes: str = ""


def metres_between(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return the distance of two points in metres (haversine)."""
    lat_1, lon_1, lat_2, lon_2 = map(math.radians, (*one, *other))
    half = math.sin((lat_2 - lat_1) / 2) ** 2
    half += math.cos(lat_1) * math.cos(lat_2) * math.sin((lon_2 - lon_1) / 2) ** 2
    return 2 * EARTH_METRES * math.asin(min(1.0, math.sqrt(half)))


def point_problem(lat: float, lon: float) -> str | None:
    """Return what is wrong with a point, or None."""
    if not (math.isfinite(lat) and math.isfinite(lon)):
        return "ist keine Zahl"
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        return "liegt nicht auf der Erde"
    return "ist leer" if lat == 0 and lon == 0 else None
