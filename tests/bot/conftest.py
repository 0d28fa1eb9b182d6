"""Fixtures of the engine's tests: a small model of their own, a fake action server, a door.

These tests run in the engine's environment:
``.stadtdraht/venv/engine/bin/python -m pytest tests/bot``.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
if importlib.util.find_spec("rasa") is None:  # the modern environment
    collect_ignore_glob = ["*"]
else:
    sys.path.insert(0, str(HERE.parent.parent))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from bot import tensorflow_stub

        os.environ["RASA_TELEMETRY_ENABLED"] = "false"
        os.environ["SQLALCHEMY_SILENCE_UBER_WARNING"] = "1"
        tensorflow_stub.install()
        import aiohttp
        from aiohttp import web
        from sanic import Sanic

        from bot import fingerprint
        from bot.actions_client import ActionServer
        from bot.agent import TurnAgent
        from bot.connector import TurnChannel
        from bot.engine import create_app
        from bot.tracker_store import SqlTrackerStore, connect


CONTENT = HERE / "content"
CONFIG = CONTENT / "config.yml"
TOKEN = "engine-token-of-the-tests"
ACTIONS_TOKEN = "actions-token-of-the-tests"
CONVERSATION = "c_01JD0000000000000000000000"
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

# What the old libraries of the engine's environment warn of; warnings of ours stay errors.
WARNING_LIBRARIES = (
    r"(rasa|sanic|sanic_routing|websockets|sklearn|scipy|pkg_resources|jsonschema|pykwalify"
    r"|importlib\._bootstrap)(\.|$)"
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("engine")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    if HERE in item.path.parents:
        warnings.filterwarnings("ignore", module=WARNING_LIBRARIES)
    return (yield)


def conversation_id(number: int) -> str:
    """Return a well-formed conversation id."""
    digits = ""
    for _ in range(25):
        number, digit = divmod(number, 32)
        digits = CROCKFORD[digit] + digits
    return f"c_0{digits}"


@pytest.fixture(scope="session")
def model(pytestconfig: pytest.Config) -> Path:
    """The trained model of ``content/``, trained only when something changed."""
    folder = Path(pytestconfig.cache.mkdir("engine-models"))
    made = folder / f"{fingerprint.model_name(CONTENT, CONFIG)}.tar.gz"
    if not made.exists():
        for old in folder.iterdir():
            shutil.rmtree(old) if old.is_dir() else old.unlink()
        command = [sys.executable, "-m", "bot.train", "--content", str(CONTENT)]
        command += ["--config", str(CONFIG), "--out", str(folder)]
        done = subprocess.run(
            command, cwd=HERE.parent.parent, capture_output=True, text=True, timeout=110
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.splitlines()[-1] == str(made)
    return made


Reaction = Callable[[dict[str, Any]], Awaitable["web.StreamResponse"]]


def said(text: str = "", *events: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return the result of an action that says ``text``."""
    responses = [{"text": text, **more}] if text or more else []
    return {"events": list(events), "responses": responses}


@dataclass
class FakeActions:
    """Action server of the tests: notes each call and reacts as told."""

    calls: list[dict[str, Any]] = field(default_factory=list)
    headers: list[Any] = field(default_factory=list)
    reactions: dict[str, Reaction] = field(default_factory=dict)
    connections: set[Any] = field(default_factory=set)
    known_digest: str = ""
    url: str = ""

    def names(self) -> list[str]:
        return [call["next_action"] for call in self.calls]

    def reacts(self, action: str, result: Any = None, *, status: int = 200) -> None:
        async def reaction(_call: dict[str, Any]) -> web.StreamResponse:
            if isinstance(result, bytes):
                return web.Response(body=result, status=status, content_type="application/json")
            return web.json_response(result, status=status)

        self.reactions[action] = reaction

    async def answer(self, request: web.Request) -> web.StreamResponse:
        call = await request.json()
        if "domain" in call:
            self.known_digest = call["domain_digest"]
        elif call["domain_digest"] != self.known_digest:  # as rasa-sdk does
            return web.json_response({"action_name": call["next_action"]}, status=449)
        self.calls.append(call)
        self.headers.append(request.headers)
        self.connections.add(request.transport.get_extra_info("peername"))
        reaction = self.reactions.get(call["next_action"])
        if reaction is None:
            return web.json_response(said("Offen von 8 bis 12 Uhr."))
        return await reaction(call)


@pytest.fixture
async def actions() -> AsyncIterator[FakeActions]:
    fake = FakeActions()
    app = web.Application(client_max_size=10_000_000)
    app.router.add_post("/actions/webhook", fake.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    fake.url = f"http://{host}:{port}/actions"
    yield fake
    await runner.cleanup()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlTrackerStore]:
    opened = connect(f"sqlite:///{tmp_path / 'engine.sqlite'}", 1)
    yield opened
    opened.close()


@pytest.fixture
async def agent(
    store: SqlTrackerStore, actions: FakeActions, model: Path
) -> AsyncIterator[TurnAgent]:
    server = ActionServer(actions.url, ACTIONS_TOKEN, 1.0)
    made = TurnAgent(store, server)
    made.load_model(model)
    yield made
    await server.close()


@dataclass
class Door:
    """The engine's HTTP door with a client in front of it."""

    url: str
    client: aiohttp.ClientSession
    channel: TurnChannel
    agent: TurnAgent

    async def post(self, body: Any, *, token: str | None = TOKEN) -> tuple[int, Any]:
        """Send a turn; ``body`` is JSON or raw bytes."""
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        async with self.client.post(f"{self.url}/turn", data=data, headers=headers) as response:
            return response.status, json.loads(await response.read())

    async def say(self, text: str, message_id: str = "m1", **more: Any) -> tuple[int, Any]:
        return await self.post(
            {"message_id": message_id, "conversation": CONVERSATION, "text": text, **more}
        )

    async def press(self, payload: str, message_id: str = "m1") -> tuple[int, Any]:
        return await self.post(
            {"message_id": message_id, "conversation": CONVERSATION, "payload": payload}
        )

    async def events(self) -> list[dict[str, Any]]:
        """Return the full record of the conversation."""
        tracker = await self.agent.tracker_store.retrieve_full_tracker(CONVERSATION)
        return [event.as_dict() for event in tracker.events] if tracker else []

    async def slots(self) -> dict[str, Any]:
        tracker = await self.agent.tracker_store.retrieve(CONVERSATION)
        return tracker.current_slot_values() if tracker else {}


async def open_door(agent: TurnAgent) -> AsyncIterator[Door]:
    """Serve the agent on a free port until the iterator is closed."""
    Sanic.test_mode = True
    channel = TurnChannel(TOKEN, agent)
    app = create_app(channel, agent)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = await app.create_server(sock=listener, return_asyncio_server=True, access_log=False)
    await server.startup()
    await server.start_serving()
    async with aiohttp.ClientSession() as client:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/webhooks/stadtdraht"
        yield Door(url, client, channel, agent)
    await channel.finish(5)
    await server.close()
    for connection in server.connections:
        connection.close_if_idle() or connection.abort()
    await asyncio.sleep(0)


@pytest.fixture
async def door(agent: TurnAgent) -> AsyncIterator[Door]:
    async for opened in open_door(agent):
        yield opened


@pytest.fixture
def loop_door(tmp_path: Path, model: Path) -> Iterator[tuple[asyncio.AbstractEventLoop, Door]]:
    """A door with its own event loop, for tests that hypothesis runs many times."""
    loop = asyncio.new_event_loop()
    store = connect(f"sqlite:///{tmp_path / 'engine.sqlite'}", 1)
    server = ActionServer("http://127.0.0.1:9/actions", ACTIONS_TOKEN, 1.0)
    agent = TurnAgent(store, server)
    agent.load_model(model)
    opened = open_door(agent)
    yield loop, loop.run_until_complete(anext(opened))
    with pytest.raises(StopAsyncIteration):
        loop.run_until_complete(anext(opened))
    loop.run_until_complete(server.close())
    store.close()
    loop.close()
