"""Defect reports as the answers reach them: kinds, places, the town's back end, the queue."""

from __future__ import annotations

import asyncio
import datetime as dt
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import httpx

from actions.services.endpoints import Endpoint, Endpoints
from actions.services.records import Danger, DefectsFile
from actions.services.reports.adapter import DefectReports
from actions.services.reports.database import ReportDatabase, StoreUnavailable
from actions.services.reports.desk import DeskReports
from actions.services.reports.kinds import DefectKinds
from actions.services.reports.mail import MailReports, MailTable
from actions.services.reports.open311 import Klarschiff, KlarschiffTable, Open311, Open311Table
from actions.services.reports.places import DefectPlaces, PlaceWords
from actions.services.reports.queue import DELIVERED, OPEN, Entry, Pace, ReportQueue
from actions.services.reports.report import Place, Report, ReportStatus, State
from actions.services.reports.sealing import Seal
from actions.services.reports.tickets import ticket_of
from actions.services.results import Found, Nothing, Provenance, Unavailable
from actions.services.store import RecordsStore
from actions.services.transport import Transport

SERVICE = "maengel"
DESK = {"desk": "http://127.0.0.1"}
"""``url = "embedded:desk"``: the desk is always there and needs no address."""
ADAPTERS: Mapping[str, type[Endpoint]] = {
    "open311": Open311Table,
    "klarschiff": KlarschiffTable,
    "mail": MailTable,
    "desk": Endpoint,
}
DELIVER_SECONDS = 5.0
"""How long a citizen waits for the back end; then the queue goes on alone."""
ASK_SECONDS = 4.0
T = TypeVar("T")
_SOURCE = Provenance("Meldungen an die Stadt über diesen Assistenten")


@dataclass(frozen=True)
class ReportStore:
    """Where reports lie until the town has them: SQLAlchemy URL and the secret that seals them."""

    url: str = "sqlite:///:memory:"
    secret: str = ""
    pace: Pace | None = None


class Defects:
    """Reports defects of all towns.

    Args:
        store: the records; ``maengel.yml`` holds kinds and dangers.
        queue: keeps and hands over reports.
        desk: the reports that stay in this installation.
        database: where both lie.
        now: aware present moment.
        demos: towns whose reports reach no town hall, because all this is a demonstration.
    """

    def __init__(
        self,
        store: RecordsStore,
        queue: ReportQueue,
        desk: DeskReports,
        database: ReportDatabase,
        now: Callable[[], dt.datetime],
        demos: frozenset[str] = frozenset(),
    ) -> None:
        self._store = store
        self._demos = demos
        self.queue = queue
        self.desk = desk
        self._database = database
        self._now = now
        self._read: tuple[DefectsFile, DefectKinds] | None = None
        self._places: dict[tuple[str, ...], DefectPlaces] = {}

    @property
    def kinds(self) -> DefectKinds:
        """The kinds of defects in their newest version."""
        content = self._store.current().defects
        if self._read is None or self._read[0] is not content:
            self._read = (content, DefectKinds(content))
        return self._read[1]

    def danger(self, text: str) -> Found[Danger] | Nothing:
        """Return the danger that a text tells of, with the source of its numbers."""
        danger, content = self.kinds.danger(text), self._store.current().defects
        if danger is None:
            return Nothing()
        source = content.danger_source
        provenance = Provenance(source.title, source.url) if source else Provenance("")
        return Found(danger, provenance, content.danger_as_of or self._now().date())

    def place_in(self, slug: str, text: str) -> PlaceWords:
        """Return the place that a message names by the way."""
        return self._of(slug).find(text)

    def place_answer(self, slug: str, text: str) -> PlaceWords:
        """Return the place that an answer to "where?" names."""
        return self._of(slug).answer(text)

    def demo(self, slug: str) -> bool:
        """Tell whether reports of a town stay in a demonstration."""
        return slug in self._demos

    def needs(self, slug: str) -> frozenset[str]:
        """Return what the back end of a town wants beside category, words and place."""
        return self.queue.adapter_of(slug).needs

    async def covered(self, slug: str, place: Place) -> bool | None:
        """Tell whether the town takes reports for a place; None when nobody says."""
        if place.point is None:
            return None
        result = await _in_time(self.queue.adapter_of(slug).coverage(*place.point))
        return result.data if isinstance(result, Found) else None

    async def nearby(self, slug: str, place: Place) -> tuple[ReportStatus, ...]:
        """Return the open reports around a place; none also when nobody says."""
        if place.point is None:
            return ()
        result = await _in_time(self.queue.adapter_of(slug).nearby(*place.point))
        return result.data if isinstance(result, Found) else ()

    async def submit(self, report: Report, key: str, conversation: str) -> Entry | Unavailable:
        """Store a report and try for a moment to hand it over.

        Returns:
            How it stands. ``Unavailable``: it could not even be stored; nothing is promised.
        """
        try:
            entry = await self.queue.accept(report, key, conversation)
        except StoreUnavailable:
            return Unavailable(reason="store")
        try:
            async with asyncio.timeout(DELIVER_SECONDS):
                return await self.queue.deliver(entry.ticket) or entry
        except (TimeoutError, StoreUnavailable):
            return entry

    async def status(self, slug: str, number: str) -> Found[ReportStatus] | Nothing | Unavailable:
        """Return the state of a report by our number or by the town's.

        Args:
            slug: the town, for the town's own numbers.
            number: what the citizen said.
        """
        ticket = ticket_of(number)
        if ticket is None:
            return await _in_time(self.queue.adapter_of(slug).status(number.strip()))
        try:
            entry = await self.queue.entry(ticket)
        except StoreUnavailable:
            return Unavailable(reason="store")
        return await self._status_of(entry) if entry else Nothing()

    async def run(self) -> None:
        """Hand over what waits, until cancelled."""
        await self.queue.run()

    async def forget(self, conversation: str) -> int:
        """Cut the tie between a person and the reports of a conversation; return how many."""
        return await self.queue.forget(conversation)

    async def close(self) -> None:
        """Close the database."""
        await self._database.close()

    async def _status_of(self, entry: Entry) -> Found[ReportStatus] | Nothing | Unavailable:
        if entry.state in OPEN:
            return self._own(entry, State.QUEUED)
        if entry.state != DELIVERED:
            return await _in_time(self.desk.status(entry.ticket))
        adapter = self.queue.adapter_of(entry.town)
        number = entry.number or await self._exchanged(adapter, entry.token)
        if number is None:
            return self._own(entry, State.RECEIVED)
        return await _in_time(adapter.status(number))

    async def _exchanged(self, adapter: DefectReports, token: str | None) -> str | None:
        if token is None or not isinstance(adapter, Open311):
            return None
        result = await _in_time(adapter.resolve(token))
        return result.data.number if isinstance(result, Found) else None

    def _own(self, entry: Entry, state: State) -> Found[ReportStatus]:
        return Found(ReportStatus(entry.ticket, state), _SOURCE, self._now().date())

    def _of(self, slug: str) -> DefectPlaces:
        town = self._store.current().towns.get(slug)
        streets = tuple(each.value for each in town.streets.entries) if town else ()
        if streets not in self._places:
            self._places = {**self._places, streets: DefectPlaces(streets)}
        return self._places[streets]


def open_defects(
    store: RecordsStore,
    endpoints: Endpoints,
    http: httpx.AsyncClient,
    now: Callable[[], dt.datetime],
    reports: ReportStore | None,
) -> Defects:
    """Return the service over the ``[maengel]`` tables of the towns.

    A town without a table, or with ``adapter = "desk"``, is served by its own staff.

    Args:
        store: the records.
        endpoints: the tables.
        http: the client; it must not follow redirects.
        now: aware present moment.
        reports: where reports lie; None keeps them in memory.

    Raises:
        EndpointsError: a table is wrong.
    """
    kept = reports or ReportStore()
    # a server without a secret refuses every call, so nothing is ever sealed with a made one
    seal = Seal(kept.secret or secrets.token_hex())
    database = ReportDatabase(kept.url)
    desk = DeskReports(database, seal, now)
    names = {slug: each.town.name for slug, each in store.current().towns.items()}
    transport = Transport(http, SERVICE)
    tables = endpoints.tables(SERVICE, ADAPTERS)
    adapters = {
        slug: _adapter(table, transport, names[slug], now, desk) for slug, table in tables.items()
    }
    queue = ReportQueue(database, seal, adapters, desk, kept.pace)
    demos = frozenset(slug for slug, table in tables.items() if table.demo)
    return Defects(store, queue, desk, database, now, demos)


def _adapter(
    table: Endpoint,
    transport: Transport,
    town: str,
    now: Callable[[], dt.datetime],
    desk: DeskReports,
) -> DefectReports:
    if isinstance(table, KlarschiffTable):
        return Klarschiff(transport, table, town, now)
    if isinstance(table, Open311Table):
        return Open311(transport, table, town, now)
    if isinstance(table, MailTable):
        return MailReports(table, town, now)
    return desk


async def _in_time(asked: Awaitable[T]) -> T | Unavailable:
    """Return the answer to a question, or ``Unavailable`` when it takes too long."""
    try:
        async with asyncio.timeout(ASK_SECONDS):
            return await asked
    except TimeoutError:
        return Unavailable(reason="no answer in time")
