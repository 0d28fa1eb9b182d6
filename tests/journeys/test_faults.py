"""Kill -9 of the real parts while citizens write, at a size that fits CI (F1, F3).

The full size is `stadtdraht bench --faults`.
"""

import os

import pytest

from cli.bench import faults
from cli.bench.postgres import postgres_programs

KILLS = 6


def assert_nothing_is_wrong(figures):
    assert figures["accepted"] == figures["sent"] > 0, figures
    assert figures["lost"] == 0, figures
    assert figures["doubled"] == 0, figures
    assert figures["reordered"] == 0, figures
    assert sum(figures["kills"].values()) == KILLS


@pytest.mark.timeout(400)
async def test_kills_lose_double_and_reorder_nothing_on_sqlite():
    assert_nothing_is_wrong(await faults.sqlite_run(KILLS))


@pytest.mark.postgres
@pytest.mark.timeout(400)
async def test_kills_lose_double_and_reorder_nothing_on_postgresql():
    if postgres_programs() is None:
        reason = "PostgreSQL's server programs are missing: apt install postgresql"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    assert_nothing_is_wrong(await faults.postgres_run(KILLS))
