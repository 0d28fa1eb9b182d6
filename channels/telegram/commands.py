"""Words that begin with ``/``; the menu of the bot lists them."""

from __future__ import annotations

from channels.telegram import notices
from channels.telegram.addresses import CHANNEL, Address
from channels.telegram.texts import visible
from contracts.hub import HubClient, HubForgot
from contracts.messages import ConversationOpening, ConversationState, Transcript
from service.clock import BERLIN

MENU = {
    "hilfe": "Was ich kann",
    "stadt": "Eine andere Stadt wählen",
    "mensch": "Mit einem Menschen sprechen",
    "neu": "Neu anfangen (löscht das Gespräch)",
    "daten": "Zeigen, was gespeichert ist",
    "loeschen": "Meine Daten löschen",
}
SPELT_OUT = {
    "hilfe": "Hilfe",
    "help": "Hilfe",
    "stadt": "Ich möchte die Stadt wechseln.",
    "mensch": "Ich möchte mit einem Menschen sprechen.",
}
SPEAKERS = {"user": "Sie", "bot": "Assistent", "agent": "Stadt", "system": "Hinweis"}
OWN = frozenset({"start", "daten", "loeschen", "löschen", "neu"})


class Commands:
    """What a person can do about their conversation, without the engine."""

    def __init__(self, hub: HubClient, municipality: str | None, towns: tuple[str, ...]) -> None:
        self._hub = hub
        self._municipality = municipality
        self._towns = towns

    async def begun(self, address: Address, payload: str = "") -> ConversationState:
        """Return the conversation of an address, beginning it when it is new.

        Args:
            address: where it takes place.
            payload: what a deep link said; a town of ours is taken, all else ignored.

        Raises:
            HubError: the hub cannot do it.
        """
        named = payload if payload in self._towns else None
        town = self._municipality or named
        opening = ConversationOpening(channel=CHANNEL, address=str(address), municipality=town)
        return await self._hub.open(opening)

    async def answered(self, command: str, address: Address) -> str:
        """Do one of our own commands and return what to say.

        Raises:
            HubError: the hub cannot do it.
        """
        if command == "daten":
            return await self._data(address)
        return await self._erased(address, anew=command == "neu")

    async def _data(self, address: Address) -> str:
        """Return everything that is stored, to the one person it belongs to."""
        if address.person is not None:
            return notices.ONLY_DIRECT
        try:
            found = await self._hub.transcript((await self.begun(address)).conversation)
        except HubForgot:
            return notices.NOTHING_STORED
        return _told(found)

    async def _erased(self, address: Address, *, anew: bool) -> str:
        try:
            await self._hub.erase((await self.begun(address)).conversation)
        except HubForgot:
            return notices.NOTHING_STORED
        return notices.BEGUN_ANEW if anew else notices.ERASED


def _told(transcript: Transcript) -> str:
    if not transcript.entries:
        return notices.NOTHING_STORED
    lines = [
        f"{entry.at.astimezone(BERLIN):%d.%m.%Y %H:%M} {SPEAKERS[entry.sender]}: "
        f"{visible(entry.text)}"
        for entry in transcript.entries
    ]
    return "\n".join(["Das ist von diesem Gespräch gespeichert:", *lines])
