import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from channels.matrix.connector import run
from cli.ports import LOOPBACK, bound_listener
from cli.serving import serving
from tests.channels.matrix.stand_in import KEY, StandIn, an_account
from tests.conversations.house import Hub, hub_settings, open_hub
from tests.conversations.stub_engine import StubEngine


async def until(condition, seconds: float = 20.0) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.02)


@dataclass
class House:
    """A hub with a stub engine, a stand-in homeserver, and what joins them."""

    hub: Hub
    server: StandIn
    port: int
    folder: object

    @contextlib.asynccontextmanager
    async def connected(self, **values) -> AsyncIterator[None]:
        """Run the connector until the context is left."""
        stop = asyncio.Event()
        accounts = [an_account(self.port, **values)]
        task = asyncio.create_task(run(accounts, self.folder, KEY, self.hub.client, stop))
        try:
            yield
        finally:
            stop.set()
            await task

    async def started(self) -> None:
        """Wait until the connector has found its place in the stream."""
        await until(lambda: len(self.server.called("/sync")) >= 2)


@contextlib.asynccontextmanager
async def open_house(folder, script=None) -> AsyncIterator[House]:
    server = StandIn()
    stub = StubEngine(script=script) if script else StubEngine()
    with bound_listener(LOOPBACK, 0) as listener:
        async with open_hub(hub_settings(folder), stub) as hub, serving(server.app, listener):
            yield House(hub, server, listener.getsockname()[1], folder / "matrix")


@pytest.fixture
async def house(tmp_path):
    async with open_house(tmp_path) as house:
        yield house
