"""The Telegram connector: all bots of an installation in one event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog

from channels.deliveries import Courier, carry
from channels.telegram import metrics
from channels.telegram.addresses import CHANNEL
from channels.telegram.botapi import BotApi, Elsewhere, PutOff, TelegramError, TokenRefused
from channels.telegram.bots import TownBot
from channels.telegram.commands import MENU
from channels.telegram.receiver import Receiver
from channels.telegram.sender import Desk, Sender
from contracts.hub import HubClient

LONGEST_PAUSE_SECONDS = 60.0
RESTART_SECONDS = 1.0

log = structlog.get_logger(__name__)


async def run(bots: Sequence[TownBot], hub: HubClient, stop: asyncio.Event) -> None:
    """Serve some bots until ``stop`` is set; it can be cut off at any point without loss.

    Args:
        bots: one per town.
        hub: the conversation service.
        stop: ends everything.
    """
    works = [_Work(bot, hub) for bot in bots]
    sender = Sender({work.bot.name: work.desk for work in works})
    courier = Courier(hub, CHANNEL, sender.deliver, sender.settled)
    try:
        await carry(courier, (work.run() for work in works), stop)
    finally:
        for work in works:
            await work.desk.api.close()


class _Work:
    """One bot: introduces itself, receives, and begins again after whatever happens."""

    def __init__(self, bot: TownBot, hub: HubClient) -> None:
        self.bot = bot
        self._hub = hub
        self.desk = Desk(BotApi(bot), asyncio.Event())

    async def run(self) -> None:
        """Serve the bot until cancelled, or until Telegram refuses its token."""
        pause = RESTART_SECONDS
        while True:
            began = asyncio.get_running_loop().time()
            try:
                await self._receive()
            except TokenRefused:
                log.error("telegram_token_refused", bot=self.bot.name)
                self.desk.ready.clear()
                metrics.UP.labels(self.bot.name).set(0)
                return
            except TelegramError as error:
                if asyncio.get_running_loop().time() - began > LONGEST_PAUSE_SECONDS:
                    pause = RESTART_SECONDS
                pause = self._pause_after(error, pause)
            except Exception:
                log.exception("telegram_bot_failed", bot=self.bot.name)
            metrics.UP.labels(self.bot.name).set(0)
            await asyncio.sleep(pause)

    async def _receive(self) -> None:
        me = await self.desk.api.me()
        await self.desk.api.begin(MENU)
        self.desk.ready.set()
        log.info("telegram_bot_ready", bot=self.bot.name)
        receiver = Receiver(self.bot, me, self.desk.api, self._hub)
        try:
            await receiver.run()
        finally:
            await receiver.close()

    def _pause_after(self, error: TelegramError, pause: float) -> float:
        if isinstance(error, Elsewhere):
            log.error("telegram_bot_runs_elsewhere", bot=self.bot.name)
        else:
            log.warning("telegram_fetch_failed", bot=self.bot.name, error=str(error))
        longer = error.seconds if isinstance(error, PutOff) else pause * 2
        return min(longer, LONGEST_PAUSE_SECONDS)
