"""The dispatcher: takes conversations that are due and lets their messages be answered.

Any number of dispatchers may run on one PostgreSQL; on SQLite there is one, in the
hub's own process.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import httpx
import structlog
from ulid import ULID

from conversations import leases, metrics, turns
from conversations.breaker import Breaker
from conversations.database import Database, StorageUnavailable
from conversations.degraded import DegradedAnswers
from conversations.engine import Engine
from conversations.erasures import Erasures
from conversations.leases import Claim, LeaseLost
from conversations.migrations import migrate
from conversations.responses import Responses
from conversations.retention import Retention
from conversations.signals import WORK, wait_for
from conversations.turns import PutOff, TurnTaker
from service.clock import Clock, clock_of, system_clock
from service.settings import Settings

POSTGRESQL_POLL_SECONDS = 0.25
SQLITE_POLL_SECONDS = 0.25
STORAGE_PAUSE_SECONDS = 0.5
PROBE_PAUSE_SECONDS = 1.0
ERASURE_PAUSE_SECONDS = 1.0
RETENTION_PAUSE_SECONDS = 3600.0
STOP_LIMIT_SECONDS = 5.0

T = TypeVar("T")

log = structlog.get_logger(__name__)


class Dispatcher:
    """Answers messages until it is told to stop."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        *,
        clock: Clock = system_clock,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._owner = f"o_{ULID()}"
        self._settings = settings
        self._database = database
        self._clock = clock
        self._http = httpx.AsyncClient(transport=transport, limits=_limits(settings.turns_at_once))
        self._breaker = Breaker()
        self._engine = Engine(settings.engine_url, settings.engine_token, self._http)
        responses = Responses(settings.content)
        self._taker = TurnTaker(
            engine=self._engine,
            breaker=self._breaker,
            degraded=DegradedAnswers(
                settings.actions_url, settings.actions_token, self._http, responses
            ),
            responses=responses,
            clock=clock,
            engine_timeout_seconds=settings.engine_timeout_seconds,
            answer_limit_seconds=settings.answer_limit_seconds,
        )
        self._erasures = Erasures(database, self._engine, clock, settings.engine_timeout_seconds)
        self._retention = Retention(
            database, clock, settings.transcript_days, settings.raw_text_hours
        )
        self._running: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(settings.turns_at_once)

    async def run(self, stop: asyncio.Event) -> None:
        """Answer messages until ``stop`` is set; then finish or give back what is running.

        A mistake of ours that keeps it from claiming ends it with that exception.
        """
        async with contextlib.AsyncExitStack() as stack:
            stack.push_async_callback(self._http.aclose)
            if self._database.is_sqlite:
                await self._patiently(self._free_leases)
            side = [
                asyncio.create_task(self._repeat(self._probe, PROBE_PAUSE_SECONDS)),
                asyncio.create_task(self._repeat(self._erasures.finish_due, ERASURE_PAUSE_SECONDS)),
                asyncio.create_task(self._repeat(self._retention.purge, RETENTION_PAUSE_SECONDS)),
            ]
            log.info("dispatcher_started", owner=self._owner)
            claiming = asyncio.create_task(self._claim_all())
            stopping = asyncio.create_task(stop.wait())
            await asyncio.wait({stopping, claiming}, return_when=asyncio.FIRST_COMPLETED)
            crashed = claiming.done()
            for task in (stopping, claiming, *side):
                task.cancel()
            await asyncio.gather(stopping, claiming, *side, return_exceptions=True)
            await self._finish_running()
            log.info("dispatcher_stopped", owner=self._owner)
            if crashed:
                claiming.result()

    async def _claim_all(self) -> None:
        poll = SQLITE_POLL_SECONDS if self._database.is_sqlite else POSTGRESQL_POLL_SECONDS
        with self._database.signals.listening(WORK) as work:
            while True:
                await self._slots.acquire()
                claim = await self._next_claim()
                if claim is None:
                    self._slots.release()
                    await wait_for(work, poll)
                    continue
                task = asyncio.create_task(self._take(claim))
                self._running.add(task)
                task.add_done_callback(self._taken)

    async def _next_claim(self) -> Claim | None:
        try:
            return await self._database.write(
                leases.claim, self._owner, self._settings.lease_seconds
            )
        except StorageUnavailable as error:
            log.warning("claim_failed", error=str(error))
            await asyncio.sleep(STORAGE_PAUSE_SECONDS)
            return None

    def _taken(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._slots.release()
        if not task.cancelled() and task.exception() is not None:
            log.error("turn_crashed", error=type(task.exception()).__name__)

    async def _take(self, claim: Claim) -> None:
        """Answer one message; when we are stopped meanwhile, give it back."""
        started = time.monotonic()
        renewing = asyncio.create_task(self._keep(claim))
        try:
            result = await self._taker.take(claim)
        except asyncio.CancelledError:
            await self._give_back(claim, PutOff("stopped", 0.0, counted=False))
            raise
        except Exception:  # a mistake of ours: the message gets its attempts, then an apology
            log.exception("turn_crashed", conversation=claim.conversation)
            result = PutOff("crashed", STORAGE_PAUSE_SECONDS, counted=True)
        finally:
            renewing.cancel()
        if isinstance(result, PutOff):
            await self._give_back(claim, result)
            return
        await self._close(claim, result, started)

    async def _close(self, claim: Claim, reply: turns.Reply, started: float) -> None:
        seconds = time.monotonic() - started
        ms = round(seconds * 1000)
        try:
            status = await self._patiently(
                lambda: self._database.write(turns.close, claim, reply, self._clock(), ms)
            )
        except LeaseLost:
            metrics.LATE_FINISHES.inc()
            log.warning("lease_lost", conversation=claim.conversation, inbox_id=claim.inbox_id)
            return
        metrics.TURNS.labels(status).inc()
        metrics.TURN_SECONDS.observe(time.monotonic() - started)

    async def _give_back(self, claim: Claim, reason: PutOff) -> None:
        metrics.RETRIES.labels(reason.reason).inc()
        await self._patiently(
            lambda: self._database.write(
                leases.release,
                claim,
                pause_seconds=reason.pause_seconds,
                counted=reason.counted,
                error=reason.reason,
            )
        )
        if reason.pause_seconds:
            asyncio.get_running_loop().call_later(reason.pause_seconds, self._wake)

    async def _keep(self, claim: Claim) -> None:
        """Renew a lease while its turn runs."""
        pause = self._settings.lease_seconds / 3
        while True:
            await asyncio.sleep(pause)
            with contextlib.suppress(StorageUnavailable):
                held = await self._database.write(leases.renew, claim, self._settings.lease_seconds)
                if not held:
                    return

    async def _patiently(self, work: Callable[[], Awaitable[T]]) -> T:
        """Do it, again and again while the database is away."""
        while True:
            try:
                return await work()
            except StorageUnavailable as error:
                log.warning("storage_unavailable", error=str(error))
                await asyncio.sleep(STORAGE_PAUSE_SECONDS)

    async def _finish_running(self) -> None:
        if self._running:
            await asyncio.wait(self._running, timeout=STOP_LIMIT_SECONDS)
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _free_leases(self) -> None:
        await self._database.write(leases.free_all)

    async def _probe(self) -> None:
        """Look after an engine that was gone, so that it is used again at once."""
        if self._breaker.state == "open" and self._breaker.gone and await self._engine.is_ready():
            log.info("engine_is_back")
            self._breaker.seen_alive()

    async def _repeat(self, work: Callable[[], Awaitable[None]], pause_seconds: float) -> None:
        while True:
            try:
                await work()
            except StorageUnavailable as error:
                log.warning("storage_unavailable", error=str(error))
            except Exception:  # the others go on; the next time it may work
                log.exception("side_work_failed")
            await asyncio.sleep(pause_seconds)

    def _wake(self) -> None:
        self._database.signals.publish([WORK])


def _limits(turns_at_once: int) -> httpx.Limits:
    return httpx.Limits(max_connections=turns_at_once * 2, max_keepalive_connections=turns_at_once)


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Run a dispatcher as a process of its own until ``stop`` is set.

    Raises:
        ContentError: a content file of the hub is wrong.
    """
    database = Database(settings.hub_database_url)
    try:
        await _migrated(database, stop)
        if not stop.is_set():
            database.start()
            await Dispatcher(settings, database, clock=clock_of(settings.clock)).run(stop)
    finally:
        await database.close()


async def _migrated(database: Database, stop: asyncio.Event) -> None:
    """Bring the tables to the present version, waiting for the database as long as it takes."""
    while not stop.is_set():
        try:
            await migrate(database)
            return
        except StorageUnavailable as error:
            log.warning("storage_unavailable", error=str(error))
            await asyncio.sleep(STORAGE_PAUSE_SECONDS)
