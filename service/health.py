"""Routes that every process offers: is it alive, can it work, its metrics."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Check = Callable[[], Awaitable[bool]]


def health_routes(checks: Mapping[str, Check]) -> list[Route]:
    """Return ``/health/live``, ``/health/ready`` and ``/metrics``.

    ``/health/ready`` answers 200 when every check says yes and 503 otherwise;
    the body names each check with its result.
    """

    async def live(_request: Request) -> Response:
        return JSONResponse({"live": True})

    async def ready(_request: Request) -> Response:
        results = {name: await check() for name, check in checks.items()}
        return JSONResponse(results, status_code=200 if all(results.values()) else 503)

    async def metrics(_request: Request) -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return [
        Route("/health/live", live),
        Route("/health/ready", ready),
        Route("/metrics", metrics),
    ]
