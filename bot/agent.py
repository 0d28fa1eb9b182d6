"""Takes one message of a conversation through a turn, exactly once."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage
from rasa.core.policies.rule_policy import DEFAULT_ACTION_MAPPINGS

from bot import utterances
from bot.actions_client import ActionServer
from bot.answers import AnswerCollector
from bot.failures import AnswerEmpty, ConversationBusy, ModelMissing, TurnFailure
from bot.lock_store import ConversationLocks
from bot.logs import Log
from bot.processor import ParseData, TurnProcessor
from bot.tracker_store import SqlTrackerStore, StoredTracker, VersionConflict

DIALOGUE_COMMANDS = frozenset(DEFAULT_ACTION_MAPPINGS)  # restart, back, session_start
WARM_UP = "Wann hat das Bürgerbüro morgen um halb vier in der Lindenstraße 3 auf?"
TRIES = 4  # the first and three more
journal = Log("agent")


@dataclass(frozen=True)
class Turn:
    """A checked request: what was said in which conversation.

    Either ``text`` (typed, never trusted) or ``payload`` (of one of our
    buttons) is set. ``metadata`` is passed on to the actions.
    """

    message_id: str
    conversation: str
    text: str | None = None
    payload: str | None = None
    channel: str = "webchat"
    metadata: dict[str, Any] = field(default_factory=dict)


class TurnAgent(Agent):
    """Rasa's agent with our processor, store and locks, and no hidden fallbacks."""

    processor: TurnProcessor | None
    tracker_store: SqlTrackerStore
    lock_store: ConversationLocks

    def __init__(self, tracker_store: SqlTrackerStore, action_server: ActionServer) -> None:
        super().__init__(
            tracker_store=tracker_store,
            lock_store=ConversationLocks(),
            action_endpoint=action_server,
        )
        self.tracker_store = tracker_store  # Rasa wraps it into one that hides its failures

    def load_model(self, model_path: str | Path, fingerprint: str | None = None) -> None:
        """Load a model.

        Raises:
            ModelMissing: there is none at this path, or it cannot be read.
        """
        self.processor = TurnProcessor(
            Path(model_path), self.tracker_store, self.lock_store, self.nlg, self.action_endpoint
        )
        self.domain = self.processor.domain
        self.tracker_store.domain = self.domain
        self.nlg.responses = self.domain.responses
        self._set_fingerprint(fingerprint)
        self._warm_up(self.processor)

    def _warm_up(self, processor: TurnProcessor) -> None:
        """Understand one sentence, so that the first citizen does not wait for lazy imports."""
        message = UserMessage(WARM_UP, AnswerCollector("webchat"), "c_warm_up")
        processor.parse_typed(WARM_UP, message, self.tracker_store.init_tracker("c_warm_up"))

    async def take_turn(self, turn: Turn) -> dict[str, Any]:
        """Answer a message; a message that was answered before gets the same answer.

        Raises:
            TurnFailure: there is no answer, and nothing was saved.
        """
        if self.processor is None:
            raise ModelMissing
        started = time.perf_counter()
        async with self.lock_store.lock(turn.conversation):
            for _ in range(TRIES):
                try:
                    answer = await self._try_turn(self.processor, turn)
                except VersionConflict:
                    journal.warning("turn.conflict", message=turn.message_id)
                    continue
                journal.info(
                    "turn.answered",
                    conversation=turn.conversation,
                    message=turn.message_id,
                    duplicate=answer["duplicate"],
                    milliseconds=round((time.perf_counter() - started) * 1000, 1),
                )
                return answer
        raise ConversationBusy

    async def forget(self, conversation: str) -> None:
        """Erase a conversation once its running turn is done."""
        async with self.lock_store.lock(conversation):
            await self.tracker_store.delete(conversation)

    async def _try_turn(self, processor: TurnProcessor, turn: Turn) -> dict[str, Any]:
        opened = await self.tracker_store.open_turn(turn.conversation, turn.message_id)
        if opened.recorded_answer is not None:
            return {**opened.recorded_answer, "duplicate": True}
        tracker, output = opened.tracker, AnswerCollector(turn.channel)
        message = self._to_message(processor, turn, tracker, output)
        await processor.run_turn(message, tracker)
        answer = _to_answer(turn, message.parse_data, output)
        await self.tracker_store.commit_turn(tracker, turn.message_id, answer)
        return {**answer, "duplicate": False}

    def _to_message(
        self,
        processor: TurnProcessor,
        turn: Turn,
        tracker: StoredTracker,
        output: AnswerCollector,
    ) -> UserMessage:
        """Make Rasa's message of a turn and understand it."""
        text = turn.payload if turn.payload is not None else utterances.typed(turn.text or "")
        message = UserMessage(
            text,
            output,
            turn.conversation,
            input_channel=turn.channel,
            message_id=turn.message_id,
            metadata=turn.metadata,
        )
        if turn.payload is None:
            message.parse_data = processor.parse_typed(text, message, tracker)
            return message
        domain = processor.domain
        intents = set(domain.intents) - DIALOGUE_COMMANDS
        pressed = utterances.pressed(turn.payload, intents, domain.entities)
        message.parse_data = processor.parse_pressed(text, pressed)
        return message


def _to_answer(turn: Turn, parsed: ParseData, output: AnswerCollector) -> dict[str, Any]:
    """Return the answer of the contract.

    Raises:
        AnswerEmpty: the bot said nothing and calls no human.
    """
    if not output.answers and output.handoff is None:
        raise AnswerEmpty
    name = parsed["intent"]["name"]
    return {
        "message_id": turn.message_id,
        "intent": name and {"name": name, "confidence": float(parsed["intent"]["confidence"])},
        "entities": parsed["entities"],
        "answers": output.answers,
        "handoff": output.handoff,
    }


__all__ = ["Turn", "TurnAgent", "TurnFailure"]
