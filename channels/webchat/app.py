"""The web chat: pages, a widget for towns' own pages, and the API between them and the hub.

It keeps nothing of a conversation. Messages go to the hub, and are acknowledged
after the hub's commit; answers come back as server-sent events.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from channels.webchat.api import Api
from channels.webchat.headers import SecurityHeaders
from channels.webchat.pages import Pages
from channels.webchat.problems import Problem, to_response
from channels.webchat.streams import Streams
from channels.webchat.towns import Town, towns_by_slug
from contracts.hub import HubClient, HubError, HubUnavailable
from service.health import health_routes
from service.secrecy import bearer_matches
from service.settings import Settings


def create_app(settings: Settings, hub: HubClient, *, towns: Sequence[Town]) -> Starlette:
    """Return the web chat of some towns as an ASGI application.

    ``app.state.streams.close()`` ends the open event streams, so that a server
    that stops need not wait for its visitors.
    """
    by_slug = towns_by_slug(towns)
    streams = Streams(hub)
    pages = Pages(settings, by_slug)
    api = Api(settings, hub, by_slug, streams)

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        streams.close()

    async def not_found(request: Request, _error: Exception) -> Response:
        if request.url.path.startswith("/api/"):
            return to_response(Problem("not_found"))
        return pages.not_found()

    app = Starlette(
        routes=[*_health(settings, hub), *api.routes(), *pages.routes()],
        middleware=[Middleware(SecurityHeaders, secure=settings.cookie_secure)],
        exception_handlers={404: not_found, 405: _wrong_method},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False  # it would build addresses from the Host header
    app.state.streams = streams
    return app


def _health(settings: Settings, hub: HubClient) -> list[Route]:
    """Return the health routes; metrics need the hub's bearer, for this port is public."""

    async def hub_answers() -> bool:
        try:
            await hub.state("c_nobody")
        except HubUnavailable:
            return False
        except HubError:
            return True
        return True

    routes = {route.path: route for route in health_routes({"hub": hub_answers})}
    metrics = routes["/metrics"].endpoint

    async def guarded(request: Request) -> Response:
        if not bearer_matches(request.headers.get("authorization"), settings.hub_token):
            return PlainTextResponse("", 401, {"WWW-Authenticate": "Bearer"})
        answer: Response = await metrics(request)
        return answer

    routes["/metrics"] = Route("/metrics", guarded)
    return list(routes.values())


async def _wrong_method(_request: Request, error: Exception) -> Response:
    headers = getattr(error, "headers", None)
    return JSONResponse({"error": "wrong_method", "text": "So geht das hier nicht."}, 405, headers)
