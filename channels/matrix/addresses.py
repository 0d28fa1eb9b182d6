"""The hub's address of a Matrix conversation: account, room and, among many, the person."""

from __future__ import annotations

from dataclasses import dataclass

CHANNEL = "matrix"
ADDRESS_LIMIT = 255
_SEPARATOR = " "


@dataclass(frozen=True)
class Address:
    """Where a conversation takes place.

    ``person`` is set in rooms of many, where each person has a conversation of their own.
    """

    account: str
    room: str
    person: str | None = None

    def __str__(self) -> str:
        parts = [self.account, self.room] + ([self.person] if self.person else [])
        return _SEPARATOR.join(parts)

    @property
    def fits(self) -> bool:
        """Tell whether the hub can keep this address."""
        return len(str(self)) <= ADDRESS_LIMIT

    @classmethod
    def parsed(cls, text: str) -> Address:
        """Return the address that ``str`` made a text of."""
        account, room, *person = text.split(_SEPARATOR, 2)
        return cls(account, room, person[0] if person else None)


def message_id(account: str, event: str) -> str:
    """Return the hub's id of an event: two accounts in one room see the same event."""
    return f"{account} {event}"


def event_of(message: str) -> str:
    """Return the event that a message id was made of."""
    return message.partition(_SEPARATOR)[2]
