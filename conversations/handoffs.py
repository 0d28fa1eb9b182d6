"""Who is in charge of a conversation: the one writer of its status.

::

    bot ⇄ waiting ⇄ agent        waiting, agent ─▶ callback, closed
    callback ─▶ waiting, agent   everything ─▶ bot

Each change leaves an event that says when, by whom and why. The bot speaks in
`Status.BOT` only.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from contracts.messages import Status
from conversations import metrics
from conversations.database import Transaction
from conversations.schema import CONVERSATIONS, HANDOFFS

CITIZEN = "citizen"
BOT = "bot"
HUB = "hub"

ALLOWED: dict[Status, frozenset[Status]] = {
    Status.BOT: frozenset({Status.WAITING, Status.AGENT, Status.CALLBACK, Status.CLOSED}),
    Status.WAITING: frozenset({Status.AGENT, Status.BOT, Status.CALLBACK, Status.CLOSED}),
    Status.AGENT: frozenset({Status.BOT, Status.WAITING, Status.CALLBACK, Status.CLOSED}),
    Status.CALLBACK: frozenset({Status.AGENT, Status.BOT, Status.WAITING, Status.CLOSED}),
    Status.CLOSED: frozenset({Status.BOT}),
}

PATIENCE: dict[Status, dt.timedelta] = {
    Status.WAITING: dt.timedelta(hours=1),
    Status.CALLBACK: dt.timedelta(hours=1),
}
"""After so long without a human, the next message goes to the bot again. A member of staff
who has taken over ends that by an act of their own, never by the clock."""


class TransitionRefused(Exception):
    """The conversation cannot go from its status to the wished one."""


@dataclass(frozen=True)
class Transition:
    """A wish to change who is in charge. ``who`` and ``why`` are codes, not words."""

    to: Status
    who: str
    why: str


def move(
    transaction: Transaction, conversation: str, transition: Transition, now: dt.datetime
) -> None:
    """Change the status of a conversation whose row is locked by this transaction.

    Raises:
        TransitionRefused: the state machine does not have this change.
        sqlalchemy.exc.NoResultFound: there is no such conversation.
    """
    connection = transaction.connection
    query = sa.select(CONVERSATIONS.c.status).where(CONVERSATIONS.c.id == conversation)
    before = Status(connection.execute(query).scalar_one())
    if transition.to not in ALLOWED[before]:
        raise TransitionRefused(f"{before} -> {transition.to}")
    connection.execute(
        CONVERSATIONS.update()
        .where(CONVERSATIONS.c.id == conversation)
        .values(status=transition.to.value, status_since=now, acknowledged=False)
    )
    connection.execute(
        HANDOFFS.insert().values(
            conversation=conversation,
            at=now,
            who=transition.who,
            why=transition.why,
            before=before.value,
            after=transition.to.value,
        )
    )
    metrics.HANDOFFS.labels(before.value, transition.to.value).inc()
    transaction.announce(conversation)


def acknowledge(transaction: Transaction, conversation: str) -> None:
    """Remember that a further message of somebody who waits was acknowledged."""
    transaction.connection.execute(
        CONVERSATIONS.update().where(CONVERSATIONS.c.id == conversation).values(acknowledged=True)
    )


def has_waited_too_long(status: Status, since: dt.datetime, now: dt.datetime) -> bool:
    """Tell whether a conversation has been without a human for longer than is fair."""
    patience = PATIENCE.get(status)
    return patience is not None and now - since > patience


def events(connection: sa.Connection, conversation: str) -> list[dict[str, Any]]:
    """Return the changes of a conversation, oldest first."""
    query = (
        sa.select(HANDOFFS).where(HANDOFFS.c.conversation == conversation).order_by(HANDOFFS.c.id)
    )
    return [dict(row) for row in connection.execute(query).mappings()]
