"""A provider behind httpx's own seam, and the troubles that providers make."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx

from actions.services.border import Asker
from actions.services.transport import Transport

Handler = Callable[[httpx.Request], httpx.Response]


class StubProvider:
    """Answers by path; remembers what was asked. ``trouble`` replaces every answer."""

    def __init__(self, routes: Mapping[str, Any]) -> None:
        self.routes = dict(routes)
        self.asked: list[str] = []
        self.trouble: Handler | None = None

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        if self.trouble is not None:
            return self.trouble(request)
        answer = self.routes.get(request.url.path)
        if callable(answer):
            answer = answer(dict(parse_qsl(urlsplit(str(request.url)).query)))
        if answer is None:
            return httpx.Response(404)
        if isinstance(answer, httpx.Response):
            return answer
        if isinstance(answer, bytes):
            return httpx.Response(200, content=answer)
        return httpx.Response(200, json=answer)

    def transport(self, service: str = "test") -> Transport:
        """Return a transport that reaches this provider only."""
        return Transport(self.client(), service)

    def asker(self) -> Asker:
        """Return an asker that reaches this provider only."""
        return Asker(self.transport())

    def client(self) -> httpx.AsyncClient:
        """Return an HTTP client that reaches this provider only."""
        return httpx.AsyncClient(transport=httpx.MockTransport(self))


def hang(_request: httpx.Request) -> httpx.Response:
    """What a hang ends as: the client's read time is over."""
    raise httpx.ReadTimeout("hangs")


def expired(_request: httpx.Request) -> httpx.Response:
    """What an expired certificate ends as."""
    raise httpx.ConnectError("certificate has expired")


TROUBLES: dict[str, Handler] = {
    "hang": hang,
    "expired TLS": expired,
    "500": lambda _r: httpx.Response(500, text="kaputt"),
    "garbage": lambda _r: httpx.Response(200, content=b"\x00\xff\x9f garbage {"),
    "error page": lambda _r: httpx.Response(200, text="<html>Wartung</html>"),
    "10 MB": lambda _r: httpx.Response(200, content=b"[" + b"0," * 5_000_000 + b"0]"),
    "cut": lambda _r: httpx.Response(200, content=b'{"data": [{"id": "1", "na'),
    "wrong charset": lambda _r: httpx.Response(200, content='{"name": "Straße"}'.encode("latin-1")),
    "unusual charset": lambda _r: httpx.Response(
        200, content=b"{}", headers={"content-type": "application/json; charset=utf-7"}
    ),
    "redirect": lambda _r: httpx.Response(302, headers={"location": "https://boese.example/"}),
    "deep": lambda _r: httpx.Response(200, content=b"[" * 200_000),
    "wrong shape": lambda _r: httpx.Response(200, json={"unexpected": 1}),
    "null": lambda _r: httpx.Response(200, content=b"null"),
}
"""F10: what every adapter has to survive with ``Unavailable``."""
