import asyncio
import contextlib
from pathlib import Path

import httpx
import pytest

from channels.webchat.app import create_app
from cli.webchat import webchat_towns
from contracts.hub import HubClient
from service.settings import Settings
from tests.channels.webchat.fake_hub import TOKEN, FakeHub

ORIGIN = "http://chat.test"
TOWNS = webchat_towns(Path(__file__).resolve().parents[3] / "data")


async def until(condition) -> None:
    """Wait until a condition of the fake hub or a server holds; at most five seconds."""
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.01)


def settings(**values) -> Settings:
    return Settings(
        **{
            "address_key": "key of this installation",
            "hub_token": TOKEN,
            "public_url": ORIGIN,
            "messages_per_minute": 6000,
            "rate_burst": 1000,
            "sessions_per_minute": 6000,
            **values,
        }
    )


class House:
    """A web chat in front of a fake hub, joined by the real client."""

    def __init__(self, hub: FakeHub, **values) -> None:
        self.hub = hub
        transport = httpx.ASGITransport(hub.app)
        self.client = HubClient("http://hub", TOKEN, httpx.AsyncClient(transport=transport))
        self.app = create_app(settings(**values), self.client, towns=TOWNS)

    def browser(self, **headers: str) -> httpx.AsyncClient:
        """A browser with cookies of its own; it says where its requests come from."""
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app),
            base_url=ORIGIN,
            headers={"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin", **headers},
        )


@pytest.fixture
async def hub():
    return FakeHub()


@pytest.fixture
async def houses(hub):
    """Build houses with settings of one's own."""
    async with contextlib.AsyncExitStack() as stack:

        def build(**values) -> House:
            house = House(hub, **values)
            stack.push_async_callback(house.client.close)
            stack.callback(house.app.state.streams.close)
            return house

        yield build


@pytest.fixture
async def house(houses):
    return houses()


@pytest.fixture
async def browser(house):
    async with house.browser() as browser:
        yield browser
