"""The messages that cross the hub's door, as frozen pydantic models.

A *message* comes in from a user, a *delivery* goes out to a user. Times are
aware and in UTC. Identifiers are opaque strings: nobody parses them.
"""

from __future__ import annotations

import datetime as dt
import json
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

MESSAGE_TEXT_LIMIT = 16_000
"""Characters of typed text that the hub stores; connectors cut only by ``fitting``."""
BODY_TEXT_BYTES = 15_000
CUT_TEXT_CHARACTERS = 2_500

Opaque = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f]+$")]
Municipality = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,62}$")]
ChannelName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,30}$")]


class Status(StrEnum):
    """Who is in charge of a conversation."""

    BOT = "bot"
    WAITING = "waiting"
    AGENT = "agent"
    CALLBACK = "callback"
    CLOSED = "closed"


class Expectation(StrEnum):
    """What kind of answer the last delivery asks for.

    The terminal chooses its grammar by it; messengers and the web chat show
    fitting buttons or pickers.
    """

    YES_NO = "yes_no"
    TOWN = "town"
    STREET = "street"
    DATE = "date"
    TIME = "time"
    NUMBER = "number"
    DOCUMENT = "document"
    PHONE = "phone"
    CHOICE = "choice"
    """One of the buttons; "das erste" and "keins davon" are understood, too."""
    CODE = "code"
    FREE = "free"


class Sender(StrEnum):
    """Who speaks in a delivery."""

    BOT = "bot"
    AGENT = "agent"
    SYSTEM = "system"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Link(_Frozen):
    """A link offered under an answer."""

    title: str
    url: str


class Button(_Frozen):
    """A choice under an answer. ``id`` is opaque; the hub keeps what it stands for."""

    id: Opaque
    title: str


class Source(_Frozen):
    """Where the facts of an answer come from."""

    title: str
    url: str | None = None


class UserMessage(_Frozen):
    """One message of a user, as a connector hands it to the hub.

    ``address`` is the channel's own name for the person (session token, chat
    id, room id); the hub stores only a keyed hash of it. ``message_id`` is
    unique within the channel: the same pair (channel, message_id) has no
    second effect. Either ``text`` or ``button`` is set.
    """

    channel: ChannelName
    address: Opaque
    message_id: Opaque
    text: str | None = Field(default=None, max_length=MESSAGE_TEXT_LIMIT)
    button: Opaque | None = None
    municipality: Municipality | None = None
    sent_at: AwareDatetime | None = None


def fitting(text: str) -> str:
    """Return a user's text as the hub's door takes it.

    A body above 16 kB is refused there. Of a longer text the beginning is kept: it
    is still above the 2,000 characters that the engine reads, so the hub answers it
    politely and asks for fewer words. Half characters (lone surrogates), which no
    JSON can carry, become U+FFFD.
    """
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if len(json.dumps(whole, ensure_ascii=False).encode()) <= BODY_TEXT_BYTES:
        return whole
    return whole[:CUT_TEXT_CHARACTERS]


class Receipt(_Frozen):
    """The hub's word that a message is stored. It is given only after the commit."""

    conversation: Opaque
    inbox_id: int
    duplicate: bool


class ConversationOpening(_Frozen):
    """A connector's wish to know (or begin) the conversation of an address."""

    channel: ChannelName
    address: Opaque
    municipality: Municipality | None = None


class ConversationState(_Frozen):
    """What a connector may know of a conversation."""

    conversation: Opaque
    status: Status
    municipality: Municipality | None
    busy: bool
    """True while a message of the user has not been answered yet."""
    last_number: int
    """Number of the newest delivery, 0 when there is none."""


class Delivery(_Frozen):
    """One outgoing message.

    ``number`` counts from 1 within its conversation without gaps, in the order
    in which the deliveries have to be shown. ``id`` is unique everywhere and
    serves as idempotency key of a channel (Matrix transaction id).
    """

    id: Opaque
    conversation: Opaque
    number: int
    channel: ChannelName
    sender: Sender
    text: str
    source: Source | None = None
    as_of: dt.date | None = None
    demo: bool = False
    buttons: tuple[Button, ...] = ()
    links: tuple[Link, ...] = ()
    expects: Expectation | None = None
    in_reply_to: Opaque | None = None
    """Message id of the user's message that this delivery answers."""
    intent: str | None = None
    confidence: float | None = None
    entities: tuple[dict[str, object], ...] = ()
    created_at: AwareDatetime


class AddressedDelivery(_Frozen):
    """A delivery with the address it goes to, for connectors that push."""

    delivery: Delivery
    address: Opaque


class Deliveries(_Frozen):
    """Answer to a fetch of deliveries, oldest first."""

    deliveries: tuple[Delivery, ...]
    state: ConversationState


class PendingDeliveries(_Frozen):
    """What a pushing connector still has to send, oldest first per conversation."""

    pending: tuple[AddressedDelivery, ...]


class Outcome(_Frozen):
    """What became of a delivery at the channel."""

    result: Literal["sent", "retry", "refused"]
    reason: str | None = None
    retry_after_seconds: float | None = None


class TranscriptEntry(_Frozen):
    """One line of a conversation's record."""

    at: AwareDatetime
    sender: Literal["user", "bot", "agent", "system"]
    text: str
    source: Source | None = None
    as_of: dt.date | None = None
    links: tuple[Link, ...] = ()


class Transcript(_Frozen):
    """A whole conversation, for the person it belongs to and for staff."""

    conversation: Opaque
    channel: ChannelName
    status: Status
    municipality: Municipality | None
    started_at: AwareDatetime
    entries: tuple[TranscriptEntry, ...]
