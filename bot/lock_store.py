"""One turn at a time per conversation, without Rasa's polling once a second.

The conversation service hands one message of a conversation at a time to the
engine; this lock is the second belt within the process, and the version in the
tracker store the one between processes.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from rasa.core.lock_store import LockStore


class ConversationLocks(LockStore):
    """Fair locks, one per conversation that has a turn running or waiting."""

    def __init__(self) -> None:
        self._locks: dict[str, asyncio.Lock] = {}
        self._users: dict[str, int] = {}

    @asynccontextmanager
    async def lock(
        self,
        conversation_id: str,
        lock_lifetime: float = 0,  # noqa: ARG002
        wait_time_in_seconds: float = 0,  # noqa: ARG002
    ) -> AsyncIterator[None]:
        """Hold the conversation; the two times are Rasa's and not needed here."""
        lock = self._locks.setdefault(conversation_id, asyncio.Lock())
        self._users[conversation_id] = self._users.get(conversation_id, 0) + 1
        try:
            async with lock:
                yield
        finally:
            self._users[conversation_id] -= 1
            if not self._users[conversation_id]:
                del self._users[conversation_id], self._locks[conversation_id]

    def held(self) -> int:
        """Return how many conversations have a turn running or waiting."""
        return len(self._locks)
