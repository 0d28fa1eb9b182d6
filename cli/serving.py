"""Serving ASGI applications on sockets that are bound already."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp

from cli.environments import SetupProblem
from contracts.hub import HubClient
from service.settings import Settings

Channel = Callable[[Settings, HubClient], contextlib.AbstractAsyncContextManager[None]]
"""Serves a channel as long as its context lasts."""


def together(parts: dict[str, Starlette]) -> Starlette:
    """Mount several applications side by side, with the lifespans of all of them."""

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with contextlib.AsyncExitStack() as stack:
            for part in parts.values():
                await stack.enter_async_context(part.router.lifespan_context(part))
            yield

    mounts = [Mount(path, part) for path, part in parts.items()]
    return Starlette(routes=mounts, lifespan=lifespan)


class _Server(uvicorn.Server):
    """A uvicorn server that leaves the signals to the command line."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def serving(app: ASGIApp, listener: socket.socket) -> AsyncIterator[None]:
    """Serve one application on a bound socket until the context is left."""
    server = _Server(
        uvicorn.Config(
            app, log_config=None, access_log=False, lifespan="on", timeout_graceful_shutdown=3
        )
    )
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        while not server.started:
            if task.done():
                task.result()
                raise SetupProblem("Ein Teil ist beim Start stehen geblieben; siehe oben.")
            await asyncio.sleep(0.02)
        yield
    finally:
        server.should_exit = True
        await task


def stop_signal() -> asyncio.Event:
    """Return an event that Ctrl-C and SIGTERM set; a second Ctrl-C interrupts at once."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def ask_to_stop() -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ask_to_stop)
    return stop


async def serve_alone(settings: Settings, channel: Channel) -> None:
    """Serve one channel, the hub being elsewhere, until SIGTERM or Ctrl-C."""
    stop = stop_signal()
    hub = HubClient(settings.hub_url, settings.hub_token)
    async with channel(settings, hub):
        await stop.wait()
    await hub.close()
