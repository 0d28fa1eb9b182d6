"""Server-sent events: a conversation's deliveries as they come, resumable by number."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

from prometheus_client import Gauge
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from channels.webchat.rates import Slots
from channels.webchat.record import to_event, to_state
from contracts.hub import HubClient, HubForgot, HubRefused, HubUnavailable
from contracts.messages import Deliveries

POLL_SECONDS = 15.0
RETRY_MILLISECONDS = 1_500
STREAMS_PER_SESSION = 6
LONGEST_PAUSE_SECONDS = 5.0
QUICK_POLL_SECONDS = 0.2

OPEN_STREAMS = Gauge("stadtdraht_webchat_streams", "Open event streams of the web chat.")


class EventStream(StreamingResponse):
    """The answer that carries a stream. ``release`` is called when it has ended, however it did."""

    def __init__(self, events: AsyncIterator[bytes], release: Callable[[], None]) -> None:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(events, 200, headers, "text/event-stream")
        self._release = release

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events until there are no more or the browser has gone."""
        OPEN_STREAMS.inc()
        try:
            await super().__call__(scope, receive, send)
        finally:
            OPEN_STREAMS.dec()
            self._release()


class Streams:
    """Gives out event streams, counts them, and ends them all when the server stops."""

    def __init__(self, hub: HubClient, poll_seconds: float = POLL_SECONDS) -> None:
        self._hub = hub
        self._poll_seconds = poll_seconds
        self._slots = Slots(STREAMS_PER_SESSION)
        self._closing = asyncio.Event()

    def open(self, session: str, conversation: str, after: int) -> EventStream | None:
        """Return a stream of the deliveries above ``after``.

        None when the session has as many streams as it may have.
        """
        if not self._slots.take(session):
            return None
        return EventStream(self.events(conversation, after), lambda: self._slots.release(session))

    def close(self) -> None:
        """End all streams, so that a server can stop at once; browsers come back alone."""
        self._closing.set()

    async def events(self, conversation: str, after: int) -> AsyncIterator[bytes]:
        """Yield the events of one stream until the conversation ends or the server stops."""
        yield f"retry: {RETRY_MILLISECONDS}\n\n".encode()
        known: dict[str, Any] | None = None
        pause_seconds = 0.0
        while not self._closing.is_set():
            try:
                fetched, quick = await self._poll(conversation, after, wait=known is not None)
            except HubUnavailable:
                if not pause_seconds:
                    yield to_sse("hub", {"available": False})
                pause_seconds = min(LONGEST_PAUSE_SECONDS, pause_seconds * 2 or 0.5)
                await self._pause(pause_seconds)
                yield b": still here\n\n"
                continue
            except (HubForgot, HubRefused):
                yield to_sse("gone", {})
                return
            if fetched is None:
                return
            if pause_seconds:
                yield to_sse("hub", {"available": True})
                pause_seconds = 0.0
            for delivery in fetched.deliveries:
                after = max(after, delivery.number)
                yield to_sse("delivery", to_event(delivery), delivery.number)
            state = to_state(fetched.state)
            if state != known:
                yield to_sse("state", state)
            elif not fetched.deliveries:
                yield b": still here\n\n"
                await self._pause(QUICK_POLL_SECONDS if quick else 0.0)
            known = state

    async def _poll(
        self, conversation: str, after: int, *, wait: bool
    ) -> tuple[Deliveries | None, bool]:
        """Ask the hub; return its answer (None when the server stops) and whether it was quick."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        wait_seconds = self._poll_seconds if wait else 0.0
        asked = asyncio.ensure_future(self._hub.deliveries(conversation, after, wait_seconds))
        closing = asyncio.ensure_future(self._closing.wait())
        try:
            await asyncio.wait({asked, closing}, return_when=asyncio.FIRST_COMPLETED)
            answer = asked.result() if asked.done() else None
        finally:
            asked.cancel()
            closing.cancel()
        return answer, loop.time() - begun < QUICK_POLL_SECONDS

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), seconds)


def to_sse(event: str, data: dict[str, Any], number: int | None = None) -> bytes:
    """Return one server-sent event."""
    head = f"id: {number}\n" if number is not None else ""
    return f"{head}event: {event}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()
