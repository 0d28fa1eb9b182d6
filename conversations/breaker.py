"""A circuit breaker: an engine that fails is left alone for a while.

::

    closed ──5 failures in a row, or gone──▶ open ──30 s, or seen alive──▶ half-open
      ▲                                        ▲                              │
      └───────────── success ──────────────────┼───────── failure ────────────┘
"""

from __future__ import annotations

import time
from collections.abc import Callable

FAILURES_UNTIL_OPEN = 5
OPEN_SECONDS = 30.0


class Breaker:
    """Counts failures in a row; `admits` says whether a call may be made now."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._failures = 0
        self._opened_at: float | None = None
        self._trial_running = False
        self.gone = False
        """True when it was opened because nobody answered at all."""

    @property
    def state(self) -> str:
        """``closed``, ``open`` or ``half-open``."""
        if self._opened_at is None:
            return "closed"
        return "half-open" if self._rested() else "open"

    def admits(self) -> bool:
        """Take leave to call; in half-open state only one caller gets it at a time."""
        if self._opened_at is None:
            return True
        if not self._rested() or self._trial_running:
            return False
        self._trial_running = True
        return True

    def succeeded(self) -> None:
        """Note a call that was answered."""
        self._failures = 0
        self._opened_at = None
        self._trial_running = False
        self.gone = False

    def failed(self, *, counts: bool = True) -> None:
        """Note a call that was answered with a failure or too late.

        ``counts`` is False when the same message failed before: one poisonous message
        must not close the engine to everybody.
        """
        self._failures += counts
        if self._trial_running or self._failures >= FAILURES_UNTIL_OPEN:
            self._open(gone=False)

    def released(self) -> None:
        """Note a call that says nothing about the engine (refused, cancelled)."""
        self._trial_running = False

    def lost(self) -> None:
        """Note that nobody answered for longer than a citizen should wait."""
        self._open(gone=True)

    def seen_alive(self) -> None:
        """Note that an engine that was gone is there again: try it now."""
        if self._opened_at is not None and self.gone:
            self._opened_at = self._monotonic() - OPEN_SECONDS

    def _open(self, *, gone: bool) -> None:
        self._opened_at = self._monotonic()
        self._trial_running = False
        self.gone = gone

    def _rested(self) -> bool:
        return self._opened_at is not None and self._monotonic() - self._opened_at >= OPEN_SECONDS
