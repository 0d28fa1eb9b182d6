"""Whether a request comes from a page of the web chat (against CSRF)."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import Request

from channels.webchat.problems import Problem

_SAME_SITE_READS = frozenset({"same-origin", "none"})


def check_change(request: Request, public_url: str) -> None:
    """Let a request that changes something pass only from the chat's own pages.

    Browsers send ``Origin`` with every POST and DELETE and, today's ones, also
    ``Sec-Fetch-Site``. At least one has to be there, and none may point elsewhere.

    Raises:
        Problem: the request comes from somewhere else, or does not say from where.
    """
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is None and origin is None:
        raise Problem("foreign_origin")
    if site is not None and site != "same-origin":
        raise Problem("foreign_origin")
    if origin is not None and not _is_own(origin, request, public_url):
        raise Problem("foreign_origin")


def check_read(request: Request) -> None:
    """Refuse reads that another site's page makes.

    Raises:
        Problem: the browser says that the request is cross-site.
    """
    if request.headers.get("sec-fetch-site", "none") not in _SAME_SITE_READS:
        raise Problem("foreign_origin")


def _is_own(origin: str, request: Request, public_url: str) -> bool:
    place = _place(origin)
    if place is None:
        return False
    host = request.headers.get("host", "")
    return place in {_place(public_url), _place(f"http://{host}"), _place(f"https://{host}")}


def _place(url: str) -> tuple[str, str, int | None] | None:
    """Return scheme, host and port of a URL, or None when it has no host."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return None
    return (parts.scheme, parts.hostname, port) if parts.hostname else None
