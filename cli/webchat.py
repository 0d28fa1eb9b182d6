"""The web chat as this installation runs it: the towns are those of the content."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import channels.webchat.app
from actions.services.records import load_records
from channels.webchat.towns import Town
from cli.serving import serving
from contracts.hub import HubClient
from service.settings import Settings


def webchat_towns(content: Path) -> list[Town]:
    """Return the towns below ``content`` in the order of their names.

    Raises:
        RecordsError: a record is wrong; it names file, line and mend.
    """
    towns = [records.town for records in load_records(content).towns.values()]
    return [
        Town(town.slug, town.name, town.website, town.colours.light, town.colours.dark)
        for town in sorted(towns, key=lambda town: town.name)
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
