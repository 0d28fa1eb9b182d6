"""From Telegram to the hub: an update is confirmed only after its inbox row is committed.

Fetched updates are worked through chat by chat, each chat in its order. Only when all
of them are done the next fetch confirms them, so a crash at any point brings them again,
and the hub knows what it has by the id of the update.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine, Sequence
from typing import Any

import structlog
from aiogram.types import Update, User
from pydantic import ValidationError

from channels.telegram import metrics, notices
from channels.telegram.addresses import CHANNEL, Address
from channels.telegram.botapi import BotApi, TelegramError
from channels.telegram.bots import TownBot
from channels.telegram.commands import OWN, SPELT_OUT, Commands
from channels.telegram.texts import Part, split
from channels.telegram.updates import Fate, Incoming, to_incoming
from contracts.hub import HubClient, HubForgot, HubRefused, HubUnavailable
from contracts.messages import UserMessage, fitting

POLL_SECONDS = 25
PAUSE_SECONDS = 1.0
WELCOMES_KEPT = 10_000
REMARK_SECONDS = 5.0
"""A remark is worth this much waiting; after it the message counts more."""

log = structlog.get_logger(__name__)


class Receiver:
    """Takes the updates of one bot."""

    def __init__(self, town_bot: TownBot, me: User, api: BotApi, hub: HubClient) -> None:
        self._bot = town_bot
        self._me = me
        self._api = api
        self._hub = hub
        self._commands = Commands(hub, town_bot.municipality, town_bot.towns)
        self._typing: set[asyncio.Task[None]] = set()
        self._welcomed: dict[str, None] = {}
        """Conversations that were welcomed and may not have asked anything yet."""
        self._turns: dict[int, asyncio.Lock] = {}

    async def run(self) -> None:
        """Receive until cancelled.

        Raises:
            TelegramError: fetching failed; what was not confirmed comes again.
        """
        offset: int | None = None
        while True:
            raw = await self._api.updates(offset, POLL_SECONDS)
            metrics.UP.labels(self._bot.name).set(1)
            await self.take(raw)
            if raw:
                offset = max(int(each["update_id"]) for each in raw) + 1

    async def take(self, raw: Sequence[dict[str, Any]]) -> None:
        """Work through some updates; returns when all of them are stored or done with."""
        chats: dict[int, list[Incoming]] = {}
        for each in sorted(raw, key=lambda update: int(update["update_id"])):
            incoming = self._read(each)
            if incoming is not None:
                chats.setdefault(incoming.address.chat, []).append(incoming)
        await asyncio.gather(*(self._take_chat(chat, each) for chat, each in chats.items()))

    async def close(self) -> None:
        """End what is still shown."""
        for task in self._typing:
            task.cancel()
        await asyncio.gather(*self._typing, return_exceptions=True)

    def _read(self, raw: dict[str, Any]) -> Incoming | None:
        try:
            incoming = to_incoming(self._bot.name, self._me, Update.model_validate(raw))
        except ValidationError:
            log.error("telegram_update_broken", bot=self._bot.name, update=raw["update_id"])
            self._count("broken")
            return None
        if incoming is None:
            self._count("ignored")
        return incoming

    async def _take_chat(self, chat: int, incoming: Sequence[Incoming]) -> None:
        async with self._turns.setdefault(chat, asyncio.Lock()):
            for each in incoming:
                await self._take_surely(each)
        if not self._turns[chat].locked():
            del self._turns[chat]

    async def _take_surely(self, incoming: Incoming) -> None:
        """Try until the hub has it or has refused it."""
        while True:
            try:
                self._count(await self._take_one(incoming))
                return
            except HubUnavailable as error:
                log.warning("hub_unavailable", error=str(error))
                await asyncio.sleep(PAUSE_SECONDS)
            except HubRefused as error:
                log.error("telegram_update_refused", bot=self._bot.name, status=error.status_code)
                await self._say(incoming.address, notices.NOT_TAKEN)
                self._count("refused")
                return
            except HubForgot:  # erased between two calls: the next one begins it anew
                await asyncio.sleep(0)

    async def _take_one(self, incoming: Incoming) -> Fate:
        if incoming.query is not None:
            await self._quietly(self._api.settle(incoming.query))
        if incoming.command in OWN and incoming.command != "start":
            await self._say(
                incoming.address, await self._commands.answered(incoming.command, incoming.address)
            )
            return "answered"
        await self._welcome(incoming)
        if incoming.remark is not None:
            await self._say(incoming.address, incoming.remark)
        if incoming.command == "start" or (incoming.text is None and incoming.button is None):
            return "answered"
        return await self._submit(incoming)

    async def _welcome(self, incoming: Incoming) -> None:
        """Say what Telegram is not for, before the first answer and before a handoff."""
        state = await self._commands.begun(incoming.address, incoming.payload)
        new = state.last_number == 0 and not state.busy
        if incoming.command == "start" or (new and state.conversation not in self._welcomed):
            await self._say(incoming.address, notices.welcome(self._bot.webchat))
            self._remember_welcome(state.conversation)
        elif incoming.command == "mensch":
            await self._say(incoming.address, notices.warning(self._bot.webchat))

    def _remember_welcome(self, conversation: str) -> None:
        self._welcomed[conversation] = None
        if len(self._welcomed) > WELCOMES_KEPT:
            del self._welcomed[next(iter(self._welcomed))]

    async def _submit(self, incoming: Incoming) -> Fate:
        words = SPELT_OUT.get(incoming.command or "", incoming.text)
        receipt = await self._hub.submit(
            UserMessage(
                channel=CHANNEL,
                address=str(incoming.address),
                message_id=incoming.identity,
                text=fitting(words) if words is not None else None,
                button=incoming.button,
                municipality=self._bot.municipality,
                sent_at=incoming.message.date if incoming.message else None,
            )
        )
        if receipt.duplicate:
            return "duplicate"
        task = asyncio.create_task(self._quietly(self._api.show_typing(incoming.address.chat)))
        self._typing.add(task)
        task.add_done_callback(self._typing.discard)
        return "submitted"

    async def _say(self, address: Address, text: str) -> None:
        for part in split(text):
            await self._quietly(self._api.send(address.chat, Part(part)))

    async def _quietly(self, call: Coroutine[Any, Any, None]) -> None:
        """Make a call that is nice to have: nobody waits long for it."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(REMARK_SECONDS):
                try:
                    await call
                except TelegramError as error:
                    log.info("telegram_remark_failed", bot=self._bot.name, error=str(error))

    def _count(self, fate: Fate) -> None:
        metrics.UPDATES.labels(self._bot.name, fate).inc()
