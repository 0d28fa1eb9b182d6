"""What a service answers: one of five frozen results, never an exception of a library.

``Unavailable`` means that nobody knows at the moment. It must never be worded
as "there is none"; that is what ``Nothing`` says.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Generic, TypeVar

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True)
class Provenance:
    """Where data comes from: a title to say and, when there is one, a page to open."""

    title: str
    url: str | None = None


@dataclass(frozen=True)
class Found(Generic[T_co]):
    """The service knows. ``source`` and ``as_of`` always reach the citizen.

    ``stale`` is set when a stored copy is given because the service is away;
    ``demo`` when any value is invented for the demonstration.
    """

    data: T_co
    source: Provenance
    as_of: dt.date
    licence: str | None = None
    stale: bool = False
    demo: bool = False


@dataclass(frozen=True)
class Nothing:
    """The service works and has no such thing."""


@dataclass(frozen=True)
class Conflict:
    """Somebody else was faster, or the request is no longer valid."""


@dataclass(frozen=True)
class Rejected:
    """The request is wrong in the named fields: ``{field: problem in plain words}``."""

    fields: dict[str, str]


@dataclass(frozen=True)
class Unavailable:
    """The service cannot be asked now; ``reason`` is for logs, not for citizens.

    ``sent``: a write may have arrived although no answer came; ask the state before
    anything is sent again.
    """

    retry_after_seconds: float | None = None
    reason: str = ""
    sent: bool = False
