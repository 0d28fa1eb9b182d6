"""The door to the engine: one turn as a call with an honest result.

::

    EngineError
    ├── EngineGone       nobody listens, it is starting, or our secret is wrong
    ├── EngineSlow       no answer in time
    ├── EngineFailed     an answer that is a failure, empty or unreadable (``code``)
    └── EngineRefused    the message keeps no contract; repeating it is pointless
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from typing import Any

import httpx
import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from conversations.answers import Answer

ANSWER_LIMIT_BYTES = 1_000_000
CONNECT_SECONDS = 2.0
ERASE_SECONDS = 3.0
PROBE_SECONDS = 1.0
_STARTING = frozenset({"model_missing", "storage"})

log = structlog.get_logger(__name__)


class EngineError(Exception):
    """A turn without an answer. ``code`` is fit for logs and metrics."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class EngineGone(EngineError):
    """The engine cannot be reached or is not ready; the turn has not begun."""


class EngineSlow(EngineError):
    """No answer came in time; the turn may have happened."""


class EngineFailed(EngineError):
    """The engine answered, but not with a turn, or it broke off."""


class EngineRefused(EngineError):
    """The engine does not take this message and never will."""


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Intent(_Read):
    """What the engine understood."""

    name: str
    confidence: float


class Handoff(_Read):
    """The dialogue's wish for a human."""

    reason: str = Field(default="citizen", max_length=64)


class EngineTurn(_Read):
    """The engine's answer to one message."""

    message_id: str
    duplicate: bool = False
    intent: Intent | None = None
    entities: tuple[dict[str, Any], ...] = ()
    answers: tuple[Answer, ...] = ()
    handoff: Handoff | None = None


class TurnRequest(BaseModel):
    """One message for the engine; either ``text`` (typed) or ``payload`` (a button of ours)."""

    message_id: str
    conversation: str
    text: str | None = None
    payload: str | None = None
    channel: str
    municipality: str | None = None
    sent_at: dt.datetime | None = None


class Engine:
    """Client of the engine's connector. The caller owns and closes ``http``."""

    def __init__(self, url: str, token: str, http: httpx.AsyncClient) -> None:
        self._root = f"{url.rstrip('/')}/webhooks/stadtdraht"
        self._headers = {"Authorization": f"Bearer {token}"}
        self._http = http

    async def take_turn(self, request: TurnRequest, timeout_seconds: float) -> EngineTurn:
        """Let the engine answer one message. The same message id has no second effect.

        Raises:
            EngineError: see the tree above.
        """
        response = await self._call(
            "POST",
            "/turn",
            timeout_seconds,
            content=request.model_dump_json(exclude_none=True).encode(),
            headers=self._headers | {"Content-Type": "application/json"},
        )
        if response.status_code != 200:
            raise _failure(response)
        return _turn(response)

    async def erase(self, conversation: str) -> None:
        """Erase a conversation in the engine's store.

        Raises:
            EngineError: it could not be done now.
        """
        response = await self._call(
            "DELETE", f"/conversations/{conversation}", ERASE_SECONDS, headers=self._headers
        )
        if response.status_code not in {200, 204, 404}:
            raise _failure(response)

    async def is_ready(self) -> bool:
        """Tell whether the engine says that it can work."""
        try:
            response = await self._call("GET", "/health/ready", PROBE_SECONDS)
        except EngineError:
            return False
        return response.status_code == 200

    async def _call(
        self, method: str, path: str, timeout_seconds: float, **request: Any
    ) -> httpx.Response:
        timeout = httpx.Timeout(timeout_seconds, connect=min(CONNECT_SECONDS, timeout_seconds))
        url = self._root + path
        try:
            async with asyncio.timeout(timeout_seconds):  # httpx limits each step, not the whole
                return await self._http.request(method, url, timeout=timeout, **request)
        except TimeoutError as error:
            raise EngineSlow("timeout") from error
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise EngineGone("unreachable") from error
        except httpx.TimeoutException as error:
            raise EngineSlow("timeout") from error
        except httpx.HTTPError as error:
            raise EngineFailed("broken_off") from error


def _failure(response: httpx.Response) -> EngineError:
    code = _code(response)
    if response.status_code == 401:
        log.error("engine_refuses_our_secret")
        return EngineGone("unauthorized")
    if response.status_code in {400, 413, 422}:
        return EngineRefused(code)
    if response.status_code == 503 and code in _STARTING:
        return EngineGone(code)
    return EngineFailed(code)


def _code(response: httpx.Response) -> str:
    try:
        code = response.json().get("error")
    except (ValueError, AttributeError, RecursionError):
        code = None
    known = isinstance(code, str) and code.isascii() and code.replace("_", "").isalpha()
    return code[:40] if known else f"status_{response.status_code}"


def _turn(response: httpx.Response) -> EngineTurn:
    if len(response.content) > ANSWER_LIMIT_BYTES:
        raise EngineFailed("too_large")
    try:
        turn = EngineTurn.model_validate(json.loads(response.content))
    except (ValidationError, ValueError, RecursionError) as error:
        raise EngineFailed("unreadable") from error
    if not turn.answers and turn.handoff is None:
        raise EngineFailed("empty_answer")
    return turn
