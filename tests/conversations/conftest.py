"""Each test runs on SQLite and on PostgreSQL, unless it says otherwise."""

import shutil

import asyncpg
import pytest

from conversations.database import Database
from conversations.migrations import migrate
from conversations.schema import METADATA
from tests.conversations.house import hub_settings, open_hub
from tests.postgres import emptied, postgres_server  # noqa: F401 - a fixture

BACKENDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(params=BACKENDS)
async def empty_database_url(request, tmp_path):
    """URL of a database without any table."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'hub.sqlite'}"
    server = request.getfixturevalue("postgres_server")
    await emptied(server, "hub")
    return server.url("hub", driver="postgresql+asyncpg")


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory):
    """Where a migrated SQLite file lies, to be copied; the first test makes it."""
    return tmp_path_factory.mktemp("template") / "hub.sqlite"


@pytest.fixture(params=BACKENDS)
async def database_url(request, tmp_path):
    """URL of a database with the hub's tables and nothing in them."""
    if request.param == "sqlite":
        file = tmp_path / "hub.sqlite"
        template = request.getfixturevalue("migrated_sqlite")
        if not template.exists():
            await migrated(f"sqlite:///{template}")
        shutil.copy(template, file)
        return f"sqlite:///{file}"
    server = request.getfixturevalue("postgres_server")
    url = server.url("hub", driver="postgresql+asyncpg")
    if not await truncated(server.url("hub", driver="postgresql")):
        await emptied(server, "hub")
        await migrated(url)
    return url


async def migrated(url: str) -> None:
    database = Database(url)
    await migrate(database)
    await database.close()


async def truncated(dsn: str) -> bool:
    """Empty the hub's tables; False when they are not there."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(f"TRUNCATE {', '.join(METADATA.tables)} RESTART IDENTITY")
    except asyncpg.UndefinedTableError:
        return False
    finally:
        await connection.close()
    return True


@pytest.fixture
def settings(tmp_path, database_url):
    return hub_settings(tmp_path, database_url=database_url)


@pytest.fixture
async def hub(settings):
    """A running hub with a stub engine."""
    async with open_hub(settings) as hub:
        yield hub
