"""The real engine process: start, stop, kill -9, and what its log tells."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from .conftest import ACTIONS_TOKEN, CONVERSATION, HERE, TOKEN, FakeActions, said

ROOT = HERE.parent.parent
START_SECONDS = 90
CANARY = "Kanarienvogel-4711"


class EngineProcess:
    """``python -m bot``, started from a folder that is not the project's."""

    def __init__(self, folder: Path, actions_url: str, model: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/webhooks/stadtdraht"
        self.log = folder / "engine.log"
        self._folder = folder
        self._variables = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "PYTHONPATH": str(ROOT),
            "STADTDRAHT_ENGINE_PORT": str(port),
            "STADTDRAHT_ENGINE_TOKEN": TOKEN,
            "STADTDRAHT_ENGINE_DATABASE_URL": f"sqlite:///{folder / 'engine.sqlite'}",
            "STADTDRAHT_MODEL": str(model),
            "STADTDRAHT_ACTIONS_URL": actions_url,
            "STADTDRAHT_ACTIONS_TOKEN": ACTIONS_TOKEN,
        }
        self.process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: ASYNC220
                [sys.executable, "-m", "bot"],
                cwd=self._folder,
                env=self._variables,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            with contextlib.suppress(aiohttp.ClientError):
                async with (
                    aiohttp.ClientSession() as client,
                    client.get(f"{self.url}/health/ready") as response,
                ):
                    if response.status == 200:
                        return
            await asyncio.sleep(0.1)
        raise AssertionError(self.log.read_text())

    async def say(self, text: str, message_id: str) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        body = {"message_id": message_id, "conversation": CONVERSATION, "text": text}
        async with (
            aiohttp.ClientSession(headers=headers) as client,
            client.post(f"{self.url}/turn", json=body) as response,
        ):
            return response.status, await response.json()

    async def end(self, number: signal.Signals) -> int:
        """Send a signal and return the exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(number)
        return await asyncio.to_thread(self.process.wait, 20)


@pytest.fixture
async def engine(tmp_path: Path, actions: FakeActions, model: Path) -> AsyncIterator[EngineProcess]:
    process = EngineProcess(tmp_path, actions.url, model)
    await process.start()
    yield process
    await process.end(signal.SIGKILL)


@pytest.mark.timeout(300)
async def test_kill_9_in_a_turn_replays_exactly_once(
    engine: EngineProcess, actions: FakeActions
) -> None:
    assert (await engine.say("Hallo", "m0"))[0] == 200
    reached = asyncio.Event()

    async def never(_call: dict[str, Any]) -> web.StreamResponse:
        reached.set()
        await asyncio.sleep(30)
        return web.json_response(said("nie"))

    actions.reactions["action_oeffnungszeiten"] = never
    call = asyncio.create_task(engine.say("Wann haben Sie geöffnet?", "m1"))
    await asyncio.wait_for(reached.wait(), 10)
    await engine.end(signal.SIGKILL)
    with pytest.raises(aiohttp.ClientError):
        await call

    actions.reacts("action_oeffnungszeiten", said("Bis 12 Uhr."))
    await engine.start()
    status, body = await engine.say("Wann haben Sie geöffnet?", "m1")
    assert (status, body["duplicate"], body["answers"][0]["text"]) == (200, False, "Bis 12 Uhr.")
    assert (await engine.say("Wann haben Sie geöffnet?", "m1"))[1]["duplicate"] is True
    assert (await engine.say("Hallo", "m0"))[1]["duplicate"] is True
    users = [
        event["message_id"]
        for event in actions.calls[-1]["tracker"]["events"]
        if event["event"] == "user"
    ]
    assert users == ["m0", "m1"]


@pytest.mark.timeout(300)
async def test_the_log_holds_no_words_and_a_stop_is_clean(
    engine: EngineProcess, actions: FakeActions
) -> None:
    actions.reacts("action_kaputt", {"error": CANARY, "action_name": CANARY}, status=500)
    assert (await engine.say(f"Hallo {CANARY}", "m1"))[0] == 200
    assert (await engine.say(f"alles kaputt {CANARY}", "m2"))[0] == 503
    assert (await engine.say(f'/kaputt{{"geheim": "{CANARY}"}}', "m3"))[0] in {200, 503}
    actions.reacts("action_oeffnungszeiten", f"<html>{CANARY}".encode())
    assert (await engine.say(f"Wann haben Sie geöffnet? {CANARY}", "m4"))[0] == 503
    assert (await engine.say(CANARY * 200, "m5"))[0] == 413
    slow = asyncio.Event()

    async def waits(_call: dict[str, Any]) -> web.StreamResponse:
        slow.set()
        await asyncio.sleep(0.5)
        return web.json_response(said("Noch fertig geworden."))

    actions.reactions["action_oeffnungszeiten"] = waits
    last = asyncio.create_task(engine.say("Wann haben Sie geöffnet?", "m6"))
    await asyncio.wait_for(slow.wait(), 10)
    assert await engine.end(signal.SIGTERM) == 0
    assert (await last)[0] == 200  # the running turn was finished

    lines = engine.log.read_text().splitlines()
    assert not any(CANARY in line or "geöffnet" in line for line in lines)
    assert all(len(line.encode()) <= 8_000 for line in lines)
    events = [json.loads(line)["event"] for line in lines]
    assert events[0] == "engine.ready"
    assert events[-1] == "engine.stopped"
    assert {"turn.answered", "turn.failed", "turn.refused"} <= set(events)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("STADTDRAHT_ENGINE_TOKEN", ""),
        ("STADTDRAHT_ENGINE_TOKEN", "short"),
        ("STADTDRAHT_ENGINE_PORT", "many"),
        ("STADTDRAHT_ENGINE_HOST", "0.0.0.0"),  # noqa: S104
        ("STADTDRAHT_ENGINE_DATABASE_URL", "mysql://x"),
        ("STADTDRAHT_ACTIONS_URL", "ftp://x"),
    ],
)
def test_a_wrong_setting_is_named_at_once(tmp_path: Path, variable: str, value: str) -> None:
    good = EngineProcess(tmp_path, "http://127.0.0.1:9/actions", tmp_path / "x.tar.gz")
    done = subprocess.run(
        [sys.executable, "-m", "bot"],
        env=good._variables | {variable: value},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 2
    assert done.stderr.startswith(f"{variable}: ")
    assert value == "" or value not in done.stderr
