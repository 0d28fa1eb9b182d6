"""How services are asked over HTTP: little time, small bodies, no foreign hosts.

One ``Transport`` belongs to one service. A GET is repeated once when the time
left allows it; nothing else is ever repeated. No exception of httpx leaves
this module: the caller of ``get`` has a ``Body``, ``Nothing`` (404, 410) or
``Unavailable``, the caller of ``request`` an ``Answer`` with its status or ``Unavailable``.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urljoin, urlsplit

import httpx
import structlog

from actions.services.breaker import Breaker
from actions.services.results import Nothing, Unavailable

CONNECT_SECONDS = 2.0
READ_SECONDS = 4.0
GET_SECONDS = 6.0
"""Longest time of one GET with its repetition and redirects."""
RETRY_NEEDS_SECONDS = 1.0
BODY_BYTES = 1_000_000
REDIRECTS = 3
_LOOPBACK = {"127.0.0.1", "localhost"}
_NOT_CONNECTED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
T = TypeVar("T")

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Body:
    """What a service answered, as bytes: the caller decodes, nobody guesses."""

    content: bytes
    content_type: str = ""
    url: str = field(default="", compare=False)
    """The address that answered in the end: some providers keep a session in it."""


@dataclass(frozen=True)
class Answer:
    """What a service answered to a request, below status 500: also refusals are answers."""

    status: int
    content: bytes
    content_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


class _Failure(Exception):
    """The service did not give a usable answer; ``repeatable`` when once more may help.

    ``unsent`` when the request surely had no effect.
    """

    def __init__(
        self,
        reason: str,
        *,
        repeatable: bool,
        retry_after: float | None = None,
        unsent: bool = False,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.repeatable = repeatable
        self.retry_after = retry_after
        self.unsent = unsent


class Transport:
    """Asks one service.

    Args:
        http: the shared client; it must not follow redirects by itself.
        service: name for logs.
        monotonic: seconds that only grow.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        service: str,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._http = http
        self._service = service
        self._monotonic = monotonic
        self._breakers: dict[str, Breaker] = {}

    async def get(
        self, url: str, hosts: Sequence[str], seconds: float = GET_SECONDS
    ) -> Body | Nothing | Unavailable:
        """Fetch ``url``, which and whose redirects have to lie on one of ``hosts``."""
        deadline = self._monotonic() + seconds
        return await self._guarded(
            url, lambda: self._twice(lambda: self._follow(url, hosts), deadline)
        )

    async def request(
        self,
        method: str,
        url: str,
        hosts: Sequence[str],
        *,
        seconds: float = GET_SECONDS,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> Answer | Unavailable:
        """Send a request; only a GET is repeated, and only a GET follows redirects.

        Returns:
            The answer, or ``Unavailable``: with ``sent`` when something other than a GET may
            have had its effect, so that the state is asked before it is sent again.
        """
        deadline = self._monotonic() + seconds
        whole = httpx.Headers(dict(headers or {}))

        async def send() -> Answer:
            return await self._send(method, url, hosts, whole, content)

        if method == "GET":
            return await self._guarded(url, lambda: self._twice(send, deadline))
        return await self._guarded(url, lambda: self._in_time(send, deadline), writes=True)

    async def _guarded(
        self, url: str, ask: Callable[[], Awaitable[T]], *, writes: bool = False
    ) -> T | Unavailable:
        """Ask unless the breaker of the host is open; turn failures into ``Unavailable``."""
        breaker = self._breakers.setdefault(_host(url), Breaker(self._monotonic))
        if not breaker.allows():
            return Unavailable(breaker.retry_after_seconds(), "breaker is open")
        try:
            result = await ask()
        except _Failure as failure:
            breaker.failed()
            _log.warning("service_failed", service=self._service, reason=failure.reason)
            sent = writes and not failure.unsent
            return Unavailable(failure.retry_after, failure.reason, sent=sent)
        except asyncio.CancelledError:
            breaker.gave_up()
            raise
        breaker.succeeded()
        return result

    async def _twice(self, ask: Callable[[], Awaitable[T]], deadline: float) -> T:
        try:
            return await self._in_time(ask, deadline)
        except _Failure as failure:
            left = deadline - self._monotonic()
            if not failure.repeatable or left < RETRY_NEEDS_SECONDS:
                raise
        return await self._in_time(ask, deadline)

    async def _in_time(self, ask: Callable[[], Awaitable[T]], deadline: float) -> T:
        left = min(deadline - self._monotonic(), CONNECT_SECONDS + READ_SECONDS)
        try:
            async with asyncio.timeout(max(left, 0.0)):
                return await ask()
        except TimeoutError as error:
            raise _Failure("no answer in time", repeatable=True) from error
        except (httpx.InvalidURL, ValueError) as error:
            raise _Failure("address cannot be used", repeatable=False, unsent=True) from error
        except httpx.HTTPError as error:
            unsent = isinstance(error, _NOT_CONNECTED)
            raise _Failure(type(error).__name__, repeatable=True, unsent=unsent) from error

    async def _send(
        self,
        method: str,
        url: str,
        hosts: Sequence[str],
        headers: httpx.Headers,
        content: bytes | None,
    ) -> Answer:
        timeout = httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
        for _ in range(REDIRECTS + 1):
            _check_address(url, hosts)
            async with self._http.stream(
                method, url, headers=headers, content=content, timeout=timeout
            ) as response:
                if response.has_redirect_location and method == "GET":
                    url = _same_host(url, response.headers["location"])
                    continue
                return await _answer(response)
        raise _Failure("too many redirects", repeatable=False)

    async def _follow(self, url: str, hosts: Sequence[str]) -> Body | Nothing:
        for _ in range(REDIRECTS + 1):
            _check_address(url, hosts)
            answer = await self._once(url)
            if not isinstance(answer, str):
                return answer
            url = urljoin(url, answer)
        raise _Failure("too many redirects", repeatable=False)

    async def _once(self, url: str) -> Body | Nothing | str:
        """Return the body, ``Nothing``, or the address of a redirect."""
        timeout = httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
        async with self._http.stream("GET", url, timeout=timeout) as response:
            if response.has_redirect_location:
                return response.headers["location"]
            if response.status_code in {404, 410}:
                return Nothing()
            if response.status_code != 200:
                raise _status_failure(response)
            content = await _capped(response)
            return Body(content, response.headers.get("content-type", ""), str(response.url))


def _same_host(url: str, location: str) -> str:
    """Return the address of a redirect; headers may hold secrets, so the host has to stay."""
    target = urljoin(url, location)
    if urlsplit(target).netloc != urlsplit(url).netloc:
        raise _Failure("redirect leads to another host", repeatable=False)
    return target


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _check_address(url: str, hosts: Sequence[str]) -> None:
    """Refuse all but https and, on this machine, http with a port that is named in ``hosts``."""
    parts = urlsplit(url)
    local = parts.scheme == "http" and parts.hostname in _LOOPBACK
    if parts.scheme != "https" and not local:
        raise _Failure("address is not https", repeatable=False, unsent=True)
    if (parts.netloc if local else parts.hostname) not in hosts:
        reason = "address or redirect leads to another host"
        raise _Failure(reason, repeatable=False, unsent=True)


def _status_failure(response: httpx.Response) -> _Failure:
    status = response.status_code
    wait = response.headers.get("retry-after", "")
    retry_after = float(wait) if wait.isdigit() else None
    unsent = status == 429
    return _Failure(
        f"status {status}", repeatable=status >= 500, retry_after=retry_after, unsent=unsent
    )


async def _answer(response: httpx.Response) -> Answer:
    """Return what came; redirects, 429 and failures of the server are no answers."""
    status = response.status_code
    if status >= 500 or status == 429 or (300 <= status < 400 and status != 304):
        raise _status_failure(response)
    content = await _capped(response)
    kind = response.headers.get("content-type", "")
    return Answer(status, content, kind, response.headers)


async def _capped(response: httpx.Response) -> bytes:
    content = bytearray()
    async for chunk in response.aiter_bytes():
        content += chunk
        if len(content) > BODY_BYTES:
            raise _Failure(f"body is longer than {BODY_BYTES} bytes", repeatable=False)
    return bytes(content)
