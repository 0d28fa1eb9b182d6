"""What a room event means for us, as a pure function of the event's JSON.

Events come from anybody, so nothing in them is taken for granted: a field of the wrong
kind is a field that is not there.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Fields = Mapping[str, Any]


class Kind(StrEnum):
    """What kind of thing somebody sent."""

    TEXT = "text"
    IMAGE = "image"
    VOICE = "voice"
    FILE = "file"
    REACTION = "reaction"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Incoming:
    """One thing that somebody sent. Places are still to be checked: whose, which room, when."""

    kind: Kind
    event: str
    sender: str
    text: str = ""
    mentions: frozenset[str] = frozenset()
    reply_to: str | None = None
    thread: str | None = None
    at: dt.datetime | None = None


_KINDS = {
    "m.text": Kind.TEXT,
    "m.emote": Kind.TEXT,
    "m.location": Kind.TEXT,
    "m.image": Kind.IMAGE,
    "m.audio": Kind.VOICE,
    "m.video": Kind.FILE,
    "m.file": Kind.FILE,
}
_GEO = re.compile(r"geo:(-?\d{1,3}(?:\.\d{1,12})?),(-?\d{1,3}(?:\.\d{1,12})?)(?:[,;].*)?", re.ASCII)
_AFTER_NAME = re.compile(r"\A!?[\s,:;–-]*(?=\S|\Z)")
_QUOTE = re.compile(r"\A(?:> .*\n?|>\n)+\n?")


def to_incoming(event: Fields) -> Incoming | None:
    """Return what an event is to us, None when it is nothing to answer.

    Edits and notices (other machines) are nothing, and so is what was redacted.
    """
    kind, content = event.get("type"), _fields(event.get("content"))
    identity, sender = _word(event.get("event_id")), _word(event.get("sender"))
    if identity is None or sender is None or "state_key" in event:
        return None
    if kind == "m.room.encrypted":
        return Incoming(Kind.UNREADABLE, identity, sender, at=_time(event))
    if kind == "m.reaction":
        return _to_reaction(event, content, identity, sender)
    if kind == "m.sticker":
        return Incoming(Kind.FILE, identity, sender, at=_time(event))
    return _to_message(event, content, identity, sender) if kind == "m.room.message" else None


def _to_message(event: Fields, content: Fields, identity: str, sender: str) -> Incoming | None:
    kind = _KINDS.get(_word(content.get("msgtype")) or "")
    relation = _fields(content.get("m.relates_to"))
    if kind is None or relation.get("rel_type") == "m.replace":
        return None
    reply_to = _word(_fields(relation.get("m.in_reply_to")).get("event_id"))
    text = _text(content, is_reply=reply_to is not None) if kind is Kind.TEXT else ""
    if kind is Kind.TEXT and not text.strip():
        return None
    return Incoming(
        kind=kind,
        event=identity,
        sender=sender,
        text=text,
        mentions=_mentions(content),
        reply_to=reply_to,
        thread=_thread(relation),
        at=_time(event),
    )


def _to_reaction(event: Fields, content: Fields, identity: str, sender: str) -> Incoming | None:
    relation = _fields(content.get("m.relates_to"))
    target, key = _word(relation.get("event_id")), _word(relation.get("key"))
    if relation.get("rel_type") != "m.annotation" or target is None or key is None:
        return None
    return Incoming(
        Kind.REACTION, identity, sender, text=key[:16], reply_to=target, at=_time(event)
    )


def redacted_event(event: Fields) -> str | None:
    """Return the id of the event that a redaction removes, None when it is no redaction."""
    if event.get("type") != "m.room.redaction":
        return None
    return _word(_fields(event.get("content")).get("redacts")) or _word(event.get("redacts"))


def is_own_join(event: Fields, user: str) -> bool:
    """Tell whether with this event ``user`` came into the room (a new name is no coming)."""
    if event.get("type") != "m.room.member" or event.get("state_key") != user:
        return False
    unsigned = _fields(event.get("unsigned"))
    before = _fields(unsigned.get("prev_content") or event.get("prev_content"))
    joined = _fields(event.get("content")).get("membership") == "join"
    return joined and before.get("membership") != "join"


def addressed_text(incoming: Incoming, user: str, name: str | None) -> str | None:
    """Return what is said to us in a room of many, without our name; None when it is not to us.

    Somebody speaks to us by a mention (the field that clients set) or by beginning with
    our name or our user id. Replies to our words are for the caller to recognise.
    """
    text = incoming.text.strip()
    for called in filter(None, (user, name, f"@{name}" if name else None, _local(user))):
        if text.casefold().startswith(called.casefold()):
            rest = text[len(called) :]
            if not rest or not (rest[0].isalnum() or rest[0] == "_"):
                return _AFTER_NAME.sub("", rest).strip() or text
    return text if user in incoming.mentions else None


def _local(user: str) -> str:
    return user.partition(":")[0]


def _text(content: Fields, *, is_reply: bool) -> str:
    geo = _GEO.fullmatch(_word(content.get("geo_uri")) or "")
    if content.get("msgtype") == "m.location":
        return _to_place(geo) if geo else ""
    body = content.get("body")
    text = body if isinstance(body, str) else ""
    return _QUOTE.sub("", text) if is_reply else text


def _to_place(geo: re.Match[str]) -> str:
    latitude, longitude = float(geo[1]), float(geo[2])
    if abs(latitude) > 90 or abs(longitude) > 180:
        return ""
    return f"Mein Standort: {latitude:.5f}, {longitude:.5f}"


def _mentions(content: Fields) -> frozenset[str]:
    users = _fields(content.get("m.mentions")).get("user_ids")
    if not isinstance(users, list):
        return frozenset()
    return frozenset(each for each in users if isinstance(each, str))


def _thread(relation: Fields) -> str | None:
    return _word(relation.get("event_id")) if relation.get("rel_type") == "m.thread" else None


def _time(event: Fields) -> dt.datetime | None:
    milliseconds = event.get("origin_server_ts")
    if not isinstance(milliseconds, int | float) or not math.isfinite(milliseconds):
        return None
    try:
        return dt.datetime.fromtimestamp(milliseconds / 1000, dt.UTC)
    except (OverflowError, OSError, ValueError):
        return None


def _fields(value: object) -> Fields:
    return value if isinstance(value, Mapping) else {}


def _word(value: object) -> str | None:
    """Return a string that can be an identifier."""
    if not isinstance(value, str) or not 0 < len(value) <= 255 or min(value) < " ":
        return None
    return value
