"""The composition root: all modern parts in one process, the engine as its child.

The parts only know each other's doors (ASGI applications, HTTP addresses); this
module is the one place that knows which of them live together.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
from starlette.applications import Starlette
from starlette.routing import Mount

import actions.app
import conversations.app
from cli.engine_process import EngineProcess, is_ready
from cli.environments import home
from cli.matrix import serving_matrix
from cli.ports import LOOPBACK, bound_listener, free_port
from cli.serving import serving, together
from cli.telegram import serving_telegram
from cli.tokens import load_tokens
from cli.webchat import serving_webchat
from contracts.hub import HubClient
from service.clock import clock_of
from service.settings import Settings, load_settings

CONFIGURATION = Path("stadtdraht.toml")


@dataclass(frozen=True)
class Addresses:
    """Where a running house listens."""

    public_url: str
    hub_url: str
    engine_url: str
    pid: int


def house_settings() -> Settings:
    """Return the settings of this installation: environment, file, made secrets.

    Raises:
        SettingsError: a setting is wrong.
    """
    given = load_settings(CONFIGURATION if CONFIGURATION.exists() else None)
    made = load_tokens(home())
    missing = {name: value for name, value in made.items() if not getattr(given, name)}
    return given.model_copy(update={"home": home(), **missing})


@contextlib.asynccontextmanager
async def open_house(
    settings: Settings, model: Path, *, fixed_ports: bool
) -> AsyncIterator[Addresses]:
    """Run the whole assistant until the context is left.

    ``fixed_ports`` takes the ports of the settings; otherwise free ones are
    chosen, so that a second house can stand beside a running one. Yields when
    every part is ready.

    Raises:
        SetupProblem: a port is taken or the engine does not start.
    """
    with contextlib.ExitStack() as sockets:
        public = sockets.enter_context(
            bound_listener(settings.public_host, settings.public_port if fixed_ports else 0)
        )
        internal = sockets.enter_context(
            bound_listener(LOOPBACK, settings.internal_port if fixed_ports else 0)
        )
        settings = _with_addresses(settings, public, internal, fixed_ports=fixed_ports)
        engine = EngineProcess(
            settings.engine_url,
            engine_variables(settings, model),
            settings.home / "logs" / "engine.log",
        )
        await engine.start()
        try:
            async with _serve_parts(settings, public, internal):
                await engine.wait_until_ready()
                yield Addresses(
                    settings.public_url, settings.hub_url, settings.engine_url, os.getpid()
                )
        finally:
            await engine.stop()


def engine_variables(
    settings: Settings, model: Path, *, own_database: bool = False
) -> dict[str, str]:
    """Return the engine's settings as environment variables.

    ``own_database`` keeps to SQLite in the home folder whatever the operator set.
    """
    url = httpx.URL(settings.engine_url)
    database = None if own_database else os.environ.get("STADTDRAHT_ENGINE_DATABASE_URL")
    return {
        "STADTDRAHT_ENGINE_HOST": url.host,
        "STADTDRAHT_ENGINE_PORT": str(url.port),
        "STADTDRAHT_ENGINE_TOKEN": settings.engine_token,
        "STADTDRAHT_ENGINE_DATABASE_URL": database
        or f"sqlite:///{settings.home.resolve() / 'engine.sqlite'}",
        "STADTDRAHT_MODEL": str(model),
        "STADTDRAHT_ACTIONS_URL": settings.actions_url,
        "STADTDRAHT_ACTIONS_TOKEN": settings.actions_token,
    }


@contextlib.asynccontextmanager
async def _serve_parts(
    settings: Settings, public: socket.socket, internal: socket.socket
) -> AsyncIterator[None]:
    clock = clock_of(settings.clock)
    hub = conversations.app.create_app(settings, clock=clock)
    transport = httpx.ASGITransport(Starlette(routes=[Mount("/hub", hub)]))
    client = HubClient(settings.hub_url, settings.hub_token, httpx.AsyncClient(transport=transport))
    inner = together({"/hub": hub, "/actions": actions.app.create_app(settings, clock=clock)})
    async with (
        serving(inner, internal),
        serving_webchat(settings, client, public),
        serving_matrix(settings, client),
        serving_telegram(settings, client),
    ):
        yield
    await client.close()


def _with_addresses(
    settings: Settings, public: socket.socket, internal: socket.socket, *, fixed_ports: bool
) -> Settings:
    root = f"http://{LOOPBACK}:{internal.getsockname()[1]}"
    public_port = public.getsockname()[1]
    host = LOOPBACK if settings.public_host in {"0.0.0.0", "::"} else settings.public_host  # noqa: S104 - compared, not bound
    chosen = {
        "hub_url": f"{root}/hub",
        "actions_url": f"{root}/actions",
        "public_url": settings.public_url or f"http://{host}:{public_port}",
    }
    if not fixed_ports:
        chosen["engine_url"] = f"http://{LOOPBACK}:{free_port()}"
    return settings.model_copy(update=chosen)


def announce(addresses: Addresses) -> None:
    """Write down where this house listens, for ``ask`` and ``doctor``."""
    text = json.dumps(addresses.__dict__)
    (home() / "running.json").write_text(text, encoding="utf-8")


def retract() -> None:
    """Remove what ``announce`` wrote."""
    (home() / "running.json").unlink(missing_ok=True)


async def running_house() -> Addresses | None:
    """Return the addresses of the house that runs on this folder, or None."""
    file = home() / "running.json"
    with contextlib.suppress(OSError, ValueError, TypeError):
        addresses = Addresses(**json.loads(file.read_text(encoding="utf-8")))
        if await is_ready(f"{addresses.hub_url}/health/ready"):
            return addresses
    return None
