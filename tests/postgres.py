"""A PostgreSQL of our own for tests; import the fixtures where they are needed.

Without the server programs the tests are skipped with the reason, under ``CI`` they fail.
"""

import os
from collections.abc import Iterator

import pytest

from cli.bench.postgres import PostgresCluster, postgres_programs


def require_postgres() -> None:
    """Skip (or, under CI, fail) where PostgreSQL cannot be started."""
    if postgres_programs() is None:
        reason = "PostgreSQL's server programs are missing: apt install postgresql"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresCluster]:
    """One server for the whole run, with the databases ``hub`` and ``engine``."""
    require_postgres()
    with PostgresCluster("hub", "engine") as server:
        yield server


async def emptied(server: PostgresCluster, database: str) -> str:
    """Drop everything in a database; return its URL without a driver."""
    import asyncpg  # the engine's environment, which shares the fixture, has none

    url = server.url(database, driver="postgresql")
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    finally:
        await connection.close()
    return url
