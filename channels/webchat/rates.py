"""Rate limits: token buckets in memory, bounded in number."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

Stopwatch = Callable[[], float]


class Buckets:
    """One token bucket for each key.

    ``per_minute`` tokens flow in each minute, ``burst`` is what a bucket holds.
    At most ``limit`` keys are remembered; the one unused for longest is
    forgotten first, and a forgotten bucket is a full one.
    """

    def __init__(
        self,
        per_minute: int,
        burst: int,
        *,
        limit: int = 50_000,
        stopwatch: Stopwatch = time.monotonic,
    ) -> None:
        self._per_second = per_minute / 60
        self._burst = float(burst)
        self._limit = limit
        self._stopwatch = stopwatch
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> float:
        """Take one token; return 0.0, or the seconds until one is there when there is none."""
        now = self._stopwatch()
        level, since = self._levels.pop(key, (self._burst, now))
        level = min(self._burst, level + (now - since) * self._per_second)
        wait_seconds = 0.0 if level >= 1 else (1 - level) / self._per_second
        self._levels[key] = (level if wait_seconds else level - 1, now)
        if len(self._levels) > self._limit:
            self._levels.popitem(last=False)
        return wait_seconds


class Slots:
    """How many of something a key may have at the same time."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._taken: dict[str, int] = {}

    def take(self, key: str) -> bool:
        """Take a slot, or return False when all of the key's slots are taken."""
        taken = self._taken.get(key, 0)
        if taken >= self._limit:
            return False
        self._taken[key] = taken + 1
        return True

    def release(self, key: str) -> None:
        """Give a slot back."""
        left = self._taken.pop(key) - 1
        if left:
            self._taken[key] = left

    @property
    def total(self) -> int:
        """Number of slots taken by all keys."""
        return sum(self._taken.values())
