"""One answer on its way to the outbox, and the form in which engine and actions give it."""

from __future__ import annotations

import datetime as dt

from pydantic import BaseModel, ConfigDict, field_validator

from contracts.messages import Expectation, Link, Sender, Source

HUMAN_PAYLOAD = "hub:mensch"
"""Payload of the hub's own button: a wish for a human that needs no engine."""
BACK_PAYLOAD = "hub:zurueck"
"""Payload of the hub's own button: back from waiting to the bot."""
ENGINE_HUMAN_PAYLOAD = "/mensch_sprechen"


class Choice(BaseModel):
    """A button before it has an opaque id. ``payload`` never leaves the hub."""

    model_config = ConfigDict(frozen=True)

    title: str
    payload: str


class Answer(BaseModel):
    """What a citizen is told in one delivery."""

    model_config = ConfigDict(frozen=True)

    text: str
    sender: Sender = Sender.BOT
    source: Source | None = None
    as_of: dt.date | None = None
    demo: bool = False
    buttons: tuple[Choice, ...] = ()
    links: tuple[Link, ...] = ()
    expects: Expectation | None = None

    @field_validator("text")
    @classmethod
    def _says_something(cls, text: str) -> str:
        if not text.strip():
            raise ValueError("an answer without words")
        return text

    @field_validator("expects", mode="before")
    @classmethod
    def _known_expectation(cls, value: object) -> object:
        known = {each.value for each in Expectation}
        return value if isinstance(value, Expectation) or value in known else None
