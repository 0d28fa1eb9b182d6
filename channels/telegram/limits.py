"""How long Telegram wants to hear nothing: in one chat, or from the bot at all."""

from __future__ import annotations

from collections.abc import Callable

WHOLE_BOT_CHATS = 2
"""So many chats put off at once mean that the bot as a whole is too fast."""


class Limits:
    """Remembers what ``retry_after`` asked for. ``now`` gives seconds of a steady clock."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._chats: dict[int, float] = {}
        self._bot = 0.0

    def put_off(self, chat: int, seconds: float) -> None:
        """Note that a call for a chat was refused for some seconds."""
        self._forget()
        until = self._now() + seconds
        self._chats[chat] = max(until, self._chats.get(chat, 0.0))
        if len(self._chats) >= WHOLE_BOT_CHATS:
            self._bot = max(self._bot, until)

    def wait_seconds(self, chat: int) -> float:
        """Return how long a chat has to wait, 0 when it need not."""
        self._forget()
        return max(0.0, max(self._chats.get(chat, 0.0), self._bot) - self._now())

    def _forget(self) -> None:
        now = self._now()
        self._chats = {chat: until for chat, until in self._chats.items() if until > now}
