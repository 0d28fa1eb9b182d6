"""Parts are killed and the database crashes while citizens write, sized for CI (F1, F3, F5).

The full size is `stadtdraht bench --faults`.
"""

import os

import pytest

from cli.bench import faults
from cli.bench.postgres import postgres_programs

KILLS = 6
CRASHES = 2
RECOVERY_LIMIT_SECONDS = 15.0


def assert_nothing_is_wrong(figures):
    assert figures["accepted"] == figures["sent"] > 0, figures
    assert figures["lost"] == 0, figures
    assert figures["doubled"] == 0, figures
    assert figures["reordered"] == 0, figures


def require_postgresql():
    if postgres_programs() is None:
        reason = "PostgreSQL's server programs are missing: apt install postgresql"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)


@pytest.mark.timeout(400)
async def test_kills_lose_double_and_reorder_nothing_on_sqlite():
    figures = await faults.sqlite_run(KILLS)
    assert_nothing_is_wrong(figures)
    assert sum(figures["kills"].values()) == KILLS


@pytest.mark.postgres
@pytest.mark.timeout(400)
async def test_kills_lose_double_and_reorder_nothing_on_postgresql():
    require_postgresql()
    figures = await faults.postgres_run(KILLS)
    assert_nothing_is_wrong(figures)
    assert sum(figures["kills"].values()) == KILLS


@pytest.mark.postgres
@pytest.mark.timeout(400)
async def test_crashes_of_postgresql_lose_nothing_and_are_soon_over():
    require_postgresql()
    figures = await faults.crash_run(CRASHES)
    assert_nothing_is_wrong(figures)
    assert figures["restarts"] == CRASHES
    assert 0 < figures["longest_recovery_seconds"] <= RECOVERY_LIMIT_SECONDS
