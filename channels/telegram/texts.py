"""Answers as Telegram shows them: plain text with entities, in parts of 4,096 units.

Links are entities (offset and length in UTF-16 units), never HTML or Markdown, so there
is nothing that a text could break or forge.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from contracts.messages import Delivery, Link

PART_UNITS = 4_096
"""UTF-16 units of one message, a limit of the Bot API."""
SAFE_SCHEMES = frozenset({"http", "https"})
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)
_BREAKS = (
    re.compile(r"\n\s*\n"),
    re.compile(r"\n"),
    re.compile(r"(?<=[.!?])\s+"),
    re.compile(r"\s+"),
)
_JOINED = re.compile("[\u200d\ufe0f\u0300-\u036f\U0001f3fb-\U0001f3ff]")


@dataclass(frozen=True)
class Anchor:
    """A stretch of a text that opens an address; ``start`` and ``length`` in UTF-16 units."""

    start: int
    length: int
    url: str


@dataclass(frozen=True)
class Part:
    """What one message shows."""

    text: str
    anchors: tuple[Anchor, ...] = ()


def units(text: str) -> int:
    """Return the length of a text as Telegram counts it."""
    return len(text.encode("utf-16-le")) // 2


def visible(text: str) -> str:
    """Return a text without control characters and without changes of direction."""
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return _UNSEEN.sub("", whole.replace("\r\n", "\n")).strip()


def to_parts(delivery: Delivery) -> list[Part]:
    """Return a delivery in parts that Telegram takes; the last one carries the buttons."""
    pieces = split(visible(delivery.text) or "…")
    foot, anchors = _foot(delivery)
    if not foot:
        return [Part(piece) for piece in pieces]
    head = f"{pieces[-1]}\n\n"
    if units(head) + units(foot) > PART_UNITS:
        return [*map(Part, pieces), *_short(foot, anchors)]
    moved = tuple(Anchor(a.start + units(head), a.length, a.url) for a in anchors)
    return [*map(Part, pieces[:-1]), Part(head + foot, moved)]


def split(text: str, limit: int = PART_UNITS) -> list[str]:
    """Return a text in parts of at most ``limit`` UTF-16 units.

    A part ends at a paragraph, a line, a sentence or a word, whichever comes first in
    this order in its second half; only a word longer than a part is broken.
    """
    parts = []
    while units(text) > limit:
        end = _end(text, limit)
        parts.append(text[:end].rstrip())
        text = text[end:].lstrip()
    return [part for part in [*parts, text] if part]


def is_safe(url: str) -> bool:
    """Tell whether Telegram takes an address as a link and it may be offered."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme.lower() in SAFE_SCHEMES and bool(parts.netloc) and not re.search(r"\s", url)


def _end(text: str, limit: int) -> int:
    """Return the index up to which a first part of ``text`` reaches."""
    raw = text.encode("utf-16-le")[: limit * 2]
    most = len(raw.decode("utf-16-le", "ignore"))
    for kind in _BREAKS:
        ends = [found.end() for found in kind.finditer(text, 0, most)]
        if ends and ends[-1] >= most // 2:
            return ends[-1]
    whole = most
    while whole > most // 2 and (_JOINED.match(text[whole]) or text[whole - 1] == "\u200d"):
        whole -= 1
    return whole


def _foot(delivery: Delivery) -> tuple[str, list[Anchor]]:
    """Return the lines under an answer (demo, source, links) and what they open."""
    lines: list[str] = []
    anchors: list[Anchor] = []

    def put(lead: str, link: Link | None, title: str, tail: str = "") -> None:
        if link is not None and is_safe(link.url):
            start = units("\n".join([*lines, lead]))
            anchors.append(Anchor(start, units(title), link.url))
        lines.append(f"{lead}{title}{tail}")

    for link in delivery.links:
        put("→ ", link, visible(link.title) or "Mehr")
    if delivery.source is not None:
        title = visible(delivery.source.title) or "Link"
        url = delivery.source.url
        stand = f", Stand {delivery.as_of:%d.%m.%Y}" if delivery.as_of else ""
        put("Quelle: ", Link(title=title, url=url) if url else None, title, stand)
    if delivery.demo:
        lines.append("Demo-Angabe")
    return "\n".join(lines), anchors


def _short(foot: str, anchors: list[Anchor]) -> list[Part]:
    """Return the lines under an answer as a part of their own."""
    if units(foot) <= PART_UNITS:
        return [Part(foot, tuple(anchors))]
    return [Part(piece) for piece in split(foot)]
