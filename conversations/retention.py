"""Nothing is kept longer than it may be: raw text for a day, conversations for a month.

Rows go in small batches, so that no transaction holds the writers up.
"""

from __future__ import annotations

import contextlib
import datetime as dt

import sqlalchemy as sa
import structlog

from contracts.messages import Status
from conversations import metrics
from conversations.database import Database, Transaction
from conversations.erasures import ConversationUnknown, erase_rows
from conversations.schema import BUTTONS, CONVERSATIONS, INBOX, OUTBOX, TURNS
from service.clock import Clock

BATCH = 200
_HUMANS_WORK = (Status.WAITING.value, Status.AGENT.value, Status.CALLBACK.value)

log = structlog.get_logger(__name__)


class Retention:
    """Deletes what is too old, by the clock of the application."""

    def __init__(
        self, database: Database, clock: Clock, transcript_days: int, raw_text_hours: int
    ) -> None:
        self._database = database
        self._clock = clock
        self._transcripts = dt.timedelta(days=transcript_days)
        self._raw_text = dt.timedelta(hours=raw_text_hours)

    async def purge(self) -> None:
        """Delete everything whose time is over.

        Raises:
            StorageUnavailable: the database cannot work now; the rest comes next time.
        """
        now = self._clock()
        while await self._database.write(_clear_texts, now - self._raw_text) == BATCH:
            continue
        while await self._database.write(_purge_conversations, now, self._transcripts) == BATCH:
            continue
        while await self._database.write(_purge_messages, now - self._transcripts) == BATCH:
            continue


def _clear_texts(transaction: Transaction, before: dt.datetime) -> int:
    """Delete what citizens wrote, except while a human works on it; return how many."""
    connection = transaction.connection
    query = (
        sa.select(INBOX.c.id)
        .join(CONVERSATIONS, CONVERSATIONS.c.id == INBOX.c.conversation)
        .where(
            INBOX.c.closed_at < before,
            INBOX.c.text.is_not(None),
            CONVERSATIONS.c.status.not_in(_HUMANS_WORK),
        )
        .limit(BATCH)
    )
    ids = list(connection.execute(query).scalars())
    if ids:
        connection.execute(INBOX.update().where(INBOX.c.id.in_(ids)).values(text=None))
        log.info("raw_texts_deleted", count=len(ids))
    return len(ids)


def _purge_conversations(transaction: Transaction, now: dt.datetime, age: dt.timedelta) -> int:
    """Erase conversations in which nothing happened for so long; return how many."""
    query = sa.select(CONVERSATIONS.c.id).where(CONVERSATIONS.c.changed_at < now - age).limit(BATCH)
    ids = list(transaction.connection.execute(query).scalars())
    for conversation in ids:
        with contextlib.suppress(ConversationUnknown):  # another dispatcher was faster
            erase_rows(transaction, conversation, now)
        metrics.ERASED.labels("retention").inc()
    if ids:
        log.info("conversations_purged", count=len(ids))
    return len(ids)


def _purge_messages(transaction: Transaction, before: dt.datetime) -> int:
    """Delete old messages of conversations that go on; return how many."""
    connection = transaction.connection
    query = sa.select(INBOX.c.id).where(INBOX.c.closed_at < before).limit(BATCH)
    ids = list(connection.execute(query).scalars())
    old = sa.or_(OUTBOX.c.inbox_id.in_(ids), sa.and_(OUTBOX.c.inbox_id.is_(None),
                                                     OUTBOX.c.created_at < before))  # fmt: skip
    deliveries = sa.select(OUTBOX.c.id).where(old)
    connection.execute(BUTTONS.delete().where(BUTTONS.c.delivery.in_(deliveries)))
    connection.execute(OUTBOX.delete().where(old))
    connection.execute(TURNS.delete().where(TURNS.c.inbox_id.in_(ids)))
    connection.execute(INBOX.delete().where(INBOX.c.id.in_(ids)))
    return len(ids)
