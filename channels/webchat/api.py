"""The API behind the widget: sessions, messages, events, export, erasure."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from prometheus_client import Counter
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from channels.webchat.bodies import MessageBody, read_object, to_message
from channels.webchat.origins import check_change, check_read
from channels.webchat.problems import Problem, to_response
from channels.webchat.rates import Buckets
from channels.webchat.record import to_entries, to_export, to_state, to_text
from channels.webchat.sessions import Session, Sessions
from channels.webchat.streams import Streams
from channels.webchat.towns import Town
from contracts.hub import HubClient, HubError, HubForgot, HubRefused, HubUnavailable
from contracts.messages import ConversationOpening, ConversationState, UserMessage
from service.settings import Settings

CHANNEL = "webchat"
HUB_RETRY_SECONDS = 2.0
LARGEST_NUMBER = 2**53

MESSAGES = Counter("stadtdraht_webchat_messages_total", "Messages of the web chat.", ["outcome"])

log = structlog.get_logger()
Endpoint = Callable[[Request], Awaitable[Response]]


class Api:
    """The endpoints under ``/api``. Every town has sessions of its own (``?town=``)."""

    def __init__(
        self, settings: Settings, hub: HubClient, towns: Mapping[str, Town], streams: Streams
    ) -> None:
        self._hub = hub
        self._towns = towns
        self._streams = streams
        self._public_url = settings.public_url
        self._sessions = Sessions(settings)
        self._messages = Buckets(settings.messages_per_minute, settings.rate_burst)
        self._beginnings = Buckets(settings.sessions_per_minute, settings.sessions_per_minute)

    def routes(self) -> list[Route]:
        """Return the routes of the API."""
        return [
            Route("/api/session", self._changing(self.begin), methods=["POST"]),
            Route("/api/reset", self._changing(self.reset), methods=["POST"]),
            Route("/api/messages", self._changing(self.submit), methods=["POST"]),
            Route("/api/conversation", self._reading(self.show), methods=["GET"]),
            Route("/api/conversation", self._changing(self.erase), methods=["DELETE"]),
            Route("/api/stream", self._reading(self.stream), methods=["GET"]),
            Route("/api/export", self._reading(self.export), methods=["GET"]),
        ]

    async def begin(self, request: Request) -> Response:
        """``POST /api/session``: keep the session of the browser, or begin one."""
        await read_object(request)
        session, is_new = self._session_or_new(request)
        return self._handed_over(JSONResponse({"new": is_new}), session)

    async def reset(self, request: Request) -> Response:
        """``POST /api/reset``: a new session; the old conversation is left behind."""
        await read_object(request)
        return self._handed_over(JSONResponse({"new": True}), self._new_session(request))

    async def submit(self, request: Request) -> Response:
        """``POST /api/messages``: hand a message to the hub; 202 only after its commit."""
        body = to_message(await read_object(request))
        session, _ = self._session_or_new(request)
        wait_seconds = self._messages.take(session.token)
        if wait_seconds:
            MESSAGES.labels("limited").inc()
            raise Problem("too_many", retry_after_seconds=wait_seconds)
        answer = await self._hand_in(session, body)
        MESSAGES.labels("duplicate" if answer["duplicate"] else "accepted").inc()
        return self._handed_over(JSONResponse(answer, 202), session)

    async def show(self, request: Request) -> Response:
        """``GET /api/conversation``: what was said so far, or nothing without a session."""
        session = self._session(request)
        if session is None:
            return JSONResponse({"session": False, "state": None, "entries": []})
        opened = await self._open(session)
        transcript = await self._hub.transcript(opened.conversation)
        fetched = await self._hub.deliveries(opened.conversation, 0)
        entries = to_entries(transcript, fetched.deliveries)
        state = to_state(fetched.state)
        return JSONResponse({"session": True, "state": state, "entries": entries})

    async def stream(self, request: Request) -> Response:
        """``GET /api/stream``: deliveries after ``Last-Event-ID`` (or ``?after=``) as they come."""
        session = self._known_session(request)
        after = _position(request)
        conversation = (await self._open(session)).conversation
        stream = self._streams.open(session.token, conversation, after)
        if stream is None:
            raise Problem("too_many_streams", retry_after_seconds=HUB_RETRY_SECONDS)
        return stream

    async def export(self, request: Request) -> Response:
        """``GET /api/export?format=json|text``: the whole conversation as a download."""
        form = request.query_params.get("format", "json")
        if form not in {"json", "text"}:
            raise Problem("bad_format")
        session = self._known_session(request)
        transcript = await self._hub.transcript((await self._open(session)).conversation)
        town = self._towns[session.town].name if session.town else None
        if form == "json":
            return _download(JSONResponse(to_export(transcript)), "gespraech.json")
        return _download(PlainTextResponse(to_text(transcript, town)), "gespraech.txt")

    async def erase(self, request: Request) -> Response:
        """``DELETE /api/conversation``: erase it everywhere; the browser forgets the session."""
        session = self._session(request)
        if session is not None:
            opened = await self._open(session)
            await self._hub.erase(opened.conversation)
            log.info("conversation_erased", conversation=opened.conversation)
        response = Response(status_code=204)
        self._sessions.take_back(response, self._town(request))
        return response

    async def _hand_in(self, session: Session, body: MessageBody) -> dict[str, Any]:
        receipt = await self._hub.submit(
            UserMessage(
                channel=CHANNEL,
                address=session.token,
                message_id=session.hub_message_id(body.message_id),
                text=body.text,
                button=body.button,
                municipality=session.town,
            )
        )
        return {
            "message_id": body.message_id,
            "duplicate": receipt.duplicate,
            "state": await self._state_or_none(receipt.conversation),
        }

    async def _state_or_none(self, conversation: str) -> dict[str, Any] | None:
        """Return the state; the message is safe already, so a failure here is none."""
        try:
            return to_state(await self._hub.state(conversation))
        except HubError:
            return None

    async def _open(self, session: Session) -> ConversationState:
        opening = ConversationOpening(
            channel=CHANNEL, address=session.token, municipality=session.town
        )
        return await self._hub.open(opening)

    def _town(self, request: Request) -> str | None:
        slug = request.query_params.get("town")
        if slug is not None and slug not in self._towns:
            raise Problem("not_found")
        return slug

    def _session(self, request: Request) -> Session | None:
        return self._sessions.recognise(request, self._town(request))

    def _known_session(self, request: Request) -> Session:
        session = self._session(request)
        if session is None:
            raise Problem("no_session")
        return session

    def _session_or_new(self, request: Request) -> tuple[Session, bool]:
        session = self._session(request)
        return (session, False) if session else (self._new_session(request), True)

    def _new_session(self, request: Request) -> Session:
        place = request.client.host if request.client else secrets.token_hex()
        wait_seconds = self._beginnings.take(place)
        if wait_seconds:
            raise Problem("too_many", retry_after_seconds=wait_seconds)
        return self._sessions.issue(self._town(request))

    def _handed_over(self, response: Response, session: Session) -> Response:
        self._sessions.hand_over(response, session)
        return response

    def _changing(self, endpoint: Endpoint) -> Endpoint:
        async def guarded(request: Request) -> Response:
            check_change(request, self._public_url)
            return await endpoint(request)

        return _answering(guarded)

    def _reading(self, endpoint: Endpoint) -> Endpoint:
        async def guarded(request: Request) -> Response:
            check_read(request)
            return await endpoint(request)

        return _answering(guarded)


def _answering(endpoint: Endpoint) -> Endpoint:
    """Return the endpoint with its problems and the hub's errors turned into answers."""

    async def answered(request: Request) -> Response:
        try:
            return await endpoint(request)
        except Problem as problem:
            return to_response(problem)
        except HubUnavailable:
            log.warning("hub_unavailable", path=request.url.path)
            return to_response(Problem("hub_unavailable", retry_after_seconds=HUB_RETRY_SECONDS))
        except HubForgot:
            return to_response(Problem("not_found"))
        except HubRefused as refusal:
            log.warning("hub_refused", path=request.url.path, status=refusal.status_code)
            return to_response(Problem("refused"))

    return answered


def _position(request: Request) -> int:
    """Return the number of the last delivery that the browser has.

    Raises:
        Problem: it is no number.
    """
    words = request.headers.get("last-event-id") or request.query_params.get("after") or "0"
    if not (words.isascii() and words.isdigit() and len(words) <= len(str(LARGEST_NUMBER))):
        raise Problem("bad_position")
    return min(int(words), LARGEST_NUMBER)


def _download(response: Response, name: str) -> Response:
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
