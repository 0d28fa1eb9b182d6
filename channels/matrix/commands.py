"""Words that begin with ``!`` (or ``/``, which most clients keep for themselves)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from channels.matrix import notices
from channels.matrix.addresses import CHANNEL, Address
from channels.matrix.bodies import visible
from contracts.hub import HubClient, HubForgot
from contracts.messages import ConversationOpening, Transcript
from service.clock import BERLIN

Command = Callable[[Address], Awaitable[list[str]]]

PART_CHARACTERS = 5_000
SPELT_OUT = {
    "hilfe": "Hilfe",
    "stadt": "Ich möchte die Stadt wechseln.",
    "mensch": "Ich möchte mit einem Menschen sprechen.",
}
SPEAKERS = {"user": "Sie", "bot": "Assistent", "agent": "Stadt", "system": "Hinweis"}


class Commands:
    """What a person can do about their conversation, without the engine."""

    def __init__(self, hub: HubClient, municipality: str | None) -> None:
        self._hub = hub
        self._municipality = municipality

    def named(self, text: str) -> Command | None:
        """Return the command that a text is, None when it is none of ours."""
        return {"daten": self.show, "loeschen": self.erase, "löschen": self.erase}.get(_word(text))

    def spelt_out(self, text: str) -> str:
        """Return what a command says in plain words; other text stays as it is."""
        return SPELT_OUT.get(_word(text), text)

    async def show(self, address: Address) -> list[str]:
        """Return everything that is stored, in parts, to the one person it belongs to.

        Raises:
            HubUnavailable: the hub cannot say it now.
        """
        if address.person is not None:
            return [notices.ONLY_DIRECT]
        try:
            transcript = await self._hub.transcript(await self._conversation(address))
        except HubForgot:
            return [notices.NOTHING_STORED]
        return _told(transcript)

    async def erase(self, address: Address) -> list[str]:
        """Erase the conversation everywhere and say so.

        Raises:
            HubUnavailable: the hub cannot do it now.
        """
        try:
            await self._hub.erase(await self._conversation(address))
        except HubForgot:
            return [notices.NOTHING_STORED]
        return [notices.ERASED]

    async def _conversation(self, address: Address) -> str:
        opening = ConversationOpening(
            channel=CHANNEL, address=str(address), municipality=self._municipality
        )
        return (await self._hub.open(opening)).conversation


def _word(text: str) -> str:
    stripped = text.strip()
    return stripped[1:].casefold() if stripped[:1] in {"!", "/"} else ""


def _told(transcript: Transcript) -> list[str]:
    if not transcript.entries:
        return [notices.NOTHING_STORED]
    lines = [
        f"{entry.at.astimezone(BERLIN):%d.%m.%Y %H:%M} {SPEAKERS[entry.sender]}: "
        f"{visible(entry.text)}"
        for entry in transcript.entries
    ]
    parts = ["Das ist von diesem Gespräch gespeichert:"]
    for line in lines:
        if len(parts[-1]) + len(line) > PART_CHARACTERS:
            parts.append(line)
        else:
            parts[-1] += "\n" + line
    return parts
