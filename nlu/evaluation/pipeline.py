"""The NLU components of ``bot/config.yml`` in their order, without Rasa's graph around them.

Does what Rasa's training does with them: a trainable component is trained and loaded
from its storage; tokenizers and featurizers then also process the training examples.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.constants import ENTITIES, INTENT, INTENT_RANKING_KEY, METADATA, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from ruamel.yaml import YAML

from nlu.evaluation.examples import OUT_OF_SCOPE, Sentence
from nlu.intent_classifier import CERTAINTY

DOUBT = "nlu_fallback"
IN_SCOPE = "intent_in_scope"  # message key of a classifier that judges this on its own
SENT_AT = "2026-11-22T10:00:00+01:00"
"""When sentences without a time of their own were said, so that figures can be repeated."""
_Type = DefaultV1Recipe.ComponentType
_SHAPES_TRAINING = {_Type.MESSAGE_TOKENIZER, _Type.MESSAGE_FEATURIZER}
_NO_LANGUAGE_COMPONENT = {"RegexMessageHandler"}


@dataclass(frozen=True)
class Understanding:
    """What the pipeline makes of a sentence.

    Attributes:
        ranking: Intents with probabilities, best first, without the name of doubt.
        doubtful: Whether the assistant would ask back instead of answering.
        certainty: How certain the pipeline is that the first intent is right.
        in_scope: How certain it is that the sentence is a concern it knows.
        entities: Kinds and values found.
    """

    ranking: tuple[tuple[str, float], ...]
    doubtful: bool
    certainty: float
    in_scope: float
    entities: tuple[tuple[str, str], ...]

    @property
    def intent(self) -> str:
        """The best intent, empty when there is none."""
        return self.ranking[0][0] if self.ranking else ""

    @property
    def confidence(self) -> float:
        """Probability of the best intent."""
        return self.ranking[0][1] if self.ranking else 0.0


@dataclass(frozen=True)
class Part:
    """One component of a configuration."""

    name: str
    config: dict[str, Any]
    kind: type
    types: frozenset[Any]
    trainable: bool


def configured_parts(config: Path) -> list[Part]:
    """Read the parts of a pipeline from Rasa's configuration file."""
    document = YAML(typ="safe").load(config.read_text(encoding="utf-8"))
    return [_part(dict(item)) for item in document["pipeline"]]


def _part(config: dict[str, Any]) -> Part:
    name = config.pop("name")
    known = DefaultV1Recipe._from_registry(name)  # noqa: SLF001 -- Rasa has no other door
    return Part(name, config, known.clazz, frozenset(known.types), known.is_trainable)


def first_classifier(parts: Sequence[Part]) -> int:
    """Return the place of the first part that learns intents; earlier ones only prepare."""
    return next(place for place, part in enumerate(parts) if _Type.INTENT_CLASSIFIER in part.types)


class Pipeline:
    """Loaded components, asked one after the other."""

    def __init__(self, components: Sequence[Any]) -> None:
        self._components = list(components)

    @classmethod
    def train(cls, parts: Sequence[Part], messages: Sequence[Message], folder: Path) -> Pipeline:
        """Train parts in their order.

        Args:
            parts: What to train.
            messages: Examples; parts in front of the classifier change them.
            folder: Empty folder for what the components store.
        """
        folder.mkdir(parents=True, exist_ok=True)
        storage = LocalModelStorage(folder)
        data = TrainingData(list(messages))
        components = []
        for place, part in enumerate(parts):
            component, data = _trained(part, data, storage, Resource(f"{place}_{part.name}"))
            components.append(component)
        return cls(components)

    @classmethod
    def reopen(cls, parts: Sequence[Part], folder: Path) -> Pipeline:
        """Load parts from the folder that `train` was given."""
        storage = LocalModelStorage(folder)
        return cls(
            [
                _from_storage(part, storage, Resource(f"{place}_{part.name}"))
                for place, part in enumerate(parts)
            ]
        )

    @classmethod
    def load(cls, model: Path, folder: Path) -> Pipeline:
        """Load the NLU components of a trained Rasa model.

        Args:
            model: Model file.
            folder: Empty folder to unpack it to; must stay while the pipeline is used.
        """
        folder.mkdir(parents=True, exist_ok=True)
        storage, metadata = LocalModelStorage.from_model_archive(folder, model)
        context = ExecutionContext(metadata.predict_schema, metadata.model_id)
        nodes = metadata.predict_schema.nodes
        names = [name for name in nodes if name.startswith("run_") and nodes[name].fn == "process"]
        chosen = [nodes[name] for name in sorted(names, key=lambda name: _depth(nodes, name))]
        return cls(
            [
                _loaded(node, storage, context)
                for node in chosen
                if node.uses.__name__ not in _NO_LANGUAGE_COMPONENT
            ]
        )

    def __add__(self, other: Pipeline) -> Pipeline:
        return Pipeline([*self._components, *other._components])

    def process(self, message: Message) -> Message:
        """Run one message through all components."""
        messages = [message]
        for component in self._components:
            messages = component.process(messages)
        return messages[0]

    def understand(self, text: str, sent_at: str | None = None) -> Understanding:
        """Understand one sentence."""
        return to_understanding(self.process(to_message(text, sent_at=sent_at)))


def to_message(text: str, intent: str | None = None, sent_at: str | None = None) -> Message:
    """Make Rasa's message of a text."""
    data = {TEXT: text, METADATA: {"sent_at": sent_at or SENT_AT}}
    return Message({**data, INTENT: intent} if intent else data)


def to_examples(sentences: Iterable[Sentence]) -> list[Message]:
    """Make training examples of sentences, each with its best intent."""
    return [to_message(each.text, each.intent, each.sent_at) for each in sentences]


def copied(message: Message) -> Message:
    """Copy a message so that components can write on it."""
    return Message(dict(message.data), set(message.output_properties))


def to_understanding(message: Message) -> Understanding:
    """Read what the components wrote on a message."""
    ranking = tuple(
        (each["name"], float(each["confidence"]))
        for each in message.get(INTENT_RANKING_KEY) or ()
        if each["name"] != DOUBT
    )
    certainty = float(message.get(CERTAINTY) or 0.0)
    foreign = dict(ranking).get(OUT_OF_SCOPE, 0.0)
    return Understanding(
        ranking,
        (message.get(INTENT) or {}).get("name") in {DOUBT, None},
        certainty,
        float(message.get(IN_SCOPE, certainty * (1.0 - foreign))),
        tuple((each["entity"], str(each["value"])) for each in message.get(ENTITIES) or ()),
    )


def _trained(
    part: Part, data: TrainingData, storage: LocalModelStorage, resource: Resource
) -> tuple[Any, TrainingData]:
    if part.trainable:
        kind: Any = part.kind
        kind.create(_settings(part), storage, resource, _context()).train(data)
    component = _from_storage(part, storage, resource)
    if part.types & _SHAPES_TRAINING:
        data = component.process_training_data(data)
    return component, data


def _from_storage(part: Part, storage: LocalModelStorage, resource: Resource) -> Any:
    kind: Any = part.kind
    way = kind.load if part.trainable else kind.create
    return way(_settings(part), storage, resource, _context())


def _settings(part: Part) -> dict[str, Any]:
    kind: Any = part.kind
    return {**kind.get_default_config(), **part.config}


def _context() -> ExecutionContext:
    return ExecutionContext(GraphSchema({}), "evaluation")


def _loaded(node: Any, storage: LocalModelStorage, context: ExecutionContext) -> Any:
    config = {**node.uses.get_default_config(), **node.config}
    if node.resource is None:
        return node.uses.create(config, storage, Resource("none"), context)
    return node.uses.load(config, storage, node.resource, context)


def _depth(nodes: dict[str, Any], name: str) -> int:
    """Count the components a message passes before it comes to this one."""
    source = nodes[name].needs.get("messages")
    return 0 if source not in nodes else 1 + _depth(nodes, source)
