"""What goes out: numbered deliveries of a conversation, and their way to the channels.

Web chat and terminal fetch by number; messengers take what is `pending` and report
what became of it. Per conversation only the oldest unconfirmed delivery is handed
out, so a channel cannot reorder.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from ulid import ULID

from contracts.messages import (
    Button,
    ConversationState,
    Delivery,
    Outcome,
    Status,
)
from conversations import metrics
from conversations.answers import Answer
from conversations.database import Transaction
from conversations.moments import database_now
from conversations.schema import BUTTONS, CONVERSATIONS, INBOX, OUTBOX, TURNS
from conversations.signals import channel_topic

BUTTON_ID_BYTES = 20
HANDED_OUT_MILLISECONDS = 60_000
"""A delivery that was handed out and never confirmed is handed out again after this."""
DEAD_AFTER_ATTEMPTS = 5
DEAD_AFTER_MILLISECONDS = 24 * 3_600_000
BACKOFF_MILLISECONDS = 1_000
BACKOFF_LIMIT_MILLISECONDS = 300_000
PENDING_BATCH = 100


class DeliveryUnknown(Exception):
    """There is no such delivery (any more)."""


def append(
    transaction: Transaction,
    conversation: Any,
    answers: Sequence[Answer],
    *,
    inbox_id: int | None,
    now: dt.datetime,
) -> int:
    """Add deliveries to a conversation whose row this transaction has locked.

    Args:
        transaction: the open transaction.
        conversation: the row, read after the lock (``id``, ``channel``, ``next_number``).
        answers: what to say, in order.
        inbox_id: the message that is answered, None for words of staff.
        now: time of the deliveries.

    Returns:
        The number of the conversation's next delivery; the caller stores it.
    """
    first: int = conversation.next_number
    if not answers:
        return first
    ids = [f"d_{ULID()}" for _ in answers]
    rows = [
        {
            "id": ids[part],
            "conversation": conversation.id,
            "number": first + part,
            "inbox_id": inbox_id,
            "part": part if inbox_id is not None else None,
            "channel": conversation.channel,
            "sender": answer.sender.value,
            "text": answer.text,
            "source": answer.source.model_dump() if answer.source else None,
            "as_of": answer.as_of,
            "demo": answer.demo,
            "links": [link.model_dump() for link in answer.links],
            "expects": answer.expects.value if answer.expects else None,
            "status": "pending",
            "attempts": 0,
            "created_at": now,
        }
        for part, answer in enumerate(answers)
    ]
    connection = transaction.connection
    connection.execute(OUTBOX.insert().values(queued_at=database_now()), rows)
    buttons = _button_rows(conversation.id, ids, answers)
    if buttons:
        connection.execute(BUTTONS.insert(), buttons)
    transaction.announce(conversation.id, channel_topic(conversation.channel))
    return first + len(answers)


def _button_rows(
    conversation: str, ids: Sequence[str], answers: Sequence[Answer]
) -> list[dict[str, Any]]:
    return [
        {
            "id": secrets.token_urlsafe(BUTTON_ID_BYTES),
            "conversation": conversation,
            "delivery": delivery,
            "place": place,
            "title": choice.title,
            "payload": choice.payload,
        }
        for delivery, answer in zip(ids, answers, strict=True)
        for place, choice in enumerate(answer.buttons)
    ]


_ROWS = (
    sa.select(
        OUTBOX,
        INBOX.c.message_id.label("in_reply_to"),
        TURNS.c.intent,
        TURNS.c.confidence,
        TURNS.c.entities,
    )
    .select_from(OUTBOX)
    .outerjoin(INBOX, INBOX.c.id == OUTBOX.c.inbox_id)
    .outerjoin(TURNS, TURNS.c.inbox_id == OUTBOX.c.inbox_id)
)

_AFTER = _ROWS.where(
    OUTBOX.c.conversation == sa.bindparam("conversation"), OUTBOX.c.number > sa.bindparam("after")
).order_by(OUTBOX.c.number)
_OPEN = sa.exists().where(INBOX.c.conversation == CONVERSATIONS.c.id, INBOX.c.state == "open")
_STATE = sa.select(CONVERSATIONS, _OPEN.label("busy")).where(
    CONVERSATIONS.c.id == sa.bindparam("conversation")
)


def deliveries(connection: sa.Connection, conversation: str, after: int) -> tuple[Delivery, ...]:
    """Return the deliveries of a conversation with a number above ``after``, oldest first."""
    values = {"conversation": conversation, "after": after}
    return _to_deliveries(connection, connection.execute(_AFTER, values).all())


def state(connection: sa.Connection, conversation: str) -> ConversationState | None:
    """Return what a connector may know of a conversation, None when it does not exist."""
    row = connection.execute(_STATE, {"conversation": conversation}).one_or_none()
    if row is None:
        return None
    return ConversationState(
        conversation=row.id,
        status=Status(row.status),
        municipality=row.municipality,
        busy=bool(row.busy),
        last_number=row.next_number - 1,
    )


def take_pending(transaction: Transaction, channel: str) -> list[tuple[Delivery, bytes | None]]:
    """Hand out the oldest unconfirmed delivery of each conversation of a channel.

    Returns the deliveries with the sealed addresses they go to. They are marked as
    being sent; without an outcome they are handed out again after a minute.
    """
    older = OUTBOX.alias("older")
    blocked = sa.exists().where(
        older.c.conversation == OUTBOX.c.conversation,
        older.c.number < OUTBOX.c.number,
        older.c.status.in_(("pending", "sending")),
    )
    heads = (
        sa.select(OUTBOX.c.id)
        .where(
            OUTBOX.c.channel == channel,
            OUTBOX.c.status.in_(("pending", "sending")),
            sa.or_(OUTBOX.c.next_try_at.is_(None), OUTBOX.c.next_try_at <= database_now()),
            ~blocked,
        )
        .order_by(OUTBOX.c.created_at, OUTBOX.c.id)
        .limit(PENDING_BATCH)
        .with_for_update(skip_locked=True, of=OUTBOX)
    )
    connection = transaction.connection
    ids = list(connection.execute(heads).scalars())
    if not ids:
        return []
    connection.execute(
        OUTBOX.update()
        .where(OUTBOX.c.id.in_(ids))
        .values(status="sending", next_try_at=database_now() + HANDED_OUT_MILLISECONDS)
    )
    rows = connection.execute(_ROWS.where(OUTBOX.c.id.in_(ids)).order_by(OUTBOX.c.id)).all()
    sealed = dict(
        connection.execute(
            sa.select(CONVERSATIONS.c.id, CONVERSATIONS.c.address_sealed).where(
                CONVERSATIONS.c.id.in_({row.conversation for row in rows})
            )
        ).all()
    )
    found = _to_deliveries(connection, rows)
    return [(delivery, sealed[delivery.conversation]) for delivery in found]


def confirm(transaction: Transaction, delivery: str, outcome: Outcome) -> None:
    """Note what became of a delivery at its channel. Repeating it has no second effect.

    Raises:
        DeliveryUnknown: there is no such delivery.
    """
    connection = transaction.connection
    query = (
        sa.select(OUTBOX, (database_now() - OUTBOX.c.queued_at).label("age"))
        .where(OUTBOX.c.id == delivery)
        .with_for_update(of=OUTBOX)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        raise DeliveryUnknown(delivery)
    if row.status in {"sent", "dead"}:
        return
    values = _after(outcome, row)
    connection.execute(OUTBOX.update().where(OUTBOX.c.id == delivery).values(**values))
    if values["status"] == "dead":
        metrics.DEAD_LETTERS.labels("delivery").inc()
    transaction.announce(channel_topic(row.channel))


def _after(outcome: Outcome, row: Any) -> dict[str, Any]:
    attempts = row.attempts + 1
    reason = outcome.reason[:255] if outcome.reason else None
    if outcome.result == "sent":
        return {"status": "sent", "attempts": attempts, "next_try_at": None, "error": None}
    exhausted = attempts >= DEAD_AFTER_ATTEMPTS and row.age >= DEAD_AFTER_MILLISECONDS
    if outcome.result == "refused" or exhausted:
        return {"status": "dead", "attempts": attempts, "next_try_at": None, "error": reason}
    pause = min(BACKOFF_LIMIT_MILLISECONDS, BACKOFF_MILLISECONDS * 2 ** min(row.attempts, 20))
    if outcome.retry_after_seconds is not None:
        pause = round(outcome.retry_after_seconds * 1000)
    return {
        "status": "pending",
        "attempts": attempts,
        "next_try_at": database_now() + pause,
        "error": reason,
    }


def _to_deliveries(connection: sa.Connection, rows: Sequence[Any]) -> tuple[Delivery, ...]:
    buttons = _buttons(connection, [row.id for row in rows])
    return tuple(_to_delivery(row, buttons.get(row.id, ())) for row in rows)


def _buttons(connection: sa.Connection, ids: Iterable[str]) -> dict[str, tuple[Button, ...]]:
    wanted = list(ids)
    if not wanted:
        return {}
    found: dict[str, list[Button]] = defaultdict(list)
    query = sa.select(BUTTONS).where(BUTTONS.c.delivery.in_(wanted)).order_by(BUTTONS.c.place)
    for row in connection.execute(query):
        found[row.delivery].append(Button(id=row.id, title=row.title))
    return {delivery: tuple(each) for delivery, each in found.items()}


def _to_delivery(row: Any, buttons: tuple[Button, ...]) -> Delivery:
    return Delivery(
        id=row.id,
        conversation=row.conversation,
        number=row.number,
        channel=row.channel,
        sender=row.sender,
        text=row.text,
        source=row.source,
        as_of=row.as_of,
        demo=row.demo,
        buttons=buttons,
        links=row.links,
        expects=row.expects,
        in_reply_to=row.in_reply_to,
        intent=row.intent,
        confidence=row.confidence,
        entities=row.entities or (),
        created_at=row.created_at,
    )
