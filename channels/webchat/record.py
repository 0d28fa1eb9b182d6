"""A conversation as the widget and its owner see it: entries, events, exports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

from contracts.messages import (
    ConversationState,
    Delivery,
    Link,
    Source,
    Transcript,
    TranscriptEntry,
)
from service.clock import BERLIN

SAFE_SCHEMES = frozenset({"http", "https", "mailto", "tel"})
SPEAKERS = {
    "user": "Sie",
    "bot": "Assistent",
    "agent": "Mitarbeiterin oder Mitarbeiter",
    "system": "Hinweis",
}


def is_safe(url: str) -> bool:
    """Tell whether a link may be offered: web, mail and telephone only."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    if parts.scheme.lower() not in SAFE_SCHEMES:
        return False
    return bool(parts.netloc) if parts.scheme.lower().startswith("http") else bool(parts.path)


def to_state(state: ConversationState) -> dict[str, Any]:
    """Return what the browser may know of a conversation's state (not its id)."""
    return state.model_dump(mode="json", exclude={"conversation"})


def to_event(delivery: Delivery) -> dict[str, Any]:
    """Return what the browser gets of a delivery: nothing about how it was found."""
    return {
        "number": delivery.number,
        "sender": delivery.sender.value,
        "text": delivery.text,
        "source": _to_source(delivery.source),
        "as_of": delivery.as_of.isoformat() if delivery.as_of else None,
        "demo": delivery.demo,
        "buttons": [button.model_dump() for button in delivery.buttons],
        "links": _to_links(delivery.links),
        "expects": delivery.expects.value if delivery.expects else None,
        "at": delivery.created_at.isoformat(),
    }


def to_entries(transcript: Transcript, deliveries: Iterable[Delivery]) -> list[dict[str, Any]]:
    """Return a conversation's entries in order.

    The transcript gives the order and the user's words; what was delivered is
    taken from the deliveries, which also carry buttons and marks.
    """
    rest = list(deliveries)
    entries = [_to_entry(entry, rest) for entry in transcript.entries]
    return entries + [to_event(delivery) for delivery in rest]


def _to_entry(entry: TranscriptEntry, rest: list[Delivery]) -> dict[str, Any]:
    for place, delivery in enumerate(rest):
        if entry.sender == delivery.sender.value and entry.text == delivery.text:
            return to_event(rest.pop(place))
    return {
        "number": None,
        "sender": entry.sender,
        "text": entry.text,
        "source": _to_source(entry.source),
        "as_of": entry.as_of.isoformat() if entry.as_of else None,
        "demo": False,
        "buttons": [],
        "links": _to_links(entry.links),
        "expects": None,
        "at": entry.at.isoformat(),
    }


def _to_source(source: Source | None) -> dict[str, str | None] | None:
    if source is None:
        return None
    url = source.url if source.url and is_safe(source.url) else None
    return {"title": source.title, "url": url}


def _to_links(links: Iterable[Link]) -> list[dict[str, str]]:
    return [link.model_dump() for link in links if is_safe(link.url)]


def to_export(transcript: Transcript) -> dict[str, Any]:
    """Return a conversation for download, without the hub's own identifiers."""
    return transcript.model_dump(mode="json", exclude={"conversation"})


def to_text(transcript: Transcript, town: str | None) -> str:
    """Return a conversation as a person reads it."""
    begun = transcript.started_at.astimezone(BERLIN)
    place = f" mit der Stadt {town}" if town else ""
    head = [f"Gespräch{place}, begonnen am {begun:%d.%m.%Y um %H:%M} Uhr", ""]
    return "\n".join([*head, *_lines(transcript)])


def _lines(transcript: Transcript) -> Iterator[str]:
    for entry in transcript.entries:
        at = entry.at.astimezone(BERLIN)
        yield f"[{at:%d.%m.%Y %H:%M}] {SPEAKERS[entry.sender]}:"
        yield entry.text
        for link in entry.links:
            yield f"  {link.title}: {link.url}"
        if entry.source:
            stand = f" · Stand: {entry.as_of:%d.%m.%Y}" if entry.as_of else ""
            url = f" ({entry.source.url})" if entry.source.url else ""
            yield f"  Quelle: {entry.source.title}{url}{stand}"
        yield ""
