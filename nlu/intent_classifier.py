"""Intent classifier: German character and word features, linear, calibrated."""

# ruff: noqa: ARG003 -- Rasa calls these methods with fixed arguments
from __future__ import annotations

from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import ENTITIES, INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.background import STANDS_FOR, read_background
from nlu.entity_extractor import GermanEntityExtractor, Knowledge, gazetteers_folder
from nlu.linear_model import Background, LinearModel, ModelSettings, Prediction
from nlu.reading import Reading, read
from nlu.text_features import ViewSettings

CERTAINTY = "intent_certainty"
"""Message key: how certain the classifier is that its first intent is right, 0 to 1."""
IN_SCOPE = "intent_in_scope"
"""Message key: how certain it is that the message is a concern at all, 0 to 1."""
MODEL = "intent_model"
"""Message key: the trained model, for components that classify parts of the message."""
FEW_VIEWS = ViewSettings(longest=5, word_weight=0.8, mark_weight=0.2)
"""Features for less than `few_examples` of an intent on average; see docs/adr/0020."""


@DefaultV1Recipe.register([DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER], is_trainable=True)
class GermanIntentClassifier(IntentClassifier, GraphComponent):
    """Classifies German messages in about half a millisecond.

    Source: our own; the features follow what nlubridge (Deutsche Telekom) and the
    measurements in docs/adr/0020 agree on. Sets `intent`, `intent_ranking` and
    `intent_certainty`. Kinds of entities that an extractor in front of it found
    are features. The trained model is JSON and plain arrays.
    """

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        model: LinearModel | None = None,
    ) -> None:
        self._config = {**self.get_default_config(), **config}
        self._model_storage = model_storage
        self._resource = resource
        self._model = model

    @staticmethod
    def required_packages() -> list[str]:
        """Name the packages that Rasa checks before training."""
        return ["sklearn"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Give the settings; measured in docs/adr/0020."""
        return {
            "shortest_ngram": 1,
            "longest_ngram": 4,
            "word_weight": 1.2,
            "mark_weight": 0.4,
            "least_count": 1,
            "regularisation": 1.0,
            "noise_weight": 0.5,
            "folds": 3,
            "left_out": 0.2,
            "random_seed": 42,
            "ranking_length": 10,
            "background": None,
            "few_examples": 50,
        }

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> GermanIntentClassifier:
        """Create an untrained classifier."""
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from all examples that have a text and an intent."""
        examples = [
            example
            for example in training_data.intent_examples
            if example.get(TEXT) and example.get(INTENT)
        ]
        intents = [example.get(INTENT) for example in examples]
        if len(set(intents)) < 2:
            return self._resource
        few = len(intents) < self._config["few_examples"] * len(set(intents))
        readings = [_read(example) for example in examples]
        self._model = LinearModel.train(
            [reading.text for reading in readings],
            [reading.marks for reading in readings],
            intents,
            self._view_settings(few),
            self._model_settings(few),
            self._background(len(examples) // 3) if STANDS_FOR in intents else None,
        )
        with self._model_storage.write_to(self._resource) as folder:
            self._model.save(folder)
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> GermanIntentClassifier:
        """Load the trained model; without one every message has no intent."""
        try:
            with model_storage.read_from(resource) as folder:
                model = LinearModel.load(folder)
        except (ValueError, FileNotFoundError):
            return cls(config, model_storage, resource)
        return cls(config, model_storage, resource, model)

    def process(self, messages: list[Message]) -> list[Message]:
        """Set intent, ranking and certainty on each message."""
        for message in messages:
            self._classify(message)
        return messages

    def _classify(self, message: Message) -> None:
        reading = _read(message)
        if self._model is None or not any(sign.isalnum() for sign in reading.text):
            self._set(message, Prediction([], 0.0, 0.0, in_scope=0.0))
            return
        message.set(MODEL, self._model)
        self._set(message, self._model.predict(reading.text, reading.marks))

    def _set(self, message: Message, prediction: Prediction) -> None:
        ranking = [
            {"name": name, "confidence": confidence}
            for name, confidence in prediction.ranking[: self._config["ranking_length"]]
        ]
        best = ranking[0] if ranking else {"name": None, "confidence": 0.0}
        message.set(INTENT, best, add_to_output=True)
        message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
        message.set(CERTAINTY, prediction.certainty, add_to_output=True)
        message.set(IN_SCOPE, prediction.in_scope, add_to_output=True)

    def _background(self, most: int) -> Background | None:
        """Read sentences of the background as a message would be read."""
        gazetteers = gazetteers_folder({})
        folder = self._config["background"] or gazetteers.parent / "de" / "background"
        strangers = read_background(Path(folder))
        strangers = strangers[:: -(-len(strangers) // most)] if strangers and most else []
        if not strangers:
            return None
        extractor = GermanEntityExtractor(
            {}, self._model_storage, self._resource, Knowledge.read(gazetteers)
        )
        messages = extractor.process([Message({TEXT: stranger.text}) for stranger in strangers])
        readings = [_read(message) for message in messages]
        return Background(
            STANDS_FOR,
            [reading.text for reading in readings],
            [reading.marks for reading in readings],
            [stranger.topic for stranger in strangers],
        )

    def _view_settings(self, few: bool) -> ViewSettings:
        if few:
            return FEW_VIEWS
        return ViewSettings(
            shortest=self._config["shortest_ngram"],
            longest=self._config["longest_ngram"],
            word_weight=self._config["word_weight"],
            mark_weight=self._config["mark_weight"],
            least_count=self._config["least_count"],
        )

    def _model_settings(self, few: bool) -> ModelSettings:
        return ModelSettings(
            regularisation=self._config["regularisation"],
            noise_weight=0.0 if few else self._config["noise_weight"],
            folds=self._config["folds"],
            left_out=self._config["left_out"],
            seed=self._config["random_seed"],
            few=few,
        )


def _read(message: Message) -> Reading:
    return read(message.get(TEXT) or "", message.get(ENTITIES) or [])
