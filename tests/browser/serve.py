"""The web chat alone in a process, with settings from the environment."""

import asyncio
import socket

import uvicorn
from starlette.applications import Starlette

from channels.webchat.app import create_app
from contracts.hub import HubClient
from service.settings import load_settings


class _Server(uvicorn.Server):
    """A server that ends the event streams first, so that it can stop at once."""

    def __init__(self, config: uvicorn.Config, app: Starlette) -> None:
        super().__init__(config)
        self._app = app

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._app.state.streams.close()
        await super().shutdown(sockets)


async def main() -> None:
    settings = load_settings()
    hub = HubClient(settings.hub_url, settings.hub_token)
    app = create_app(settings, hub)
    config = uvicorn.Config(
        app, port=settings.public_port, log_config=None, timeout_graceful_shutdown=1
    )
    server = _Server(config, app)
    await server.serve()
    await hub.close()


if __name__ == "__main__":
    asyncio.run(main())
