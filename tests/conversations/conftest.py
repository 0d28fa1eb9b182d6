"""Each test runs on SQLite and on PostgreSQL, unless it says otherwise."""

import pytest

from tests.conversations.house import hub_settings, open_hub
from tests.postgres import emptied, postgres_server  # noqa: F401 - a fixture

BACKENDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(params=BACKENDS)
async def database_url(request, tmp_path):
    """URL of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'hub.sqlite'}"
    server = request.getfixturevalue("postgres_server")
    await emptied(server, "hub")
    return server.url("hub", driver="postgresql+asyncpg")


@pytest.fixture
def settings(tmp_path, database_url):
    return hub_settings(tmp_path, database_url=database_url)


@pytest.fixture
async def hub(settings):
    """A running hub with a stub engine."""
    async with open_hub(settings) as hub:
        yield hub
