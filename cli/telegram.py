"""The Telegram bots as this installation runs them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from channels.telegram.bots import BotsError, TownBot, load_bots
from cli.environments import SetupProblem
from cli.serving import serve_alone
from contracts.hub import HubClient
from service.settings import Settings


def telegram_bots(settings: Settings) -> tuple[TownBot, ...]:
    """Return the bots of this installation, none when no file is named.

    Raises:
        SetupProblem: the file is wrong; it names table, key and mend.
    """
    if not settings.telegram_bots:
        return ()
    try:
        bots = load_bots(Path(settings.telegram_bots))
    except BotsError as error:
        raise SetupProblem(f"Telegram: {error}") from error
    return tuple(_with_webchat(bot, settings.public_url) for bot in bots)


@contextlib.asynccontextmanager
async def serving_telegram(settings: Settings, hub: HubClient) -> AsyncIterator[None]:
    """Serve the Telegram bots, if there are any, until the context is left.

    Raises:
        SetupProblem: the file of the bots is wrong.
    """
    bots = telegram_bots(settings)
    if not bots:
        yield
        return
    from channels.telegram.connector import run  # aiogram takes a second to import

    stop = asyncio.Event()
    running = asyncio.create_task(run(bots, hub, stop))
    try:
        yield
    finally:
        stop.set()
        await running


async def serve_telegram(settings: Settings) -> None:
    """Serve the Telegram bots alone until SIGTERM or Ctrl-C.

    Raises:
        SetupProblem: there are no bots, or their file is wrong.
    """
    if not telegram_bots(settings):
        raise SetupProblem("Kein Telegram-Bot: STADTDRAHT_TELEGRAM_BOTS nennt keine Datei.")
    await serve_alone(settings, serving_telegram)


def _with_webchat(bot: TownBot, public_url: str) -> TownBot:
    """Offer the house's own web chat where the bot's table names none."""
    near = public_url if public_url.startswith("https://") else ""
    return bot if bot.webchat else bot.model_copy(update={"webchat": near})
