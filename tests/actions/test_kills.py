"""F4: the action server is killed while it hands over a report; the engine repeats the action.

A few kills run here, ``STADTDRAHT_TEST_KILLS=100`` runs as many as the test plan asks for:
``STADTDRAHT_TEST_KILLS=100 python -m pytest tests/actions/test_kills.py``
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from actions.services.reports.database import ReportDatabase
from actions.services.reports.queue import _count_open
from actions.services.reports.tickets import ticket_of
from tests.actions.conftest import TOKEN, action_call
from tests.actions.services.reports.georeport_server import HttpGeoReport

KILLS = int(os.environ.get("STADTDRAHT_TEST_KILLS", "3"))
LATEST_KILL_SECONDS = 0.2
ROOT = Path(__file__).parents[2]
TABLE = """
[maengel]
adapter = "open311"
url = "{url}"
secret_env = "TEST_OPEN311_KEY"
other_code = "1"
"""


class KilledServer:
    """The action server, started again after each kill."""

    def __init__(self, content: Path, home: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._command = [
            sys.executable, "-m", "tests.actions.server_process",
            str(content), str(home), str(self.port),
        ]  # fmt: skip
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(self._command, cwd=ROOT)
        for _ in range(600):
            try:
                httpx.get(f"http://127.0.0.1:{self.port}/health/live")
                return
            except httpx.TransportError:
                assert self.process.poll() is None, "the server does not start"
                time.sleep(0.05)
        raise AssertionError("the server does not answer")

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()

    def confirm(self, number: int) -> dict[str, Any]:
        """Say yes to a report that was read back; the number makes the message."""
        said = [
            {"entity": "mangel_text", "value": f"Schlagloch {number} vor dem Haus"},
            {"entity": "strasse", "value": "Hellweg"},
            {"entity": "hausnummer", "value": "3"},
        ]
        waiting = {
            "intent": "mangel_melden",
            "text": "",
            "entities": said,
            "missing": "bestaetigung",
        }
        call = action_call(
            "action_ja", "ja", {}, {"stadt": "soest", "anliegen": waiting},
            metadata={"message_id": f"m{number}"},
        )  # fmt: skip
        answer = httpx.post(
            f"http://127.0.0.1:{self.port}/webhook",
            json=call,
            headers={"Authorization": f"Bearer {TOKEN}"},
            timeout=10,
        )
        answer.raise_for_status()
        return dict(answer.json())

    def confirm_and_be_killed(self, number: int, seconds: float) -> None:
        """Be killed so long after the yes; come back."""
        killer = threading.Timer(seconds, self.process.kill)
        killer.start()
        with contextlib.suppress(httpx.TransportError):
            self.confirm(number)
        killer.join()
        self.process.wait()
        self.start()


@pytest.fixture
def maengel() -> Iterator[HttpGeoReport]:
    with HttpGeoReport(pause=0.05) as started:
        yield started


@pytest.fixture
def killed(content: Path, tmp_path: Path, maengel: HttpGeoReport) -> Iterator[KilledServer]:
    shutil.copy(ROOT / "data" / "de" / "maengel.yml", content / "de" / "maengel.yml")
    soest = content / "municipalities" / "soest"
    (soest / "services.toml").write_text(TABLE.format(url=maengel.url), encoding="utf-8")
    town = (soest / "town.yml").read_text(encoding="utf-8")
    allowed = town.replace("[soest.de]", f'[soest.de, "{maengel.host}"]')
    (soest / "town.yml").write_text(allowed, encoding="utf-8")
    server = KilledServer(content, tmp_path / "home")
    yield server
    server.stop()


@pytest.mark.timeout(90 + 15 * KILLS)
async def test_every_confirmed_report_is_made_once_under_kills(
    killed: KilledServer, maengel: HttpGeoReport, tmp_path: Path
):
    chance = random.Random(20261122)  # noqa: S311 - repeatable, not secret
    told = []
    for number in range(KILLS):
        killed.confirm_and_be_killed(number, chance.uniform(0.0, LATEST_KILL_SECONDS))
        repeated = killed.confirm(number)
        told.append(ticket_of(repeated["responses"][0]["text"]))
    database = ReportDatabase(f"sqlite:///{tmp_path / 'home' / 'reports.sqlite'}")
    for _ in range(200):
        if not await database.run(_count_open):
            break
        await asyncio.sleep(0.05)
    await database.close()
    made = [each["description"] for each in maengel.server.reports]
    wanted = [f"[{ticket}] Schlagloch {n} vor dem Haus" for n, ticket in enumerate(told)]
    assert sorted(made) == sorted(wanted)
