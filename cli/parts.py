"""``stadtdraht start PART``: one part alone, for installations on several processes.

Any number of hubs, dispatchers and action servers may run on one PostgreSQL.
On SQLite hub and dispatcher share one process (``start hub`` then runs both).
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine
from pathlib import Path

import httpx
from starlette.applications import Starlette

import actions.app
import conversations.app
import conversations.dispatcher
from cli.environments import ENGINE, ROOT, SetupProblem
from cli.house import engine_variables, house_settings
from cli.matrix import serve_matrix
from cli.model import engine_environment, model_path
from cli.ports import LOOPBACK, bound_listener
from cli.serving import serving, stop_signal, together
from cli.telegram import serve_telegram
from cli.webchat import serve_webchat
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
    alone = _CHANNELS.get(part)
    asyncio.run(alone(settings) if alone else _serve(part, settings))


def _hub(settings: Settings) -> Starlette:
    alone = settings.hub_database_url.startswith("sqlite")
    hub = conversations.app.create_app(settings, clock=clock_of(settings.clock), dispatch=alone)
    return together({"/hub": hub})


def _actions(settings: Settings) -> Starlette:
    app = actions.app.create_app(settings, clock=clock_of(settings.clock))
    return together({"/actions": app})


_APPS: dict[str, Callable[[Settings], Starlette]] = {"hub": _hub, "actions": _actions}
_CHANNELS: dict[str, Callable[[Settings], Coroutine[None, None, None]]] = {
    "webchat": serve_webchat,
    "matrix": serve_matrix,
    "telegram": serve_telegram,
}
_PARTS = ("engine", "dispatcher", *_APPS, *_CHANNELS)


async def _serve(part: str, settings: Settings) -> None:
    address = {
        "hub": (LOOPBACK, httpx.URL(settings.hub_url).port or 80),
        "actions": (LOOPBACK, httpx.URL(settings.actions_url).port or 80),
    }[part]
    stop = stop_signal()
    with bound_listener(*address) as listener:
        async with serving(_APPS[part](settings), listener):
            await stop.wait()


async def _dispatch(settings: Settings) -> None:
    await conversations.dispatcher.run(settings, stop_signal())


def _become_engine(settings: Settings) -> None:
    model = os.environ.get("STADTDRAHT_MODEL") or model_path(settings.content)
    variables = engine_environment() | engine_variables(settings, Path(model))
    os.chdir(ROOT)
    os.execve(ENGINE.python, [str(ENGINE.python), "-m", "bot"], variables)
