"""Keeps from asking a service that is down."""

from __future__ import annotations

import time
from collections.abc import Callable

FAILURES = 5
PAUSE_SECONDS = 30.0


class Breaker:
    """Opens after five failures in a row; after 30 s lets one call try.

    Args:
        monotonic: seconds that only grow.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._failures = 0
        self._opened_at: float | None = None
        self._trying = False

    def allows(self) -> bool:
        """Tell whether a call may be made now; the half-open state allows one."""
        if self._opened_at is None:
            return True
        if self._trying or self.retry_after_seconds() > 0:
            return False
        self._trying = True
        return True

    def retry_after_seconds(self) -> float:
        """Return how long the breaker stays open, 0 when a call may be made."""
        if self._opened_at is None:
            return 0.0
        return max(0.0, self._opened_at + PAUSE_SECONDS - self._monotonic())

    def succeeded(self) -> None:
        """Remember a call that worked."""
        self._failures, self._opened_at, self._trying = 0, None, False

    def failed(self) -> None:
        """Remember a call that did not work."""
        self._failures += 1
        self._trying = False
        if self._failures >= FAILURES:
            self._opened_at = self._monotonic()

    def gave_up(self) -> None:
        """Remember a call that was cancelled, so that it does not block the next trial."""
        self._trying = False
