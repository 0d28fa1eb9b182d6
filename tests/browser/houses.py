"""A web chat as a process of its own, before a scripted hub in a thread of this one."""

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import uvicorn

from tests.channels.webchat.fake_hub import TOKEN, FakeHub

ROOT = Path(__file__).resolve().parents[2]
START_LIMIT_SECONDS = 30


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class HubThread:
    """A fake hub that listens on a port."""

    def __init__(self) -> None:
        self.hub = FakeHub()
        self.port = free_port()
        config = uvicorn.Config(
            self.hub.app, port=self.port, log_config=None, timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        deadline = time.monotonic() + START_LIMIT_SECONDS
        while not self._server.started and time.monotonic() < deadline:
            time.sleep(0.01)

    def _run(self) -> None:
        with contextlib.closing(self.loop):
            self.loop.run_until_complete(self._server.serve())

    def deliver(self, answer: dict, **more) -> None:
        """Let a delivery come to the newest conversation."""
        newest = self.hub.conversation(-1)
        asyncio.run_coroutine_threadsafe(
            self.hub.deliver(newest, answer, **more), self.loop
        ).result(5)

    def stop(self) -> None:
        self._server.should_exit = True
        asyncio.run_coroutine_threadsafe(self.hub.close(), self.loop).result(5)
        self._thread.join(10)


class WebChat:
    """The web chat's process. ``kill`` ends it without warning, ``start`` brings it back."""

    def __init__(self, hub_port: int, **variables: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._variables = os.environ | {
            "PYTHONPATH": str(ROOT),
            "STADTDRAHT_HUB_URL": f"http://127.0.0.1:{hub_port}",
            "STADTDRAHT_HUB_TOKEN": TOKEN,
            "STADTDRAHT_ADDRESS_KEY": "key of the browser tests",
            "STADTDRAHT_PUBLIC_PORT": str(self.port),
            "STADTDRAHT_MESSAGES_PER_MINUTE": "6000",
            "STADTDRAHT_RATE_BURST": "200",
            "STADTDRAHT_SESSIONS_PER_MINUTE": "6000",
            **variables,
        }
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.browser.serve"]
        self.process = subprocess.Popen(command, cwd=ROOT, env=self._variables)
        deadline = time.monotonic() + START_LIMIT_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{self.url}/health/live").is_success:
                    return
            time.sleep(0.05)
        raise TimeoutError("the web chat did not start")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)


@contextlib.contextmanager
def chat_house(**variables: str) -> Iterator[tuple[HubThread, WebChat]]:
    hub = HubThread()
    try:
        web = WebChat(hub.port, **variables)
        try:
            yield hub, web
        finally:
            web.stop()
    finally:
        hub.stop()
