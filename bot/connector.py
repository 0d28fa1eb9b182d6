"""The only door of the engine: turns of the conversation service over HTTP.

``POST /webhooks/stadtdraht/turn`` answers with the turn's answers or with a
status that says what went wrong (`bot.failures`), never with an empty list.
``DELETE /webhooks/stadtdraht/conversations/<id>`` erases a conversation.
``GET /webhooks/stadtdraht/health/live`` and ``/ready`` tell how the process is.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Coroutine
from datetime import datetime
from hmac import compare_digest
from typing import Any

from rasa.core.channels.channel import InputChannel
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.agent import Turn, TurnAgent
from bot.answers import is_channel_name
from bot.failures import ActionFailed, StorageFailed, TurnFailure, TurnTooLong, WrongTurn
from bot.logs import Log

BODY_LIMIT_BYTES = 16_384
TEXT_LIMIT_CHARACTERS = 2_000
ID_LIMIT_CHARACTERS = 200
DEFAULT_CHANNEL = "webchat"
CONVERSATION = re.compile(r"c_[0-7][0-9A-HJKMNP-TV-Z]{25}\Z")
_MESSAGE_ID = re.compile(r"[\x21-\x7e]{1,200}\Z")
_MUNICIPALITY = re.compile(r"[a-z][a-z0-9-]{0,63}\Z")
_FIELDS = frozenset(
    {"message_id", "conversation", "text", "payload", "channel", "municipality", "sent_at"}
)

TakeTurn = Callable[[Turn], Coroutine[Any, Any, Any]]
Handler = Callable[..., Coroutine[Any, Any, HTTPResponse]]
journal = Log("connector")


class TurnChannel(InputChannel):
    """Rasa input channel ``stadtdraht``; the caller proves itself with ``token``."""

    def __init__(self, token: str, agent: TurnAgent) -> None:
        self._expected = f"Bearer {token}".encode()
        self._agent = agent
        self._running: set[asyncio.Task[Any]] = set()

    @classmethod
    def name(cls) -> str:
        """Return the name in the channel's address."""
        return "stadtdraht"

    def blueprint(self, on_new_message: TakeTurn) -> Blueprint:
        """Return the routes; ``on_new_message`` takes a `Turn` and returns its answer."""

        async def turn(request: Request) -> HTTPResponse:
            asked = to_turn(await _limited_body(request))
            return _json(200, await self._sheltered(on_new_message(asked)))

        async def ready(_request: Request) -> HTTPResponse:
            return await self._readiness()

        blueprint = Blueprint(f"{self.name()}_turns")
        blueprint.add_route(self._guarded(turn), "/turn", methods=["POST"], stream=True)
        blueprint.add_route(
            self._guarded(self._forget), "/conversations/<conversation>", methods=["DELETE"]
        )
        blueprint.add_route(_live, "/health/live", methods=["GET"])
        blueprint.add_route(ready, "/health/ready", methods=["GET"])
        return blueprint

    async def finish(self, limit_seconds: float) -> None:
        """Wait for the turns that are running, at most so long."""
        if self._running:
            await asyncio.wait(self._running, timeout=limit_seconds)

    # ---- routes -------------------------------------------------------------

    async def _forget(self, request: Request, conversation: str) -> HTTPResponse:  # noqa: ARG002
        _check_conversation(conversation)
        await self._sheltered(self._agent.forget(conversation))
        return HTTPResponse(status=204)

    async def _readiness(self) -> HTTPResponse:
        if self._agent.processor is None:
            return _json(503, {"status": "model_missing"})
        try:
            await self._agent.tracker_store.check()
        except StorageFailed:
            return _json(503, {"status": "storage"})
        return _json(200, {"status": "ready", "model": self._agent.model_name})

    async def _sheltered(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Finish ``work`` even when the caller has gone away."""
        task = asyncio.ensure_future(work)
        self._running.add(task)
        task.add_done_callback(self._done)
        return await asyncio.shield(task)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # seen, even when nobody waits any more

    def _guarded(self, handler: Handler) -> Handler:
        """Let only the conversation service in and turn failures into statuses."""

        async def guarded(request: Request, **arguments: str) -> HTTPResponse:
            shown = request.headers.get("authorization", "").encode("utf-8", "replace")
            if not compare_digest(shown, self._expected):
                return _json(401, {"error": "unauthorized"})
            try:
                return await handler(request, **arguments)
            except TurnFailure as failure:
                return _failed(failure)
            except asyncio.CancelledError:
                raise
            except Exception as error:
                journal.error("turn.crashed", error)
                return _json(503, {"error": TurnFailure.code})

        guarded.__name__ = handler.__name__.strip("_")
        return guarded


def to_turn(body: bytes) -> Turn:
    """Read a request.

    Raises:
        WrongTurn: names the field that does not keep the contract.
        TurnTooLong: the text is too long.
    """
    fields = _object(body)
    unknown = fields.keys() - _FIELDS
    if unknown:
        raise WrongTurn("body: has a field that the contract does not know")
    text, payload = _optional_string(fields, "text"), _optional_string(fields, "payload")
    if (text is None) == (payload is None):
        raise WrongTurn("body: needs exactly one of text and payload")
    if text is not None and len(text) > TEXT_LIMIT_CHARACTERS:
        raise TurnTooLong(f"text: more than {TEXT_LIMIT_CHARACTERS} characters")
    message_id = _matching(fields, "message_id", _MESSAGE_ID) or ""
    conversation = _check_conversation(fields.get("conversation"))
    channel = _optional_string(fields, "channel") or DEFAULT_CHANNEL
    if not is_channel_name(channel):
        raise WrongTurn("channel: is not a channel's name")
    metadata = {
        "message_id": message_id,
        "municipality": _matching(fields, "municipality", _MUNICIPALITY, optional=True),
        "sent_at": _time(fields),
    }
    return Turn(message_id, conversation, text, payload, channel, metadata)


async def _limited_body(request: Request) -> bytes:
    """Read the body, giving up as soon as it is too long.

    Raises:
        TurnTooLong: it is longer than `BODY_LIMIT_BYTES`.
    """
    announced = request.headers.get("content-length", "0")
    if not announced.isdigit() or int(announced) > BODY_LIMIT_BYTES:
        raise TurnTooLong(f"body: more than {BODY_LIMIT_BYTES} bytes")
    body = bytearray()
    stream: Any = request.stream
    while (part := await stream.read()) is not None:
        body += part
        if len(body) > BODY_LIMIT_BYTES:
            raise TurnTooLong(f"body: more than {BODY_LIMIT_BYTES} bytes")
    return bytes(body)


def _object(body: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(body, parse_constant=_refuse, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        raise WrongTurn("body: is not a JSON object in UTF-8") from None
    if not isinstance(fields, dict):
        raise WrongTurn("body: is not a JSON object")
    return fields


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a field is there twice")
    return fields


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _optional_string(fields: dict[str, Any], name: str) -> str | None:
    value = fields.get(name)
    if value is not None and not isinstance(value, str):
        raise WrongTurn(f"{name}: is not a string")
    return value


def _matching(
    fields: dict[str, Any], name: str, form: re.Pattern[str], *, optional: bool = False
) -> str | None:
    value = _optional_string(fields, name)
    if value is None and optional:
        return None
    if value is None or not form.match(value):
        raise WrongTurn(f"{name}: has not the right form")
    return value


def _check_conversation(conversation: object) -> str:
    if not isinstance(conversation, str) or not CONVERSATION.match(conversation):
        raise WrongTurn("conversation: is not an id of the conversation service")
    return conversation


def _time(fields: dict[str, Any]) -> str | None:
    value = _optional_string(fields, "sent_at")
    if value is None:
        return None
    try:
        datetime.fromisoformat(value.replace("Z", "+00:00"))
    except ValueError:
        raise WrongTurn("sent_at: is not an ISO 8601 time") from None
    return value


async def _live(request: Request) -> HTTPResponse:  # noqa: ARG001
    return _json(200, {"status": "live"})


def _failed(failure: TurnFailure) -> HTTPResponse:
    if isinstance(failure, WrongTurn):
        journal.warning("turn.refused", code=failure.code)
    else:
        journal.error("turn.failed", failure, code=failure.code, problem=_problem(failure))
    return _json(failure.status, {"error": failure.code, "problem": failure.problem})


def _problem(failure: TurnFailure) -> str:
    return failure.problem if isinstance(failure, ActionFailed) else ""


def _json(status: int, content: dict[str, Any]) -> HTTPResponse:
    return HTTPResponse(
        json.dumps(content, default=_plain), status=status, content_type="application/json"
    )


def _plain(value: Any) -> Any:
    """Turn numpy's numbers, which NLU components leave behind, into plain ones."""
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(type(value).__name__)
