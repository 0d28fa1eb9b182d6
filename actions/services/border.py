"""The border: what a service answered is decoded and checked before anything uses it.

``Asker`` asks for JSON and returns a checked model or ``Unavailable``; it never
raises. Unknown fields are ignored, a missing or wrong one is named in the
reason. Answers that cannot be read open a breaker just as failures do.
"""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

import structlog
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from actions.services.breaker import Breaker
from actions.services.results import Nothing, Unavailable
from actions.services.transport import GET_SECONDS, Body, Transport

T = TypeVar("T")
_CHARSETS = {"iso-8859-1": "latin-1", "latin-1": "latin-1", "windows-1252": "cp1252"}
_UTF_8 = {"", "utf-8", "utf8", "us-ascii"}

_log = structlog.get_logger(__name__)


class Foreign(BaseModel):
    """Base of what comes from a service: frozen, unknown fields are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


@dataclass(frozen=True)
class Call:
    """How a service is asked, where a plain GET is not enough."""

    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None


class Unreadable(Exception):
    """The bytes are not what the service promises; the text says where."""


def decoded(body: Body) -> str:
    """Return the text of a body: UTF-8, or the charset that it names itself.

    Raises:
        Unreadable: the bytes are not in that charset, or it is an unusual one.
    """
    named = body.content_type.lower().partition("charset=")[2].split(";")[0].strip(" \"'")
    charset = "utf-8-sig" if named in _UTF_8 else _CHARSETS.get(named)
    if charset is None:
        raise Unreadable(f"unusual charset {named[:20]!r}")
    try:
        return body.content.decode(charset)
    except UnicodeDecodeError as error:
        raise Unreadable(f"not {charset} at byte {error.start}") from error


def checked(body: Body, shape: TypeAdapter[T]) -> T:
    """Return the body as checked data.

    Raises:
        Unreadable: it is no JSON or not of that shape; the message names the field.
    """
    try:
        return shape.validate_python(json.loads(decoded(body)))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the whole answer"
        raise Unreadable(f"{place}: {first['msg']}") from error
    except (ValueError, RecursionError) as error:
        raise Unreadable("no JSON") from error


class Asker:
    """Asks one service for JSON.

    Args:
        transport: the service's own transport.
        monotonic: seconds that only grow.
    """

    def __init__(
        self, transport: Transport, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._transport = transport
        self._monotonic = monotonic
        self._breakers: dict[str, Breaker] = {}

    async def bytes_of(
        self, url: str, hosts: Sequence[str], until: float | None = None
    ) -> Body | Nothing | Unavailable:
        """Return the body of ``url`` as it came.

        Args:
            url: the address.
            hosts: the hosts that may be called.
            until: moment of ``monotonic`` at which nobody waits any longer.
        """
        left = GET_SECONDS if until is None else until - self._monotonic()
        if left <= 0:
            return Unavailable(reason="no time left")
        return await self._transport.get(url, hosts, min(left, GET_SECONDS))

    async def answer_of(
        self, url: str, hosts: Sequence[str], call: Call, until: float | None = None
    ) -> Body | Nothing | Unavailable:
        """Return the body of the answer to a call; only 200 and 201 are answers."""
        left = GET_SECONDS if until is None else until - self._monotonic()
        if left <= 0:
            return Unavailable(reason="no time left")
        answer = await self._transport.request(
            call.method,
            url,
            hosts,
            seconds=min(left, GET_SECONDS),
            headers=call.headers,
            content=call.content,
        )
        if isinstance(answer, Unavailable):
            return answer
        if answer.status in {404, 410}:
            return Nothing()
        if answer.status not in {200, 201}:
            return Unavailable(reason=f"status {answer.status}")
        return Body(answer.content, answer.content_type, url)

    async def json_of(
        self,
        url: str,
        hosts: Sequence[str],
        shape: TypeAdapter[T],
        until: float | None = None,
        call: Call | None = None,
    ) -> T | Nothing | Unavailable:
        """Return the checked JSON of ``url``; arguments as for ``bytes_of`` and ``answer_of``."""

        async def read(body: Body) -> T:
            return checked(body, shape)

        return await self.read_of(url, hosts, read, until, call)

    async def read_of(
        self,
        url: str,
        hosts: Sequence[str],
        read: Callable[[Body], Awaitable[T]],
        until: float | None = None,
        call: Call | None = None,
    ) -> T | Nothing | Unavailable:
        """Return what ``read`` makes of the body; its ``Unreadable`` counts as a failure.

        Five such answers in a row open a breaker for 30 seconds.
        """
        breaker = self._breakers.setdefault(urlsplit(url).netloc, Breaker(self._monotonic))
        if not breaker.allows():
            return Unavailable(breaker.retry_after_seconds(), "answers could not be read")
        try:
            body = await (
                self.answer_of(url, hosts, call, until)
                if call
                else self.bytes_of(url, hosts, until)
            )
            if not isinstance(body, Body):
                breaker.gave_up()
                return body
            data = await read(body)
        except Unreadable as error:
            breaker.failed()
            _log.warning("service_unreadable", host=urlsplit(url).hostname, reason=str(error))
            return Unavailable(reason=str(error))
        except BaseException:
            breaker.gave_up()
            raise
        breaker.succeeded()
        return data

    def refused(self, url: str) -> Unavailable | None:
        """Return why a host is left alone at the moment: its answers could not be read."""
        breaker = self._breakers.get(urlsplit(url).netloc)
        seconds = breaker.retry_after_seconds() if breaker else 0.0
        return Unavailable(seconds, "answers could not be read") if seconds else None

    def deadline(self, seconds: float = GET_SECONDS) -> float:
        """Return the moment until which several calls together may take."""
        return self._monotonic() + seconds


def shape_of(kind: Any) -> TypeAdapter[Any]:
    """Return the checker of a type, for example ``list[Place]``."""
    return TypeAdapter(kind)
