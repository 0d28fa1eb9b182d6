"""Tables of the tracker store and how they came to be.

Nobody but the engine reads or writes them. Each change of the tables is one
more entry in `MIGRATIONS`; the table ``engine_schema`` holds how many were run.
"""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

MIGRATION_LOCK = 5_505_001  # any number nobody else uses with pg_advisory_xact_lock

METADATA = sa.MetaData()

SCHEMA = sa.Table("engine_schema", METADATA, sa.Column("version", sa.BigInteger, nullable=False))

# One row per conversation. `prelude` is the state (slots, active loop) in which
# the window of events starts that the dialogue still looks at; `first_position`
# is the window's first event in the record.
CONVERSATIONS = sa.Table(
    "engine_conversations",
    METADATA,
    sa.Column("conversation", sa.String(64), primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("events", sa.BigInteger, nullable=False),
    sa.Column("first_position", sa.BigInteger, nullable=False),
    sa.Column("prelude", sa.Text, nullable=False),
    sa.Column("changed_at", sa.Float(53), nullable=False, index=True),
)

# The full record, append only.
RECORD = sa.Table(
    "engine_record",
    METADATA,
    sa.Column("conversation", sa.String(64), primary_key=True),
    sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("message_id", sa.String(200), nullable=False),
    sa.Column("type_name", sa.String(64), nullable=False),
    sa.Column("happened_at", sa.Float(53), nullable=False),
    sa.Column("event", sa.Text, nullable=False),
)

# What each message was answered with, so that a repeated call has no second effect.
TURNS = sa.Table(
    "engine_turns",
    METADATA,
    sa.Column("conversation", sa.String(64), primary_key=True),
    sa.Column("message_id", sa.String(200), primary_key=True),
    sa.Column("answer", sa.Text, nullable=False),
    sa.Column("answered_at", sa.Float(53), nullable=False),
)


class SchemaTooNew(RuntimeError):
    """The database was migrated by a newer version of the engine."""


def _first_tables(connection: Connection) -> None:
    METADATA.create_all(connection, tables=[CONVERSATIONS, RECORD, TURNS])


MIGRATIONS: tuple[Callable[[Connection], None], ...] = (_first_tables,)


def migrate(engine: Engine) -> None:
    """Bring the tables to the present version; safe with several engines at once.

    Raises:
        SchemaTooNew: the tables are newer than this code.
    """
    with engine.begin() as connection:
        _hold_migration_lock(connection)
        METADATA.create_all(connection, tables=[SCHEMA])
        done = connection.execute(sa.select(sa.func.max(SCHEMA.c.version))).scalar() or 0
        if done > len(MIGRATIONS):
            raise SchemaTooNew(
                f"The tables have version {done}, this engine knows {len(MIGRATIONS)}."
            )
        for number, migration in enumerate(MIGRATIONS[done:], start=done + 1):
            migration(connection)
            connection.execute(SCHEMA.insert().values(version=number))


def _hold_migration_lock(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(MIGRATION_LOCK)))
