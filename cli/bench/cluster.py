"""The parts of an assistant as processes of their own, to be killed and started again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cli.engine_process import is_ready
from cli.environments import ROOT, SetupProblem, environments_folder
from cli.ports import LOOPBACK, free_port
from cli.tokens import load_tokens

READY_LIMIT_SECONDS = 240.0


@dataclass
class Cluster:
    """Parts on loopback with a folder and a database of their own."""

    home: Path
    model: Path
    database_url: str = ""
    """Asynchronous URL of the hub's database, empty for SQLite in ``home``."""
    engine_database_url: str = ""
    parts: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    kills: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        self.tokens = load_tokens(self.home)
        self.hub_url = f"http://{LOOPBACK}:{free_port()}/hub"
        self.engine_url = f"http://{LOOPBACK}:{free_port()}"
        self.actions_url = f"http://{LOOPBACK}:{free_port()}/actions"

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parts; on SQLite the hub dispatches itself."""
        dispatchers = ("dispatcher-1", "dispatcher-2") if self.database_url else ()
        return ("actions", "engine", "hub", *dispatchers)

    @property
    def victims(self) -> tuple[str, ...]:
        """Parts that the fault tests kill."""
        return tuple(name for name in self.names if name != "actions")

    @property
    def ledger_url(self) -> str:
        """URL of the hub's database."""
        return self.database_url or f"sqlite:///{self.home / 'hub.sqlite'}"

    def start(self, name: str) -> None:
        """Start a part, its output goes to ``<name>.log``."""
        with (self.home / f"{name}.log").open("ab") as log:
            self.parts[name] = subprocess.Popen(
                [sys.executable, "-m", "cli", "start", name.partition("-")[0]],
                cwd=ROOT, env=self._variables(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip

    def kill(self, name: str) -> None:
        """End a part without warning (SIGKILL) and start it again at once."""
        process = self.parts[name]
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
        process.wait()
        self.kills[name] = self.kills.get(name, 0) + 1
        self.start(name)

    async def serves(self, name: str) -> bool:
        """Tell whether a part does its work (a dispatcher: whether it runs)."""
        urls = {
            "hub": f"{self.hub_url}/health/ready",
            "engine": f"{self.engine_url}/webhooks/stadtdraht/health/ready",
        }
        if name in urls:
            return await is_ready(urls[name])
        return self.parts[name].poll() is None

    async def wait_until_ready(self) -> None:
        """Return when hub and engine can work.

        Raises:
            SetupProblem: they did not become ready in time.
        """
        try:
            async with asyncio.timeout(READY_LIMIT_SECONDS):
                for name in ("hub", "engine"):
                    while not await self.serves(name):  # noqa: ASYNC110 - another process
                        await asyncio.sleep(0.1)
        except TimeoutError as error:
            raise SetupProblem(f"Die Teile starten nicht; Protokolle: {self.home}") from error

    def stop(self) -> None:
        """End all parts politely, then firmly."""
        for process in self.parts.values():
            process.terminate()
        for process in self.parts.values():
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _variables(self) -> Mapping[str, str]:
        given = {name: value for name, value in os.environ.items() if name != "CI"}
        return given | {
            "PYTHONPATH": str(ROOT),
            "STADTDRAHT_HOME": str(self.home),
            "STADTDRAHT_ENVIRONMENTS": str(environments_folder()),
            "STADTDRAHT_MODEL": str(self.model),
            "STADTDRAHT_DATABASE_URL": self.database_url,
            "STADTDRAHT_ENGINE_DATABASE_URL": self.engine_database_url,
            "STADTDRAHT_HUB_URL": self.hub_url,
            "STADTDRAHT_ENGINE_URL": self.engine_url,
            "STADTDRAHT_ACTIONS_URL": self.actions_url,
            "STADTDRAHT_LOG_LEVEL": "WARNING",
        }


@contextlib.asynccontextmanager
async def running(cluster: Cluster) -> AsyncIterator[Cluster]:
    """Start all parts, wait until they are ready, end them when the context is left."""
    try:
        for name in cluster.names:
            cluster.start(name)
        await cluster.wait_until_ready()
        yield cluster
    finally:
        cluster.stop()
