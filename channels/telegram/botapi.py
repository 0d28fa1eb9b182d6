"""The Bot API through aiogram, with errors of our own.

Errors::

    TelegramError
    ├── Unreachable     no answer, or Telegram cannot work now: try again
    ├── PutOff          too fast (429), with the ``seconds`` to wait
    ├── Blocked         the person or group does not want to hear us (403)
    ├── Refused         this call will never work (400, 404, 413)
    ├── Moved           the group has a new number (``chat``)
    ├── Elsewhere       another process fetches with the same token (409)
    └── TokenRefused    the token is wrong or was revoked (401)

No message of an error holds the token: aiogram's own are not passed on.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

from aiogram import Bot
from aiogram import exceptions as aiogram_errors
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.methods import TelegramMethod
from aiogram.types import (
    BotCommand,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    MessageEntity,
    ReplyParameters,
    User,
)

from channels.telegram.bots import TownBot
from channels.telegram.texts import Part
from contracts.messages import Button

CALL_SECONDS = 20.0
UPDATE_KINDS = ["message", "edited_message", "callback_query"]
BUTTON_TITLE_CHARACTERS = 64


class TelegramError(Exception):
    """Base of all errors of the Bot API."""


class Unreachable(TelegramError):
    """Telegram does not answer now."""


class PutOff(TelegramError):
    """Telegram wants to hear nothing for some ``seconds``."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"put off for {seconds:.0f} s")
        self.seconds = seconds


class Blocked(TelegramError):
    """The chat does not take messages from us."""


class Refused(TelegramError):
    """The call is wrong for Telegram."""


class Moved(TelegramError):
    """A group became a supergroup with another number."""

    def __init__(self, chat: int) -> None:
        super().__init__("group moved")
        self.chat = chat


class Elsewhere(TelegramError):
    """Another process fetches updates with this token."""


class TokenRefused(TelegramError):
    """Telegram does not know the token."""


class _RawUpdates(TelegramMethod[list[dict[str, Any]]]):
    """``getUpdates`` with updates as they are, so that a strange one spoils no other."""

    __returning__ = list[dict[str, Any]]
    __api_method__ = "getUpdates"

    offset: int | None = None
    limit: int = 100
    timeout: int = 0
    allowed_updates: list[str] = UPDATE_KINDS


class BotApi:
    """The calls that the connector makes for one bot."""

    def __init__(self, town_bot: TownBot) -> None:
        session = AiohttpSession(
            api=TelegramAPIServer.from_base(town_bot.api), timeout=CALL_SECONDS
        )
        self._bot = Bot(token=town_bot.token, session=session)

    async def close(self) -> None:
        """Close the connections."""
        await self._bot.session.close()

    async def me(self) -> User:
        """Return who we are."""
        with _own_errors():
            return await self._bot.get_me()

    async def begin(self, commands: dict[str, str]) -> None:
        """Take updates by polling from now on, keep those that wait, register the commands."""
        menu = [BotCommand(command=name, description=told) for name, told in commands.items()]
        with _own_errors():
            await self._bot.delete_webhook(drop_pending_updates=False)
            await self._bot.set_my_commands(menu)

    async def updates(self, offset: int | None, wait_seconds: int) -> list[dict[str, Any]]:
        """Fetch updates from ``offset`` on; everything before it is confirmed by this."""
        method = _RawUpdates(offset=offset, timeout=wait_seconds)
        with _own_errors():
            return await self._bot(method, request_timeout=int(CALL_SECONDS) + wait_seconds)

    async def send(
        self,
        chat: int,
        part: Part,
        buttons: Sequence[Button] = (),
        reply_to: int | None = None,
    ) -> None:
        """Send one message."""
        rows = [
            [InlineKeyboardButton(text=each.title[:BUTTON_TITLE_CHARACTERS], callback_data=each.id)]
            for each in buttons
        ]
        answered = ReplyParameters(message_id=reply_to, allow_sending_without_reply=True)
        with _own_errors():
            await self._bot.send_message(
                chat,
                part.text,
                parse_mode=None,
                entities=[
                    MessageEntity(type="text_link", offset=a.start, length=a.length, url=a.url)
                    for a in part.anchors
                ],
                link_preview_options=LinkPreviewOptions(is_disabled=True),
                reply_markup=InlineKeyboardMarkup(inline_keyboard=rows) if rows else None,
                reply_parameters=answered if reply_to is not None else None,
            )

    async def show_typing(self, chat: int) -> None:
        """Show for five seconds that an answer is coming."""
        with _own_errors():
            await self._bot.send_chat_action(chat, "typing")

    async def settle(self, query: str) -> None:
        """Tell Telegram that a press of a button arrived, so that it stops spinning."""
        with _own_errors():
            await self._bot.answer_callback_query(query)


@contextlib.contextmanager
def _own_errors() -> Iterator[None]:
    """Turn aiogram's errors into ours; ``from None`` keeps what they hold out of tracebacks."""
    try:
        yield
    except aiogram_errors.AiogramError as error:
        raise _own(error) from None


def _own(error: aiogram_errors.AiogramError) -> TelegramError:
    if isinstance(error, aiogram_errors.TelegramRetryAfter):
        return PutOff(float(error.retry_after))
    if isinstance(error, aiogram_errors.TelegramMigrateToChat):
        return Moved(error.migrate_to_chat_id)
    kinds: tuple[tuple[type[Exception], TelegramError], ...] = (
        (aiogram_errors.TelegramConflictError, Elsewhere("409")),
        (aiogram_errors.TelegramUnauthorizedError, TokenRefused("401")),
        (aiogram_errors.TelegramForbiddenError, Blocked("403")),
        (aiogram_errors.TelegramNotFound, Refused("404")),
        (aiogram_errors.TelegramEntityTooLarge, Refused("413")),
        (aiogram_errors.TelegramBadRequest, Refused("400")),
    )
    unknown = Unreachable(type(error).__name__)
    return next((own for kind, own in kinds if isinstance(error, kind)), unknown)
