"""Danger to life is recognised before anything else, by fixed and reviewed patterns.

The patterns and the answers with their sources stand in ``data/de/crisis.yml``.
No model takes part: the hint comes with the engine down, in every status of the
conversation, in the same transaction in which the message is stored.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from contracts.messages import Link, Sender, Source
from conversations.answers import Answer
from conversations.patterns import Patterns
from conversations.responses import ContentError, read_content
from conversations.typed_text import TEXT_LIMIT_CHARACTERS

FILE = Path("de") / "crisis.yml"
CRISIS_INTENT = "notfall"
"""What the turn is called; without a confidence, for nothing was guessed."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CrisisKind(_Part):
    """One kind of danger: how people say it, what they are told."""

    patterns: tuple[str, ...]
    exceptions: tuple[str, ...] = ()
    text: str
    links: tuple[Link, ...] = ()
    source: Source
    as_of: dt.date


class CrisisContent(_Part):
    """The whole content file; the first kind that matches answers."""

    exceptions: tuple[str, ...]
    kinds: dict[str, CrisisKind]


@dataclass(frozen=True)
class Crisis:
    """A recognised danger with the hint that is given at once."""

    kind: str
    answer: Answer


class CrisisLayer:
    """Recognises danger to life in typed text.

    Args:
        content: folder of the content.

    Raises:
        ContentError: the file is missing or wrong.
    """

    def __init__(self, content: Path) -> None:
        file = content / FILE
        try:
            read = CrisisContent.model_validate(read_content(file))
            self._kinds = [
                (name, Patterns(kind.patterns, (*read.exceptions, *kind.exceptions)), kind)
                for name, kind in read.kinds.items()
            ]
        except (ValidationError, ValueError) as error:
            raise ContentError(f"{file}: {error}") from error

    def recognise(self, text: str) -> Crisis | None:
        """Return the danger that ``text`` tells of, None when it tells of none.

        Of overlong text the beginning is read: a pasted document is no cry for help.
        """
        for name, patterns, kind in self._kinds:
            if patterns.match(text[:TEXT_LIMIT_CHARACTERS]):
                return Crisis(name, _hint(kind))
        return None


def _hint(kind: CrisisKind) -> Answer:
    return Answer(
        text=kind.text.strip(),
        sender=Sender.SYSTEM,
        source=kind.source,
        as_of=kind.as_of,
        links=kind.links,
    )
