"""Forgetting a conversation: at once in the hub, and at the engine as soon as it answers.

What is still to be erased at the engine stands in a table of its own, so an engine
that is down is asked again later. A turn that was running while the conversation
was erased may write to the engine afterwards; such a conversation is erased there a
second time when that turn must be over.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
import structlog

from conversations import metrics
from conversations.database import Database, Transaction
from conversations.engine import Engine, EngineError
from conversations.moments import database_now
from conversations.schema import (
    BUTTONS,
    CONVERSATIONS,
    ERASURES,
    HANDOFFS,
    INBOX,
    OUTBOX,
    TURNS,
)
from conversations.signals import WORK
from service.clock import Clock

BACKOFF_MILLISECONDS = 1_000
BACKOFF_LIMIT_MILLISECONDS = 60_000
BATCH = 50

log = structlog.get_logger(__name__)


class ConversationUnknown(Exception):
    """There is no such conversation (any more)."""


def erase_rows(transaction: Transaction, conversation: str, now: dt.datetime) -> None:
    """Delete everything of a conversation and remember to erase it at the engine.

    Raises:
        ConversationUnknown: it does not exist.
    """
    connection = transaction.connection
    query = sa.select(CONVERSATIONS.c.lease_owner).where(CONVERSATIONS.c.id == conversation)
    row = connection.execute(query.with_for_update()).one_or_none()
    if row is None:
        raise ConversationUnknown(conversation)
    for table in (BUTTONS, OUTBOX, TURNS, INBOX, HANDOFFS):
        connection.execute(table.delete().where(table.c.conversation == conversation))
    connection.execute(CONVERSATIONS.delete().where(CONVERSATIONS.c.id == conversation))
    running = row.lease_owner is not None
    connection.execute(
        ERASURES.insert().values(
            conversation=conversation,
            passes_left=2 if running else 1,
            attempts=0,
            due_at=database_now(),
            requested_at=now,
        )
    )
    transaction.announce(conversation, WORK)


class Erasures:
    """Erases conversations, and finishes what could not be erased at the engine yet."""

    def __init__(
        self, database: Database, engine: Engine, clock: Clock, engine_timeout_seconds: float
    ) -> None:
        self._database = database
        self._engine = engine
        self._clock = clock
        self._second_pass_seconds = engine_timeout_seconds + 5.0

    async def erase(self, conversation: str) -> None:
        """Erase a conversation everywhere; at the engine now or as soon as it is there.

        Raises:
            ConversationUnknown: it does not exist.
            StorageUnavailable: the database cannot work now; nothing was erased.
        """
        await self._database.write_durably(erase_rows, conversation, self._clock())
        metrics.ERASED.labels("wished").inc()
        log.info("conversation_erased", conversation=conversation)
        await self._at_engine(conversation)

    async def finish_due(self) -> None:
        """Erase at the engine what is due.

        Raises:
            StorageUnavailable: the database cannot work now.
        """
        for conversation in await self._database.read(_due):
            if not await self._at_engine(conversation):
                return

    async def _at_engine(self, conversation: str) -> bool:
        try:
            await self._engine.erase(conversation)
        except EngineError as error:
            log.warning("erasure_put_off", conversation=conversation, code=error.code)
            await self._database.write(_put_off, conversation)
            return False
        await self._database.write(_passed, conversation, self._second_pass_seconds)
        return True


def _due(connection: sa.Connection) -> list[str]:
    query = sa.select(ERASURES.c.conversation).where(ERASURES.c.due_at <= database_now())
    return list(connection.execute(query.order_by(ERASURES.c.due_at).limit(BATCH)).scalars())


def _put_off(transaction: Transaction, conversation: str) -> None:
    pause = sa.func.min if transaction.connection.dialect.name == "sqlite" else sa.func.least
    backoff = pause(BACKOFF_LIMIT_MILLISECONDS, BACKOFF_MILLISECONDS * (ERASURES.c.attempts + 1))
    transaction.connection.execute(
        ERASURES.update()
        .where(ERASURES.c.conversation == conversation)
        .values(attempts=ERASURES.c.attempts + 1, due_at=database_now() + backoff)
    )


def _passed(transaction: Transaction, conversation: str, second_pass_seconds: float) -> None:
    connection = transaction.connection
    mine = ERASURES.c.conversation == conversation
    connection.execute(ERASURES.delete().where(mine, ERASURES.c.passes_left <= 1))
    later = database_now() + round(second_pass_seconds * 1000)
    connection.execute(
        ERASURES.update().where(mine).values(passes_left=ERASURES.c.passes_left - 1, due_at=later)
    )
