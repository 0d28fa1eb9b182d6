"""The whole assistant as real processes, with a clock that stands still."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cli.ask import Turn, ask
from cli.environments import ENGINE, environments_folder
from cli.model import models_folder
from cli.ports import free_port
from cli.tokens import load_tokens
from contracts.hub import HubClient

ROOT = Path(__file__).resolve().parents[2]
MONDAY_MORNING = "2026-11-23T10:00:00+01:00"
START_LIMIT_SECONDS = 240


def pytest_collection_modifyitems(items):
    for item in items:
        if "journeys" in item.path.parts:
            item.add_marker(pytest.mark.journey)


class RunningHouse:
    """`stadtdraht run` as a citizen's and an operator's tests see it."""

    def __init__(self, home: Path, clock: str) -> None:
        self.home = home
        self.public_port = free_port()
        self.variables = os.environ | {
            "PYTHONPATH": str(ROOT),
            "STADTDRAHT_HOME": str(home),
            "STADTDRAHT_ENVIRONMENTS": str(environments_folder()),
            "STADTDRAHT_TRAINED_MODELS": str(models_folder()),
            "STADTDRAHT_PUBLIC_PORT": str(self.public_port),
            "STADTDRAHT_INTERNAL_PORT": str(free_port()),
            "STADTDRAHT_ENGINE_URL": f"http://127.0.0.1:{free_port()}",
            "STADTDRAHT_CLOCK": clock,
            "STADTDRAHT_LOG_LEVEL": "INFO",
        }
        self.log = home / "run.log"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.public_port}"

    def start(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "cli", "run"],
                cwd=ROOT, env=self.variables, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            )  # fmt: skip
        self.wait()

    def wait(self) -> None:
        deadline = time.monotonic() + START_LIMIT_SECONDS
        while time.monotonic() < deadline:
            if (self.home / "running.json").exists():
                return
            assert self.process.poll() is None, self.log.read_text(errors="replace")[-3000:]
            time.sleep(0.1)
        raise AssertionError(self.log.read_text(errors="replace")[-3000:])

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(30)

    def addresses(self) -> dict[str, str]:
        return json.loads((self.home / "running.json").read_text())

    def client(self) -> HubClient:
        return HubClient(self.addresses()["hub_url"], load_tokens(self.home)["hub_token"])

    async def ask(self, question: str, *, conversation=None, town=None) -> Turn:
        client = self.client()
        try:
            return await ask(client, question, conversation=conversation, town=town)
        finally:
            await client.close()


@pytest.fixture(scope="session")
def house(tmp_path_factory):
    if not ENGINE.python.exists():
        pytest.fail("the engine's environment is missing: ./stadtdraht test sets it up")
    house = RunningHouse(tmp_path_factory.mktemp("house"), MONDAY_MORNING)
    house.start()
    yield house
    house.stop()
