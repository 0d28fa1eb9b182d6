"""What the hub says itself, read from ``data/de/hub.yml``."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from contracts.messages import Link, Sender, Source
from conversations.answers import BACK_PAYLOAD, HUMAN_PAYLOAD, Answer, Choice
from conversations.patterns import Patterns, spoken_form

FILE = Path("de") / "hub.yml"


class ContentError(Exception):
    """A content file of the hub is missing or wrong; the message names file and place."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Texts(_Part):
    """The hub's sentences."""

    empty: str
    too_long: str
    button_unknown: str
    apology: str
    degraded: str
    handoff: str
    handoff_short: str
    waiting_noted: str
    back_to_bot: str
    nobody_came: str
    text_deleted: str
    pressed: str


class Buttons(_Part):
    """Titles of the hub's own buttons."""

    human: str
    back: str


class TownReach(_Part):
    """How to reach one town now. ``phone`` is a sentence, spoken only when confirmed."""

    website: Link
    phone: str | None = None


class Reach(_Part):
    """How to reach the administration now."""

    any: str
    towns: dict[str, TownReach]


class HubContent(_Part):
    """The whole content file."""

    as_of: dt.date
    source: Source
    texts: Texts
    buttons: Buttons
    reach: Reach
    back_commands: tuple[str, ...]
    human_wishes: tuple[str, ...]


def read_content(file: Path) -> Any:
    """Return what a YAML file holds.

    Raises:
        ContentError: it is missing or no YAML.
    """
    try:
        return _parsed(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        raise ContentError(f"{file}: {error}") from error


@lru_cache(maxsize=8)
def _parsed(text: str) -> Any:
    return YAML(typ="safe").load(text)


class Responses:
    """The hub's answers, for a town where one is known.

    Args:
        content: folder of the content.

    Raises:
        ContentError: the file is missing or wrong.
    """

    def __init__(self, content: Path) -> None:
        file = content / FILE
        try:
            self._content = HubContent.model_validate(read_content(file))
            self._wishes = Patterns(self._content.human_wishes)
        except (ValidationError, ValueError) as error:
            raise ContentError(f"{file}: {error}") from error
        self._back = frozenset(spoken_form(each) for each in self._content.back_commands)

    @property
    def texts(self) -> Texts:
        """The plain sentences."""
        return self._content.texts

    @property
    def towns(self) -> frozenset[str]:
        """Towns whose contacts are known here."""
        return frozenset(self._content.reach.towns)

    def wants_back(self, text: str) -> bool:
        """Tell whether somebody who waits asks for the bot again."""
        return spoken_form(text) in self._back

    def wants_human(self, text: str) -> bool:
        """Tell whether somebody asks for a human, as far as that is plain without NLU."""
        return self._wishes.match(text)

    def empty(self) -> Answer:
        """Answer a message without anything to see."""
        return Answer(text=self.texts.empty)

    def too_long(self) -> Answer:
        """Answer a message that is longer than the engine may read."""
        return Answer(text=self.texts.too_long)

    def button_unknown(self) -> Answer:
        """Answer a button that does not exist in this conversation."""
        return Answer(text=self.texts.button_unknown)

    def apology(self) -> Answer:
        """Say that it went wrong and offer a human."""
        return Answer(text=self.texts.apology, sender=Sender.SYSTEM, buttons=(self._human(),))

    def degraded(self, town: str | None) -> Answer:
        """Say, with the engine down, how to reach the town, and offer a human."""
        return self._reaching(self.texts.degraded, town, buttons=(self._human(),))

    def handoff(self, town: str | None, *, short: bool) -> Answer:
        """Say honestly what happens with the wish for a human."""
        if short:
            text = self.texts.handoff_short
            return Answer(text=text, sender=Sender.SYSTEM, buttons=(self._back_button(),))
        return self._reaching(self.texts.handoff, town, buttons=(self._back_button(),))

    def waiting_noted(self, town: str | None) -> Answer:
        """Acknowledge a further message of somebody who waits."""
        return self._reaching(self.texts.waiting_noted, town, buttons=(self._back_button(),))

    def back_to_bot(self) -> Answer:
        """Greet somebody who came back."""
        return Answer(text=self.texts.back_to_bot, sender=Sender.SYSTEM)

    def nobody_came(self, town: str | None) -> Answer:
        """Say that nobody came and that the bot answers again."""
        return self._reaching(self.texts.nobody_came, town)

    def _reaching(self, text: str, town: str | None, buttons: tuple[Choice, ...] = ()) -> Answer:
        reach = self._content.reach
        known = reach.towns.get(town or "")
        phone = known.phone if known and known.phone else reach.any
        return Answer(
            text=text.format(telefon=phone),
            sender=Sender.SYSTEM,
            source=self._content.source,
            as_of=self._content.as_of,
            links=(known.website,) if known else (),
            buttons=buttons,
        )

    def _human(self) -> Choice:
        return Choice(title=self._content.buttons.human, payload=HUMAN_PAYLOAD)

    def _back_button(self) -> Choice:
        return Choice(title=self._content.buttons.back, payload=BACK_PAYLOAD)
