"""The hub's HTTP API, as `contracts.hub.HubClient` calls it. Everything needs the bearer secret."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import structlog
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from contracts.messages import (
    AddressedDelivery,
    ConversationOpening,
    ConversationState,
    Deliveries,
    Outcome,
    PendingDeliveries,
    UserMessage,
)
from conversations import outbox
from conversations.addresses import Addresses, AddressUnreadable
from conversations.database import Database, StorageUnavailable
from conversations.erasures import ConversationUnknown, Erasures
from conversations.inbox import Inbox, MessageElsewhere
from conversations.outbox import DeliveryUnknown
from conversations.responses import Texts
from conversations.signals import channel_topic, wait_for
from conversations.transcripts import transcript
from conversations.typed_text import storable
from service.secrecy import bearer_matches

BODY_LIMIT_BYTES = 16_384
WAIT_LIMIT_SECONDS = 60.0
POLL_SECONDS = 5.0
NUMBER_LIMIT = 2**53

M = TypeVar("M", bound=BaseModel)
Handler = Callable[[Request], Awaitable[Response]]

log = structlog.get_logger(__name__)


class _Refused(Exception):
    """A request that is answered with an error before anything happens."""

    def __init__(self, status: int, code: str, problem: str) -> None:
        super().__init__(problem)
        self.status = status
        self.code = code
        self.problem = problem


class HubRoutes:
    """The routes, with what they need."""

    def __init__(
        self,
        token: str,
        database: Database,
        inbox: Inbox,
        erasures: Erasures,
        addresses: Addresses,
        texts: Texts,
    ) -> None:
        self._token = token
        self._database = database
        self._inbox = inbox
        self._erasures = erasures
        self._addresses = addresses
        self._texts = texts
        self._closing = asyncio.Event()

    def routes(self) -> list[Route]:
        """Return the routes of the API."""
        table: list[tuple[str, str, Handler]] = [
            ("POST", "/v1/conversations", self._open),
            ("POST", "/v1/messages", self._submit),
            ("GET", "/v1/conversations/{conversation}/deliveries", self._deliveries),
            ("GET", "/v1/conversations/{conversation}/transcript", self._transcript),
            ("GET", "/v1/conversations/{conversation}", self._state),
            ("DELETE", "/v1/conversations/{conversation}", self._erase),
            ("GET", "/v1/channels/{channel}/pending", self._pending),
            ("POST", "/v1/deliveries/{delivery}/outcome", self._outcome),
        ]
        return [Route(path, self._guarded(work), methods=[method]) for method, path, work in table]

    def close(self) -> None:
        """Answer all who wait, so that the server can stop."""
        self._closing.set()
        self._database.signals.publish_all()

    # ---- routes -------------------------------------------------------------

    async def _open(self, request: Request) -> Response:
        opening = await _read(request, ConversationOpening)
        return _json(await self._known_state(await self._inbox.open(opening)))

    async def _submit(self, request: Request) -> Response:
        message = await _read(request, UserMessage)
        if (message.text is None) == (message.button is None):
            raise _Refused(422, "invalid", "needs exactly one of text and button")
        return _json(await self._inbox.accept(message))

    async def _state(self, request: Request) -> Response:
        return _json(await self._known_state(request.path_params["conversation"]))

    async def _deliveries(self, request: Request) -> Response:
        conversation = request.path_params["conversation"]
        after = int(_number(request, "after", limit=NUMBER_LIMIT))
        wait = _number(request, "wait", limit=WAIT_LIMIT_SECONDS)
        with self._database.signals.listening(conversation) as news:
            fetched = first = await self._fetch(conversation, after)
            async for fetched in _looks(news, wait, lambda: self._fetch(conversation, after)):
                if fetched.deliveries or fetched.state != first.state or self._closing.is_set():
                    break
        return _json(fetched)

    async def _pending(self, request: Request) -> Response:
        channel = request.path_params["channel"]
        wait = _number(request, "wait", limit=WAIT_LIMIT_SECONDS)
        with self._database.signals.listening(channel_topic(channel)) as news:
            taken: PendingDeliveries
            async for taken in _looks(news, wait, lambda: self._take(channel)):
                if taken.pending or self._closing.is_set():
                    break
        return _json(taken)

    async def _outcome(self, request: Request) -> Response:
        outcome = await _read(request, Outcome)
        seconds = outcome.retry_after_seconds
        if seconds is not None and not (math.isfinite(seconds) and 0 <= seconds <= 86_400):
            raise _Refused(422, "invalid", "retry_after_seconds: from 0 to 86400")
        await self._database.write(outbox.confirm, request.path_params["delivery"], outcome)
        return Response(status_code=204)

    async def _transcript(self, request: Request) -> Response:
        conversation = request.path_params["conversation"]
        found = await self._database.read(transcript, conversation, self._texts)
        if found is None:
            raise ConversationUnknown(conversation)
        return _json(found)

    async def _erase(self, request: Request) -> Response:
        await self._erasures.erase(request.path_params["conversation"])
        return Response(status_code=204)

    # ---- what they share ----------------------------------------------------

    async def _known_state(self, conversation: str) -> ConversationState:
        state = await self._database.read(outbox.state, conversation)
        if state is None:
            raise ConversationUnknown(conversation)
        return state

    async def _fetch(self, conversation: str, after: int) -> Deliveries:
        def look(connection: Any) -> Deliveries | None:
            state = outbox.state(connection, conversation)  # first, so that it is never ahead
            if state is None:
                return None
            return Deliveries(
                deliveries=outbox.deliveries(connection, conversation, after), state=state
            )

        found = await self._database.read(look)
        if found is None:
            raise ConversationUnknown(conversation)
        return found

    async def _take(self, channel: str) -> PendingDeliveries:
        taken = await self._database.write(outbox.take_pending, channel)
        pending = []
        for delivery, sealed in taken:
            address = await self._address(delivery.id, delivery.conversation, sealed)
            if address is not None:
                pending.append(AddressedDelivery(delivery=delivery, address=address))
        return PendingDeliveries(pending=tuple(pending))

    async def _address(self, delivery: str, conversation: str, sealed: bytes | None) -> str | None:
        """Return where a delivery goes; one that can go nowhere becomes a dead letter."""
        try:
            if sealed is not None:
                return self._addresses.opened(sealed, conversation)
        except AddressUnreadable:
            log.error("address_unreadable", conversation=conversation)
        lost = Outcome(result="refused", reason="address_unreadable")
        await self._database.write(outbox.confirm, delivery, lost)
        return None

    def _guarded(self, handler: Handler) -> Handler:
        """Let only bearers of the secret in and turn failures into statuses."""

        async def guarded(request: Request) -> Response:
            if not bearer_matches(request.headers.get("authorization"), self._token):
                return _problem(401, "unauthorized", "bearer secret is missing or wrong")
            try:
                return await handler(request)
            except _Refused as refused:
                return _problem(refused.status, refused.code, refused.problem)
            except (ConversationUnknown, DeliveryUnknown):
                return _problem(404, "not_found", "there is no such thing (any more)")
            except MessageElsewhere:
                return _problem(422, "invalid", "message_id: belongs to another conversation")
            except StorageUnavailable as error:
                log.warning("storage_unavailable", error=str(error))
                return _problem(503, "storage", "the database cannot work now")

        return guarded


async def _looks(news: asyncio.Event, wait_seconds: float, look: Callable[[], Awaitable[M]]) -> Any:
    """Yield what is seen now, and again at each signal until the time is over."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + wait_seconds
    yield await look()
    while (left := deadline - loop.time()) > 0:
        await wait_for(news, min(left, POLL_SECONDS))
        yield await look()


async def _read(request: Request, model: type[M]) -> M:
    """Read and check a body.

    Raises:
        _Refused: 413 too large, 422 not what the contract says.
    """
    raw = await _capped(request)
    try:
        fields = json.loads(raw, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise _Refused(422, "invalid", "the body is no JSON in UTF-8") from error
    if isinstance(fields, dict) and isinstance(fields.get("text"), str):
        fields["text"] = storable(fields["text"])
    try:
        return model.model_validate(fields)
    except (ValidationError, RecursionError) as error:
        raise _Refused(422, "invalid", _in_plain_words(error)) from error


async def _capped(request: Request) -> bytes:
    body = bytearray()
    try:
        async for part in request.stream():
            body += part
            if len(body) > BODY_LIMIT_BYTES:
                raise _Refused(413, "too_large", f"the body is above {BODY_LIMIT_BYTES} bytes")
    except ClientDisconnect as error:
        raise _Refused(400, "disconnected", "the caller went away") from error
    return bytes(body)


def _no_constant(constant: str) -> None:
    raise ValueError(constant)


def _in_plain_words(error: ValidationError | RecursionError) -> str:
    """Name the wrong fields without repeating what was in them."""
    if isinstance(error, RecursionError):
        return "the body is nested too deeply"
    problems = error.errors(include_input=False, include_context=False, include_url=False)
    named = (f"{'.'.join(map(str, each['loc'])) or 'body'}: {each['msg']}" for each in problems)
    return "; ".join(named)[:1000]


def _number(request: Request, name: str, *, limit: float) -> float:
    raw = request.query_params.get(name, "0")
    try:
        value = float(raw)
    except ValueError:
        value = math.nan
    if not 0 <= value <= limit:
        raise _Refused(422, "invalid", f"{name}: a number from 0 to {limit:.0f}")
    return value


def _json(model: BaseModel) -> Response:
    return Response(model.model_dump_json(), media_type="application/json")


def _problem(status: int, code: str, problem: str) -> Response:
    return JSONResponse({"error": code, "problem": problem}, status_code=status)
