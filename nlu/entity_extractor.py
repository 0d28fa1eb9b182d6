"""Entities of German messages: names from gazetteers, dates, details, streets."""

# ruff: noqa: ARG002, ARG003 -- Rasa calls these methods with fixed arguments
from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from german.contact_details import find_details
from german.dates import BERLIN, DateMatch, day_value, parse_dates, time_value
from german.gazetteer import Gazetteer, from_document, load_gazetteer, to_document
from german.normal_form import AlignedText, aligned
from german.streets import StreetIndex

GAZETTEERS_VARIABLE = "STADTDRAHT_GAZETTEERS"
LANGUAGE_FOLDER = "de"
STREETS_FILE = "strassen.yml"
_FILE = "gazetteers.json"
_LONGEST_TEXT = 2000


@dataclass(frozen=True)
class Knowledge:
    """The names an extractor knows.

    Attributes:
        gazetteers: One for each kind of thing.
        towns_of_street: Canonical street name → towns that have it.
    """

    gazetteers: tuple[Gazetteer, ...]
    towns_of_street: dict[str, list[str]]

    @classmethod
    def read(cls, folder: Path) -> Knowledge:
        """Read a folder of gazetteers: ``de/<entity>.yml`` and ``<town>/strassen.yml``.

        Args:
            folder: For example ``data/gazetteers``.

        Raises:
            FileNotFoundError: There is no such folder.
            GazetteerError: A file has the wrong shape.
        """
        if not folder.is_dir():
            raise FileNotFoundError(
                f"gazetteers: {folder} is no folder (setting 'gazetteers' of the extractor "
                f"or {GAZETTEERS_VARIABLE})"
            )
        files = sorted((folder / LANGUAGE_FOLDER).glob("*.yml"))
        towns_of_street: dict[str, list[str]] = {}
        for file in sorted(folder.glob(f"*/{STREETS_FILE}")):
            for entry in load_gazetteer(file).entries:
                towns_of_street.setdefault(entry.value, []).append(file.parent.name)
        return cls(tuple(load_gazetteer(file) for file in files), towns_of_street)

    def to_json(self) -> str:
        """Write as JSON, the way `from_json` reads it."""
        document = {
            "gazetteers": [to_document(gazetteer) for gazetteer in self.gazetteers],
            "streets": self.towns_of_street,
        }
        return json.dumps(document, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Knowledge:
        """Read what `to_json` wrote."""
        document = json.loads(text)
        gazetteers = tuple(from_document(each) for each in document["gazetteers"])
        return cls(gazetteers, document["streets"])


@DefaultV1Recipe.register(
    [
        DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER,
        DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR,
    ],
    is_trainable=True,
)
class GermanEntityExtractor(GraphComponent, EntityExtractorMixin):
    """Finds all entities by grammars and gazetteers, without annotated examples.

    Source: our own language library `german`. Stands before the intent classifier
    and is registered as a featurizer too, so that the classifier learns from the kinds
    of entities in the examples. The gazetteers are stored inside the model; at run
    time no data folder is needed. Relative dates count from ``metadata.sent_at`` of
    the message, else from now in Europe/Berlin.
    """

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        knowledge: Knowledge | None = None,
    ) -> None:
        self._config = {**self.get_default_config(), **config}
        self._model_storage = model_storage
        self._resource = resource
        self._know(knowledge or Knowledge((), {}))

    @staticmethod
    def required_packages() -> list[str]:
        """Name the packages that Rasa checks before training."""
        return ["rapidfuzz", "holidays"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Give the settings: the folder of the gazetteers, None = from the environment."""
        return {"gazetteers": None}

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Train again when a gazetteer has changed."""
        folder = gazetteers_folder(config)
        digest = hashlib.sha256()
        for file in sorted(folder.glob("*/*.yml")):
            digest.update(file.relative_to(folder).as_posix().encode())
            digest.update(file.read_bytes())
        return digest.hexdigest()

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> GermanEntityExtractor:
        """Create an extractor that knows no names yet."""
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Read the gazetteers and store them in the model."""
        knowledge = Knowledge.read(gazetteers_folder(self._config))
        with self._model_storage.write_to(self._resource) as folder:
            (folder / _FILE).write_text(knowledge.to_json(), encoding="utf-8")
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> GermanEntityExtractor:
        """Load the gazetteers that were stored with the model."""
        with model_storage.read_from(resource) as folder:
            knowledge = Knowledge.from_json((folder / _FILE).read_text(encoding="utf-8"))
        return cls(config, model_storage, resource, knowledge)

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Find entities in the examples, for the features of the classifier."""
        self.process(training_data.training_examples)
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Add the entities of each message."""
        for message in messages:
            text = message.get(TEXT)
            if not text:
                continue
            entities = self.add_extractor_name(self.extract(text, _sent_at(message)))
            annotated = message.get(ENTITIES, [])
            message.set(ENTITIES, annotated + entities, add_to_output=True)
        return messages

    def extract(self, text: str, now: datetime) -> list[dict[str, Any]]:
        """Find all entities of one text.

        Args:
            text: What the citizen wrote.
            now: When it was written, aware.

        Returns:
            Entities with `entity`, `value`, `start`, `end`, `confidence` and extras,
            ordered by position.
        """
        folded = aligned(text[:_LONGEST_TEXT])
        streets = list(self._streets(folded))
        entities = [*streets, *_moments(folded, now), *_details(folded)]
        blocked = [
            (entity["start"], entity["end"])
            for entity in entities
            if entity["entity"] in {"strasse", "email", "telefon", "vorgang"}
        ]
        names = (entity for entity in self._names(folded) if not _touches(entity, blocked))
        return sorted([*entities, *names], key=lambda entity: (entity["start"], entity["entity"]))

    def _know(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge
        self._street_index = StreetIndex(knowledge.towns_of_street)

    def _streets(self, folded: AlignedText) -> Iterator[dict[str, Any]]:
        for match in self._street_index.find(folded):
            yield {
                **_entity("strasse", match.name, match.start, match.end, match.score),
                "staedte": self._knowledge.towns_of_street[match.name],
                "alternativen": list(match.alternatives),
            }
            if match.house_number is not None:
                yield _entity(
                    "hausnummer",
                    match.house_number,
                    match.number_start,
                    match.number_end,
                    match.score,
                )

    def _names(self, folded: AlignedText) -> Iterator[dict[str, Any]]:
        for gazetteer in self._knowledge.gazetteers:
            for mention in gazetteer.find(folded):
                yield _entity(
                    mention.entity,
                    mention.value,
                    mention.start,
                    mention.end,
                    mention.confidence,
                )


def _entity(kind: str, value: str, start: int, end: int, confidence: float) -> dict[str, Any]:
    return {
        "entity": kind,
        "value": value,
        "start": start,
        "end": end,
        "confidence": round(confidence, 3),
    }


def _moments(folded: AlignedText, now: datetime) -> Iterator[dict[str, Any]]:
    for match in parse_dates(folded, now):
        days, moment = day_value(match), time_value(match)
        if days is not None and match.day_span is not None:
            yield {**_entity("datum", days, *match.day_span, 1.0), "grain": _day_grain(match)}
        if moment is not None and match.time_span is not None:
            yield {**_entity("uhrzeit", moment, *match.time_span, 1.0), "grain": match.grain}


def _day_grain(match: DateMatch) -> str:
    if match.times is None:
        return match.grain
    return "day" if match.days is None or match.days[0] == match.days[1] else "days"


def _details(folded: AlignedText) -> Iterator[dict[str, Any]]:
    for detail in find_details(folded):
        yield _entity(detail.kind, detail.value, detail.start, detail.end, 1.0)


def _touches(entity: dict[str, Any], spans: Sequence[tuple[int, int]]) -> bool:
    return any(entity["start"] < end and start < entity["end"] for start, end in spans)


def gazetteers_folder(config: dict[str, Any]) -> Path:
    """Tell where the gazetteers of the content are."""
    named = config.get("gazetteers") or os.environ.get(GAZETTEERS_VARIABLE)
    return Path(named or "data/gazetteers")


def _sent_at(message: Message) -> datetime:
    """Take the time of the message; a broken or missing one becomes now."""
    written = (message.get("metadata") or {}).get("sent_at")
    try:
        moment = datetime.fromisoformat(written.replace("Z", "+00:00")) if written else None
    except (AttributeError, ValueError):
        moment = None
    if moment is None:
        return datetime.now(BERLIN)
    return moment.replace(tzinfo=BERLIN) if moment.tzinfo is None else moment.astimezone(BERLIN)
