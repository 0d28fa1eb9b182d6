"""Comparing bearer secrets without giving their length or content away in time."""

from __future__ import annotations

import hmac


def bearer_matches(header: str | None, token: str) -> bool:
    """Tell whether an ``Authorization`` header carries the bearer secret ``token``.

    An empty ``token`` matches nothing: a process without a secret refuses all calls.
    """
    if not token or header is None:
        return False
    return hmac.compare_digest(header.encode(), f"Bearer {token}".encode())
