"""Where waste calendars come from: one adapter for each kind of provider.

Every adapter turns a street (and house number) into bytes that are kept, and
these bytes into a ``Schedule``. Quirks are those of the providers (services.md
section 7): C-Trace hides its session in a redirect, Lobbe mints an address per
calendar year, AbfallNavi splits one street over several numbers of its own.
"""

from __future__ import annotations

import codecs
import datetime as dt
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, Protocol, TypeVar
from urllib.parse import quote, urlencode, urlsplit

from pydantic import Field, StringConstraints

from actions.services.border import Asker, Foreign, Unreadable, checked, shape_of
from actions.services.endpoints import Endpoint
from actions.services.names import fold
from actions.services.records import Line
from actions.services.results import Nothing, Rejected, Unavailable
from actions.services.transport import Body
from actions.services.waste_calendar import (
    CalendarError,
    Pickup,
    Schedule,
    bin_of,
    joined,
    read_schedule,
)
from german.streets import street_key

LIST_SECONDS = 3.0
FETCH_SECONDS = 4.5
"""Longest time of all calls for a list of streets and for a calendar; the action has eight."""
Fetched = bytes | Nothing | Rejected | Unavailable
NUMBER_MISSING = Rejected({"hausnummer": "fehlt"})
NUMBER_UNKNOWN = Rejected({"hausnummer": "liegt in keinem Bezirk"})
_SEPARATOR = b"\n\0\n"
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_NO_WORD = re.compile(r"[^a-z0-9]+")


class WasteFeed(Protocol):
    """One town's provider."""

    @property
    def endpoint(self) -> WasteEndpoint:
        """Return the table of the town."""

    async def streets(self) -> tuple[str, ...] | Unavailable:
        """Return the provider's own list of streets; empty when it publishes none."""

    async def fetch(self, street: str, number: str | None, today: dt.date) -> Fetched:
        """Return the calendar of a street as bytes that ``read`` understands.

        ``Nothing``: the provider does not know the street. ``Rejected`` names
        ``hausnummer`` when it is missing or unknown.
        """

    def read(self, raw: bytes, today: dt.date) -> Schedule:
        """Return the schedule in the bytes.

        Raises:
            CalendarError: they are no complete calendar.
        """


class WasteEndpoint(Endpoint):
    """What every table ``[abfall]`` may hold. ``numbers``: the number is always needed."""

    numbers: bool = False


class IcsEndpoint(WasteEndpoint):
    """``adapter = "ics"``: one address per street.

    In ``url``, ``{strasse}`` stands for the street, ``{id}`` for its value in
    ``streets``, ``{hausnummer}`` and ``{jahr}`` for number and year. ``spelling``
    says how the street is written: as it is, or ``slug`` (``am-rathaus``),
    or ``joined`` (``amrathaus``).
    """

    adapter: Literal["ics"]
    spelling: Literal["plain", "slug", "joined"] = "plain"
    streets: Mapping[Line, int | str] = Field(default_factory=dict)


class EsgEndpoint(WasteEndpoint):
    """``adapter = "esg"``: ESG Soest; ``url`` ends with the town's segment."""

    adapter: Literal["esg"]


class AbfuhrtermineEndpoint(WasteEndpoint):
    """``adapter = "abfuhrtermine"``: abfuhrtermine.info; ``streets`` gives each street's number."""

    adapter: Literal["abfuhrtermine"]
    streets: Annotated[Mapping[Line, int], Field(min_length=1)]


class CTraceEndpoint(WasteEndpoint):
    """``adapter = "c-trace"``; ``url`` ends with the town's application."""

    adapter: Literal["c-trace"]
    place: Line
    calendar: Annotated[str, StringConstraints(pattern=r"^\w+$")] = "cal"


class LobbeEndpoint(WasteEndpoint):
    """``adapter = "lobbe"``; ``url`` is the address of ``admin-ajax.php``."""

    adapter: Literal["lobbe"]
    state: Line = "Nordrhein-Westfalen"
    place: Line


class AbfallNaviEndpoint(WasteEndpoint):
    """``adapter = "abfallnavi"``; ``url`` ends with ``/rest``."""

    adapter: Literal["abfallnavi"]
    place: Line


class IcsFeed:
    """A calendar per street under an address that can be told from the street."""

    def __init__(self, endpoint: IcsEndpoint, asker: Asker) -> None:
        self.endpoint = endpoint
        self._asker = asker

    async def streets(self) -> tuple[str, ...] | Unavailable:
        """Return the streets of the table, if it lists them."""
        return tuple(self.endpoint.streets)

    async def fetch(self, street: str, number: str | None, today: dt.date) -> Fetched:
        """Fetch the calendar of a street."""
        listed = self.endpoint.streets
        if listed and street not in listed:
            return Nothing()
        if "{hausnummer}" in self.endpoint.url and not number:
            return NUMBER_MISSING
        values = {
            "strasse": quote(spelled(street, self.endpoint.spelling), safe=""),
            "id": quote(str(listed.get(street, "")), safe=""),
            "hausnummer": quote(number or "", safe=""),
            "jahr": str(today.year),
        }
        address = self.endpoint.url
        for name, value in values.items():
            address = address.replace(f"{{{name}}}", value)
        until = self._asker.deadline(FETCH_SECONDS)
        return await _calendar(self._asker, address, self.endpoint.call_hosts, until)

    def read(self, raw: bytes, today: dt.date) -> Schedule:
        """Return the schedule in an ICS file."""
        return read_schedule(raw, today)


def spelled(street: str, spelling: str) -> str:
    """Return a street as an address writes it; see ``IcsEndpoint``."""
    if spelling == "plain":
        return street
    plain = street.casefold().translate(_UMLAUTS).replace("str.", "strasse")
    return _NO_WORD.sub("-" if spelling == "slug" else "", plain).strip("-")


def esg_feed(endpoint: EsgEndpoint, asker: Asker) -> IcsFeed:
    """Return the feed of ESG Soest: ``.../soest/rathausstrasse/herunterladen``."""
    table = endpoint.model_dump(exclude={"adapter", "url"})
    url = endpoint.address("{strasse}/herunterladen")
    return IcsFeed(IcsEndpoint(adapter="ics", url=url, spelling="slug", **table), asker)


def abfuhrtermine_feed(endpoint: AbfuhrtermineEndpoint, asker: Asker) -> IcsFeed:
    """Return the feed of abfuhrtermine.info: ``/dates/exportDates/<id>/Ics``."""
    table = endpoint.model_dump(exclude={"adapter", "url"})
    url = endpoint.address("dates/exportDates/{id}/Ics")
    return IcsFeed(IcsEndpoint(adapter="ics", url=url, **table), asker)


class CTraceFeed:
    """C-Trace: its session stands in the address that its first page redirects to."""

    _SESSION = re.compile(r"/(\(S\([A-Za-z0-9]+\)\))(?:/|$)")
    _BINS = "|".join(str(number) for number in range(99))

    def __init__(self, endpoint: CTraceEndpoint, asker: Asker) -> None:
        self.endpoint = endpoint
        self._asker = asker

    async def streets(self) -> tuple[str, ...] | Unavailable:
        """Return no streets: C-Trace publishes no list."""
        return ()

    async def fetch(self, street: str, number: str | None, today: dt.date) -> Fetched:  # noqa: ARG002 - the answer covers what there is
        """Open a session and fetch the calendar of a house."""
        if not number:
            return NUMBER_MISSING
        until = self._asker.deadline(FETCH_SECONDS)
        hosts = self.endpoint.call_hosts
        first = self.endpoint.address("Abfallkalender")
        if refused := self._asker.refused(first):
            return refused
        page = await self._asker.bytes_of(first, hosts, until)
        if not isinstance(page, Body):
            return _away(page, "no such application")
        session = self._SESSION.search(urlsplit(page.url).path)
        if session is None and urlsplit(page.url).path != urlsplit(first).path:
            return Unavailable(reason="the redirect holds no session")
        place = self.endpoint.place
        asked = {"Ort": place, "Gemeinde": place, "Strasse": street, "Hausnr": number}
        query = urlencode(asked | {"Abfall": self._BINS})
        path = "/".join(
            filter(None, [session and session.group(1), "abfallkalender", self.endpoint.calendar])
        )
        return await _calendar(self._asker, f"{self.endpoint.address(path)}?{query}", hosts, until)

    def read(self, raw: bytes, today: dt.date) -> Schedule:
        """Return the schedule in an ICS file."""
        return read_schedule(raw, today)


class _Option(Foreign):
    """One entry of a list of Lobbe's."""

    id: int | str
    text: str


class _Minted(Foreign):
    """The address of a calendar that Lobbe has made."""

    url: str


class LobbeFeed:
    """Lobbe: state, place, street, then an address is made for each calendar year."""

    _BINS = ("gelber", "biobfall", "restabfall", "altpapier", "additional_types")
    """The last one is spelt as the provider spells it."""
    _OPTIONS = shape_of(list[_Option])
    _MINTED = shape_of(_Minted)

    def __init__(self, endpoint: LobbeEndpoint, asker: Asker) -> None:
        self.endpoint = endpoint
        self._asker = asker

    async def streets(self) -> tuple[str, ...] | Unavailable:
        """Return the provider's streets of the place."""
        found = await self._place(self._asker.deadline(LIST_SECONDS))
        if not isinstance(found, _LobbePlace):
            return found
        return tuple(option.text for option in found.streets)

    async def fetch(self, street: str, number: str | None, today: dt.date) -> Fetched:  # noqa: ARG002 - Lobbe knows no house numbers
        """Fetch this year's calendar of a street, in December next year's, too."""
        until = self._asker.deadline(FETCH_SECONDS)
        found = await self._place(until)
        if not isinstance(found, _LobbePlace):
            return found
        option = named(street, found.streets)
        if option is None:
            return Nothing()
        result = await self._year(found, option, today.year, until)
        if today.month < 12 or not isinstance(result, bytes):
            return result
        following = await self._year(found, option, today.year + 1, until)
        return _SEPARATOR.join([result, following]) if isinstance(following, bytes) else result

    def read(self, raw: bytes, today: dt.date) -> Schedule:
        """Return the schedule in one or two ICS files."""
        return joined(read_schedule(part, today) for part in raw.split(_SEPARATOR))

    async def _place(self, until: float) -> _LobbePlace | Unavailable:
        state = await self._choice({"action": "state"}, self.endpoint.state, until)
        if not isinstance(state, _Option):
            return state
        asked = {"action": "place", "id": str(state.id)}
        place = await self._choice(asked, self.endpoint.place, until)
        if not isinstance(place, _Option):
            return place
        streets = await self._options({"action": "street", "id": str(place.id)}, until)
        return streets if isinstance(streets, Unavailable) else _LobbePlace(state, place, streets)

    async def _choice(
        self, query: Mapping[str, str], name: str, until: float
    ) -> _Option | Unavailable:
        options = await self._options(query, until)
        if isinstance(options, Unavailable):
            return options
        return named(name, options) or Unavailable(reason=f"the provider does not list {name}")

    async def _options(
        self, query: Mapping[str, str], until: float
    ) -> tuple[_Option, ...] | Unavailable:
        address = f"{self.endpoint.url}?{urlencode(query)}"
        found = await self._asker.json_of(address, self.endpoint.call_hosts, self._OPTIONS, until)
        return tuple(found) if isinstance(found, list) else _away(found, "no such list")

    async def _year(
        self, place: _LobbePlace, street: _Option, year: int, until: float
    ) -> bytes | Unavailable:
        query = {"year[id]": "1", "year[text]": str(year)}
        for level, option in (("state", place.state), ("place", place.place), ("street", street)):
            query |= {f"{level}[id]": str(option.id), f"{level}[text]": option.text}
        query |= dict.fromkeys(self._BINS, "1")
        query |= {"hours": "18", "minutes": "0", "action": "create_ical"}
        address = f"{self.endpoint.url}?{urlencode(query)}"
        hosts = self.endpoint.call_hosts
        minted = await self._asker.json_of(address, hosts, self._MINTED, until)
        if not isinstance(minted, _Minted):
            return _away(minted, "no calendar was made")
        result = await _calendar(self._asker, minted.url, hosts, until)
        return result if isinstance(result, bytes) else _away(result, "the calendar is gone")


@dataclass(frozen=True)
class _LobbePlace:
    """A place with its state and its streets."""

    state: _Option
    place: _Option
    streets: tuple[_Option, ...]


class _Named(Foreign):
    """A place, street or bin of AbfallNavi."""

    id: int
    name: str

    @property
    def text(self) -> str:
        """Return the name."""
        return self.name


class _House(Foreign):
    """A house number."""

    id: int
    nr: str


class _Street(Foreign):
    """A street with its house numbers, which may be none."""

    houses: tuple[_House, ...] = Field((), alias="hausNrList")


class _District(Foreign):
    """The part of a date that names the bin."""

    bin_id: int = Field(alias="fraktionId")


class _Date(Foreign):
    """One collection."""

    day: dt.date = Field(alias="datum")
    district: _District = Field(alias="bezirk")


class _Dates(Foreign):
    """What is kept of AbfallNavi: the dates and the names of the bins."""

    dates: tuple[_Date, ...]
    bins: Mapping[int, str]


class AbfallNaviFeed:
    """AbfallNavi (regio iT): JSON by numbers; a street may appear several times."""

    _LIST = shape_of(list[_Named])
    _STREET = shape_of(_Street)
    _DATES = shape_of(list[_Date])
    _KEPT = shape_of(_Dates)

    def __init__(self, endpoint: AbfallNaviEndpoint, asker: Asker) -> None:
        self.endpoint = endpoint
        self._asker = asker

    async def streets(self) -> tuple[str, ...] | Unavailable:
        """Return the provider's streets of the place."""
        found = await self._streets(self._asker.deadline(LIST_SECONDS))
        if isinstance(found, Unavailable):
            return found
        return tuple(dict.fromkeys(each.name for each in found))

    async def fetch(self, street: str, number: str | None, today: dt.date) -> Fetched:  # noqa: ARG002 - the answer covers what there is
        """Fetch all dates of a street or house with the names of the bins."""
        until = self._asker.deadline(FETCH_SECONDS)
        streets = await self._streets(until)
        if isinstance(streets, Unavailable):
            return streets
        wanted = [each for each in streets if street_key(each.name) == street_key(street)]
        if not wanted:
            return Nothing()
        bins = await self._list("fraktionen", until)
        if isinstance(bins, Unavailable):
            return bins
        targets = await self._targets(wanted, number, until)
        if not isinstance(targets, list):
            return targets
        return await self._kept(targets, bins, until)

    def read(self, raw: bytes, today: dt.date) -> Schedule:  # noqa: ARG002 - all years are kept
        """Return the schedule in what ``fetch`` kept."""
        try:
            kept: _Dates = checked(Body(raw), self._KEPT)
        except Unreadable as error:
            raise CalendarError(str(error)) from error
        titled = (
            (each.day, kept.bins.get(each.district.bin_id, "Abholung")) for each in kept.dates
        )
        pickups = tuple(sorted({Pickup(day, title, bin_of(title)) for day, title in titled}))
        return Schedule(pickups, frozenset(each.day.year for each in pickups))

    async def _streets(self, until: float) -> Sequence[_Named] | Unavailable:
        places = await self._list("orte", until)
        if isinstance(places, Unavailable):
            return places
        place = named(self.endpoint.place, places)
        if place is None:
            return Unavailable(reason=f"the provider does not list {self.endpoint.place}")
        return await self._list(f"orte/{place.id}/strassen", until)

    async def _list(self, path: str, until: float) -> Sequence[_Named] | Unavailable:
        address = self.endpoint.address(path)
        found = await self._asker.json_of(address, self.endpoint.call_hosts, self._LIST, until)
        return found if isinstance(found, list) else _away(found, f"no {path}")

    async def _targets(
        self, streets: Iterable[_Named], number: str | None, until: float
    ) -> list[str] | Rejected | Unavailable:
        """Return the paths that hold the dates of a house in any of the entries of its street."""
        paths: list[str] = []
        numbered = False
        for street in streets:
            found = await self._asker.json_of(
                self.endpoint.address(f"strassen/{street.id}"),
                self.endpoint.call_hosts,
                self._STREET,
                until,
            )
            if not isinstance(found, _Street):
                return _away(found, "no such street")
            if len(found.houses) <= 1:
                paths += [f"hausnummern/{house.id}" for house in found.houses]
                paths += [] if found.houses else [f"strassen/{street.id}"]
                continue
            numbered = True
            asked = fold(number or "")
            paths += [f"hausnummern/{each.id}" for each in found.houses if fold(each.nr) == asked]
        if not paths and numbered:
            return NUMBER_UNKNOWN if number else NUMBER_MISSING
        return paths

    async def _kept(
        self, targets: Iterable[str], bins: Sequence[_Named], until: float
    ) -> bytes | Unavailable:
        query = urlencode([("fraktion", each.id) for each in bins])
        dates: list[_Date] = []
        for target in targets:
            address = f"{self.endpoint.address(target)}/termine?{query}"
            found = await self._asker.json_of(address, self.endpoint.call_hosts, self._DATES, until)
            if not isinstance(found, list):
                return _away(found, "no dates")
            dates += found
        kept = _Dates.model_construct(
            dates=tuple(dates), bins={each.id: each.name for each in bins}
        )
        return json.dumps(kept.model_dump(mode="json", by_alias=True)).encode()


class _Choosable(Protocol):
    @property
    def text(self) -> str: ...


C = TypeVar("C", bound=_Choosable)


def named(name: str, options: Iterable[C]) -> C | None:
    """Return the option of a provider that is written like a name, or None."""
    return next((each for each in options if street_key(each.text) == street_key(name)), None)


def _away(result: Nothing | Rejected | Unavailable, reason: str) -> Unavailable:
    """Return why the provider cannot be used; a missing page is its failure."""
    return result if isinstance(result, Unavailable) else Unavailable(reason=reason)


async def _calendar(
    asker: Asker, address: str, hosts: Sequence[str], until: float
) -> bytes | Nothing | Unavailable:
    return await asker.read_of(address, hosts, whole_calendar, until)


async def whole_calendar(body: Body) -> bytes:
    """Return the bytes of a calendar.

    Raises:
        Unreadable: they are an error page, garbage or cut off.
    """
    bare = body.content.removeprefix(codecs.BOM_UTF8).strip()
    if not (bare.startswith(b"BEGIN:VCALENDAR") and bare.endswith(b"END:VCALENDAR")):
        raise Unreadable("no whole calendar")
    return body.content


ADAPTERS: Mapping[str, type[WasteEndpoint]] = {
    "ics": IcsEndpoint,
    "esg": EsgEndpoint,
    "abfuhrtermine": AbfuhrtermineEndpoint,
    "c-trace": CTraceEndpoint,
    "lobbe": LobbeEndpoint,
    "abfallnavi": AbfallNaviEndpoint,
}


def waste_feed(endpoint: WasteEndpoint, asker: Asker) -> WasteFeed:
    """Return the feed that a table asks for."""
    match endpoint:
        case EsgEndpoint():
            return esg_feed(endpoint, asker)
        case AbfuhrtermineEndpoint():
            return abfuhrtermine_feed(endpoint, asker)
        case CTraceEndpoint():
            return CTraceFeed(endpoint, asker)
        case LobbeEndpoint():
            return LobbeFeed(endpoint, asker)
        case AbfallNaviEndpoint():
            return AbfallNaviFeed(endpoint, asker)
        case IcsEndpoint():
            return IcsFeed(endpoint, asker)
    raise TypeError(f"no feed for {type(endpoint).__name__}")
