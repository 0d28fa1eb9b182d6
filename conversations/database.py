"""The database: short transactions on SQLite or PostgreSQL, and their wake-ups.

A transaction is a plain function that gets a `Transaction` and runs in one piece:
on SQLite in a thread (one switch instead of one for every statement, which
measured 0.3 instead of 10 ms), on PostgreSQL over asyncpg. Nothing can be awaited
inside, so no transaction stays open while somebody thinks.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import asyncpg  # type: ignore[import-untyped]
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import create_async_engine

from conversations.signals import NOTIFY_CHANNEL, Signals, relay

BUSY_SECONDS = 10
READERS = 4
_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
)

P = ParamSpec("P")
T = TypeVar("T")


class StorageUnavailable(Exception):
    """The database cannot be reached or cannot work now; trying again may help."""


class Transaction:
    """One open transaction. ``connection`` runs statements, `announce` wakes waiters."""

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection
        self.topics: dict[str, None] = {}

    def announce(self, *topics: str) -> None:
        """Publish ``topics`` when this transaction is committed."""
        self.topics.update(dict.fromkeys(topics))


class Database:
    """Runs transactions; `signals` hears what they announce.

    Args:
        url: SQLAlchemy URL; ``sqlite...`` is one file for one process,
            ``postgresql...`` a server for any number of them.
    """

    def __init__(self, url: str) -> None:
        self.signals = Signals()
        parsed = sa.make_url(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self._store: _Sqlite | _Postgresql = (
            _Sqlite(parsed) if self.is_sqlite else _Postgresql(parsed)
        )
        self._relay: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to hear what other processes announce (PostgreSQL only)."""
        if isinstance(self._store, _Postgresql):
            self._relay = asyncio.create_task(relay(self._store.dsn, self.signals))

    async def close(self) -> None:
        """Close all connections."""
        if self._relay is not None:
            self._relay.cancel()
            await asyncio.gather(self._relay, return_exceptions=True)
        await self._store.close()

    async def write(
        self, body: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a transaction; what it did is committed when this returns.

        A commit survives the end of the process. On SQLite a power cut may undo
        the newest ones (ADR 30); see `write_durably`.

        Raises:
            StorageUnavailable: the database cannot work now; nothing was written
                or, when the connection broke during the commit, perhaps all of it.
        """
        return await self._write(lambda transaction: body(transaction, *args, **kwargs), False)

    async def write_durably(
        self, body: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a transaction like `write`; its commit survives a power cut, too.

        Raises:
            StorageUnavailable: see `write`.
        """
        return await self._write(lambda transaction: body(transaction, *args, **kwargs), True)

    async def read(
        self, body: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run queries and return what ``body`` makes of them.

        Raises:
            StorageUnavailable: the database cannot work now.
        """
        with storage_failures():
            return await self._store.read(lambda connection: body(connection, *args, **kwargs))

    async def answers(self) -> bool:
        """Tell whether the database works."""
        try:
            await self.read(lambda connection: connection.execute(sa.text("SELECT 1")).scalar())
        except StorageUnavailable:
            return False
        return True

    async def _write(self, body: Callable[[Transaction], T], durable: bool) -> T:
        heard: list[str] = []

        def run(connection: sa.Connection) -> T:
            transaction = Transaction(connection)
            result = body(transaction)
            heard.extend(transaction.topics)
            if heard and not self.is_sqlite:
                notify = sa.func.pg_notify(NOTIFY_CHANNEL, " ".join(heard))
                connection.execute(sa.select(notify))
            return result

        with storage_failures():
            result = await self._store.write(run, durable)
        self.signals.publish(heard)
        return result


class _Sqlite:
    """One file: a writer and some readers in threads."""

    def __init__(self, url: sa.URL) -> None:
        if url.database and url.database != ":memory:":
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        self._engine = sa.create_engine(
            url.set(drivername="sqlite"),
            pool_size=READERS + 1,
            connect_args={"timeout": BUSY_SECONDS},
        )
        event.listen(self._engine, "connect", _prepare)
        event.listen(self._engine, "begin", _begin)
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="hub-writer")
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="hub-reader")

    async def write(self, body: Callable[[sa.Connection], T], durable: bool) -> T:
        def run() -> T:
            with self._engine.connect() as connection:
                connection.execution_options(writing=True, durable=durable)
                with connection.begin():
                    return body(connection)

        return await asyncio.get_running_loop().run_in_executor(self._writer, run)

    async def read(self, body: Callable[[sa.Connection], T]) -> T:
        def run() -> T:
            with self._engine.connect() as connection:
                return body(connection)

        return await asyncio.get_running_loop().run_in_executor(self._readers, run)

    async def close(self) -> None:
        for threads in (self._writer, self._readers):
            await asyncio.to_thread(threads.shutdown)
        self._engine.dispose()


class _Postgresql:
    """A server reached over asyncpg."""

    def __init__(self, url: sa.URL) -> None:
        self.dsn = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._engine = create_async_engine(
            url.set(drivername="postgresql+asyncpg"),
            pool_size=10,
            max_overflow=10,
            pool_timeout=5,
            connect_args={"timeout": 5, "command_timeout": 15},
        )

    async def write(self, body: Callable[[sa.Connection], T], durable: bool) -> T:  # noqa: ARG002 - always durable
        async with self._engine.connect() as connection, connection.begin():
            return await connection.run_sync(body)

    async def read(self, body: Callable[[sa.Connection], T]) -> T:
        async with self._engine.connect() as connection:
            return await connection.run_sync(body)

    async def close(self) -> None:
        await self._engine.dispose()


@contextlib.contextmanager
def storage_failures() -> Iterator[None]:
    """Turn the drivers' errors into `StorageUnavailable`; mistakes of ours pass through."""
    try:
        yield
    except (IntegrityError, ProgrammingError):
        raise
    except (
        DBAPIError,
        PoolTimeout,
        OSError,
        asyncpg.PostgresError,
        asyncpg.InterfaceError,
    ) as error:
        raise StorageUnavailable(type(error).__name__) from error


def _prepare(dbapi_connection: Any, record: Any) -> None:
    dbapi_connection.isolation_level = None  # BEGIN is said below
    for pragma in _PRAGMAS:
        dbapi_connection.execute(pragma)
    record.info["durable"] = False


def _begin(connection: sa.Connection) -> None:
    options = connection.get_execution_options()
    if not options.get("writing"):
        connection.exec_driver_sql("BEGIN")
        return
    durable = bool(options.get("durable"))
    if connection.info["durable"] is not durable:
        connection.exec_driver_sql(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
        connection.info["durable"] = durable
    connection.exec_driver_sql("BEGIN IMMEDIATE")
