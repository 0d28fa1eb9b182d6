"""The web chat as this installation runs it: the towns are those of the content."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import channels.webchat.app
from actions.services.records import load_towns
from channels.webchat.towns import Town
from cli.ports import bound_listener
from cli.serving import serve_alone, serving
from contracts.hub import HubClient
from service.settings import Settings


def webchat_towns(content: Path) -> list[Town]:
    """Return the towns below ``content`` in the order of their names.

    Raises:
        RecordsError: a record is wrong; it names file, line and mend.
    """
    return [
        Town(town.slug, town.name, town.website, town.colours.light, town.colours.dark)
        for town in sorted(load_towns(content), key=lambda town: town.name)
    ]


@contextlib.asynccontextmanager
async def serving_webchat(
    settings: Settings, hub: HubClient, listener: socket.socket
) -> AsyncIterator[None]:
    """Serve the web chat on a bound socket until the context is left."""
    app = channels.webchat.app.create_app(settings, hub, towns=webchat_towns(settings.content))
    async with serving(app, listener):
        try:
            yield
        finally:
            app.state.streams.close()  # open chats would hold the server back


async def serve_webchat(settings: Settings) -> None:
    """Serve the web chat alone on its public address until SIGTERM or Ctrl-C.

    Raises:
        SetupProblem: the port is taken.
    """
    with bound_listener(settings.public_host, settings.public_port) as listener:
        await serve_alone(settings, lambda given, hub: serving_webchat(given, hub, listener))
