"""Times in the database: whole milliseconds since 1970, the same on SQLite and PostgreSQL.

Leases and retries are measured by the clock of the database (`database_now`), so
that several machines agree; what citizens see is measured by the clock that the
application was given.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import ColumnElement


class Moment(sa.TypeDecorator[dt.datetime]):
    """An aware time, stored as milliseconds since 1970."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(
        self,
        value: dt.datetime | int | None,
        dialect: sa.Dialect,  # noqa: ARG002 - SQLAlchemy's signature
    ) -> int | None:
        """Return what is stored; whole numbers are milliseconds already."""
        return milliseconds(value) if isinstance(value, dt.datetime) else value

    def process_result_value(self, value: int | None, dialect: sa.Dialect) -> dt.datetime | None:  # noqa: ARG002
        """Return the time in UTC."""
        return None if value is None else dt.datetime.fromtimestamp(value / 1000, dt.UTC)


def milliseconds(moment: dt.datetime) -> int:
    """Return an aware time as whole milliseconds since 1970."""
    return round(moment.timestamp() * 1000)


class database_now(ColumnElement[int]):  # noqa: N801 - reads like the SQL function it is
    """The database's own clock in milliseconds since 1970."""

    type = sa.BigInteger()
    inherit_cache = True


@compiles(database_now, "sqlite")
def _sqlite_now(_element: database_now, _compiler: SQLCompiler, **_kw: Any) -> str:
    return "CAST(ROUND((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER)"


@compiles(database_now, "postgresql")
def _postgresql_now(_element: database_now, _compiler: SQLCompiler, **_kw: Any) -> str:
    return "CAST(extract(epoch from statement_timestamp()) * 1000 AS BIGINT)"
