"""Honest doubt: a message that the classifier cannot place becomes `nlu_fallback`."""

# ruff: noqa: ARG003 -- Rasa calls these methods with fixed arguments
from __future__ import annotations

import unicodedata
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message

from german.normal_form import clean
from nlu.background import STANDS_FOR
from nlu.intent_classifier import CERTAINTY, IN_SCOPE, GermanIntentClassifier


@DefaultV1Recipe.register([DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER], is_trainable=False)
class OutOfScopeDetector(IntentClassifier, GraphComponent):
    """Puts `nlu_fallback` first when the classifier's certainty is too small.

    Source: our own, instead of Rasa's FallbackClassifier, which looks only at the
    largest probability and its margin. The certainty weighs several witnesses (see
    `nlu.linear_model`), and so does the judgement whether the message is a concern at all:
    what looks like a stranger and was not understood as `out_of_scope` is doubtful, too.
    The candidates stay in the ranking behind `nlu_fallback`, so that an action can ask
    "Meinten Sie ...?".
    """

    def __init__(self, config: dict[str, Any]) -> None:
        thresholds = {**self.get_default_config(), **config}
        self._least_certainty = float(thresholds["least_certainty"])
        self._least_confidence = float(thresholds["least_confidence"])
        self._least_in_scope = float(thresholds["least_in_scope"])

    @classmethod
    def required_components(cls) -> list[type]:
        """Name the components that must stand in front of this one."""
        return [GermanIntentClassifier]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Give the thresholds; measured in docs/adr/0021."""
        return {"least_certainty": 0.3, "least_confidence": 0.2, "least_in_scope": 0.5}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> OutOfScopeDetector:
        """Create the detector; it has nothing to train."""
        return cls(config)

    def process(self, messages: list[Message]) -> list[Message]:
        """Replace the intent of doubtful messages."""
        for message in messages:
            if self._is_doubtful(message):
                _fall_back(message)
        return messages

    def _is_doubtful(self, message: Message) -> bool:
        intent = message.get(INTENT) or {}
        if not intent.get("name") or is_foreign_script(message.get(TEXT) or ""):
            return True
        certainty: float = message.get(CERTAINTY) or 0.0
        confidence: float = intent.get("confidence") or 0.0
        if certainty < self._least_certainty or confidence < self._least_confidence:
            return True
        in_scope: float = message.get(IN_SCOPE, 1.0)
        return in_scope < self._least_in_scope and intent["name"] != STANDS_FOR


def is_foreign_script(text: str) -> bool:
    """Tell whether a text has letters, but none of the Latin alphabet.

    Look-alikes count as Latin (`german.normal_form`); digits and emojis are no letters.
    """
    letters = [letter for letter in clean(text) if letter.isalpha()]
    return bool(letters) and not any("LATIN" in unicodedata.name(each, "") for each in letters)


def _fall_back(message: Message) -> None:
    certainty: float = message.get(CERTAINTY) or 0.0
    doubt = {"name": DEFAULT_NLU_FALLBACK_INTENT_NAME, "confidence": 1.0 - certainty}
    message.set(INTENT, doubt, add_to_output=True)
    ranking = message.get(INTENT_RANKING_KEY) or []
    message.set(INTENT_RANKING_KEY, [doubt, *ranking], add_to_output=True)
