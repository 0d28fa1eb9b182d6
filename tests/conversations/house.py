"""A hub in this process with a stub engine behind it and the real client before it."""

import contextlib
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa
from starlette.applications import Starlette

from contracts.hub import HubClient
from contracts.messages import Delivery, Receipt, UserMessage
from conversations.app import create_app
from conversations.database import Database
from service.clock import Clock, system_clock
from service.settings import Settings
from tests.conversations.stub_engine import ACTIONS_TOKEN, ENGINE_TOKEN, StubEngine

CONTENT = Path(__file__).resolve().parents[2] / "data"
HUB_TOKEN = "hub-token"


class StubTransport(httpx.ASGITransport):
    """Reaches the stub; when it is down nobody listens."""

    def __init__(self, stub: StubEngine) -> None:
        super().__init__(stub.app, raise_app_exceptions=False)
        self._stub = stub

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        actions = request.url.path.startswith("/actions")
        gone = self._stub.faults and self._stub.faults[0] == "gone" and not actions
        if gone:
            self._stub.faults.pop(0)
        if gone or (self._stub.down and not actions):
            if request.method == "POST":
                self._stub.refused += 1
            raise httpx.ConnectError("refused", request=request)
        return await super().handle_async_request(request)


def hub_settings(home: Path, **values: Any) -> Settings:
    defaults: dict[str, Any] = {
        "home": home,
        "content": CONTENT,
        "address_key": "key of the tests",
        "hub_token": HUB_TOKEN,
        "engine_url": "http://engine",
        "engine_token": ENGINE_TOKEN,
        "actions_url": "http://engine/actions",
        "actions_token": ACTIONS_TOKEN,
        "answer_limit_seconds": 6.0,
    }
    return Settings(**(defaults | values))


@dataclass
class Hub:
    """A running hub. ``client`` is the real door, ``http`` speaks raw HTTP to it."""

    settings: Settings
    stub: StubEngine
    app: Starlette
    http: httpx.AsyncClient
    client: HubClient
    numbers: Any = field(default_factory=itertools.count)

    async def say(self, text: str | None = None, address: str = "anna", **more: Any) -> Receipt:
        values = {"channel": "webchat", "address": address, "text": text, "municipality": "soest"}
        values |= {"message_id": f"n{next(self.numbers)}"} | more
        return await self.client.submit(UserMessage(**values))

    async def ask(
        self, text: str | None = None, address: str = "anna", **more: Any
    ) -> list[Delivery]:
        """Say something and return what is answered to it."""
        receipt = await self.say(text, address, **more)
        await self.settled(receipt.conversation)
        return await self.answers_to(receipt)

    async def answers_to(self, receipt: Receipt) -> list[Delivery]:
        query = "SELECT message_id FROM inbox WHERE id = :id"
        [(message_id,)] = await self.rows(query, id=receipt.inbox_id)
        fetched = await self.client.deliveries(receipt.conversation, 0)
        return [each for each in fetched.deliveries if each.in_reply_to == message_id]

    async def settled(self, conversation: str, limit_seconds: float = 30.0) -> None:
        """Wait until no message is unanswered."""
        for _ in range(int(limit_seconds)):
            state = await self.client.state(conversation)
            if not state.busy:
                return
            await self.client.deliveries(conversation, state.last_number, wait_seconds=1.0)
        raise AssertionError("the hub does not answer")

    async def rows(self, query: str, **values: Any) -> list[Any]:
        """Read the hub's database."""
        database = Database(self.settings.hub_database_url)
        try:
            return list(
                await database.read(lambda each: each.execute(sa.text(query), values).all())
            )
        finally:
            await database.close()

    async def change(self, statement: str, **values: Any) -> None:
        """Write into the hub's database."""
        database = Database(self.settings.hub_database_url)
        try:
            await database.write(
                lambda tx: tx.connection.execute(sa.text(statement), values) and None
            )
        finally:
            await database.close()


@contextlib.asynccontextmanager
async def open_hub(
    settings: Settings,
    stub: StubEngine | None = None,
    *,
    clock: Clock = system_clock,
    dispatch: bool = True,
) -> AsyncIterator[Hub]:
    """Run a hub until the context is left."""
    stub = stub or StubEngine()
    app = create_app(settings, clock=clock, dispatch=dispatch, transport=StubTransport(stub))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url="http://hub",
            headers={"Authorization": f"Bearer {HUB_TOKEN}"},
        ) as http,
    ):
        yield Hub(settings, stub, app, http, HubClient("http://hub", HUB_TOKEN, http))
