"""The whole of a conversation in readable form, for its person and for staff."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from contracts.messages import Status, Transcript, TranscriptEntry
from conversations.responses import Texts
from conversations.schema import BUTTONS, CONVERSATIONS, INBOX, OUTBOX


def transcript(connection: sa.Connection, conversation: str, texts: Texts) -> Transcript | None:
    """Return everything that is stored of a conversation, None when it does not exist."""
    query = sa.select(CONVERSATIONS).where(CONVERSATIONS.c.id == conversation)
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    placed = [*_questions(connection, conversation, texts), *_deliveries(connection, conversation)]
    placed.sort(key=lambda each: each[0])
    return Transcript(
        conversation=row.id,
        channel=row.channel,
        status=Status(row.status),
        municipality=row.municipality,
        started_at=row.created_at,
        entries=tuple(entry for _, entry in placed),
    )


Placed = tuple[tuple[Any, ...], TranscriptEntry]


def _questions(connection: sa.Connection, conversation: str, texts: Texts) -> list[Placed]:
    query = (
        sa.select(INBOX, BUTTONS.c.title)
        .outerjoin(
            BUTTONS,
            sa.and_(BUTTONS.c.id == INBOX.c.button, BUTTONS.c.conversation == conversation),
        )
        .where(INBOX.c.conversation == conversation)
    )
    return [
        (
            (row.received_at, row.id, 0, 0),
            TranscriptEntry(at=row.received_at, sender="user", text=_words(row, texts)),
        )
        for row in connection.execute(query)
    ]


def _words(row: Any, texts: Texts) -> str:
    if row.button is not None:
        return str(row.title or texts.pressed)
    return texts.text_deleted if row.text is None else str(row.text)


def _deliveries(connection: sa.Connection, conversation: str) -> list[Placed]:
    rows = connection.execute(sa.select(OUTBOX).where(OUTBOX.c.conversation == conversation))
    return [
        (
            (row.created_at, row.inbox_id or 0, 1, row.number),
            TranscriptEntry(
                at=row.created_at,
                sender=row.sender,
                text=row.text,
                source=row.source,
                as_of=row.as_of,
                links=row.links,
            ),
        )
        for row in rows
    ]
