"""One answer to a citizen, and the sentences that answers share.

Services find, this module words: nothing here looks anything up.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from actions.services.results import Found, Provenance

DEMO_MARK = "(Demo-Angabe)"
STALE_NOTE = "Der Anbieter ist gerade nicht erreichbar; das ist der letzte gespeicherte Stand."
UNREACHABLE = (
    "Das kann ich gerade nicht nachsehen, weil der zuständige Dienst nicht erreichbar ist. "
    "Bitte versuchen Sie es in ein paar Minuten noch einmal. Eilig? "
    "Dann hilft Ihnen die Behördennummer 115."
)


@dataclass(frozen=True)
class Button:
    """A choice under an answer; ``payload`` is Rasa's ``/intent{...}``."""

    title: str
    payload: str


@dataclass(frozen=True)
class Link:
    """A link under an answer."""

    title: str
    url: str


HUMAN_BUTTON = Button("Mit einem Menschen sprechen", "/mensch_sprechen")


@dataclass(frozen=True)
class Answer:
    """What a citizen gets, with everything a channel needs to show it.

    ``missing`` names the value (``stadt``, ``strasse``, ``hausnummer``, ...) that
    the concern still needs; the concern then waits. ``values`` are slots that
    are worth remembering. ``more`` are the answers to further concerns of the same
    message, shown after this one.
    """

    text: str
    source: Provenance | None = None
    as_of: dt.date | None = None
    demo: bool = False
    buttons: tuple[Button, ...] = ()
    links: tuple[Link, ...] = ()
    expects: str | None = None
    handoff: str | None = None
    missing: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    more: tuple[Answer, ...] = ()

    def custom(self) -> dict[str, Any]:
        """Return the part of the answer that travels beside text and buttons."""
        source = {"title": self.source.title, "url": self.source.url} if self.source else None
        return {
            "source": source,
            "as_of": self.as_of.isoformat() if self.as_of else None,
            "demo": self.demo,
            "links": [{"title": link.title, "url": link.url} for link in self.links],
            "expects": self.expects,
            "handoff": {"reason": self.handoff} if self.handoff else None,
        }

    def shown_buttons(self) -> list[dict[str, str]]:
        """Return the buttons as Rasa's messages carry them."""
        return [{"title": each.title, "payload": each.payload} for each in self.buttons]

    def to_json(self) -> dict[str, Any]:
        """Return the whole answer as the hub reads it."""
        custom = self.custom()
        custom.pop("handoff")
        return {"text": self.text, "buttons": self.shown_buttons(), **custom}


def of_found(text: str, found: Iterable[Found[Any]], **more: Any) -> Answer:
    """Return an answer that carries source, oldest date and marks of what it is made from."""
    used = list(found)
    titles = list(dict.fromkeys(each.source.title for each in used if each.source.title))
    url = next((each.source.url for each in used if each.source.url), None)
    answer = Answer(
        text=text,
        source=Provenance("; ".join(titles), url) if titles else None,
        as_of=min((each.as_of for each in used), default=None),
        demo=any(each.demo for each in used),
    )
    if any(each.stale for each in used):
        answer = replace(answer, text=f"{text}\n\n{STALE_NOTE}")
    return replace(answer, **more)


def with_source(answer: Answer, found: Found[Any]) -> Answer:
    """Return the answer with one more source in front; its date is the oldest."""
    titles = [source.title for source in (found.source, answer.source) if source]
    url = answer.source.url if answer.source else found.source.url
    return replace(
        answer,
        source=Provenance("; ".join(dict.fromkeys(titles)), url),
        as_of=min(answer.as_of or found.as_of, found.as_of),
        demo=answer.demo or found.demo,
    )


def bullets(lines: Iterable[str]) -> str:
    """Return lines as a list."""
    return "\n".join(f"• {line}" for line in lines)


def paragraphs(*parts: str) -> str:
    """Join the parts that are not empty."""
    return "\n\n".join(part for part in parts if part)


def marked(text: str, demo: bool) -> str:
    """Return the text, with the mark when it holds invented values."""
    if not demo or not text:
        return text
    return f"{text}\n{DEMO_MARK}" if "\n" in text else f"{text} {DEMO_MARK}"


def ask_town(towns: Mapping[str, str], opening: str = "") -> Answer:
    """Ask for the town."""
    question = "Für welche Stadt möchten Sie das wissen?"
    buttons = tuple(
        Button(name, f'/stadt_waehlen{{"stadt": "{slug}"}}') for slug, name in towns.items()
    )
    text = f"{opening} {question}".strip()
    return Answer(text, buttons=buttons, expects="town", missing="stadt")
