"""What comes in: a message is stored once, in the order of its conversation.

The conversation's row is locked before the message is inserted, so the order of
inbox ids is the order of commits. A crisis hint is written in the same
transaction: it waits for no dispatcher and no engine.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from ulid import ULID

from contracts.messages import ConversationOpening, Receipt, Status, UserMessage
from conversations import handoffs, metrics, outbox
from conversations.addresses import Addresses
from conversations.crisis import CRISIS_INTENT, Crisis, CrisisLayer
from conversations.database import Database, Transaction
from conversations.handoffs import Transition
from conversations.moments import database_now
from conversations.schema import CONVERSATIONS, INBOX, TURNS
from conversations.signals import WORK
from conversations.typed_text import storable
from service.clock import Clock


class MessageElsewhere(Exception):
    """The message id was used in another conversation of the channel."""


class Inbox:
    """Accepts messages and begins conversations."""

    def __init__(
        self, database: Database, addresses: Addresses, crisis: CrisisLayer, clock: Clock
    ) -> None:
        self._database = database
        self._addresses = addresses
        self._crisis = crisis
        self._clock = clock

    async def open(self, opening: ConversationOpening) -> str:
        """Return the conversation of an address, beginning it when it is new.

        Raises:
            StorageUnavailable: the database cannot work now.
        """
        known = await self._database.read(self._find, opening)
        if known is not None and opening.municipality in {None, known.municipality}:
            return str(known.id)
        row = await self._database.write_durably(self._opened, opening)
        return str(row.id)

    async def accept(self, message: UserMessage) -> Receipt:
        """Store a message; it is committed when this returns. Repeats have no second effect.

        Raises:
            MessageElsewhere: the id belongs to another conversation's message.
            StorageUnavailable: the database cannot work now; nothing is promised.
        """
        text = storable(message.text) if message.text is not None else None
        crisis = self._crisis.recognise(text) if text else None
        receipt = await self._database.write_durably(self._accepted, message, text, crisis)
        counter = metrics.DUPLICATES if receipt.duplicate else metrics.ACCEPTED
        counter.labels(message.channel).inc()
        if crisis is not None and not receipt.duplicate:
            metrics.CRISES.labels(crisis.kind).inc()
        return receipt

    def _find(self, connection: sa.Connection, opening: ConversationOpening) -> Any:
        hashed = self._addresses.hashed(opening.channel, opening.address)
        return connection.execute(_by_address(opening.channel, hashed)).one_or_none()

    def _opened(self, transaction: Transaction, opening: ConversationOpening) -> Any:
        """Return the locked row of an address's conversation, inserted when it is new."""
        connection = transaction.connection
        hashed = self._addresses.hashed(opening.channel, opening.address)
        locked = _by_address(opening.channel, hashed).with_for_update()
        row = connection.execute(locked).one_or_none()
        if row is None:
            self._begin(connection, opening, hashed)
            row = connection.execute(locked).one()
        elif opening.municipality not in {None, row.municipality}:
            connection.execute(
                CONVERSATIONS.update()
                .where(CONVERSATIONS.c.id == row.id)
                .values(municipality=opening.municipality)
            )
            row = connection.execute(locked).one()
        return row

    def _begin(self, connection: sa.Connection, opening: ConversationOpening, hashed: str) -> None:
        now = self._clock()
        conversation = f"c_{ULID()}"
        values = {
            "id": conversation,
            "channel": opening.channel,
            "address_hash": hashed,
            "address_sealed": self._addresses.sealed(
                opening.channel, opening.address, conversation
            ),
            "municipality": opening.municipality,
            "status": Status.BOT.value,
            "status_since": now,
            "acknowledged": False,
            "attempt": 0,
            "next_number": 1,
            "created_at": now,
            "changed_at": now,
        }
        connection.execute(_insert_or_ignore(connection, CONVERSATIONS, values))

    def _accepted(
        self,
        transaction: Transaction,
        message: UserMessage,
        text: str | None,
        crisis: Crisis | None,
    ) -> Receipt:
        opening = ConversationOpening(
            channel=message.channel, address=message.address, municipality=message.municipality
        )
        row = self._opened(transaction, opening)
        now = self._clock()
        inbox_id = _insert_message(transaction.connection, row.id, message, text, now)
        if inbox_id is None:
            return _known(transaction.connection, row.id, message)
        if row.status == Status.CLOSED:
            reopened = Transition(Status.BOT, handoffs.CITIZEN, "wrote_again")
            handoffs.move(transaction, row.id, reopened, now)
        if crisis is not None:
            number = _answer_at_once(transaction, row, inbox_id, crisis, now)
            _touch(transaction, row.id, {"changed_at": now, "next_number": number})
        else:
            due_at = sa.func.coalesce(CONVERSATIONS.c.due_at, database_now())
            _touch(transaction, row.id, {"changed_at": now, "due_at": due_at})
            transaction.announce(WORK)
        return Receipt(conversation=row.id, inbox_id=inbox_id, duplicate=False)


def _by_address(channel: str, hashed: str) -> sa.Select[Any]:
    return sa.select(CONVERSATIONS).where(
        CONVERSATIONS.c.channel == channel, CONVERSATIONS.c.address_hash == hashed
    )


def _insert_or_ignore(
    connection: sa.Connection, table: sa.Table, values: dict[str, Any]
) -> postgresql.Insert | sqlite.Insert:
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table).values(**values).on_conflict_do_nothing()
    return sqlite.insert(table).values(**values).on_conflict_do_nothing()


def _insert_message(
    connection: sa.Connection,
    conversation: str,
    message: UserMessage,
    text: str | None,
    now: dt.datetime,
) -> int | None:
    """Insert a message; return its inbox id, None when it was there before."""
    values = {
        "conversation": conversation,
        "channel": message.channel,
        "message_id": message.message_id,
        "turn": f"m_{ULID()}",
        "text": text,
        "button": message.button,
        "state": "open",
        "attempts": 0,
        "sent_at": message.sent_at,
        "received_at": now,
    }
    statement = _insert_or_ignore(connection, INBOX, values).returning(INBOX.c.id)
    inbox_id: int | None = connection.execute(statement).scalar_one_or_none()
    return inbox_id


def _known(connection: sa.Connection, conversation: str, message: UserMessage) -> Receipt:
    query = sa.select(INBOX.c.id, INBOX.c.conversation).where(
        INBOX.c.channel == message.channel, INBOX.c.message_id == message.message_id
    )
    row = connection.execute(query).one()
    if row.conversation != conversation:
        raise MessageElsewhere(message.message_id)
    return Receipt(conversation=conversation, inbox_id=row.id, duplicate=True)


def _answer_at_once(
    transaction: Transaction, row: Any, inbox_id: int, crisis: Crisis, now: dt.datetime
) -> int:
    """Close a message with a hint at help; staff see both when they are in charge.

    Returns the number of the conversation's next delivery.
    """
    connection = transaction.connection
    connection.execute(
        INBOX.update().where(INBOX.c.id == inbox_id).values(state="done", closed_at=now)
    )
    connection.execute(
        TURNS.insert().values(
            inbox_id=inbox_id,
            conversation=row.id,
            status="crisis",
            parts=1,
            intent=CRISIS_INTENT,
            entities=[],
            ms=0,
            at=now,
        )
    )
    return outbox.append(transaction, row, [crisis.answer], inbox_id=inbox_id, now=now)


def _touch(transaction: Transaction, conversation: str, values: dict[str, Any]) -> None:
    transaction.announce(conversation)
    transaction.connection.execute(
        CONVERSATIONS.update().where(CONVERSATIONS.c.id == conversation).values(**values)
    )
