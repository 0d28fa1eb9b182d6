"""Trains, stores, loads and runs the components in the order of the pipeline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.entity_extractor import GermanEntityExtractor
from nlu.intent_classifier import GermanIntentClassifier
from nlu.out_of_scope import OutOfScopeDetector
from nlu.tokenizer import GermanTokenizer

SENT_AT = "2026-11-22T10:00:00+01:00"


def examples_of(document: dict[str, Any]) -> list[tuple[str, str]]:
    """Give text and intent of every example of a file in Rasa's format."""
    return [
        (line.removeprefix("- "), item["intent"])
        for item in document["nlu"]
        for line in item["examples"].splitlines()
    ]


class Workbench:
    """The pipeline without Rasa's graph around it."""

    def __init__(self, folder: Path, gazetteers: Path) -> None:
        self._storage = LocalModelStorage(folder)
        self._context = ExecutionContext(GraphSchema({}), "test")
        self._configs: list[tuple[type, dict[str, Any]]] = [
            (GermanTokenizer, GermanTokenizer.get_default_config()),
            (GermanEntityExtractor, {"gazetteers": str(gazetteers)}),
            (GermanIntentClassifier, {}),
        ]
        self.components: list[Any] = []

    def train(self, examples: list[tuple[str, str]]) -> None:
        """Train every component and load it again from its storage."""
        data = TrainingData(
            [Message({"text": text, "intent": intent}) for text, intent in examples]
        )
        for kind, config in self._configs:
            resource = Resource(kind.__name__)
            kind.create(config, self._storage, resource, self._context).train(data)
            loaded = self.load(kind, config)
            if kind is not GermanIntentClassifier:
                data = loaded.process_training_data(data)
            self.components.append(loaded)
        self.components.append(OutOfScopeDetector({}))

    def load(self, kind: type, config: dict[str, Any]) -> Any:
        """Load one component from the storage."""
        return kind.load(config, self._storage, Resource(kind.__name__), self._context)  # type: ignore[attr-defined]

    def reload(self) -> list[Any]:
        """Load all trained components once more."""
        return [self.load(kind, config) for kind, config in self._configs]

    def parse(self, text: str, components: list[Any] | None = None) -> dict[str, Any]:
        """Run one message through the pipeline."""
        message = Message({"text": text, "metadata": {"sent_at": SENT_AT}})
        for component in components or self.components:
            (message,) = component.process([message])
        return {
            "intent": message.get("intent"),
            "ranking": message.get("intent_ranking"),
            "certainty": message.get("intent_certainty"),
            "entities": {
                entity["entity"]: entity["value"] for entity in message.get("entities", [])
            },
            "message": message,
        }
