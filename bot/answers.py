"""From Rasa's bot messages to the answers of a turn.

Rasa splits one message of an action into text, buttons and custom JSON, which
its channels send one by one. `AnswerCollector` keeps them together: one answer
per bot message.
"""

from __future__ import annotations

import re
from typing import Any

from rasa.core.channels.channel import OutputChannel

Answer = dict[str, Any]
_CHANNEL_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}\Z")


class AnswerCollector(OutputChannel):
    """Output channel of one turn, named like the channel the citizen writes on.

    The name makes Rasa choose the response variation of that channel.
    """

    def __init__(self, channel: str) -> None:
        self._channel = channel
        self.answers: list[Answer] = []
        self.handoff: dict[str, str] | None = None

    def name(self) -> str:  # Rasa asks the object, not the class
        """Return the name of the citizen's channel."""
        return self._channel

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:  # noqa: ARG002
        """Keep one bot message as one answer; a wish for a human alone is none."""
        custom = message.get("custom") or {}
        custom = custom if isinstance(custom, dict) else {}
        self.handoff = self.handoff or _handoff(custom.get("handoff"))
        answer = to_answer(message, custom)
        if answer["text"]:
            self.answers.append(answer)


def is_channel_name(name: str) -> bool:
    """Tell whether ``name`` may name a channel."""
    return bool(_CHANNEL_NAME.match(name))


def to_answer(message: dict[str, Any], custom: dict[str, Any]) -> Answer:
    """Map a bot message and its custom JSON to the contract's answer."""
    return {
        "text": str(message.get("text") or "").strip(),
        "source": custom.get("source"),
        "as_of": custom.get("as_of"),
        "demo": bool(custom.get("demo", False)),
        "buttons": [
            {"title": str(button["title"]), "payload": str(button.get("payload", ""))}
            for button in message.get("buttons") or []
            if isinstance(button, dict) and button.get("title")
        ],
        "links": custom.get("links") or [],
        "expects": custom.get("expects"),
    }


def _handoff(wish: Any) -> dict[str, str] | None:
    if not isinstance(wish, dict):
        return None
    return {"reason": str(wish.get("reason") or "citizen")}
