import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from channels.telegram.bots import TownBot
from channels.telegram.connector import run
from cli.ports import LOOPBACK, bound_listener
from cli.serving import serving
from tests.channels.telegram.stand_in import TOKEN, StandIn
from tests.conversations.house import Hub, hub_settings, open_hub
from tests.conversations.stub_engine import StubEngine


def a_bot(port: int, **values) -> TownBot:
    return TownBot(
        **{
            "name": "soest",
            "secret_env": "TELEGRAM_SOEST",
            "token": TOKEN,
            "municipality": "soest",
            "webchat": "https://chat.soest.example",
            "api": f"http://{LOOPBACK}:{port}",
            **values,
        }
    )


async def until(condition, seconds: float = 20.0) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.02)


@dataclass
class House:
    """A hub with a stub engine, a stand-in for Telegram, and what joins them."""

    hub: Hub
    server: StandIn
    port: int

    @contextlib.asynccontextmanager
    async def connected(self, **values) -> AsyncIterator[None]:
        """Run the connector until the context is left."""
        stop = asyncio.Event()
        task = asyncio.create_task(run([a_bot(self.port, **values)], self.hub.client, stop))
        try:
            yield
        finally:
            stop.set()
            await task


@contextlib.asynccontextmanager
async def open_house(folder, script=None) -> AsyncIterator[House]:
    server = StandIn()
    stub = StubEngine(script=script) if script else StubEngine()
    with bound_listener(LOOPBACK, 0) as listener:
        async with open_hub(hub_settings(folder), stub) as hub, serving(server.app, listener):
            yield House(hub, server, listener.getsockname()[1])


@pytest.fixture
async def house(tmp_path):
    async with open_house(tmp_path) as house:
        yield house


@pytest.fixture
async def joined(house):
    """A running connector."""
    async with house.connected():
        yield house
