"""The time, so that tests and demonstrations can stop it.

Inside the system times are aware and in UTC; ``BERLIN`` is for the edge.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")

Clock = Callable[[], dt.datetime]


def system_clock() -> dt.datetime:
    """Return the present moment in UTC."""
    return dt.datetime.now(dt.UTC)


def clock_of(fixed: str) -> Clock:
    """Return a clock that stands at ``fixed`` (ISO 8601 with zone), or the system's for ``""``.

    Raises:
        ValueError: ``fixed`` is no time or has no zone.
    """
    if not fixed:
        return system_clock
    moment = dt.datetime.fromisoformat(fixed)
    if moment.tzinfo is None:
        raise ValueError(f"clock: {fixed!r} has no time zone; write for example {fixed}+01:00")
    return lambda: moment.astimezone(dt.UTC)
