"""Store and forward: a report is promised once it is stored, and made exactly once.

States: ``queued`` (never sent, or surely not arrived) → ``sending`` (may have arrived)
→ ``delivered`` | ``desk`` (the back end will not take it, or nobody can say whether it
has it: staff of this installation look at it). ``sending`` is written before a single
byte leaves. Whoever finds a report in ``sending`` after its lease asks the back end
for our number first and sends only when it is surely not there.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects import postgresql, sqlite

from actions.services.reports.adapter import DefectReports, Unknowable
from actions.services.reports.database import ReportDatabase, StoreUnavailable
from actions.services.reports.report import Contact, Receipt, Report, State
from actions.services.reports.sealing import Seal, SealBroken
from actions.services.reports.tables import DESK_REPORTS, REPORT_QUEUE
from actions.services.reports.tickets import new_ticket
from actions.services.results import Found, Nothing, Rejected

QUEUED, SENDING, DELIVERED, DESK = "queued", "sending", "delivered", "desk"
OPEN = (QUEUED, SENDING)
LEASE_SECONDS = 60.0
"""Longer than any call takes: then nobody is sending any more."""
SETTLE_SECONDS = 30.0
"""How long a back end may still work on a report whose answer was lost."""
SEND_NEEDS_SECONDS = 15.0
"""What must be left of a lease to begin sending."""
FIRST_PAUSE_SECONDS = 30.0
LONGEST_PAUSE_SECONDS = 900.0
POLL_SECONDS = 5.0
TIDY_SECONDS = 3600.0
UNTIE_SECONDS = 30 * 86_400.0
"""After so long a finished report no longer knows its conversation."""
KEEP_SECONDS = 180 * 86_400.0
"""How long the state of a finished report can be asked by our number."""

_log = structlog.get_logger(__name__)
_QUEUE = REPORT_QUEUE.c


@dataclass(frozen=True)
class Entry:
    """A report in the queue, without what the citizen wrote."""

    ticket: str
    town: str
    state: str
    attempts: int
    number: str | None = None
    token: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class _Claim:
    """The right to work on a report until ``until``; ``uncertain`` when it may have arrived."""

    ticket: str
    town: str
    adapter: str
    sealed: bytes
    attempts: int
    uncertain: bool
    sent_at: float
    until: float


@dataclass(frozen=True)
class Pace:
    """How long the queue waits, in seconds; tests shorten it."""

    lease: float = LEASE_SECONDS
    settle: float = SETTLE_SECONDS
    send_needs: float = SEND_NEEDS_SECONDS
    first_pause: float = FIRST_PAUSE_SECONDS
    poll: float = POLL_SECONDS


class ReportQueue:
    """Takes reports and hands them over.

    Args:
        database: where they lie.
        seal: encrypts them.
        adapters: town → its back end.
        desk: takes reports of the other towns, and those a back end will not take.
        pace: waiting times.
        seconds: seconds since 1970; real time, even where the assistant's clock is stopped.
    """

    def __init__(
        self,
        database: ReportDatabase,
        seal: Seal,
        adapters: Mapping[str, DefectReports],
        desk: DefectReports,
        pace: Pace | None = None,
        seconds: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._seal = seal
        self._adapters = adapters
        self._desk = desk
        self._pace = pace or Pace()
        self._seconds = seconds
        self._wake = asyncio.Event()

    def adapter_of(self, town: str) -> DefectReports:
        """Return the back end of a town."""
        return self._adapters.get(town, self._desk)

    async def accept(self, report: Report, key: str, conversation: str) -> Entry:
        """Store a report; the same key again returns what was stored first.

        Args:
            report: its ``ticket`` is set here.
            key: of the write, see `idempotency_key`.
            conversation: opaque id, for erasure.

        Raises:
            StoreUnavailable: it was not stored, so nothing may be promised.
        """
        ticketed = replace(report, ticket=new_ticket())
        values = {
            "ticket": ticketed.ticket,
            "key": key,
            "conversation": conversation,
            "town": report.town,
            "adapter": self.adapter_of(report.town).name,
            "state": QUEUED,
            "sealed": self._seal.seal(ticketed),
            "attempts": 0,
            "created_at": self._seconds(),
            "due_at": self._seconds() + self._pace.poll,
        }
        return await self._database.run(_insert, values)

    async def deliver(self, ticket: str) -> Entry | None:
        """Try to hand over a stored report now; return how it stands then."""
        claim = await self._claim(ticket)
        if claim is not None:
            await self._work_on(claim)
        return await self.entry(ticket)

    async def deliver_due(self) -> bool:
        """Work on one report whose time has come; tell whether there was one."""
        claim = await self._claim()
        if claim is not None:
            await self._work_on(claim)
        return claim is not None

    async def run(self) -> None:
        """Hand over reports as they become due and tidy up each hour, until cancelled."""
        tidied_at = -TIDY_SECONDS
        while True:
            try:
                while await self.deliver_due():
                    pass
                if self._seconds() - tidied_at >= TIDY_SECONDS:
                    tidied_at = self._seconds()
                    await self.tidy()
            except StoreUnavailable:
                _log.warning("report_store_unavailable")
            except Exception:
                _log.exception("report_delivery_failed")
            await asyncio.sleep(self._pace.poll)

    async def entry(self, ticket: str) -> Entry | None:
        """Return how a report stands, or None when nobody knows the number.

        Raises:
            StoreUnavailable: the database cannot work now.
        """
        return await self._database.run(_entry, ticket)

    async def waiting(self) -> int:
        """Return how many reports have not been handed over yet."""
        return await self._database.run(_count_open)

    async def forget(self, conversation: str) -> int:
        """Cut the tie between a person and the reports of a conversation; return how many.

        What the town does not have yet is still handed over, without name and contact.
        """
        return await self._database.run(_forget, conversation, self._anonymous)

    async def tidy(self) -> int:
        """Untie and drop finished reports whose time is over; return how many were dropped."""
        waiting = await self.waiting()
        if waiting:
            _log.info("reports_waiting", reports=waiting)
        now = self._seconds()
        return await self._database.run(_tidy, now - UNTIE_SECONDS, now - KEEP_SECONDS)

    def _anonymous(self, sealed: bytes, ticket: str) -> bytes | None:
        try:
            report = self._seal.open(sealed, ticket)
        except SealBroken:
            return None
        return self._seal.seal(replace(report, contact=Contact()))

    async def _claim(self, ticket: str | None = None) -> _Claim | None:
        now = self._seconds()
        return await self._database.run(_claim_row, now, now + self._pace.lease, ticket)

    async def _work_on(self, claim: _Claim) -> None:
        try:
            report = self._seal.open(claim.sealed, claim.ticket)
        except SealBroken:
            _log.error("report_cannot_be_opened", ticket=claim.ticket)
            await self._wait(claim, SENDING if claim.uncertain else QUEUED, "seal is broken", None)
            return
        if claim.uncertain and not await self._surely_not_there(claim, report):
            return
        if self._seconds() > claim.until - self._pace.send_needs:
            await self._wait(claim, QUEUED, "lease is nearly over", 0.0)
            return
        await self._send(claim, report)

    async def _surely_not_there(self, claim: _Claim, report: Report) -> bool:
        """Ask for a report that may have arrived; act on all answers but "not there"."""
        adapter = self.adapter_of(claim.town)
        if adapter.name != claim.adapter:
            await self._to_desk(claim, report, "may have arrived at a former back end")
            return False
        since = dt.datetime.fromtimestamp(claim.sent_at, dt.UTC)
        found = await adapter.find(claim.ticket, since)
        if isinstance(found, Nothing):
            return True
        if isinstance(found, Found):
            await self._delivered(claim, found.data)
        elif isinstance(found, Unknowable):
            await self._to_desk(claim, report, "may have arrived, cannot be asked")
        else:
            await self._wait(claim, SENDING, found.reason, found.retry_after_seconds)
        return False

    async def _send(self, claim: _Claim, report: Report) -> None:
        result = await self.adapter_of(claim.town).submit(report)
        if isinstance(result, Found):
            await self._delivered(claim, result.data)
        elif isinstance(result, Rejected):
            await self._to_desk(claim, report, f"rejected: {', '.join(sorted(result.fields))}")
        elif result.sent:
            await self._wait(claim, SENDING, result.reason, self._pace.settle)
        else:
            await self._wait(claim, QUEUED, result.reason, result.retry_after_seconds)

    async def _delivered(self, claim: _Claim, receipt: Receipt) -> None:
        _log.info("report_delivered", ticket=claim.ticket, attempts=claim.attempts)
        await self._finish(claim, DELIVERED, number=receipt.number, token=receipt.token)

    async def _to_desk(self, claim: _Claim, report: Report, reason: str) -> None:
        """Give staff a report that the back end does not take or may already have."""
        _log.warning("report_to_desk", ticket=claim.ticket, reason=reason)
        result = await self._desk.submit(report)
        if isinstance(result, Found):
            await self._finish(claim, DESK, number=None, token=None, reason=reason)
        else:
            await self._wait(claim, SENDING, "desk cannot take it", None)

    async def _finish(self, claim: _Claim, state: str, **values: str | None) -> None:
        await self._database.run(
            _update, claim, state=state, sealed=None, finished_at=self._seconds(), **values
        )

    async def _wait(
        self, claim: _Claim, state: str, reason: str, pause_seconds: float | None
    ) -> None:
        longest = min(LONGEST_PAUSE_SECONDS, self._pace.first_pause * 2 ** min(claim.attempts, 10))
        pause = longest if pause_seconds is None else min(pause_seconds, LONGEST_PAUSE_SECONDS)
        due_at = self._seconds() + pause
        _log.info("report_waits", ticket=claim.ticket, state=state, reason=reason)
        await self._database.run(_update, claim, state=state, due_at=due_at, reason=reason[:255])


def _insert(connection: sa.Connection, values: Mapping[str, Any]) -> Entry:
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = (
        dialect.insert(REPORT_QUEUE).values(**values).on_conflict_do_nothing(index_elements=["key"])
    )
    connection.execute(statement)
    row = connection.execute(sa.select(REPORT_QUEUE).where(_QUEUE.key == values["key"])).one()
    return _to_entry(row)


def _claim_row(
    connection: sa.Connection, now: float, until: float, ticket: str | None
) -> _Claim | None:
    """Take a report: a named one that was never sent, or the one that is due the longest."""
    query = sa.select(REPORT_QUEUE).with_for_update(skip_locked=True).limit(1)
    if ticket is None:
        due = sa.and_(_QUEUE.state.in_(OPEN), _QUEUE.due_at <= now)
        query = query.where(due).order_by(_QUEUE.due_at)
    else:
        query = query.where(_QUEUE.ticket == ticket, _QUEUE.state == QUEUED)
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    uncertain = row.state == SENDING
    sent_at = row.sent_at if uncertain and row.sent_at else now
    claim = _Claim(
        row.ticket, row.town, row.adapter, row.sealed, row.attempts + 1, uncertain, sent_at, until
    )
    connection.execute(
        sa.update(REPORT_QUEUE)
        .where(_QUEUE.id == row.id)
        .values(state=SENDING, attempts=claim.attempts, due_at=until, sent_at=sent_at)
    )
    return claim


def _update(connection: sa.Connection, /, claim: _Claim, **values: Any) -> None:
    """Write what became of a claim, unless somebody else has taken the report over."""
    fenced = sa.and_(_QUEUE.ticket == claim.ticket, _QUEUE.attempts == claim.attempts)
    connection.execute(sa.update(REPORT_QUEUE).where(fenced).values(**values))


def _entry(connection: sa.Connection, ticket: str) -> Entry | None:
    row = connection.execute(sa.select(REPORT_QUEUE).where(_QUEUE.ticket == ticket)).one_or_none()
    return _to_entry(row) if row is not None else None


def _to_entry(row: Any) -> Entry:
    return Entry(row.ticket, row.town, row.state, row.attempts, row.number, row.token, row.reason)


def _count_open(connection: sa.Connection) -> int:
    query = sa.select(sa.func.count()).where(_QUEUE.state.in_(OPEN))
    return int(connection.execute(query).scalar_one())


def _forget(
    connection: sa.Connection,
    conversation: str,
    anonymous: Callable[[bytes, str], bytes | None],
) -> int:
    query = sa.select(REPORT_QUEUE).where(_QUEUE.conversation == conversation).with_for_update()
    rows = connection.execute(query).all()
    for row in rows:
        sealed = anonymous(row.sealed, row.ticket) if row.sealed else None
        values = {"conversation": None, "sealed": sealed}
        connection.execute(sa.update(REPORT_QUEUE).where(_QUEUE.id == row.id).values(**values))
        _forget_at_desk(connection, row.ticket, anonymous)
    return len(rows)


def _forget_at_desk(
    connection: sa.Connection, ticket: str, anonymous: Callable[[bytes, str], bytes | None]
) -> None:
    at_desk = DESK_REPORTS.c.ticket == ticket
    sealed = connection.execute(sa.select(DESK_REPORTS.c.sealed).where(at_desk)).scalar()
    without = anonymous(sealed, ticket) if sealed else None
    if without is not None:
        connection.execute(sa.update(DESK_REPORTS).where(at_desk).values(sealed=without))


def _tidy(connection: sa.Connection, untie_before: float, drop_before: float) -> int:
    done = _QUEUE.state.not_in(OPEN)
    untied = sa.update(REPORT_QUEUE).values(conversation=None)
    connection.execute(untied.where(done, _QUEUE.finished_at < untie_before))
    closed = DESK_REPORTS.c.state.in_((State.DONE, State.REJECTED))
    connection.execute(
        sa.delete(DESK_REPORTS).where(closed, DESK_REPORTS.c.updated_at < drop_before)
    )
    dropped = sa.delete(REPORT_QUEUE).where(done, _QUEUE.finished_at < drop_before)
    return connection.execute(dropped).rowcount
