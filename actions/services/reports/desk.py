"""The town's own staff as receiver: reports that lie in this installation."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from actions.services.reports.adapter import NEARBY_METRES
from actions.services.reports.database import ReportDatabase, StoreUnavailable
from actions.services.reports.report import (
    Attribute,
    Category,
    Place,
    Receipt,
    Report,
    ReportStatus,
    State,
    metres_between,
)
from actions.services.reports.sealing import Seal, SealBroken
from actions.services.reports.tables import DESK_REPORTS
from actions.services.results import Found, Nothing, Provenance, Rejected, Unavailable

_SOURCE = Provenance("Meldungen an die Stadt über diesen Assistenten")
_DESK = DESK_REPORTS.c
_OPEN = (State.RECEIVED, State.IN_PROCESS)
_NEARBY_LIMIT = 2000


class DeskReports:
    """Keeps reports for the town's staff; the ticket is the number.

    Args:
        database: where they lie.
        seal: encrypts them.
        now: aware present moment, for the date of answers.
        seconds: seconds since 1970.
    """

    name = "desk"
    needs: frozenset[str] = frozenset()
    takes_photos = True

    def __init__(
        self,
        database: ReportDatabase,
        seal: Seal,
        now: Callable[[], dt.datetime],
        seconds: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._seal = seal
        self._now = now
        self._seconds = seconds

    async def categories(self) -> Found[tuple[Category, ...]] | Unavailable:
        """See `DefectReports`; staff read any text."""
        return self._found(())

    async def definition(self, code: str) -> Found[tuple[Attribute, ...]] | Nothing | Unavailable:
        """See `DefectReports`; there are no further questions."""
        del code
        return self._found(())

    async def coverage(self, lat: float, lon: float) -> Found[bool] | Nothing | Unavailable:
        """See `DefectReports`; nobody has drawn the town's border here."""
        del lat, lon
        return Nothing()

    async def submit(self, report: Report) -> Found[Receipt] | Rejected | Unavailable:
        """See `DefectReports`; the same ticket again changes nothing."""
        if not report.place.known or not report.description.strip():
            missing = "description" if report.place.known else "place"
            return Rejected({missing: "fehlt"})
        now = self._seconds()
        values = {
            "ticket": report.ticket,
            "town": report.town,
            "category": report.category,
            "state": State.RECEIVED.value,
            "lat": report.place.lat,
            "lon": report.place.lon,
            "sealed": self._seal.seal(report),
            "received_at": now,
            "updated_at": now,
        }
        try:
            await self._database.run(_insert, values)
        except StoreUnavailable:
            return Unavailable(reason="store", sent=True)
        return self._found(Receipt(report.ticket))

    async def find(self, ticket: str, since: dt.datetime) -> Found[Receipt] | Nothing | Unavailable:
        """See `DefectReports`."""
        del since
        found = await self.status(ticket)
        return self._found(Receipt(ticket)) if isinstance(found, Found) else found

    async def status(self, number: str) -> Found[ReportStatus] | Nothing | Unavailable:
        """See `DefectReports`."""
        try:
            row = await self._database.run(_row, number)
        except StoreUnavailable:
            return Unavailable(reason="store")
        if row is None:
            return Nothing()
        try:
            return self._found(self._status(row))
        except SealBroken:
            return Unavailable(reason="seal is broken")

    async def nearby(
        self, lat: float, lon: float, metres: float = NEARBY_METRES
    ) -> Found[tuple[ReportStatus, ...]] | Nothing | Unavailable:
        """See `DefectReports`."""
        try:
            rows = await self._database.run(_rows_with_point)
        except StoreUnavailable:
            return Unavailable(reason="store")
        ranked = [(metres_between((lat, lon), (row.lat, row.lon)), row) for row in rows]
        near = sorted((pair for pair in ranked if pair[0] <= metres), key=lambda pair: pair[0])
        try:
            return self._found(tuple(self._status(row) for _, row in near))
        except SealBroken:
            return Unavailable(reason="seal is broken")

    async def open_reports(self, town: str) -> list[Report]:
        """Return the open reports of a town for its staff, oldest first.

        Raises:
            StoreUnavailable: the database cannot work now.
            SealBroken: the key was changed.
        """
        rows = await self._database.run(_open_rows, town)
        return [self._seal.open(row.sealed, row.ticket) for row in rows]

    async def change(self, ticket: str, state: State, remark: str = "") -> bool:
        """Write what staff have done; tell whether there is such a report."""
        values = {
            "state": state.value,
            "remark": remark[:255] or None,
            "updated_at": self._seconds(),
        }
        return await self._database.run(_change, ticket, values)

    def _status(self, row: Any) -> ReportStatus:
        report = self._seal.open(row.sealed, row.ticket)
        return ReportStatus(
            number=row.ticket,
            state=State(row.state),
            description=report.description,
            category=report.title,
            place=Place(report.place.address, row.lat, row.lon, report.place.lamp),
            requested_at=dt.datetime.fromtimestamp(row.received_at, dt.UTC),
            updated_at=dt.datetime.fromtimestamp(row.updated_at, dt.UTC),
            notes=row.remark or "",
        )

    def _found(self, data: Any) -> Found[Any]:
        return Found(data, _SOURCE, self._now().date())


def _insert(connection: sa.Connection, values: dict[str, Any]) -> None:
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    connection.execute(dialect.insert(DESK_REPORTS).values(**values).on_conflict_do_nothing())


def _row(connection: sa.Connection, ticket: str) -> Any:
    return connection.execute(sa.select(DESK_REPORTS).where(_DESK.ticket == ticket)).one_or_none()


def _rows_with_point(connection: sa.Connection) -> list[Any]:
    query = sa.select(DESK_REPORTS).where(_DESK.lat.is_not(None), _DESK.state.in_(_OPEN))
    query = query.order_by(_DESK.received_at.desc()).limit(_NEARBY_LIMIT)
    return list(connection.execute(query))


def _open_rows(connection: sa.Connection, town: str) -> list[Any]:
    query = sa.select(DESK_REPORTS).where(_DESK.town == town, _DESK.state.in_(_OPEN))
    return list(connection.execute(query.order_by(_DESK.received_at)))


def _change(connection: sa.Connection, ticket: str, values: dict[str, Any]) -> bool:
    change = sa.update(DESK_REPORTS).where(_DESK.ticket == ticket).values(**values)
    return connection.execute(change).rowcount == 1
