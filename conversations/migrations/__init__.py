"""How the tables came to be (Alembic); run at start, under a lock on PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from conversations.database import Database, Transaction

LOCK = 5_507_001  # any number nobody else uses with pg_advisory_xact_lock
FOLDER = Path(__file__).parent


class SchemaTooNew(RuntimeError):
    """The database was migrated by a newer version of the hub."""


def configuration() -> Config:
    """Return Alembic's configuration for these migrations."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("path_separator", "os")
    return config


async def migrate(database: Database) -> None:
    """Bring the tables to the present version; safe with several hubs at once.

    Raises:
        SchemaTooNew: the tables are newer than this code.
        StorageUnavailable: the database cannot work now.
    """
    await database.write_durably(_upgrade)


def _upgrade(transaction: Transaction) -> None:
    connection = transaction.connection
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
    config = configuration()
    present = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if present is not None and present not in known:
        raise SchemaTooNew(
            f"The hub's tables have version {present}, which this hub does not know."
        )
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
