"""``stadtdraht ask``: one turn through the whole running system."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from ulid import ULID

from cli.house import house_settings, open_house, running_house
from cli.model import model_path
from contracts.hub import HubClient
from contracts.messages import (
    ConversationOpening,
    ConversationState,
    Delivery,
    Source,
    UserMessage,
    fitting,
)
from service.logs import configure_logs
from service.settings import Settings

CHANNEL = "cli"
ANSWER_LIMIT_SECONDS = 40.0


@dataclass(frozen=True)
class Turn:
    """A question's way through the system: what came back and how long it took."""

    conversation: str
    state: ConversationState
    deliveries: tuple[Delivery, ...]
    ms: float

    def to_json(self) -> dict[str, Any]:
        """Return the object that ``ask --json`` prints."""
        first = self.deliveries[0] if self.deliveries else None
        return {
            "conversation": self.conversation,
            "status": self.state.status.value,
            "intent": first.intent if first else None,
            "confidence": first.confidence if first else None,
            "entities": list(first.entities) if first else [],
            "answers": [_to_answer(delivery) for delivery in self.deliveries],
            "ms": round(self.ms, 1),
        }


class NoAnswer(Exception):
    """The system took the question but gave no answer in time."""


@contextlib.asynccontextmanager
async def door(settings: Settings) -> AsyncIterator[HubClient]:
    """Give a client of the running hub; where none runs, run a house for the time being."""
    running = await running_house()
    if running is not None:
        client = HubClient(running.hub_url, settings.hub_token)
        try:
            yield client
        finally:
            await client.close()
        return
    model = model_path(settings.content)
    async with open_house(settings, model, fixed_ports=False) as addresses:
        client = HubClient(addresses.hub_url, settings.hub_token)
        try:
            yield client
        finally:
            await client.close()


async def ask(hub: HubClient, question: str, *, conversation: str | None, town: str | None) -> Turn:
    """Take one turn.

    Args:
        hub: the door.
        question: what the user types.
        conversation: name of the conversation to continue; a new one when None.
        town: municipality in whose name the assistant speaks, None for all.

    Raises:
        HubError: the hub is not there or refused.
        NoAnswer: nothing came back in time.
    """
    address = conversation or f"a_{ULID()}"
    before = await hub.open(
        ConversationOpening(channel=CHANNEL, address=address, municipality=town)
    )
    message = UserMessage(
        channel=CHANNEL,
        address=address,
        message_id=str(ULID()),
        text=fitting(question),
        municipality=town,
    )
    started = time.perf_counter()
    receipt = await hub.submit(message)
    deliveries, state = await _answers(hub, receipt.conversation, before.last_number, message)
    ms = (time.perf_counter() - started) * 1000
    return Turn(address, state, deliveries, ms)


async def _answers(
    hub: HubClient, conversation: str, after: int, message: UserMessage
) -> tuple[tuple[Delivery, ...], ConversationState]:
    found: list[Delivery] = []
    deadline = time.monotonic() + ANSWER_LIMIT_SECONDS
    while time.monotonic() < deadline:
        fetched = await hub.deliveries(conversation, after, wait_seconds=5.0)
        found += [each for each in fetched.deliveries if each.in_reply_to == message.message_id]
        after = max([after, *(each.number for each in fetched.deliveries)])
        if not fetched.state.busy:
            return tuple(found), fetched.state
    raise NoAnswer("Es kam keine Antwort. `./stadtdraht doctor` hilft beim Suchen.")


def _to_answer(delivery: Delivery) -> dict[str, Any]:
    return {
        "text": delivery.text,
        "source": _in_words(delivery.source),
        "as_of": delivery.as_of.isoformat() if delivery.as_of else None,
        "buttons": [button.title for button in delivery.buttons],
        "links": [link.model_dump() for link in delivery.links],
    }


def _in_words(source: Source | None) -> str | None:
    if source is None:
        return None
    return f"{source.title} ({source.url})" if source.url else source.title


def to_text(turn: Turn) -> str:
    """Return a turn as a person reads it in a terminal."""
    lines = []
    for delivery in turn.deliveries:
        lines.append(delivery.text)
        lines += [f"  [{button.title}]" for button in delivery.buttons]
        lines += [f"  {link.title}: {link.url}" for link in delivery.links]
        if delivery.source:
            stand = f" · Stand {delivery.as_of:%d.%m.%Y}" if delivery.as_of else ""
            lines.append(f"  Quelle: {_in_words(delivery.source)}{stand}")
        lines.append("")
    lines.append(f"(weiter mit: --conversation {turn.conversation})")
    return "\n".join(lines)


def main(question: str, conversation: str | None, town: str | None, *, as_json: bool) -> None:
    """Ask one question and print the answer."""

    async def take_turn() -> Turn:
        settings = house_settings()
        configure_logs("WARNING")
        async with door(settings) as hub:
            return await ask(hub, question, conversation=conversation, town=town)

    turn = asyncio.run(take_turn())
    print(json.dumps(turn.to_json(), ensure_ascii=False, indent=2) if as_json else to_text(turn))
