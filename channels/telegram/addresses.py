"""The hub's address of a Telegram conversation: bot, chat and, among many, the person."""

from __future__ import annotations

from dataclasses import dataclass

CHANNEL = "telegram"


@dataclass(frozen=True)
class Address:
    """Where a conversation takes place.

    ``person`` is set in groups, where each person has a conversation of their own.
    """

    bot: str
    chat: int
    person: int | None = None

    def __str__(self) -> str:
        among_many = f" {self.person}" if self.person is not None else ""
        return f"{self.bot} {self.chat}{among_many}"

    @classmethod
    def parsed(cls, text: str) -> Address:
        """Return the address that ``str`` made a text of."""
        bot, chat, *person = text.split(" ")
        return cls(bot, int(chat), int(person[0]) if person else None)


def message_id(bot: str, update: int, message: int) -> str:
    """Return the hub's id of an update.

    Telegram begins to count updates anew after a quiet week; with the number of the
    message (or, for a button, of the message under which it was) no id comes again.
    """
    return f"{bot} {update} {message}"


def message_of(identity: str) -> int:
    """Return the number of the message that a ``message_id`` was made of."""
    return int(identity.rpartition(" ")[2])
