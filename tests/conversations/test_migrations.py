"""The migrations make exactly the tables of the schema, on both databases."""

import asyncio

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from conversations.database import Database
from conversations.migrations import SchemaTooNew, migrate
from conversations.schema import METADATA


@pytest.fixture
async def database(empty_database_url):
    database = Database(empty_database_url)
    yield database
    await database.close()


def differences(connection: sa.Connection):
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return compare_metadata(context, METADATA)


async def test_migrated_tables_are_those_of_the_schema(database):
    await migrate(database)
    assert await database.read(differences) == []


async def test_migrating_again_and_at_the_same_time_is_safe(database, empty_database_url):
    other = Database(empty_database_url)
    await asyncio.gather(migrate(database), migrate(other), migrate(database))
    await other.close()
    assert await database.read(differences) == []


async def test_a_database_of_the_future_is_refused(database):
    await migrate(database)
    await database.write(
        lambda tx: (
            tx.connection.execute(sa.text("UPDATE alembic_version SET version_num = '99'")) and None
        )
    )
    with pytest.raises(SchemaTooNew, match="99"):
        await migrate(database)


async def test_no_column_holds_what_may_not_be_stored(database):
    """P4: no phone, user name or network address of a citizen."""
    names = {column.name for table in METADATA.tables.values() for column in table.columns}
    assert names & {"phone", "username", "user_name", "ip", "name", "address", "email"} == set()
