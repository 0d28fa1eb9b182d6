"""Wake-ups inside a process and, on PostgreSQL, between processes.

A signal says no more than "look again": it may be lost or come twice, so whoever
waits for one also polls slowly.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Iterable, Iterator

import asyncpg  # type: ignore[import-untyped]
import structlog

NOTIFY_CHANNEL = "stadtdraht"
WORK = "work"
RECONNECT_SECONDS = 0.5

log = structlog.get_logger(__name__)


def channel_topic(channel: str) -> str:
    """Return the topic of deliveries for a pushing channel."""
    return f"channel:{channel}"


class Signals:
    """Topics (``work``, a conversation's id, a channel) and who waits for them."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Event]] = defaultdict(set)

    @contextlib.contextmanager
    def listening(self, *topics: str) -> Iterator[asyncio.Event]:
        """Give an event that is set whenever one of ``topics`` is published."""
        event = asyncio.Event()
        for topic in topics:
            self._waiting[topic].add(event)
        try:
            yield event
        finally:
            for topic in topics:
                self._waiting[topic].discard(event)
                if not self._waiting[topic]:
                    del self._waiting[topic]

    def publish(self, topics: Iterable[str]) -> None:
        """Wake everybody who waits for one of ``topics``."""
        for topic in topics:
            for event in self._waiting.get(topic, ()):
                event.set()

    def publish_all(self) -> None:
        """Wake everybody: something may have been missed."""
        self.publish(list(self._waiting))


async def wait_for(event: asyncio.Event, seconds: float) -> bool:
    """Wait for ``event`` at most so long; tell whether it came, and make it ready again."""
    try:
        async with asyncio.timeout(max(0.0, seconds)):
            await event.wait()
    except TimeoutError:
        return False
    event.clear()
    return True


async def relay(dsn: str, signals: Signals) -> None:
    """Publish PostgreSQL's notifications in this process until cancelled."""
    while True:
        closed = asyncio.Event()
        try:
            connection = await asyncpg.connect(dsn, timeout=5)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            await asyncio.sleep(RECONNECT_SECONDS)
            continue
        try:
            connection.add_termination_listener(lambda _connection, closed=closed: closed.set())
            await connection.add_listener(
                NOTIFY_CHANNEL, lambda *heard: signals.publish(str(heard[-1]).split())
            )
            signals.publish_all()
            await closed.wait()
            log.warning("notifications_interrupted")
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            await asyncio.sleep(RECONNECT_SECONDS)
        finally:
            connection.terminate()
