"""The server that fault tests and benchmarks start for themselves."""

import os

import asyncpg
import pytest

from cli.bench.postgres import PostgresCluster, postgres_programs

pytestmark = pytest.mark.postgres


async def test_data_survive_an_immediate_stop():
    if postgres_programs() is None:
        reason = "PostgreSQL's server programs are missing: apt install postgresql"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    with PostgresCluster("probe") as server:
        await run(server, "create table kept (word text); insert into kept values ('da')")
        server.stop()
        server.start()
        assert await run(server, "select word from kept") == "da"
    assert not server.folder.exists()


async def run(server: PostgresCluster, statement: str):
    connection = await asyncpg.connect(server.url("probe", driver="postgresql"))
    try:
        if statement.startswith("select"):
            return await connection.fetchval(statement)
        return await connection.execute(statement)
    finally:
        await connection.close()
