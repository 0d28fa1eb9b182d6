"""The pages of the web chat: plain HTML files, filled in with escaped values."""

from __future__ import annotations

import hashlib
import html
import json
from collections.abc import Mapping
from pathlib import Path
from string import Template

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from channels.webchat.headers import page_policy
from channels.webchat.towns import Town, accent_sheet
from service.settings import Settings

FOLDER = Path(__file__).parent
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
FOR_EVER = "public, max-age=31536000, immutable"
FOR_A_WHILE = "public, max-age=600, stale-while-revalidate=86400"


class Pages:
    """Pages and static files, read once at the start.

    Static files lie under a path that carries a fingerprint of all of them, so
    browsers may keep them for ever and never mix two versions.
    """

    def __init__(self, settings: Settings, towns: Mapping[str, Town]) -> None:
        self._towns = towns
        self._embed_policy = page_policy(settings.frame_ancestors)
        self._templates = {
            file.name: Template(file.read_text(encoding="utf-8"))
            for file in (FOLDER / "templates").glob("*.html")
        }
        self._files = _static_files(towns)
        self._version = _fingerprint(self._files)

    def routes(self) -> list[Route]:
        """Return the routes of the pages; the towns' names come last."""
        return [
            Route("/", self.start),
            Route("/datenschutz", self.privacy),
            Route("/widget.js", self.widget),
            Route("/static/{version}/{name}", self.static),
            Route("/{town}", self.chat),
            Route("/{town}/embed", self.embed),
            Route("/{town}/", self.without_slash),
        ]

    async def start(self, _request: Request) -> Response:
        """The start page with the towns."""
        card = self._templates["town_card.html"]
        cards = "".join(card.substitute(_escaped(_fields(town))) for town in self._towns.values())
        return self._page("start.html", {}, raw={"cards": cards})

    async def privacy(self, _request: Request) -> Response:
        """What the web chat stores, why, and for how long."""
        return self._page("privacy.html", {})

    async def chat(self, request: Request) -> Response:
        """The chat of a town as a page of its own."""
        return self._chat(request, "page", page_policy())

    async def embed(self, request: Request) -> Response:
        """The chat of a town for the frame that ``widget.js`` opens."""
        return self._chat(request, "embed", self._embed_policy)

    async def without_slash(self, request: Request) -> Response:
        """``/soest/`` leads to ``/soest``; the address is not built from the ``Host`` header."""
        town = self._towns.get(request.path_params["town"])
        return RedirectResponse(f"/{town.slug}", 308) if town else self.not_found()

    async def widget(self, request: Request) -> Response:
        """The script that puts a launcher into a town's own page."""
        return _file(request, "widget.js", self._files["widget.js"], FOR_A_WHILE, "cross-origin")

    async def static(self, request: Request) -> Response:
        """A file of the widget."""
        name = request.path_params["name"]
        if request.path_params["version"] != self._version or name not in self._files:
            return self.not_found()
        return _file(request, name, self._files[name], FOR_EVER, "same-origin")

    def not_found(self) -> Response:
        """The page for addresses that lead nowhere."""
        return self._page("not_found.html", {}, status_code=404)

    def _chat(self, request: Request, layout: str, policy: str) -> Response:
        town = self._towns.get(request.path_params["town"])
        if town is None:
            return self.not_found()
        response = self._page("chat.html", {**_fields(town), "layout": layout})
        response.headers["Content-Security-Policy"] = policy
        return response

    def _page(
        self,
        name: str,
        fields: Mapping[str, str],
        *,
        raw: Mapping[str, str] | None = None,
        status_code: int = 200,
    ) -> Response:
        """Fill in a template; ``raw`` holds parts that are HTML already."""
        static = f"/static/{self._version}"
        text = self._templates[name].substitute(_escaped(fields), static=static, **(raw or {}))
        return HTMLResponse(text, status_code, {"Cache-Control": "no-cache"})


def _fields(town: Town) -> dict[str, str]:
    return {"town": town.slug, "name": town.name, "website": town.website}


def _escaped(fields: Mapping[str, str]) -> dict[str, str]:
    return {key: html.escape(value) for key, value in fields.items()}


def _static_files(towns: Mapping[str, Town]) -> dict[str, bytes]:
    files = {file.name: file.read_bytes() for file in (FOLDER / "static").iterdir()}
    files["towns.css"] = accent_sheet(list(towns.values())).encode()
    looks = {town.slug: {"name": town.name, "accent": town.accent} for town in towns.values()}
    placeholder = b"{} /* TOWNS */"
    files["widget.js"] = files["widget.js"].replace(placeholder, json.dumps(looks).encode())
    return files


def _fingerprint(files: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(name.encode() + b"\0" + files[name])
    return digest.hexdigest()[:16]


def _file(request: Request, name: str, content: bytes, cache: str, shared_with: str) -> Response:
    tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
    headers = {"Cache-Control": cache, "ETag": tag, "Cross-Origin-Resource-Policy": shared_with}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(content, 200, headers, TYPES[Path(name).suffix])
