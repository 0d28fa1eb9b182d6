"""Entities that no grammar knows, learned from annotated examples of the content."""

# ruff: noqa: ARG003 -- Rasa calls these methods with fixed arguments
from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import TOKENS_NAMES
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.nlu.tokenizers.tokenizer import Token
from rasa.shared.nlu.constants import (
    ENTITIES,
    EXTRACTOR,
    INTENT,
    INTENT_RANKING_KEY,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from german.normal_form import clean, fold
from nlu.slot_model import NO_SLOT, SlotModel

_FILE = "values.json"
Values = dict[str, dict[str, str]]
"""Kind of entity → folded words → normal form, as the examples give it."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class GermanSlotExtractor(GraphComponent, EntityExtractorMixin):
    """Tags what the examples annotate, ``[griechischer Wein](titel)``.

    Source: our own; the tagger is `nlu.slot_model` on CRFsuite (docs/adr/0024). Stands
    behind the intent classifier, whose ranking it uses. What a grammar has found stays: a
    slot that touches another entity is left out. The normal form is the value that an
    example names for these words, ``[Wein](titel:griechischer_wein)``, else the words.
    Without annotated examples it learns nothing and does nothing.
    """

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        model: SlotModel | None = None,
        values: Values | None = None,
    ) -> None:
        self._config = {**self.get_default_config(), **config}
        self._model_storage = model_storage
        self._resource = resource
        self._model = model
        self._values = values or {}

    @classmethod
    def required_components(cls) -> list[type]:
        """Name what must stand before it: a tokenizer."""
        from rasa.nlu.tokenizers.tokenizer import Tokenizer

        return [Tokenizer]

    @staticmethod
    def required_packages() -> list[str]:
        """Name the packages that Rasa checks before training."""
        return ["pycrfsuite", "sklearn"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Give the settings: slots of which it is less sure than this are left out."""
        return {"least_confidence": 0.5}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> GermanSlotExtractor:
        """Create an extractor that has learned nothing yet."""
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from the examples, if any of them is annotated."""
        examples = [each for each in training_data.training_examples if _tokens(each)]
        self._values = _values(examples)
        if self._values:
            intents = [each.get(INTENT) or "" for each in examples]
            self._model = SlotModel.train([_labelled(each) for each in examples], intents)
        with self._model_storage.write_to(self._resource) as folder:
            (folder / _FILE).write_text(json.dumps(self._values), encoding="utf-8")
            if self._model is not None:
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
    ) -> GermanSlotExtractor:
        """Load what was learned."""
        with model_storage.read_from(resource) as folder:
            values = json.loads((folder / _FILE).read_text(encoding="utf-8"))
            model = SlotModel.load(folder) if values else None
        return cls(config, model_storage, resource, model, values)

    def process(self, messages: list[Message]) -> list[Message]:
        """Add the slots of each message to its entities."""
        if self._model is None:
            return messages
        for message in messages:
            found = message.get(ENTITIES) or []
            slots = [slot for slot in self._slots(message) if not _touches(slot, found)]
            if slots:
                entities = [*found, *self.add_extractor_name(slots)]
                message.set(ENTITIES, entities, add_to_output=True)
        return messages

    def _slots(self, message: Message) -> Iterator[dict[str, Any]]:
        tokens = _tokens(message)
        if self._model is None or not tokens:
            return
        labels = self._model.predict_with_confidence(
            [token.text for token in tokens], _ranking(message)
        )
        pairs = zip(tokens, labels, strict=True)
        for kind, group in groupby(pairs, key=lambda pair: pair[1][0]):
            parts = list(group)
            confidence = min(sure for _, (_, sure) in parts)
            if kind == NO_SLOT or confidence < self._config["least_confidence"]:
                continue
            start, end = parts[0][0].start, parts[-1][0].end
            words = message.get(TEXT)[start:end]
            yield {
                "entity": kind,
                "value": self._values.get(kind, {}).get(fold(words), clean(words)),
                "start": start,
                "end": end,
                "confidence": round(confidence, 3),
            }


def _tokens(message: Message) -> list[Token]:
    return message.get(TOKENS_NAMES[TEXT]) or []


def _ranking(message: Message) -> list[tuple[str, float]]:
    ranking = message.get(INTENT_RANKING_KEY) or []
    return [(each["name"], float(each["confidence"])) for each in ranking[:3]]


def _annotated(message: Message) -> list[dict[str, Any]]:
    """Give what the author of an example annotated, not what an extractor found."""
    return [each for each in message.get(ENTITIES) or [] if EXTRACTOR not in each]


def _values(examples: Sequence[Message]) -> Values:
    values: Values = {}
    for example in examples:
        for entity in _annotated(example):
            words = example.get(TEXT)[entity["start"] : entity["end"]]
            values.setdefault(entity["entity"], {})[fold(words)] = entity["value"]
    return values


def _labelled(example: Message) -> list[tuple[str, str]]:
    """Give the words of an example with their labels."""
    annotated = _annotated(example)
    return [(token.text, _label(token, annotated)) for token in _tokens(example)]


def _label(token: Token, annotated: Sequence[dict[str, Any]]) -> str:
    for entity in annotated:
        if token.start < entity["end"] and entity["start"] < token.end:
            return str(entity["entity"])
    return NO_SLOT


def _touches(slot: dict[str, Any], others: Sequence[dict[str, Any]]) -> bool:
    return any(slot["start"] < each["end"] and each["start"] < slot["end"] for each in others)
