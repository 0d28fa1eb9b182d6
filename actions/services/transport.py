"""How services are asked over HTTP: little time, small bodies, no foreign hosts.

One ``Transport`` belongs to one service. A GET is repeated once when the time
left allows it; nothing else is ever repeated. No exception of httpx leaves
this module: the caller gets a ``Body``, ``Nothing`` (404, 410) or ``Unavailable``.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
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

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Body:
    """What a service answered, as bytes: the caller decodes, nobody guesses."""

    content: bytes
    content_type: str = ""
    url: str = field(default="", compare=False)
    """The address that answered in the end: some providers keep a session in it."""


class _Failure(Exception):
    """The service did not give a usable answer; ``repeatable`` when once more may help."""

    def __init__(self, reason: str, *, repeatable: bool, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.repeatable = repeatable
        self.retry_after = retry_after


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
        breaker = self._breakers.setdefault(_host(url), Breaker(self._monotonic))
        if not breaker.allows():
            return Unavailable(breaker.retry_after_seconds(), "breaker is open")
        try:
            result = await self._get_twice(url, hosts, self._monotonic() + seconds)
        except _Failure as failure:
            breaker.failed()
            _log.warning("service_failed", service=self._service, reason=failure.reason)
            return Unavailable(failure.retry_after, failure.reason)
        except asyncio.CancelledError:
            breaker.gave_up()
            raise
        breaker.succeeded()
        return result

    async def _get_twice(self, url: str, hosts: Sequence[str], deadline: float) -> Body | Nothing:
        try:
            return await self._get_in_time(url, hosts, deadline)
        except _Failure as failure:
            left = deadline - self._monotonic()
            if not failure.repeatable or left < RETRY_NEEDS_SECONDS:
                raise
        return await self._get_in_time(url, hosts, deadline)

    async def _get_in_time(self, url: str, hosts: Sequence[str], deadline: float) -> Body | Nothing:
        left = min(deadline - self._monotonic(), CONNECT_SECONDS + READ_SECONDS)
        try:
            async with asyncio.timeout(max(left, 0.0)):
                return await self._follow(url, hosts)
        except TimeoutError as error:
            raise _Failure("no answer in time", repeatable=True) from error
        except (httpx.InvalidURL, ValueError) as error:
            raise _Failure("address cannot be used", repeatable=False) from error
        except httpx.HTTPError as error:
            raise _Failure(type(error).__name__, repeatable=True) from error

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


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _check_address(url: str, hosts: Sequence[str]) -> None:
    parts = urlsplit(url)
    if parts.scheme != "https":
        raise _Failure("address is not https", repeatable=False)
    if parts.hostname not in hosts:
        raise _Failure("address or redirect leads to another host", repeatable=False)


def _status_failure(response: httpx.Response) -> _Failure:
    status = response.status_code
    wait = response.headers.get("retry-after", "")
    retry_after = float(wait) if wait.isdigit() else None
    return _Failure(f"status {status}", repeatable=status >= 500, retry_after=retry_after)


async def _capped(response: httpx.Response) -> bytes:
    content = bytearray()
    async for chunk in response.aiter_bytes():
        content += chunk
        if len(content) > BODY_BYTES:
            raise _Failure(f"body is longer than {BODY_BYTES} bytes", repeatable=False)
    return bytes(content)
