"""Our tracker store: a turn is saved as a whole or not at all.

In one transaction a turn appends its events to the record, moves the version of
its conversation and keeps its answer under the message id. A second writer of
the same conversation gets a `VersionConflict` instead of losing events.

The dialogue looks at a window of the last turns only, so a turn costs the same
after 10 and after 500 turns; what was before lives on as slots (`Prelude`) and
in the record. Trackers of recent conversations are kept in memory and used only
while the database still has the same version.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

import sqlalchemy as sa
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME, ACTION_SESSION_START_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    ConversationPaused,
    Event,
    SessionStarted,
    SlotSet,
    UserUttered,
    deserialise_events,
)
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy.engine import Connection, Engine, Row
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.pool import QueuePool

from bot import schema
from bot.failures import StorageFailed
from bot.logs import Log
from bot.schema import CONVERSATIONS, RECORD, TURNS

WINDOW_TURNS = 4  # a window that grew longer ...
WINDOW_TURNS_KEPT = 2  # ... is cut to this
WINDOW_TURNS_IN_LOOP = 40  # while a form is active the window may grow to this
TRACKERS_IN_MEMORY = 256
THREADS = 4

Result = TypeVar("Result")
journal = Log("tracker_store")


class VersionConflict(Exception):
    """Somebody else saved this conversation meanwhile."""


class DatabaseUnreachable(RuntimeError):
    """The database did not answer within the time given at start."""


class StoredTracker(DialogueStateTracker):
    """A tracker that knows what of it is stored.

    ``version`` is the version of the conversation it was read from (0: new),
    ``recorded`` the number of events in the record, ``known`` how many of its
    own events need not be written, ``prelude_events`` how many of those stand
    for what was before the window.
    """

    version: int = 0
    recorded: int = 0
    known: int = 0
    prelude_events: int = 0

    def new_events(self) -> list[Event]:
        """Return the events of the running turn."""
        return list(islice(self.events, self.known, None))


@dataclass(frozen=True)
class Prelude:
    """The start of a window: synthetic events that lead to its first state."""

    first_position: int
    events: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class OpenTurn:
    """What a turn starts with: the tracker, or the answer it was given before."""

    tracker: StoredTracker
    recorded_answer: dict[str, Any] | None = None


class SqlTrackerStore(TrackerStore):
    """Tracker store on SQLite (WAL) or PostgreSQL."""

    def __init__(self, engine: Engine, domain: Domain | None = None) -> None:
        super().__init__(domain)
        self._engine = engine
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="tracker-store")
        self._recent: OrderedDict[str, StoredTracker] = OrderedDict()

    # ---- a turn -------------------------------------------------------------

    async def open_turn(self, conversation: str, message_id: str) -> OpenTurn:
        """Read what a turn needs.

        Raises:
            StorageFailed: the database does not answer.
        """
        recent = self._recent.pop(conversation, None)
        row, events = await self._run(self._read, conversation, message_id, recent)
        if row is None:
            return OpenTurn(self.init_tracker(conversation))
        answer = json.loads(row.answer) if row.answer is not None else None
        if recent is not None and recent.version == row.version:
            tracker = recent
        else:
            tracker = self._to_tracker(conversation, row, events)
        if answer is not None:
            self._remember(tracker)
        return OpenTurn(tracker, answer)

    async def commit_turn(
        self, tracker: StoredTracker, message_id: str, answer: dict[str, Any] | None
    ) -> None:
        """Save the turn's events, its answer and the new version, all or nothing.

        Raises:
            VersionConflict: the conversation was saved by somebody else meanwhile.
            StorageFailed: the database does not answer; nothing was saved.
        """
        new = [_to_record(event) for event in tracker.new_events()]
        kept, prelude = self._shortened(tracker, len(new))
        await self._run(self._write, tracker, message_id, new, prelude, answer)
        kept.version = tracker.version + 1
        kept.recorded = tracker.recorded + len(new)
        kept.known = len(kept.events)
        self._remember(kept)

    async def delete(self, conversation: str) -> None:
        """Erase a conversation: tracker, answers and record."""
        self._recent.pop(conversation, None)
        await self._run(self._delete, [conversation])

    async def purge(self, unchanged_since: float) -> int:
        """Erase all conversations without a turn since a time (seconds since 1970).

        Returns:
            How many were erased.
        """
        rows = await self._run(
            self._fetch,
            sa.select(CONVERSATIONS.c.conversation).where(
                CONVERSATIONS.c.changed_at < unchanged_since
            ),
        )
        conversations = [row.conversation for row in rows]
        for conversation in conversations:
            await self.delete(conversation)
        return len(conversations)

    async def check(self) -> None:
        """Ask the database for a sign of life.

        Raises:
            StorageFailed: there is none.
        """
        await self._run(self._fetch, sa.select(schema.SCHEMA.c.version))

    def close(self) -> None:
        """Give the threads and connections back."""
        self._threads.shutdown(wait=True)
        self._engine.dispose()

    # ---- Rasa's interface ---------------------------------------------------

    async def retrieve(self, sender_id: str) -> StoredTracker | None:
        """Return the window of a conversation, or None when it is unknown."""
        opened = await self.open_turn(sender_id, "")
        return opened.tracker if opened.tracker.version else None

    async def retrieve_full_tracker(self, conversation_id: str) -> DialogueStateTracker | None:
        """Return the whole record of a conversation, or None when it is unknown."""
        rows = await self._run(self._fetch, _record_since(conversation_id, 0))
        if not rows:
            return None
        events = deserialise_events([json.loads(row.event) for row in rows])
        return DialogueStateTracker.from_events(
            conversation_id, events, self.domain.slots, domain=self.domain
        )

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Save a tracker that was retrieved here, as a turn without an answer."""
        if not isinstance(tracker, StoredTracker):
            raise TypeError("Only trackers of this store can be saved.")
        await self.commit_turn(tracker, "", None)

    async def create_tracker(
        self,
        sender_id: str,
        append_action_listen: bool = True,
    ) -> StoredTracker:
        """Return a new tracker; unlike Rasa's it is not saved before its first turn."""
        tracker = self.init_tracker(sender_id)
        if append_action_listen:
            tracker.update(ActionExecuted(ACTION_LISTEN_NAME))
        return tracker

    async def keys(self) -> Iterable[str]:
        """Return the ids of all conversations."""
        rows = await self._run(self._fetch, sa.select(CONVERSATIONS.c.conversation))
        return [row.conversation for row in rows]

    def init_tracker(self, sender_id: str) -> StoredTracker:
        """Return an empty tracker with the domain's slots."""
        return StoredTracker(sender_id, self.domain.slots)

    # ---- windows ------------------------------------------------------------

    def _to_tracker(self, conversation: str, row: Row, events: Sequence[Row]) -> StoredTracker:
        prelude = json.loads(row.prelude)
        window = prelude + [json.loads(event.event) for event in events]
        tracker = self._replayed(conversation, deserialise_events(window))
        tracker.version, tracker.recorded = row.version, row.events
        tracker.known, tracker.prelude_events = len(tracker.events), len(prelude)
        return tracker

    def _replayed(self, conversation: str, events: Iterable[Event]) -> StoredTracker:
        tracker = self.init_tracker(conversation)
        for event in events:
            tracker.update(event, self.domain)
        return tracker

    def _shortened(self, tracker: StoredTracker, new: int) -> tuple[StoredTracker, Prelude | None]:
        """Cut a window that grew too long.

        Returns:
            The tracker for the next turn, and the new prelude when it was cut.
        """
        events = list(tracker.events)
        session, turn = _session_start(events), _turn_to_cut_at(events)
        if session == turn == 0:
            return tracker, None
        if session:  # a session starts from nothing and sets the slots it carries over
            cut, prelude_events = session, []
        else:
            before = self._replayed(tracker.sender_id, events[:turn])
            cut, prelude_events = turn, _prelude_events(before, self.domain)
        kept = self._replayed(tracker.sender_id, [*prelude_events, *events[cut:]])
        kept.prelude_events = len(prelude_events)
        first = tracker.recorded + new - (len(events) - cut)
        return kept, Prelude(first, tuple(event.as_dict() for event in prelude_events))

    def _remember(self, tracker: StoredTracker) -> None:
        self._recent[tracker.sender_id] = tracker
        self._recent.move_to_end(tracker.sender_id)
        while len(self._recent) > TRACKERS_IN_MEMORY:
            self._recent.popitem(last=False)

    # ---- database (in a thread) ---------------------------------------------

    async def _run(self, function: Callable[..., Result], *arguments: Any) -> Result:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._threads, lambda: function(*arguments))
        except SQLAlchemyError as error:
            journal.error("database.failed", error)
            raise StorageFailed from None

    def _fetch(self, query: Any) -> Sequence[Row]:
        with self._engine.connect() as connection:
            rows: Sequence[Row] = connection.execute(query).all()
            return rows

    def _read(
        self, conversation: str, message_id: str, recent: StoredTracker | None
    ) -> tuple[Row | None, Sequence[Row]]:
        with self._engine.connect() as connection:
            row = connection.execute(
                _STATE, {"wanted_conversation": conversation, "wanted_message": message_id}
            ).first()
            if row is None or (recent is not None and recent.version == row.version):
                return row, []
            return row, connection.execute(_record_since(conversation, row.first_position)).all()

    def _write(
        self,
        tracker: StoredTracker,
        message_id: str,
        new: list[dict[str, Any]],
        prelude: Prelude | None,
        answer: dict[str, Any] | None,
    ) -> None:
        try:
            with self._engine.begin() as connection:
                _write_conversation(connection, tracker, len(new), prelude)
                _write_record(connection, tracker, message_id, new)
                if answer is not None:
                    connection.execute(
                        TURNS.insert(),
                        {
                            "conversation": tracker.sender_id,
                            "message_id": message_id,
                            "answer": json.dumps(answer),
                            "answered_at": time.time(),
                        },
                    )
        except IntegrityError:
            raise VersionConflict from None

    def _delete(self, conversations: list[str]) -> None:
        with self._engine.begin() as connection:
            for table in (CONVERSATIONS, TURNS, RECORD):
                connection.execute(table.delete().where(table.c.conversation.in_(conversations)))


def connect(url: str, wait_seconds: float, domain: Domain | None = None) -> SqlTrackerStore:
    """Open the database and bring its tables up to date.

    Raises:
        DatabaseUnreachable: no answer within ``wait_seconds``.
        schema.SchemaTooNew: the tables belong to a newer engine.
    """
    engine = _engine(url)
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            schema.migrate(engine)
            return SqlTrackerStore(engine, domain)
        except SQLAlchemyError as error:  # noqa: PERF203
            if time.monotonic() >= deadline:
                raise DatabaseUnreachable(
                    f"The tracker store's database gave no answer within {wait_seconds:g} s "
                    f"({type(error).__name__})."
                ) from None
            journal.warning("database.waiting", reason=type(error).__name__)
            time.sleep(min(1.0, max(0.0, deadline - time.monotonic())))


def _engine(url: str) -> Engine:
    if url.startswith("sqlite"):
        engine = sa.create_engine(
            url,
            future=True,
            poolclass=QueuePool,
            pool_size=THREADS,
            max_overflow=0,
            connect_args={"check_same_thread": False, "timeout": 5, "isolation_level": None},
        )
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
        return engine
    return sa.create_engine(
        url,
        future=True,
        pool_size=THREADS,
        max_overflow=0,
        connect_args={"connect_timeout": 5, "options": "-c statement_timeout=5000"},
    )


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA busy_timeout=5000")


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


_STATE = (
    sa.select(CONVERSATIONS, TURNS.c.answer)
    .select_from(
        CONVERSATIONS.outerjoin(
            TURNS,
            sa.and_(
                TURNS.c.conversation == CONVERSATIONS.c.conversation,
                TURNS.c.message_id == sa.bindparam("wanted_message"),
            ),
        )
    )
    .where(CONVERSATIONS.c.conversation == sa.bindparam("wanted_conversation"))
)


def _record_since(conversation: str, position: int) -> Any:
    return (
        sa.select(RECORD.c.event)
        .where(RECORD.c.conversation == conversation, RECORD.c.position >= position)
        .order_by(RECORD.c.position)
    )


def _write_conversation(
    connection: Connection, tracker: StoredTracker, new: int, prelude: Prelude | None
) -> None:
    """Move the version on; the first statement of the transaction, so writers queue here."""
    values: dict[str, Any] = {
        "version": tracker.version + 1,
        "events": tracker.recorded + new,
        "changed_at": time.time(),
    }
    if prelude is not None:
        values["first_position"] = prelude.first_position
        values["prelude"] = json.dumps(prelude.events)
    if tracker.version == 0:
        start = {"conversation": tracker.sender_id, "first_position": 0, "prelude": "[]"}
        connection.execute(CONVERSATIONS.insert(), {**start, **values})
        return
    written = connection.execute(
        CONVERSATIONS.update()
        .where(
            CONVERSATIONS.c.conversation == tracker.sender_id,
            CONVERSATIONS.c.version == tracker.version,
        )
        .values(values)
    )
    if written.rowcount != 1:
        raise VersionConflict


def _write_record(
    connection: Connection, tracker: StoredTracker, message_id: str, new: list[dict[str, Any]]
) -> None:
    own = {"conversation": tracker.sender_id, "message_id": message_id}
    rows = [
        {**own, "position": position, **event}
        for position, event in enumerate(new, start=tracker.recorded)
    ]
    if rows:
        connection.execute(RECORD.insert(), rows)


def _to_record(event: Event) -> dict[str, Any]:
    return {
        "type_name": event.type_name,
        "happened_at": event.timestamp,
        "event": json.dumps(event.as_dict()),
    }


def _turn_to_cut_at(events: list[Event]) -> int:
    """Return the index of the turn at which a long window is to start, else 0.

    Within a form a window may grow longer, because the form's start counts.
    """
    starts = [index for index, event in enumerate(events) if isinstance(event, UserUttered)]
    if len(starts) <= WINDOW_TURNS:
        return 0
    in_loop = _loop_is_active_at(events, starts[-WINDOW_TURNS_KEPT])
    if in_loop and len(starts) <= WINDOW_TURNS_IN_LOOP:
        return 0
    return starts[-WINDOW_TURNS_KEPT]


def _session_start(events: list[Event]) -> int:
    """Return where the latest session starts, 0 when it is the window's first."""
    for index in range(len(events) - 1, 0, -1):
        if isinstance(events[index], SessionStarted):
            action = events[index - 1]
            own = isinstance(action, ActionExecuted)
            return index - 1 if own and action.action_name == ACTION_SESSION_START_NAME else index
    return 0


def _loop_is_active_at(events: list[Event], index: int) -> bool:
    for event in reversed(events[:index]):
        if isinstance(event, ActiveLoop):
            return event.name is not None
    return False


def _prelude_events(before: DialogueStateTracker, domain: Domain) -> list[Event]:
    """Return events that lead a new tracker to the state of ``before``, then listen."""
    at = before.events[-1].timestamp if before.events else time.time()
    initial = {slot.name: slot.initial_value for slot in domain.slots}
    events: list[Event] = [
        ActionExecuted(ACTION_SESSION_START_NAME, timestamp=at),
        SessionStarted(timestamp=at),
    ]
    events += [
        SlotSet(name, value, timestamp=at)
        for name, value in before.current_slot_values().items()
        if value != initial.get(name)
    ]
    if before.active_loop_name:
        events.append(ActiveLoop(before.active_loop_name, timestamp=at))
    if before.is_paused():
        events.append(ConversationPaused(timestamp=at))
    events.append(ActionExecuted(ACTION_LISTEN_NAME, timestamp=at))
    return events
