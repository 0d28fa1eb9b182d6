"""A GeoReport server for tests, with the quirks that were measured on a real one.

The logic is a plain function of a request; ``__call__`` puts it behind httpx's seam,
`HttpGeoReport` behind a real socket on the loopback for tests that kill processes.
"""

from __future__ import annotations

import email
import email.policy
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

import httpx

KEY = "TEST-KEY"
SERVICES = [
    {"service_code": 1, "service_name": "Schlagloch", "keywords": "Loch,Asphalt", "metadata": True},
    {"service_code": 2, "service_name": "Wilder Müll", "group": "Sauberkeit", "metadata": False},
]
NOTICE = "Call 0900-8844 now."
BOX = (51.3, 51.7, 7.5, 8.5)


class GeoReportServer:
    """Takes reports like codefornl/open311-api, or like klarschiff with ``klarschiff=True``."""

    def __init__(
        self, *, json: bool = True, klarschiff: bool = False, tokens: bool = False
    ) -> None:
        self.speaks_json = json
        self.klarschiff = klarschiff
        self.tokens = tokens
        self.reports: list[dict[str, Any]] = []
        self.calls: list[str] = []
        self.hidden = False
        """Lists show no report, as where a person releases them first."""

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        content = request.read()
        kind = request.headers.get("content-type", "")
        status, kind, body = self.answer(request.method, str(request.url), kind, content)
        return httpx.Response(status, content=body, headers={"content-type": kind})

    def answer(self, method: str, url: str, kind: str, content: bytes) -> tuple[int, str, bytes]:
        """Return status, content type and body."""
        parts = urlsplit(url)
        path, _, form = parts.path.removeprefix("/georeport/v2/").rpartition(".")
        self.calls.append(f"{method} {path}")
        if form == "json" and not self.speaks_json:
            return 404, "text/html", b"<html>nope</html>"
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        status, data = self._route(method, path, query, _form(kind, content))
        if form == "json":
            return status, "application/json; charset=utf-8", json.dumps(data).encode()
        return status, "text/xml; charset=utf-8", _xml(path, data).encode()

    def _route(
        self, method: str, path: str, query: dict[str, str], form: dict[str, Any]
    ) -> tuple[int, Any]:
        if method == "POST" and path == "requests":
            return self._post(form, query)
        if path == "services":
            return 200, SERVICES
        if path == "services/1":
            return 200, {"service_code": 1, "attributes": [
                {"variable": True, "code": "TIEFE", "required": False, "description": "Wie tief?"}]}  # fmt: skip
        if path == "services/2":
            return 400, [{"code": 400, "description": "ServiceAttributesError -- no attributes"}]
        if path.startswith("services/"):
            return 404, [{"code": 404, "description": "ServiceError -- not available"}]
        if path == "coverage" and self.klarschiff:
            south, north, west, east = BOX
            lat, lon = float(query["lat"]), float(query["long"])
            return 200, {"result": south <= lat <= north and west <= lon <= east}
        if path == "requests":
            return 200, self._listed(query)
        if path.startswith("tokens/"):
            number = int(path.removeprefix("tokens/t"))
            return 200, [{"service_request_id": number, "token": f"t{number}"}]
        number = path.removeprefix("requests/")
        return 200, [each for each in self.reports if str(each["service_request_id"]) == number]

    def _listed(self, query: dict[str, str]) -> list[dict[str, Any]]:
        if self.hidden or "start_date" in query:  # filters the wrong way round
            return []
        return self.reports[::-1]

    def _post(self, form: dict[str, Any], query: dict[str, str]) -> tuple[int, Any]:
        if form.get("api_key") != KEY:
            return 403, {"type": "forbidden", "code": "middleware_26", "message": "Missing API key"}
        if form.get("service_code") not in {"1", "2"}:
            return 403, [{"code": 403, "description": "ServiceCodeError -- No service_code"}]
        if self.klarschiff and not form.get("email"):
            return 400, [{"code": 400, "description": "E-Mail muss angegeben werden"}]
        number = len(self.reports) + 1
        report = {
            "service_request_id": number,
            "status": "open",
            "description": form.get("description"),
            "requested_datetime": "2026-11-22T19:25:19+00:00",
            "updated_datetime": "2026-11-22T19:25:19+00:00",
            "address": form.get("address_string"),
            "form": form,
            "media_url": "http://127.0.0.1:3000/media/secret.jpg",
        }
        if form.get("lat"):
            report |= {"lat": float(form["lat"]) - 0.0000001, "long": float(form["long"])}
        if self.klarschiff and query.get("extensions") == "true":
            report["extended_attributes"] = {"detailed_status": "RECEIVED"}
        self.reports.append(report)
        given = {"token": f"t{number}"} if self.tokens else {"service_request_id": number}
        return 200, [{**given, "service_notice": NOTICE, "account_id": None}]


class HttpGeoReport:
    """The server on a real port. ``pause`` seconds lie between its work and its answer."""

    def __init__(self, pause: float = 0.0, port: int = 0) -> None:
        self.server = GeoReportServer()
        lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                self._do("POST")

            def do_GET(self) -> None:
                self._do("GET")

            def _do(self, method: str) -> None:
                length = int(self.headers.get("content-length") or 0)
                content = self.rfile.read(length)
                if len(content) < length:
                    return
                with lock:
                    kind = self.headers.get("content-type", "")
                    status, kind, body = outer.server.answer(method, self.path, kind, content)
                if method == "POST":
                    time.sleep(outer.pause)
                self.send_response(status)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_args: Any) -> None:
                pass

            def handle(self) -> None:
                try:
                    super().handle()
                except ConnectionError:
                    self.close_connection = True

        self.pause = pause
        self._http = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> HttpGeoReport:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._http.server_port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}/georeport/v2"


def _form(kind: str, content: bytes) -> dict[str, Any]:
    if not kind.startswith("multipart/"):
        return {name: values[0] for name, values in parse_qs(content.decode()).items()}
    head = f"Content-Type: {kind}\r\n\r\n".encode()
    message = email.message_from_bytes(head + content, policy=email.policy.HTTP)
    form: dict[str, Any] = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        data = part.get_payload(decode=True)
        assert isinstance(data, bytes)
        form[str(name)] = data if part.get_filename() else data.decode()
    return form


def _xml(path: str, data: Any) -> str:
    """Write XML as the real server does: lists nested in themselves, null as text."""
    if isinstance(data, dict):
        names = ("service_definition", "attribute") if "attributes" in data else ("coverage", "")
    elif path.startswith("services"):
        names = ("services", "service")
    elif data and "code" in data[0]:
        names = ("errors", "error")
    else:
        names = ("service_requests", "service_requests")
    return f"<?xml version='1.0'?>\n{_element(names[0], data, names[1])}"


def _element(name: str, value: Any, item: str = "item") -> str:
    if isinstance(value, list):
        inner = "".join(_element(item, each) for each in value)
    elif isinstance(value, dict):
        inner = "".join(_element(key, each, key.removesuffix("s")) for key, each in value.items())
    elif isinstance(value, bool):
        inner = str(value).lower()
    else:
        inner = "null" if value is None else escape(str(value))
    return f"<{name}>{inner}</{name}>"
