"""``stadtdraht start PART``: one part alone, for installations on several processes.

Any number of hubs, dispatchers and action servers may run on one PostgreSQL.
On SQLite hub and dispatcher share one process (``start hub`` then runs both).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
from starlette.applications import Starlette

import actions.app
import conversations.app
import conversations.dispatcher
from cli.environments import ENGINE, ROOT, SetupProblem
from cli.house import engine_variables, house_settings
from cli.model import engine_environment, model_path
from cli.ports import LOOPBACK, bound_listener
from cli.run import stop_signal
from cli.serving import serving, together
from cli.webchat import serving_webchat
from contracts.hub import HubClient
from service.clock import clock_of
from service.logs import configure_logs
from service.settings import Settings


def main(part: str) -> None:
    """Run one part until SIGTERM or Ctrl-C.

    Raises:
        SetupProblem: there is no such part.
    """
    settings = house_settings()
    configure_logs(settings.log_level)
    if part == "engine":
        _become_engine(settings)
    if part == "dispatcher":
        asyncio.run(_dispatch(settings))
        return
    if part not in _PARTS:
        raise SetupProblem(f"Den Teil {part!r} gibt es nicht. Teile: {', '.join(_PARTS)}.")
    asyncio.run(serve(part, settings))


def _hub(settings: Settings) -> Starlette:
    alone = settings.hub_database_url.startswith("sqlite")
    hub = conversations.app.create_app(settings, clock=clock_of(settings.clock), dispatch=alone)
    return together({"/hub": hub})


def _actions(settings: Settings) -> Starlette:
    app = actions.app.create_app(settings, clock=clock_of(settings.clock))
    return together({"/actions": app})


_APPS: dict[str, Callable[[Settings], Starlette]] = {"hub": _hub, "actions": _actions}
_PARTS = ("engine", "dispatcher", *_APPS, "webchat")


async def serve(part: str, settings: Settings) -> None:
    """Serve ``hub``, ``actions`` or ``webchat`` until SIGTERM or Ctrl-C."""
    address = {
        "hub": (LOOPBACK, httpx.URL(settings.hub_url).port or 80),
        "actions": (LOOPBACK, httpx.URL(settings.actions_url).port or 80),
        "webchat": (settings.public_host, settings.public_port),
    }[part]
    stop = stop_signal()
    with bound_listener(*address) as listener:
        async with _served(part, settings, listener):
            await stop.wait()


@contextlib.asynccontextmanager
async def _served(part: str, settings: Settings, listener: socket.socket) -> AsyncIterator[None]:
    if part != "webchat":
        async with serving(_APPS[part](settings), listener):
            yield
        return
    client = HubClient(settings.hub_url, settings.hub_token)
    async with serving_webchat(settings, client, listener):
        yield
    await client.close()


async def _dispatch(settings: Settings) -> None:
    await conversations.dispatcher.run(settings, stop_signal())


def _become_engine(settings: Settings) -> None:
    model = os.environ.get("STADTDRAHT_MODEL") or model_path(settings.content)
    variables = engine_environment() | engine_variables(settings, Path(model))
    os.chdir(ROOT)
    os.execve(ENGINE.python, [str(ENGINE.python), "-m", "bot"], variables)
