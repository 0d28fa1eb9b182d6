"""One owner for a conversation at a time: a lease by the database's clock, fenced.

A claim takes the conversation that has been due the longest and counts its
``attempt`` up. Only the holder of that very attempt may finish or put off the turn;
whoever comes late finds the fence closed and writes nothing. No transaction is
open between the two.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from contracts.messages import Status
from conversations.database import Transaction
from conversations.moments import database_now
from conversations.schema import BUTTONS, CONVERSATIONS, INBOX


class LeaseLost(Exception):
    """Somebody else has the conversation now, or it was erased."""


@dataclass(frozen=True)
class Claim:
    """A conversation in our hands, with its oldest unanswered message."""

    conversation: str
    channel: str
    municipality: str | None
    status: Status
    status_since: dt.datetime
    acknowledged: bool
    owner: str
    attempt: int
    inbox_id: int
    turn: str
    text: str | None
    button: str | None
    payload: str | None
    """What the pressed button stands for; None when it is not of this conversation."""
    sent_at: dt.datetime | None
    attempts: int
    """How often this message was begun, this time included."""
    trying_seconds: float
    """Time since it was begun first."""


_FREE = sa.or_(CONVERSATIONS.c.lease_until.is_(None), CONVERSATIONS.c.lease_until <= database_now())
_DUE = (
    sa.select(CONVERSATIONS.c.id)
    .where(CONVERSATIONS.c.due_at <= database_now(), _FREE)
    .order_by(CONVERSATIONS.c.due_at)
    .limit(1)
    .with_for_update(skip_locked=True)
)
_OLDEST = (
    sa.select(INBOX, BUTTONS.c.payload)
    .outerjoin(
        BUTTONS,
        sa.and_(BUTTONS.c.id == INBOX.c.button, BUTTONS.c.conversation == INBOX.c.conversation),
    )
    .where(INBOX.c.conversation == sa.bindparam("conversation"), INBOX.c.state == "open")
    .order_by(INBOX.c.id)
    .limit(1)
)


def claim(transaction: Transaction, owner: str, lease_seconds: float) -> Claim | None:
    """Take the conversation that is due the longest, None when there is none."""
    connection = transaction.connection
    while (conversation := connection.execute(_DUE).scalar_one_or_none()) is not None:
        message = _oldest_message(connection, conversation)
        if message is not None:
            return _taken(connection, conversation, message, owner, lease_seconds)
        _settle(connection, conversation)
    return None


def renew(transaction: Transaction, held: Claim, lease_seconds: float) -> bool:
    """Prolong a lease; False when it is lost."""
    return _touched(transaction, held, lease_until=_lease_end(lease_seconds))


def release(
    transaction: Transaction,
    held: Claim,
    *,
    pause_seconds: float = 0.0,
    counted: bool = True,
    error: str | None = None,
) -> bool:
    """Give a conversation back unanswered; its message is due again after the pause.

    ``counted`` says whether this was an attempt at the message: an engine that was
    not there is no fault of the message. False when the lease was lost.
    """
    due_at = database_now() + round(pause_seconds * 1000)
    if not _touched(transaction, held, lease_owner=None, lease_until=None, due_at=due_at):
        return False
    values: dict[str, Any] = {"error": error}
    if not counted:
        values["attempts"] = INBOX.c.attempts - 1
    transaction.connection.execute(
        INBOX.update().where(INBOX.c.id == held.inbox_id).values(**values)
    )
    return True


def locked(transaction: Transaction, held: Claim) -> Any:
    """Return the conversation's row, locked, if the lease is still ours.

    Raises:
        LeaseLost: it is not.
    """
    query = sa.select(CONVERSATIONS).where(*_fence(held)).with_for_update()
    row = transaction.connection.execute(query).one_or_none()
    if row is None:
        raise LeaseLost(held.conversation)
    return row


def settle(transaction: Transaction, held: Claim, now: dt.datetime, next_number: int) -> bool:
    """End the lease after the message was closed; what is left becomes due at once.

    ``next_number`` is the number of the conversation's next delivery. Returns whether
    there is more to do in it.
    """
    return _settle(
        transaction.connection, held.conversation, changed_at=now, next_number=next_number
    )


def free_all(transaction: Transaction) -> None:
    """End all leases: for the only dispatcher of a database, when it starts."""
    transaction.connection.execute(
        CONVERSATIONS.update()
        .where(CONVERSATIONS.c.lease_owner.is_not(None))
        .values(lease_owner=None, lease_until=None)
    )


def _oldest_message(connection: sa.Connection, conversation: str) -> Any:
    return connection.execute(_OLDEST, {"conversation": conversation}).one_or_none()


def _taken(
    connection: sa.Connection, conversation: str, message: Any, owner: str, lease_seconds: float
) -> Claim:
    row = connection.execute(
        CONVERSATIONS.update()
        .where(CONVERSATIONS.c.id == conversation)
        .values(
            lease_owner=owner,
            lease_until=_lease_end(lease_seconds),
            attempt=CONVERSATIONS.c.attempt + 1,
        )
        .returning(CONVERSATIONS)
    ).one()
    first_tried_at = sa.func.coalesce(INBOX.c.first_tried_at, database_now())
    trying = connection.execute(
        INBOX.update()
        .where(INBOX.c.id == message.id)
        .values(attempts=INBOX.c.attempts + 1, first_tried_at=first_tried_at)
        .returning(sa.type_coerce(database_now() - INBOX.c.first_tried_at, sa.BigInteger))
    ).scalar_one()
    return Claim(
        conversation=conversation,
        channel=row.channel,
        municipality=row.municipality,
        status=Status(row.status),
        status_since=row.status_since,
        acknowledged=row.acknowledged,
        owner=owner,
        attempt=row.attempt,
        inbox_id=message.id,
        turn=message.turn,
        text=message.text,
        button=message.button,
        payload=message.payload,
        sent_at=message.sent_at,
        attempts=message.attempts + 1,
        trying_seconds=trying / 1000,
    )


def _settle(connection: sa.Connection, conversation: str, **values: Any) -> bool:
    waiting = sa.exists().where(INBOX.c.conversation == conversation, INBOX.c.state == "open")
    due_at = connection.execute(
        CONVERSATIONS.update()
        .where(CONVERSATIONS.c.id == conversation)
        .values(
            lease_owner=None,
            lease_until=None,
            due_at=sa.case((waiting, database_now()), else_=None),
            **values,
        )
        .returning(CONVERSATIONS.c.due_at)
    ).scalar_one()
    return due_at is not None


def _touched(transaction: Transaction, held: Claim, **values: Any) -> bool:
    statement = CONVERSATIONS.update().where(*_fence(held)).values(**values)
    return transaction.connection.execute(statement).rowcount == 1


def _fence(held: Claim) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        CONVERSATIONS.c.id == held.conversation,
        CONVERSATIONS.c.lease_owner == held.owner,
        CONVERSATIONS.c.attempt == held.attempt,
    )


def _lease_end(lease_seconds: float) -> sa.ColumnElement[int]:
    return database_now() + round(lease_seconds * 1000)
