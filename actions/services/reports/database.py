"""The database of the reports: short transactions on SQLite or PostgreSQL.

A transaction is a plain function of a connection and runs in one piece: in a thread
on SQLite, over asyncpg on PostgreSQL. When it returns it is on the disk, because it
holds what was promised to somebody.
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
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from actions.services.reports.tables import METADATA

BUSY_SECONDS = 5
_PRAGMAS = ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL")

P = ParamSpec("P")
T = TypeVar("T")


class StoreUnavailable(Exception):
    """The database cannot work now; nothing was written, or perhaps all of it."""


class ReportDatabase:
    """Runs transactions on the tables of the reports, which it makes when they are missing.

    Args:
        url: SQLAlchemy URL, ``sqlite:///file`` or ``postgresql...``.
    """

    def __init__(self, url: str) -> None:
        parsed = sa.make_url(url)
        sqlite = parsed.get_backend_name() == "sqlite"
        self._store: _Sqlite | _Postgresql = _Sqlite(parsed) if sqlite else _Postgresql(parsed)
        self._made = False
        self._making = asyncio.Lock()

    async def run(
        self, body: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a transaction; what it did is durable when this returns.

        Raises:
            StoreUnavailable: the database cannot work now.
        """
        with _storage_failures():
            await self._make_tables()
            return await self._store.run(lambda connection: body(connection, *args, **kwargs))

    async def close(self) -> None:
        """Close all connections."""
        await self._store.close()

    async def _make_tables(self) -> None:
        async with self._making:
            if self._made:
                return
            try:
                await self._store.run(METADATA.create_all)
            except (IntegrityError, ProgrammingError):  # another process made them just now
                await self._store.run(METADATA.create_all)
            self._made = True


class _Sqlite:
    """One file and one thread; other processes wait for each other by SQLite's lock."""

    def __init__(self, url: sa.URL) -> None:
        if url.database and url.database != ":memory:":
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        self._engine = sa.create_engine(
            url.set(drivername="sqlite"),
            connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
        )
        event.listen(self._engine, "connect", _prepare)
        event.listen(self._engine, "begin", _begin)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="reports")

    async def run(self, body: Callable[[sa.Connection], T]) -> T:
        def transaction() -> T:
            with self._engine.begin() as connection:
                return body(connection)

        return await asyncio.get_running_loop().run_in_executor(self._thread, transaction)

    async def close(self) -> None:
        await asyncio.to_thread(self._thread.shutdown)
        self._engine.dispose()


class _Postgresql:
    """A server, shared by any number of processes."""

    def __init__(self, url: sa.URL) -> None:
        self._engine: AsyncEngine = create_async_engine(
            url.set(drivername="postgresql+asyncpg"),
            pool_size=5,
            max_overflow=5,
            pool_timeout=5,
            connect_args={"timeout": 5, "command_timeout": 15},
        )

    async def run(self, body: Callable[[sa.Connection], T]) -> T:
        async with self._engine.begin() as connection:
            return await connection.run_sync(body)

    async def close(self) -> None:
        await self._engine.dispose()


@contextlib.contextmanager
def _storage_failures() -> Iterator[None]:
    """Turn the drivers' errors into `StoreUnavailable`; mistakes of ours pass through."""
    try:
        yield
    except (IntegrityError, ProgrammingError):
        raise
    except (DBAPIError, PoolTimeout, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as err:
        raise StoreUnavailable(type(err).__name__) from err


def _prepare(dbapi_connection: Any, _record: Any) -> None:
    dbapi_connection.isolation_level = None  # BEGIN is said below
    for pragma in _PRAGMAS:
        dbapi_connection.execute(pragma)


def _begin(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
