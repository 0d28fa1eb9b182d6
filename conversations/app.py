"""The conversation service as an ASGI application, with or without a dispatcher."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from starlette.applications import Starlette

from conversations.addresses import Addresses
from conversations.crisis import CrisisLayer
from conversations.database import Database
from conversations.dispatcher import Dispatcher
from conversations.engine import Engine
from conversations.erasures import Erasures
from conversations.inbox import Inbox
from conversations.migrations import migrate
from conversations.responses import Responses
from conversations.routes import HubRoutes
from service.clock import Clock, system_clock
from service.health import health_routes
from service.settings import Settings


def create_app(
    settings: Settings,
    *,
    clock: Clock = system_clock,
    dispatch: bool = True,
    transport: httpx.AsyncBaseTransport | None = None,
) -> Starlette:
    """Return the hub. Its lifespan migrates the database and runs the dispatcher.

    Args:
        settings: database, secrets, addresses of engine and actions.
        clock: the time that citizens see; leases go by the database's clock.
        dispatch: answer messages in this process; otherwise dispatchers run elsewhere.
        transport: how the engine and the actions are reached; None is the network.

    Raises:
        ContentError: a content file of the hub is missing or wrong.
        ValueError: there is no key for addresses.
    """
    database = Database(settings.hub_database_url)
    pushing = frozenset(settings.pushing_channels.replace(",", " ").split())
    addresses = Addresses(settings.address_key, pushing)
    http = httpx.AsyncClient(transport=transport)
    engine = Engine(settings.engine_url, settings.engine_token, http)
    hub = HubRoutes(
        token=settings.hub_token,
        database=database,
        inbox=Inbox(database, addresses, CrisisLayer(settings.content), clock),
        erasures=Erasures(database, engine, clock, settings.engine_timeout_seconds),
        addresses=addresses,
        texts=Responses(settings.content).texts,
    )

    dispatching: list[asyncio.Task[None]] = []

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await migrate(database)
        database.start()
        stop = asyncio.Event()
        if dispatch:
            dispatcher = Dispatcher(settings, database, clock=clock, transport=transport)
            dispatching.append(asyncio.create_task(dispatcher.run(stop)))
        try:
            yield
        finally:
            hub.close()
            stop.set()
            await asyncio.gather(*dispatching)
            await http.aclose()
            await database.close()

    async def dispatches() -> bool:
        return not any(task.done() for task in dispatching)

    checks = {"database": database.answers, "dispatcher": dispatches}
    routes = [*hub.routes(), *health_routes(checks)]
    return Starlette(routes=routes, lifespan=lifespan)
