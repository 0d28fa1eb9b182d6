"""Runs one turn on a tracker and leaves saving to the caller.

Differs from Rasa's processor in these points:

- typed text is parsed by a graph without Rasa's handler for ``/intent{...}``;
- a failed action ends the turn with `ActionFailed` instead of being logged away;
- nothing is saved here, so a failed turn leaves no trace;
- the graph runs without Dask and actions are made once.
"""

from __future__ import annotations

import tarfile
from pathlib import Path
from typing import Any

from rasa.core.actions.action import Action, ActionExecutionRejection, RemoteAction
from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.core.nlg import NaturalLanguageGenerator
from rasa.core.policies.policy import PolicyPrediction
from rasa.core.processor import MessageProcessor
from rasa.engine import loader
from rasa.engine.constants import PLACEHOLDER_MESSAGE, PLACEHOLDER_TRACKER
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.storage import ModelMetadata
from rasa.exceptions import ActionLimitReached
from rasa.shared.core.constants import ACTION_EXTRACT_SLOTS
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecutionRejected,
    DefinePrevUserUtteredFeaturization,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import (
    ENTITIES,
    INTENT,
    INTENT_NAME_KEY,
    INTENT_RANKING_KEY,
    PREDICTED_CONFIDENCE_KEY,
    TEXT,
)
from rasa.utils.common import TempDirectoryPath, get_temp_dir_name

from bot.actions_client import ActionServer, CalledAction
from bot.failures import ActionFailed, ActionLimit, ModelMissing, TurnFailure
from bot.graph_runner import DirectGraphRunner
from bot.utterances import Pressed

FALLBACK_INTENT = "nlu_fallback"
SLASH_HANDLER = "RegexMessageHandler"
RANKING_LENGTH = 4  # doubt and three candidates
_SEEN_BY_POLICIES_ONLY = DefinePrevUserUtteredFeaturization

ParseData = dict[str, Any]


class TurnProcessor(MessageProcessor):
    """Rasa's message processor for one loaded model."""

    graph_runner: DirectGraphRunner
    domain: Domain
    model_metadata: ModelMetadata

    def __init__(
        self,
        model_path: Path,
        tracker_store: Any,
        lock_store: Any,
        generator: NaturalLanguageGenerator,
        action_server: ActionServer,
    ) -> None:
        super().__init__(
            model_path, tracker_store, lock_store, generator, action_endpoint=action_server
        )
        self._server = action_server
        self._server.use_domain(self.domain)
        self._actions: dict[str, Action] = {}
        self._typed_target = self.graph_runner.source_of(
            self.model_metadata.nlu_target, SLASH_HANDLER
        )

    @staticmethod
    def _load_model(model_path: Path) -> tuple[str, ModelMetadata, DirectGraphRunner]:
        if not model_path.is_file():
            raise ModelMissing("there is no file at the model's path")
        with TempDirectoryPath(get_temp_dir_name()) as directory:
            try:
                metadata, runner = loader.load_predict_graph_runner(
                    Path(directory), Path(model_path), LocalModelStorage, DirectGraphRunner
                )
            except (tarfile.TarError, EOFError) as error:
                raise ModelMissing(f"the model's file is broken: {type(error).__name__}") from None
        return model_path.name, metadata, runner

    # ---- understanding ------------------------------------------------------

    def parse_typed(
        self, text: str, message: UserMessage, tracker: DialogueStateTracker
    ) -> ParseData:
        """Understand typed text; text without anything in it is not understood."""
        if not text:
            return _parse_data(text, FALLBACK_INTENT, 1.0, [])
        results = self.graph_runner.run(
            {PLACEHOLDER_MESSAGE: [message], PLACEHOLDER_TRACKER: tracker}, [self._typed_target]
        )
        parsed = results[self._typed_target][0].as_dict(only_output_properties=True)
        data = _parse_data(text, None, 0.0, [])
        data.update(parsed)
        data[INTENT_RANKING_KEY] = data.get(INTENT_RANKING_KEY, [])[:RANKING_LENGTH]
        return data

    @staticmethod
    def parse_pressed(text: str, pressed: Pressed) -> ParseData:
        """Return what a button means, in the form of a parsed message."""
        entities = [
            {"entity": name, "value": value, "start": 0, "end": len(text), "extractor": "button"}
            for name, value in pressed.entities.items()
        ]
        return _parse_data(text, pressed.intent, 1.0, entities)

    # ---- the turn -----------------------------------------------------------

    async def run_turn(self, message: UserMessage, tracker: DialogueStateTracker) -> None:
        """Run a parsed message on its tracker until the bot listens again.

        Raises:
            TurnFailure: the turn has no answer; the tracker must be thrown away.
        """
        tracker.model_id = self.model_metadata.model_id
        tracker.assistant_id = self.model_metadata.assistant_id
        await self._update_tracker_session(tracker, message.output_channel, message.metadata)
        await self._handle_message_with_tracker(message, tracker)
        await self.run_action_extract_slots(message.output_channel, tracker)
        await self._run_prediction_loop(message.output_channel, tracker)

    async def run_action_extract_slots(
        self, output_channel: OutputChannel, tracker: DialogueStateTracker
    ) -> DialogueStateTracker:
        """Fill slots from the latest message; returns the same tracker."""
        events = await self._get_action(ACTION_EXTRACT_SLOTS).run(
            output_channel, self.nlg, tracker, self.domain
        )
        await self._send_bot_messages(events, tracker, output_channel)
        tracker.update_with_events(events, self.domain)
        return tracker

    async def _run_prediction_loop(
        self, output_channel: OutputChannel, tracker: DialogueStateTracker
    ) -> None:
        listening = False
        while not listening and self._should_handle_message(tracker):
            try:
                action, prediction = self.predict_next_with_tracker_if_should(tracker)
            except ActionLimitReached:
                raise ActionLimit from None
            listening = not await self._run_action(
                action, tracker, output_channel, self.nlg, prediction
            )

    async def _run_action(
        self,
        action: Action,
        tracker: DialogueStateTracker,
        output_channel: OutputChannel,
        nlg: NaturalLanguageGenerator,  # noqa: ARG002
        prediction: PolicyPrediction,
    ) -> bool:
        events = await self._events_of(action, tracker, output_channel, prediction)
        if events is None:  # a form hands the turn to another rule
            rejected = ActionExecutionRejected(
                action.name(), prediction.policy_name, prediction.max_confidence
            )
            tracker.update(rejected)
            return bool(self.should_predict_another_action(action.name()))
        tracker.update_with_events(prediction.events, self.domain)
        tracker.update(action.event_for_successful_execution(prediction))
        tracker.update_with_events(events, self.domain)
        if any(isinstance(event, UserUttered) for event in events):
            await self.run_action_extract_slots(output_channel, tracker)
        await self._send_bot_messages(events, tracker, output_channel)
        return bool(self.should_predict_another_action(action.name()))

    async def _events_of(
        self,
        action: Action,
        tracker: DialogueStateTracker,
        output_channel: OutputChannel,
        prediction: PolicyPrediction,
    ) -> list[Any] | None:
        """Run an action; None when a form rejected the turn.

        Raises:
            ActionFailed: the action raised.
        """
        view = tracker
        if not all(isinstance(event, _SEEN_BY_POLICIES_ONLY) for event in prediction.events):
            view = tracker.copy()  # the policy's events count only if the action accepts
            view.update_with_events(prediction.events, self.domain)
        try:
            events: list[Any] = await action.run(output_channel, self.nlg, view, self.domain) or []
        except TurnFailure:
            raise
        except ActionExecutionRejection:
            if isinstance(action, RemoteAction):
                raise ActionFailed(f"{action.name()}: rejected") from None
            return None
        except Exception as error:
            raise ActionFailed(f"{action.name()}: {type(error).__name__}") from error
        if any(isinstance(event, ActionExecutionRejected) for event in events):
            raise ActionFailed(f"{action.name()}: rejected")
        return events

    # ---- actions are made once ----------------------------------------------

    def _get_action(self, action_name: str) -> Action:
        if action_name not in self._actions:
            action = super()._get_action(action_name)
            if type(action) is RemoteAction:
                action = CalledAction(action_name, self._server)
            self._actions[action_name] = action
        return self._actions[action_name]

    def predict_next_with_tracker_if_should(
        self, tracker: DialogueStateTracker
    ) -> tuple[Action, PolicyPrediction]:
        """Predict the next action and return it with the prediction.

        Raises:
            ActionLimitReached: too many actions in this turn.
        """
        again = self.should_predict_another_action(tracker.latest_action_name)
        if self.is_action_limit_reached(tracker, again):
            raise ActionLimitReached("The limit of actions to predict has been reached.")
        prediction = self._predict_next_with_tracker(tracker)
        name = self.domain.action_names_or_texts[prediction.max_confidence_index]
        return self._get_action(name), prediction


def _parse_data(
    text: str, intent: str | None, confidence: float, entities: list[dict[str, Any]]
) -> ParseData:
    return {
        TEXT: text,
        INTENT: {INTENT_NAME_KEY: intent, PREDICTED_CONFIDENCE_KEY: confidence},
        ENTITIES: entities,
        INTENT_RANKING_KEY: [],
    }
