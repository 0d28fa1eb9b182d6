"""The engine as a child process: started, watched, restarted, stopped."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from pathlib import Path
from typing import IO

import httpx

from cli.environments import ENGINE, ROOT, SetupProblem
from cli.model import engine_environment

START_LIMIT_SECONDS = 120.0
STOP_LIMIT_SECONDS = 10.0
LOG_LIMIT_BYTES = 5_000_000


class EngineProcess:
    """One engine on loopback.

    ``variables`` are its settings (``STADTDRAHT_...``), ``url`` is where it
    listens, ``log`` takes its output. A crashed engine is started again, at
    first at once, then after growing pauses.
    """

    def __init__(self, url: str, variables: dict[str, str], log: Path) -> None:
        self.url = url
        self._variables = variables
        self._log = log
        self._process: asyncio.subprocess.Process | None = None
        self._watcher: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """Process id of the running engine."""
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Start the process and its watcher; returns before the engine is ready."""
        await self._spawn()
        self._watcher = asyncio.create_task(self._watch())

    async def wait_until_ready(self) -> None:
        """Return when the engine can answer.

        Raises:
            SetupProblem: it ended or did not become ready in time.
        """
        deadline = time.monotonic() + START_LIMIT_SECONDS
        while time.monotonic() < deadline:
            if await is_ready(f"{self.url}/webhooks/stadtdraht/health/ready"):
                return
            await asyncio.sleep(0.1)
        raise SetupProblem(f"Die Dialogmaschine startet nicht. Ihr Protokoll: {self._log}")

    async def stop(self) -> None:
        """End the process: politely first, then firmly."""
        if self._watcher:
            self._watcher.cancel()
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), STOP_LIMIT_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()

    async def _spawn(self) -> None:
        with _open_log(self._log) as log:
            self._process = await asyncio.create_subprocess_exec(
                str(ENGINE.python), "-m", "bot",
                cwd=ROOT, env=engine_environment() | self._variables,
                stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log,
                preexec_fn=_die_with_parent,
            )  # fmt: skip

    async def _watch(self) -> None:
        pause = 0.0
        while self._process is not None:
            started = time.monotonic()
            await self._process.wait()
            pause = 0.0 if time.monotonic() - started > 60 else min(pause * 2 + 0.5, 30.0)
            await asyncio.sleep(pause)
            await self._spawn()


async def is_ready(url: str) -> bool:
    """Tell whether a health address answers 200."""
    with contextlib.suppress(httpx.HTTPError):
        async with httpx.AsyncClient(timeout=2.0, trust_env=False) as http:
            return (await http.get(url)).status_code == 200
    return False


def _open_log(file: Path) -> IO[bytes]:
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.exists() and file.stat().st_size > LOG_LIMIT_BYTES:
        file.replace(file.with_suffix(".old.log"))
    return file.open("ab")


def _die_with_parent() -> None:
    """Let the kernel end the child when the parent is killed (Linux); keep Ctrl-C to the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(OSError, AttributeError):
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG
