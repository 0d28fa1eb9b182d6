"""From the hub to the rooms: deliveries of all accounts, in order per conversation.

The hub hands out only the oldest unconfirmed delivery of a conversation. Its id is the
transaction id of the message, so a delivery that is sent again is not seen twice.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import structlog

from channels.deliveries import later
from channels.matrix import metrics
from channels.matrix.addresses import Address, event_of
from channels.matrix.bodies import to_contents
from channels.matrix.choices import choices_after
from channels.matrix.homeserver import (
    Homeserver,
    LoggedOut,
    MatrixError,
    RateLimited,
    ServerRefused,
)
from channels.matrix.store import Store
from contracts.messages import AddressedDelivery, Delivery, Outcome

NOT_READY_SECONDS = 5.0
AT_ONCE = 16
"""Deliveries that one account sends at once."""

log = structlog.get_logger(__name__)


@dataclass
class Desk:
    """What the sender needs of one account."""

    server: Homeserver
    store: Store
    ready: asyncio.Event
    logged_out: asyncio.Event
    keeps_device: bool = True
    """Whether the login that was refused may be renewed with the same device."""
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    quiet_until: float = 0.0
    """Time of the event loop before which the homeserver wants no message."""


class Sender:
    """Sends what the hub has for the accounts of ``desks``."""

    def __init__(self, desks: Mapping[str, Desk]) -> None:
        self._desks = desks

    async def deliver(self, addressed: AddressedDelivery) -> Outcome:
        """Send one delivery and return what became of it."""
        address = Address.parsed(addressed.address)
        desk = self._desks.get(address.account)
        if desk is None:
            outcome = Outcome(result="refused", reason="account_unknown")
        else:
            outcome = await self._outcome(desk, address, addressed.delivery)
        metrics.SENT.labels(address.account, outcome.result).inc()
        return outcome

    async def _outcome(self, desk: Desk, address: Address, delivery: Delivery) -> Outcome:
        if not desk.ready.is_set():
            return later("not_ready", NOT_READY_SECONDS)
        async with desk.slots:
            wait_seconds = desk.quiet_until - asyncio.get_running_loop().time()
            if wait_seconds > 0:
                return later("rate_limited", wait_seconds)
            try:
                await self._send(desk, address, delivery)
            except MatrixError as error:
                return self._failed(desk, address, error)
        return Outcome(result="sent")

    async def _send(self, desk: Desk, address: Address, delivery: Delivery) -> None:
        asked = event_of(delivery.in_reply_to) if delivery.in_reply_to else None
        thread = desk.store.thread_of(asked) if asked else None
        reply_to = asked if address.person is not None else None
        # what can be chosen is known before it can be seen: a quick answer must find it
        self._offer(desk.store, address, delivery)
        contents = to_contents(delivery, reply_to=reply_to, thread=thread)
        for part, content in enumerate(contents):
            transaction = delivery.id if part == 0 else f"{delivery.id}-{part}"
            event = await desk.server.send(address.room, content, transaction)
            desk.store.note_event(event, own=True)
        with contextlib.suppress(MatrixError):
            await desk.server.show_typing(address.room, typing=False)

    def _offer(self, store: Store, address: Address, delivery: Delivery) -> None:
        choices = choices_after(delivery, store.choices(str(address)))
        if choices is None:
            store.drop_choices(str(address))
        else:
            store.keep_choices(str(address), choices)

    def _failed(self, desk: Desk, address: Address, error: MatrixError) -> Outcome:
        """Return what a failure means for the delivery, and note what it means for others."""
        log.info("matrix_send_failed", account=address.account, error=str(error))
        if isinstance(error, RateLimited):
            metrics.LIMITED.labels(address.account).inc()
            desk.quiet_until = asyncio.get_running_loop().time() + error.seconds
            return later("rate_limited", error.seconds)
        if isinstance(error, LoggedOut):
            desk.keeps_device = error.soft
            desk.logged_out.set()
            return later("logged_out", NOT_READY_SECONDS)
        if isinstance(error, ServerRefused):
            return Outcome(result="refused", reason=error.code[:200])
        return Outcome(result="retry", reason=str(error)[:200])
