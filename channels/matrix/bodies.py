"""A delivery as the content of room messages: plain text, and HTML that content cannot break.

Everything from the outside is escaped; the only markup is ours. A client that shows no
HTML shows the plain body, which says the same.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from contracts.messages import Button, Delivery, Expectation, Link, Sender

HTML = "org.matrix.custom.html"
CONTENT_BYTES = 32_000
"""An event may have 65,536 bytes with its envelope; encryption adds a third."""
PART_CHARACTERS = 5_000
TYPED_VALUES = frozenset(
    {
        Expectation.NUMBER,
        Expectation.DATE,
        Expectation.TIME,
        Expectation.PHONE,
        Expectation.CODE,
        Expectation.STREET,
    }
)
"""Where a typed number is the answer itself, so that it cannot choose a button."""
SAFE_SCHEMES = frozenset({"http", "https", "mailto", "tel"})
SPEAKERS = {Sender.AGENT: "Mitarbeiterin oder Mitarbeiter der Stadt"}

_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff]")
_INLINE_LINK = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]]")


def is_numbered(delivery: Delivery) -> bool:
    """Tell whether the buttons of a delivery are chosen by number."""
    return delivery.expects not in TYPED_VALUES


def to_contents(
    delivery: Delivery, *, reply_to: str | None = None, thread: str | None = None
) -> list[dict[str, Any]]:
    """Return the contents of the room messages that carry a delivery, nearly always one.

    Args:
        delivery: what to say.
        reply_to: the event that is answered, where the answer has to point at it.
        thread: the root of the thread that it belongs into.
    """
    body, markup = _plain(delivery), _marked_up(delivery)
    relation = _relation(reply_to, thread)
    rich = _text(body) | {"format": HTML, "formatted_body": markup} | relation
    if _size(rich) <= CONTENT_BYTES:
        return [rich]
    return [_text(part) | relation for part in _parts(body)]


def to_notice(text: str, *, reply_to: str | None = None) -> dict[str, Any]:
    """Return a remark of the connector itself; other machines do not answer notices."""
    return {"msgtype": "m.notice", "body": text, "m.mentions": {}} | _relation(reply_to, None)


def visible(text: str) -> str:
    """Return a text without control characters and without changes of direction."""
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return _UNSEEN.sub("", whole.replace("\r\n", "\n"))


def is_safe(url: str) -> bool:
    """Tell whether a link may be offered: web, mail and telephone only."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    if parts.scheme.lower() not in SAFE_SCHEMES or visible(url) != url or " " in url:
        return False
    return bool(parts.netloc) if parts.scheme.lower().startswith("http") else bool(parts.path)


def _text(body: str) -> dict[str, Any]:
    return {"msgtype": "m.text", "body": body, "m.mentions": {}}


def _relation(reply_to: str | None, thread: str | None) -> dict[str, Any]:
    if thread is not None:
        relation: dict[str, Any] = {"rel_type": "m.thread", "event_id": thread}
        relation |= {"is_falling_back": True, "m.in_reply_to": {"event_id": reply_to or thread}}
        return {"m.relates_to": relation}
    return {"m.relates_to": {"m.in_reply_to": {"event_id": reply_to}}} if reply_to else {}


def _size(content: dict[str, Any]) -> int:
    return len(json.dumps(content, ensure_ascii=False).encode())


def _plain(delivery: Delivery) -> str:
    return "\n\n".join(part for part in _plain_parts(delivery) if part) or "…"


def _plain_parts(delivery: Delivery) -> Iterator[str]:
    if delivery.sender in SPEAKERS:
        yield f"{SPEAKERS[delivery.sender]}:"
    yield visible(delivery.text).strip()
    yield "\n".join(_numbered(delivery.buttons, numbered=is_numbered(delivery)))
    yield "\n".join(f"{visible(link.title)}: {link.url}" for link in _links(delivery))
    yield _origin(delivery)


def _numbered(buttons: tuple[Button, ...], *, numbered: bool) -> Iterator[str]:
    for place, button in enumerate(buttons, 1):
        yield f"{place}. {visible(button.title)}" if numbered else f"• {visible(button.title)}"
    if buttons and numbered:
        yield "Bitte schreiben Sie die Nummer."


def _links(delivery: Delivery) -> Iterator[Link]:
    return (link for link in delivery.links if is_safe(link.url))


def _origin(delivery: Delivery) -> str:
    stand = f"Stand: {delivery.as_of:%d.%m.%Y}" if delivery.as_of else ""
    source = delivery.source
    parts = [f"Quelle: {visible(source.title)}" if source else "", stand]
    parts.append("Demo-Angabe" if delivery.demo else "")
    return " · ".join(part for part in parts if part)


def _marked_up(delivery: Delivery) -> str:
    return "".join(_marked_up_parts(delivery)) or "<p>…</p>"


def _marked_up_parts(delivery: Delivery) -> Iterator[str]:
    if delivery.sender in SPEAKERS:
        yield f"<p><strong>{SPEAKERS[delivery.sender]}:</strong></p>"
    for paragraph in re.split(r"\n\s*\n", visible(delivery.text).strip()):
        if paragraph:
            yield f"<p>{_with_links(paragraph)}</p>"
    yield from _choices(delivery)
    links = [_anchor(link.url, link.title) for link in _links(delivery)]
    if links:
        yield f"<p>{'<br>'.join(links)}</p>"
    if _origin(delivery):
        yield f"<p><em>{_sourced(delivery)}</em></p>"


def _choices(delivery: Delivery) -> Iterator[str]:
    if not delivery.buttons:
        return
    kind = "ol" if is_numbered(delivery) else "ul"
    items = "".join(f"<li>{_escaped(button.title)}</li>" for button in delivery.buttons)
    yield f"<{kind}>{items}</{kind}>"
    if kind == "ol":
        yield "<p>Bitte schreiben Sie die Nummer.</p>"


def _sourced(delivery: Delivery) -> str:
    text = _escaped(_origin(delivery))
    source = delivery.source
    if source is None or source.url is None or not is_safe(source.url):
        return text
    return text.replace(_escaped(source.title), _anchor(source.url, source.title), 1)


def _with_links(text: str) -> str:
    """Return a paragraph in HTML: all escaped, addresses on the web as links."""
    done, at = [], 0
    for found in _INLINE_LINK.finditer(text):
        done += [_escaped(text[at : found.start()]), _anchor(found[0], found[0])]
        at = found.end()
    return "".join([*done, _escaped(text[at:])]).replace("\n", "<br>")


def _anchor(url: str, title: str) -> str:
    return (
        f'<a href="{html.escape(url)}">{_escaped(title)}</a>' if is_safe(url) else (_escaped(title))
    )


def _escaped(text: str) -> str:
    return html.escape(visible(text))


def _parts(body: str) -> list[str]:
    """Cut a very long text between words."""
    parts = []
    while len(body) > PART_CHARACTERS:
        cut = max(body.rfind(" ", 0, PART_CHARACTERS), body.rfind("\n", 0, PART_CHARACTERS))
        cut = cut if cut > 0 else PART_CHARACTERS
        parts.append(body[:cut].rstrip())
        body = body[cut:].lstrip()
    return [*parts, body]
