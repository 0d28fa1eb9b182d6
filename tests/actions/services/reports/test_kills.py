"""F4: a process that is killed at any moment neither loses nor doubles a report.

A few kills run here; ``STADTDRAHT_TEST_KILLS=100`` runs as many as the test plan asks for:
``STADTDRAHT_TEST_KILLS=100 python -m pytest tests/actions/services/reports/test_kills.py``
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.actions.services.reports.georeport_server import HttpGeoReport
from tests.postgres import emptied, postgres_server

__all__ = ["postgres_server"]

KILLS = int(os.environ.get("STADTDRAHT_TEST_KILLS", "4"))
REPORTS_PER_KILL = 6
LONGEST_LIFE_SECONDS = 0.5
SERVER_PAUSE_SECONDS = 0.03
ROOT = Path(__file__).parents[4]


class Senders:
    """Starts one sender after the other on the same database and server."""

    def __init__(self, database_url: str, server: HttpGeoReport, reports: int) -> None:
        self._command = [
            sys.executable, "-m", "tests.actions.services.reports.sender",
            database_url, server.url, str(reports),
        ]  # fmt: skip

    def start(self) -> subprocess.Popen[str]:
        process = subprocess.Popen(self._command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    def kill_after(self, seconds: float) -> bool:
        """Start one, kill it then; tell whether it was still at work."""
        process = self.start()
        time.sleep(seconds)
        working = process.poll() is None
        process.kill()
        process.communicate()
        return working

    def finish(self) -> None:
        process = self.start()
        process.communicate(timeout=60)
        assert process.returncode == 0


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'reports.sqlite'}"
    return await emptied(request.getfixturevalue("postgres_server"), "hub")


@pytest.fixture
def server() -> Iterator[HttpGeoReport]:
    with HttpGeoReport(SERVER_PAUSE_SECONDS) as started:
        yield started


@pytest.mark.timeout(60 + 10 * KILLS)
def test_every_report_is_made_once_whenever_the_process_is_killed(
    database_url: str, server: HttpGeoReport
):
    chance = random.Random(20261122)  # noqa: S311 - repeatable, not secret
    reports = KILLS * REPORTS_PER_KILL
    senders = Senders(database_url, server, reports)
    lives = [chance.uniform(0.0, LONGEST_LIFE_SECONDS) for _ in range(KILLS)]
    interrupted = sum(senders.kill_after(life) for life in lives)
    senders.finish()
    made = Counter(each["description"].partition("] ")[2] for each in server.server.reports)
    assert made == Counter({f"Loch {number}": 1 for number in range(reports)})
    assert interrupted, "no kill came while there was work"
