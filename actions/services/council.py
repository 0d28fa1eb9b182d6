"""Meetings of the council by OParl 1.1 or a calendar: what comes next, public items only.

Lessons of real servers (services.md section 12): ``end`` may lie before
``start`` and is not used; ``cancelled`` and ``meetingState`` are rarely set;
places are missing; an item that does not say it is public is not told.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal
from urllib.parse import urlencode

from pydantic import Field

from actions.services.border import Asker, Foreign, shape_of
from actions.services.endpoints import Endpoint
from actions.services.events import IcsEvents, IcsEventsEndpoint
from actions.services.opening_hours import BERLIN
from actions.services.recent import Recent
from actions.services.results import Found, Nothing, Provenance, Unavailable

FRESH = dt.timedelta(hours=1)
USABLE = dt.timedelta(days=7)
LIST_SECONDS = 6.5
PAGES = 30
CALENDAR_AHEAD = dt.timedelta(days=180)
CHANGED_DAYS = 400
"""Meetings that nobody has touched for so long do not lie ahead."""
_NOT_PUBLIC = re.compile(r"nicht[\s-]*öffentlich", re.IGNORECASE)
_BRACKETS = re.compile(
    r"\((?:nicht[\s-]*)?öffentlich(?:\s*/\s*nicht[\s-]*öffentlich)?\)", re.IGNORECASE
)
_STARTED = dt.timedelta(hours=2)
"""A meeting that began so long ago may still be visited."""


class OParlEndpoint(Endpoint):
    """``adapter = "oparl"``; ``url`` is a system, a body or its list of meetings."""

    adapter: Literal["oparl"]


class IcsCouncilEndpoint(Endpoint):
    """``adapter = "ics"``: a calendar of the meetings by ``url`` or ``file``; no agenda."""

    local: ClassVar[bool] = True
    adapter: Literal["ics"]


CouncilEndpoint = OParlEndpoint | IcsCouncilEndpoint
ADAPTERS: Mapping[str, type[CouncilEndpoint]] = {
    "oparl": OParlEndpoint,
    "ics": IcsCouncilEndpoint,
}


@dataclass(frozen=True)
class AgendaItem:
    """One public item."""

    number: str
    name: str


@dataclass(frozen=True)
class Meeting:
    """A meeting with its public agenda, None where the source has none; ``place`` may be ``""``."""

    name: str
    start: dt.datetime
    place: str
    agenda: tuple[AgendaItem, ...] | None
    cancelled: bool
    page: str | None = None


class _Location(Foreign):
    description: str = ""
    room: str = ""
    street: str = Field(default="", alias="streetAddress")

    def words(self) -> str:
        """Return the place as it is said."""
        return ", ".join(filter(None, (self.room, self.description or self.street)))


class _Item(Foreign):
    number: str | None = None
    name: str | None = None
    public: bool = False
    deleted: bool = False


class _Meeting(Foreign):
    name: str = "Sitzung"
    state: str | None = Field(default=None, alias="meetingState")
    cancelled: bool | None = None
    start: dt.datetime | None = None
    location: _Location | str | None = None
    agenda: tuple[_Item, ...] = Field(default=(), alias="agendaItem")
    web: str | None = None
    deleted: bool = False


class _Links(Foreign):
    next: str | None = None


class _Page(Foreign):
    data: tuple[_Meeting, ...]
    links: _Links = _Links()


class _Door(Foreign):
    """A system (names its bodies), a body (names its meetings) or a list of bodies."""

    body: str | None = None
    meeting: str | None = None
    data: tuple[_Door, ...] | None = None
    type: str = ""


_PAGE = shape_of(_Page)
_DOOR = shape_of(_Door)


class Council:
    """Asks for the meetings that lie ahead.

    Args:
        endpoints: town → table.
        asker: asks the source.
        now: aware present moment.
    """

    def __init__(
        self,
        endpoints: Mapping[str, CouncilEndpoint],
        asker: Asker,
        now: Callable[[], dt.datetime],
    ) -> None:
        self._endpoints = dict(endpoints)
        self._asker = asker
        self._now = now
        self._lists: dict[str, str] = {}
        self._recent: Recent[tuple[Meeting, ...]] = Recent(FRESH, now)

    def serves(self, slug: str) -> bool:
        """Tell whether the council of a town can be asked for."""
        return slug in self._endpoints

    async def meetings(self, slug: str) -> Found[tuple[Meeting, ...]] | Nothing | Unavailable:
        """Return the public meetings ahead, the next one first.

        ``Nothing``: the source works and has none. A copy of at most seven days
        is given, marked as stale, while the source is away.
        """
        endpoint = self._endpoints.get(slug)
        if endpoint is None:
            return Unavailable(reason="no source of meetings")
        kept, stale = self._recent.fresh(slug), False
        if kept is None:
            asked = await self._ask(slug, endpoint)
            if isinstance(asked, Unavailable):
                kept, stale = self._recent.last(slug, USABLE), True
                if kept is None:
                    return asked
            else:
                kept = self._recent.keep(slug, asked)
        ahead = tuple(each for each in kept.data if each.start > self._now() - _STARTED)
        if not ahead and not stale:
            return Nothing()
        source = Provenance(endpoint.title or "Ratsinformationssystem", endpoint.page)
        day = kept.at.astimezone(BERLIN).date()
        return Found(ahead, source, day, endpoint.licence, stale=stale, demo=endpoint.demo)

    async def _ask(self, slug: str, endpoint: CouncilEndpoint) -> tuple[Meeting, ...] | Unavailable:
        if isinstance(endpoint, IcsCouncilEndpoint):
            return await self._ask_calendar(endpoint)
        until = self._asker.deadline(LIST_SECONDS)
        if slug not in self._lists:
            found = await self._list_of(endpoint, until)
            if isinstance(found, Unavailable):
                return found
            self._lists[slug] = found
        pages = await self._pages(endpoint, self._lists[slug], until)
        if isinstance(pages, Unavailable):
            del self._lists[slug]
            return pages
        ahead = _ahead(pages, self._now() - _STARTED)
        return tuple(sorted(ahead, key=lambda each: (each.start, each.name)))

    async def _ask_calendar(
        self, endpoint: IcsCouncilEndpoint
    ) -> tuple[Meeting, ...] | Unavailable:
        today = self._now().astimezone(BERLIN).date()
        table = endpoint.model_dump(exclude={"adapter"})
        source = IcsEvents(IcsEventsEndpoint(adapter="ics", **table), self._asker)
        found = await source.between(today, today + CALENDAR_AHEAD)
        if isinstance(found, Unavailable):
            return found
        meetings = (
            Meeting(
                name=_BRACKETS.sub("", each.title).strip(),
                start=dt.datetime.combine(each.day, each.time, BERLIN),
                place=each.place,
                agenda=None,
                cancelled=each.cancelled,
                page=each.url,
            )
            for each in found
            if each.time is not None and _open(each.title)
        )
        return tuple(sorted(meetings, key=lambda each: (each.start, each.name)))

    async def _list_of(self, endpoint: OParlEndpoint, until: float) -> str | Unavailable:
        """Return the address of the list of meetings, from wherever the table points."""
        address = endpoint.url
        for _ in range(3):
            door = await self._asker.json_of(address, endpoint.call_hosts, _DOOR, until)
            if not isinstance(door, _Door):
                return door if isinstance(door, Unavailable) else Unavailable(reason="gone")
            step = door.data[0] if door.data and door.data[0].meeting else door
            if step.meeting and not step.type.endswith("/Meeting"):
                return step.meeting
            if door.data is not None:
                return address
            if not door.body:
                break
            address = door.body
        return Unavailable(reason="neither system nor body")

    async def _pages(
        self, endpoint: OParlEndpoint, address: str, until: float
    ) -> list[_Meeting] | Unavailable:
        """Return all meetings of the list; half a list would hide the next meeting."""
        since = (self._now() - dt.timedelta(days=CHANGED_DAYS)).isoformat(timespec="seconds")
        joint = "&" if "?" in address else "?"
        following: str | None = f"{address}{joint}{urlencode({'modified_since': since})}"
        meetings: list[_Meeting] = []
        for _ in range(PAGES):
            if following is None:
                return meetings
            page = await self._asker.json_of(following, endpoint.call_hosts, _PAGE, until)
            if not isinstance(page, _Page):
                return page if isinstance(page, Unavailable) else Unavailable(reason="gone")
            meetings += page.data
            following = page.links.next
        return meetings if following is None else Unavailable(reason="the list has too many pages")


def _ahead(meetings: Iterable[_Meeting], since: dt.datetime) -> Iterable[Meeting]:
    for each in meetings:
        if each.start is None or each.deleted or not _public(each):
            continue
        start = each.start if each.start.tzinfo else each.start.replace(tzinfo=BERLIN)
        if start > since:
            yield _to_meeting(each, start)


def _public(meeting: _Meeting) -> bool:
    """Tell whether a meeting has a part that everybody may visit."""
    if _NOT_PUBLIC.search(meeting.name):
        return _open(meeting.name)
    return not meeting.agenda or any(each.public for each in meeting.agenda)


def _open(name: str) -> bool:
    """Tell whether a name does not say that everything is behind closed doors."""
    rest = _NOT_PUBLIC.sub("", name)
    return rest == name or "öffentlich" in rest.lower()


def _to_meeting(meeting: _Meeting, start: dt.datetime) -> Meeting:
    state = (meeting.state or "").lower()
    place = meeting.location.words() if isinstance(meeting.location, _Location) else ""
    return Meeting(
        name=_BRACKETS.sub("", meeting.name).strip(),
        start=start,
        place=place,
        agenda=tuple(
            AgendaItem(each.number or "", each.name)
            for each in meeting.agenda
            if each.public and each.name and not each.deleted
        ),
        cancelled=bool(meeting.cancelled) or "abgesagt" in state or "cancel" in state,
        page=meeting.web if meeting.web and meeting.web.startswith("https://") else None,
    )
