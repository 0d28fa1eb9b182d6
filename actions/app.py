"""The action server as an ASGI application.

``POST /webhook`` speaks rasa-sdk's protocol (bearer secret, body up to 1 MB)
and answers errors as rasa-sdk does: 400 for a rejected execution, 404 for an
unknown action, 500 for the rest. ``POST /fallback`` gives what can be said
without the engine. ``DELETE /conversations/<id>`` forgets who reported something. What an
action writes carries the key of its message, so a repeated call has no second effect.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import structlog
from rasa_sdk.executor import ActionExecutor  # type: ignore[import-untyped]
from rasa_sdk.interfaces import ActionExecutionRejection, ActionNotFoundException  # type: ignore[import-untyped]
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from actions.fallback import fallback_answer
from actions.registry import answerers
from actions.runner import ConcernAction
from actions.services.access import Services, open_services
from actions.services.defects import ReportStore
from actions.services.reports.database import StoreUnavailable
from service.clock import Clock, system_clock
from service.health import health_routes
from service.secrecy import bearer_matches
from service.settings import Settings

BODY_BYTES = 1_000_000

_log = structlog.get_logger(__name__)


class _Refused(Exception):
    """A request that is answered with an error before anything runs."""

    def __init__(self, status: int, problem: str) -> None:
        super().__init__(problem)
        self.status = status
        self.problem = problem


def create_app(
    settings: Settings,
    *,
    clock: Clock = system_clock,
    transport: httpx.AsyncBaseTransport | None = None,
) -> Starlette:
    """Return the action server.

    Args:
        settings: `content` is the folder of the records, `actions_token` the secret.
        clock: the time; demonstrations and tests stop it.
        transport: what the services' HTTP client uses; None is the network.

    Raises:
        RecordsError: the records are wrong; the message names files and places.
    """
    http = httpx.AsyncClient(transport=transport, follow_redirects=False)
    reports = ReportStore(
        settings.reports_database_url, settings.store_key or settings.actions_token
    )
    feeds = settings.home / "feeds"
    services = open_services(settings.content, http, clock, feeds, reports=reports)
    executor = build_executor(services, clock)
    server = _Server(settings.actions_token, services, executor, clock)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        delivery = asyncio.create_task(services.defects.run())
        yield
        delivery.cancel()
        await asyncio.gather(delivery, return_exceptions=True)
        await services.defects.close()
        await http.aclose()

    routes = [
        Route("/webhook", server.webhook, methods=["POST"]),
        Route("/fallback", server.fallback, methods=["POST"]),
        Route("/conversations/{conversation}", server.forget, methods=["DELETE"]),
        *health_routes({"records": server.ready}),
    ]
    return Starlette(routes=routes, lifespan=lifespan)


def build_executor(services: Services, clock: Clock) -> ActionExecutor:
    """Return rasa-sdk's executor with one action for each answered intent."""
    executor = ActionExecutor()
    for intent, answerer in answerers().items():
        executor.register_action(ConcernAction(intent, answerer, services, clock))
    return executor


class _Server:
    """The routes, with what they need."""

    def __init__(
        self, token: str, services: Services, executor: ActionExecutor, clock: Clock
    ) -> None:
        self._token = token
        self._services = services
        self._executor = executor
        self._clock = clock

    async def webhook(self, request: Request) -> Response:
        """Run one action."""
        try:
            call = await self._read(request)
        except _Refused as refused:
            return JSONResponse({"error": refused.problem}, status_code=refused.status)
        name = str(call.get("next_action") or "")
        call.setdefault("domain", {})  # the answers never need it, rasa-sdk insists on one
        try:
            result = await self._executor.run(call)
        except ActionExecutionRejection as error:
            return _failure(400, error.message, error.action_name)
        except ActionNotFoundException as error:
            return _failure(404, error.message, error.action_name)
        except Exception as error:
            _log.exception("action_failed", action=name)
            return _failure(500, type(error).__name__, name)
        return JSONResponse(result.model_dump() if result else None)

    async def fallback(self, request: Request) -> Response:
        """Answer without the engine: contacts and hours of the town, a human."""
        try:
            body = await self._read(request)
        except _Refused as refused:
            return JSONResponse({"error": refused.problem}, status_code=refused.status)
        town = body.get("municipality")
        answer = await fallback_answer(
            self._services, self._clock(), town if isinstance(town, str) else None
        )
        return JSONResponse({"answers": [answer.to_json()]})

    async def forget(self, request: Request) -> Response:
        """Cut the tie between a person and what was reported in a conversation."""
        if not bearer_matches(request.headers.get("authorization"), self._token):
            return JSONResponse({"error": "bearer secret is missing or wrong"}, status_code=401)
        try:
            await self._services.defects.forget(request.path_params["conversation"])
        except StoreUnavailable:
            return JSONResponse({"error": "storage"}, status_code=503)
        return Response(status_code=204)

    async def ready(self) -> bool:
        """Tell whether there is a town to answer for."""
        return bool(self._services.municipality.towns())

    async def _read(self, request: Request) -> dict[str, Any]:
        if not bearer_matches(request.headers.get("authorization"), self._token):
            raise _Refused(401, "bearer secret is missing or wrong")
        raw = await _capped(request)
        try:
            body = json.loads(raw)
        except ValueError as error:
            raise _Refused(400, "the body is no JSON") from error
        if not isinstance(body, dict):
            raise _Refused(400, "the body is no JSON object")
        return body


async def _capped(request: Request) -> bytes:
    chunks = bytearray()
    async for chunk in request.stream():
        chunks += chunk
        if len(chunks) > BODY_BYTES:
            raise _Refused(413, f"the body is longer than {BODY_BYTES} bytes")
    return bytes(chunks)


def _failure(status: int, problem: str, action: str) -> Response:
    return JSONResponse({"error": problem, "action_name": action}, status_code=status)
