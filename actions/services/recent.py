"""Answers of services that are kept for a short time, so that nobody is asked twice a second."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
MOST = 500


@dataclass(frozen=True)
class Kept(Generic[T]):
    """What was answered and when (aware)."""

    data: T
    at: dt.datetime


class Recent(Generic[T]):
    """The newest answers by their question.

    Args:
        fresh: how long an answer is given without asking again.
        now: aware present moment.
    """

    def __init__(self, fresh: dt.timedelta, now: Callable[[], dt.datetime]) -> None:
        self._fresh = fresh
        self._now = now
        self._kept: dict[Hashable, Kept[T]] = {}

    def fresh(self, question: Hashable) -> Kept[T] | None:
        """Return the answer to a question while it is fresh, or None."""
        kept = self._kept.get(question)
        return kept if kept and self._now() - kept.at < self._fresh else None

    def last(self, question: Hashable, longest: dt.timedelta) -> Kept[T] | None:
        """Return the last answer to a question however stale, up to an age, or None."""
        kept = self._kept.get(question)
        return kept if kept and self._now() - kept.at < longest else None

    def keep(self, question: Hashable, data: T) -> Kept[T]:
        """Keep an answer and return it with its moment; the oldest go first."""
        self._kept.pop(question, None)
        while len(self._kept) >= MOST:
            del self._kept[next(iter(self._kept))]
        self._kept[question] = Kept(data, self._now())
        return self._kept[question]
