"""From the hub to the chats: deliveries of all bots, in order per conversation.

The hub hands out only the oldest unconfirmed delivery of a conversation. The Bot API has
no key against sending twice: a crash between sending and confirming doubles at most the
one answer that was under way. While the process lives, parts that arrived are not sent
again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

import structlog

from channels.deliveries import later
from channels.telegram import metrics
from channels.telegram.addresses import Address, message_of
from channels.telegram.botapi import (
    Blocked,
    BotApi,
    Moved,
    PutOff,
    Refused,
    TelegramError,
    TokenRefused,
)
from channels.telegram.limits import Limits
from channels.telegram.texts import Part, to_parts
from channels.telegram.updates import BUTTON_BYTES
from contracts.messages import AddressedDelivery, Delivery, Outcome

NOT_READY_SECONDS = 5.0
AT_ONCE = 16
"""Messages that one bot sends at once; Telegram allows about 30 a second."""

log = structlog.get_logger(__name__)


def _steady() -> float:
    return asyncio.get_running_loop().time()


@dataclass
class Desk:
    """What the sender needs of one bot."""

    api: BotApi
    ready: asyncio.Event
    limits: Limits = field(default_factory=lambda: Limits(_steady))
    moved: dict[int, int] = field(default_factory=dict)
    """New numbers of groups."""
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))


class Sender:
    """Sends what the hub has for the bots of ``desks``."""

    def __init__(self, desks: Mapping[str, Desk]) -> None:
        self._desks = desks
        self._arrived: dict[str, int] = {}
        """Parts that arrived of deliveries that are not confirmed yet."""

    async def deliver(self, addressed: AddressedDelivery) -> Outcome:
        """Send one delivery and return what became of it."""
        address = Address.parsed(addressed.address)
        desk = self._desks.get(address.bot)
        if desk is None:
            outcome = Outcome(result="refused", reason="bot_unknown")
        else:
            outcome = await self._outcome(desk, address, addressed.delivery)
        metrics.SENT.labels(address.bot, outcome.result).inc()
        return outcome

    def settled(self, delivery: str) -> None:
        """Forget which parts of a delivery arrived; it will not come again."""
        self._arrived.pop(delivery, None)

    async def _outcome(self, desk: Desk, address: Address, delivery: Delivery) -> Outcome:
        if not desk.ready.is_set():
            return later("not_ready", NOT_READY_SECONDS)
        async with desk.slots:
            wait_seconds = desk.limits.wait_seconds(address.chat)
            if wait_seconds > 0:
                return later("rate_limited", wait_seconds)
            try:
                await self._send(desk, address, delivery)
            except TelegramError as error:
                return self._failed(desk, address, error)
        return Outcome(result="sent")

    async def _send(self, desk: Desk, address: Address, delivery: Delivery) -> None:
        parts = to_parts(delivery)
        while (place := self._arrived.get(delivery.id, 0)) < len(parts):
            chat = desk.moved.get(address.chat, address.chat)
            try:
                await self._send_part(desk, chat, address, delivery, parts, place)
            except Moved as moved:
                if moved.chat == chat:
                    raise
                desk.moved[address.chat] = moved.chat
                continue
            self._arrived[delivery.id] = place + 1

    async def _send_part(
        self,
        desk: Desk,
        chat: int,
        address: Address,
        delivery: Delivery,
        parts: list[Part],
        place: int,
    ) -> None:
        among_many = address.person is not None and delivery.in_reply_to and place == 0
        buttons = [each for each in delivery.buttons if len(each.id.encode()) <= BUTTON_BYTES]
        await desk.api.send(
            chat,
            parts[place],
            buttons if place == len(parts) - 1 else (),
            message_of(delivery.in_reply_to) if among_many and delivery.in_reply_to else None,
        )

    def _failed(self, desk: Desk, address: Address, error: TelegramError) -> Outcome:
        """Return what a failure means for the delivery, and note what it means for others."""
        log.info("telegram_send_failed", bot=address.bot, error=type(error).__name__)
        if isinstance(error, PutOff):
            metrics.LIMITED.labels(address.bot).inc()
            desk.limits.put_off(address.chat, error.seconds)
            return later("rate_limited", error.seconds)
        if isinstance(error, TokenRefused):
            desk.ready.clear()
            return later("token_refused", NOT_READY_SECONDS)
        if isinstance(error, Blocked | Refused | Moved):
            return Outcome(result="refused", reason=str(error))
        return Outcome(result="retry", reason=str(error)[:200])
