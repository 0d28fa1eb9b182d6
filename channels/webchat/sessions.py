"""Sessions of the web chat: a random token in a signed cookie, nothing on the server.

The cookie's value is ``<token>.<issued>.<signature>``. The token alone is the
address that the hub hashes; whoever lacks the installation's key cannot make a
value that is accepted, so a preset or foreign cookie is worth nothing.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from service.clock import Clock, system_clock
from service.settings import Settings

TOKEN_BYTES = 24
LIFETIME = dt.timedelta(days=7)
_VALUE = re.compile(r"([A-Za-z0-9_-]{32})\.([0-9]{9,11})\.([0-9a-f]{64})")
_HERE_ONLY = frozenset({"", "'self'", "'none'"})


@dataclass(frozen=True)
class Session:
    """A visitor's session in one town's chat. ``token`` is a secret."""

    token: str
    town: str | None

    def hub_message_id(self, message_id: str) -> str:
        """Return the message's id at the hub, which no other session can produce."""
        digest = hmac.new(self.token.encode(), message_id.encode(), hashlib.sha256)
        return f"web_{digest.hexdigest()}"

    def __repr__(self) -> str:
        return f"Session(town={self.town!r})"


class Sessions:
    """Issues sessions and recognises its own.

    Each town has a cookie of its own: a visitor of two towns has two
    conversations that know nothing of each other.
    """

    def __init__(self, settings: Settings, clock: Clock = system_clock) -> None:
        seed = settings.address_key.encode() or secrets.token_bytes(32)
        self._key = hmac.new(seed, b"webchat session", hashlib.sha256).digest()
        self._clock = clock
        self._secure = settings.cookie_secure
        embedded_abroad = settings.frame_ancestors.strip() not in _HERE_ONLY
        self._attributes = _cookie_attributes(secure=self._secure, embedded_abroad=embedded_abroad)

    def issue(self, town: str | None) -> Session:
        """Return a new session with a token nobody has seen before."""
        return Session(secrets.token_urlsafe(TOKEN_BYTES), town)

    def recognise(self, request: Request, town: str | None) -> Session | None:
        """Return the session of a request, or None when it carries none of ours."""
        match = _VALUE.fullmatch(request.cookies.get(self.cookie_name(town), ""))
        if match is None:
            return None
        token, issued, signature = match.groups()
        if not hmac.compare_digest(signature, self._sign(token, issued, town)):
            return None
        age = self._now() - int(issued)
        return Session(token, town) if age <= LIFETIME.total_seconds() else None

    def hand_over(self, response: Response, session: Session) -> None:
        """Put the session's cookie into a response; repeating it renews the time."""
        issued = str(self._now())
        value = f"{session.token}.{issued}.{self._sign(session.token, issued, session.town)}"
        self._set(response, session.town, value, int(LIFETIME.total_seconds()))

    def take_back(self, response: Response, town: str | None) -> None:
        """Make the browser forget the session."""
        self._set(response, town, "", 0)

    def cookie_name(self, town: str | None) -> str:
        """Return the name of a town's cookie."""
        prefix = "__Host-" if self._secure else ""
        return f"{prefix}stadtdraht-{town}" if town else f"{prefix}stadtdraht"

    def _set(self, response: Response, town: str | None, value: str, max_age: int) -> None:
        # written by hand: http.cookies knows "Partitioned" from Python 3.14 on
        cookie = f"{self.cookie_name(town)}={value}; Max-Age={max_age}; {self._attributes}"
        response.headers.append("Set-Cookie", cookie)

    def _sign(self, token: str, issued: str, town: str | None) -> str:
        words = f"{token}.{issued}.{town or ''}"
        return hmac.new(self._key, words.encode(), hashlib.sha256).hexdigest()

    def _now(self) -> int:
        return int(self._clock().timestamp())


def _cookie_attributes(*, secure: bool, embedded_abroad: bool) -> str:
    """Return the attributes of the cookie.

    Only a chat that other sites may embed, over HTTPS, needs a cookie that is
    sent from within their pages; it is then partitioned by the embedding site.
    """
    if secure and embedded_abroad:
        return "Path=/; HttpOnly; Secure; SameSite=None; Partitioned"
    if secure:
        return "Path=/; HttpOnly; Secure; SameSite=Lax"
    return "Path=/; HttpOnly; SameSite=Lax"
