"""The ledger: does the hub's database tell of anything lost, doubled or out of order?

It compares what senders were promised with what is stored and reads the store
against its own rules: one inbox row for a message, one set of answers, numbers
without gaps, answers in the order of the questions. The fault tests and
``stadtdraht bench --faults`` rest on it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from conversations.database import Database
from conversations.schema import INBOX, OUTBOX, TURNS

SILENT = frozenset({"noted", "silenced"})
"""Turns without an answer of their own: a human is in charge."""
OVERTAKING = frozenset({"crisis"})
"""Turns whose answer may overtake: it is given at once."""


@dataclass
class Ledger:
    """What the ledger found. Lists hold ids, so that a fault can be looked up."""

    accepted: int = 0
    answered: int = 0
    dead: int = 0
    open: list[str] = field(default_factory=list)
    """Accepted and not answered yet: lost when nothing runs any more."""
    lost: list[str] = field(default_factory=list)
    """Accepted without an inbox row, or closed without an answer or a dead letter."""
    doubled: list[str] = field(default_factory=list)
    """Stored or answered more than once."""
    reordered: list[str] = field(default_factory=list)
    """Conversations whose order differs from the order of arrival, or with a gap."""
    statuses: dict[str, int] = field(default_factory=dict)
    """Turns by status."""

    @property
    def is_clean(self) -> bool:
        """True when nothing was lost, doubled or reordered and nothing is left open."""
        return not (self.open or self.lost or self.doubled or self.reordered)


async def read_ledger(url: str, accepted: Mapping[str, Sequence[str]] | None = None) -> Ledger:
    """Read the ledger of a hub's database.

    Args:
        url: SQLAlchemy URL of the database.
        accepted: message ids that were accepted, by conversation, in order of arrival.
            None looks at the database alone.

    Raises:
        StorageUnavailable: the database cannot be read.
    """
    database = Database(url)
    try:
        messages, deliveries = await database.read(_rows)
    finally:
        await database.close()
    return audit(messages, deliveries, accepted)


def audit(
    messages: Sequence[Any], deliveries: Sequence[Any], accepted: Mapping[str, Sequence[str]] | None
) -> Ledger:
    """Compare rows of inbox and outbox with what was promised."""
    stored = _by_conversation(messages)
    promised = accepted if accepted is not None else {
        conversation: [row.message_id for row in rows] for conversation, rows in stored.items()
    }  # fmt: skip
    ledger = Ledger(accepted=sum(len(set(ids)) for ids in promised.values()))
    parts = _parts(deliveries)
    _check_messages(ledger, messages, parts)
    for conversation, ids in promised.items():
        _check_arrival(ledger, conversation, ids, stored.get(conversation, []))
    _check_deliveries(ledger, messages, deliveries)
    return ledger


def _rows(connection: sa.Connection) -> tuple[Sequence[Any], Sequence[Any]]:
    messages = (
        sa.select(INBOX, TURNS.c.status, TURNS.c.parts)
        .outerjoin(TURNS, TURNS.c.inbox_id == INBOX.c.id)
        .order_by(INBOX.c.id)
    )
    deliveries = sa.select(OUTBOX).order_by(OUTBOX.c.conversation, OUTBOX.c.number)
    return connection.execute(messages).all(), connection.execute(deliveries).all()


def _by_conversation(messages: Sequence[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for row in messages:
        found[row.conversation].append(row)
    return found


def _parts(deliveries: Sequence[Any]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for row in deliveries:
        if row.inbox_id is not None:
            found[row.inbox_id].append(row.part)
    return found


def _check_messages(
    ledger: Ledger, messages: Sequence[Any], parts: Mapping[int, Sequence[int]]
) -> None:
    seen: set[tuple[str, str]] = set()
    for row in messages:
        key = (row.channel, row.message_id)
        if key in seen:
            ledger.doubled.append(row.message_id)
        seen.add(key)
        if row.state == "open":
            ledger.open.append(row.message_id)
            continue
        ledger.dead += row.state == "dead"
        ledger.answered += row.id in parts
        status = row.status or "missing"
        ledger.statuses[status] = ledger.statuses.get(status, 0) + 1
        _check_answers(ledger, row, sorted(parts.get(row.id, ())))


def _check_answers(ledger: Ledger, row: Any, parts: Sequence[int]) -> None:
    expected = list(range(row.parts or 0))
    if not parts and row.state != "dead" and row.status not in SILENT:
        ledger.lost.append(row.message_id)
    elif len(parts) > len(expected):
        ledger.doubled.append(row.message_id)
    elif parts != expected:
        ledger.lost.append(row.message_id)


def _check_arrival(
    ledger: Ledger, conversation: str, promised: Sequence[str], stored: Sequence[Any]
) -> None:
    """Compare the order of inbox ids with the order in which messages were accepted."""
    wanted = list(dict.fromkeys(promised))
    place = {message_id: number for number, message_id in enumerate(wanted)}
    found = [row.message_id for row in stored if row.message_id in place]
    ledger.lost += sorted(set(wanted) - set(found))
    if found != sorted(found, key=place.__getitem__):
        ledger.reordered.append(conversation)


def _check_deliveries(ledger: Ledger, messages: Sequence[Any], deliveries: Sequence[Any]) -> None:
    """Check that numbers have no gaps and answers come in the order of the questions."""
    overtaking = {row.id for row in messages if row.status in OVERTAKING}
    numbers: dict[str, list[int]] = defaultdict(list)
    answered: dict[str, list[int]] = defaultdict(list)
    for row in deliveries:
        numbers[row.conversation].append(row.number)
        if row.inbox_id is not None and row.inbox_id not in overtaking:
            answered[row.conversation].append(row.inbox_id)
    for conversation, found in numbers.items():
        gapless = found == list(range(found[0], found[0] + len(found)))
        in_order = answered[conversation] == sorted(answered[conversation])
        if not (gapless and in_order) and conversation not in ledger.reordered:
            ledger.reordered.append(conversation)
