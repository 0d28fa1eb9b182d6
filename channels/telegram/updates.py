"""From an update of Telegram to what it asks of us. Pure: nothing is sent or stored here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from aiogram.types import CallbackQuery, Message, Update, User

from channels.telegram import notices
from channels.telegram.addresses import Address, message_id

BUTTON_BYTES = 64
_COMMAND = re.compile(r"/([A-Za-z0-9_äöüÄÖÜ]{1,32})(?:@(\w+))?(?:\s+(.*))?", re.DOTALL)


@dataclass(frozen=True)
class Incoming:
    """Something a person did. One of ``text``, ``button``, ``command`` or ``remark`` is set."""

    address: Address
    identity: str
    message: Message | None
    text: str | None = None
    button: str | None = None
    query: str | None = None
    """Id of the button press, which Telegram wants answered."""
    command: str | None = None
    payload: str = ""
    """What followed the command, as in a deep link."""
    remark: str | None = None
    """What we have to say to it beside the conversation."""


def to_incoming(bot: str, me: User, update: Update) -> Incoming | None:
    """Return what an update asks, None when it is none of our business."""
    if update.callback_query is not None:
        return _pressed(bot, update.update_id, update.callback_query)
    if update.edited_message is not None:
        return _edited(bot, me, update.update_id, update.edited_message)
    if update.message is not None:
        return _said(bot, me, update.update_id, update.message)
    return None


def _said(bot: str, me: User, update: int, message: Message) -> Incoming | None:
    if not _from_person(message):
        return None
    words = message.text or message.caption or ""
    heard = _heard(me, message, words)
    if heard is None:
        return None
    address, identity = _address(bot, message, message.from_user), _identity(bot, update, message)
    command = _COMMAND.fullmatch(heard.strip()) if message.text else None
    if command is not None:
        name, payload = command[1].lower(), (command[3] or "").strip()
        return Incoming(address, identity, message, text=heard, command=name, payload=payload)
    remark = _remark(message)
    if not heard.strip() and remark is None:
        return None
    return Incoming(address, identity, message, text=heard.strip() or None, remark=remark)


def _edited(bot: str, me: User, update: int, message: Message) -> Incoming | None:
    """An edit never starts a turn; live locations are edited all the time and are not told."""
    if message.text is None or not _from_person(message) or _heard(me, message, "") is None:
        return None
    address = _address(bot, message, message.from_user)
    return Incoming(address, _identity(bot, update, message), message, remark=notices.EDITED)


def _pressed(bot: str, update: int, query: CallbackQuery) -> Incoming | None:
    message = query.message
    if message is None or not query.data or len(query.data.encode()) > BUTTON_BYTES:
        return None
    person = None if message.chat.type == "private" else query.from_user.id
    return Incoming(
        Address(bot, message.chat.id, person),
        message_id(bot, update, message.message_id),
        None,
        button=query.data,
        query=query.id,
    )


def _from_person(message: Message) -> bool:
    """Tell whether a person wrote: no other bot, no channel, no anonymous administrator."""
    return message.from_user is not None and not message.from_user.is_bot


def _heard(me: User, message: Message, words: str) -> str | None:
    """Return the words without our name, None when others were spoken to."""
    command = _COMMAND.match(words)
    for_other = command is not None and command[2] and command[2].lower() != _name(me)
    if for_other:
        return None
    if message.chat.type == "private":
        return words
    if message.chat.type not in {"group", "supergroup"}:
        return None
    mention = re.compile(rf"(?<!\w)@{re.escape(_name(me))}\b[,:]?\s*", re.IGNORECASE)
    replied = message.reply_to_message
    to_us = replied is not None and replied.from_user is not None and replied.from_user.id == me.id
    if to_us or (command is not None and command[2]) or mention.search(words):
        return words if command is not None else mention.sub("", words)
    return None


def _name(me: User) -> str:
    return (me.username or "").lower()


def _remark(message: Message) -> str | None:
    kinds: tuple[tuple[object, str], ...] = (
        (message.photo, notices.PHOTO_UNSEEN if message.caption else notices.NO_PHOTO),
        (message.voice or message.audio or message.video_note, notices.NO_VOICE),
        (message.location or message.venue, notices.NO_LOCATION),
        (message.document or message.video or message.animation, notices.NO_FILE),
        (message.sticker or message.contact or message.poll, notices.NO_FILE),
    )
    return next((remark for kind, remark in kinds if kind), None)


def _address(bot: str, message: Message, person: User | None) -> Address:
    alone = message.chat.type == "private" or person is None
    return Address(bot, message.chat.id, None if alone or person is None else person.id)


def _identity(bot: str, update: int, message: Message) -> str:
    return message_id(bot, update, message.message_id)


Fate = Literal["submitted", "duplicate", "answered", "refused", "ignored", "broken"]
