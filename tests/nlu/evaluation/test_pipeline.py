"""Components of a trained Rasa model, loaded in their order."""

from pathlib import Path

import pytest
from rasa.engine.graph import GraphModelConfiguration, GraphSchema, SchemaNode
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.nlu.classifiers.regex_message_handler import RegexMessageHandler
from rasa.shared.core.domain import Domain
from rasa.shared.data import TrainingType

from nlu.evaluation.examples import Sentence
from nlu.evaluation.measurements import Workshop, measure_file
from nlu.evaluation.pipeline import (
    Pipeline,
    configured_parts,
    first_classifier,
    to_examples,
)

ROOT = Path(__file__).parents[3]
CONFIG = ROOT / "bot" / "config.yml"


@pytest.fixture(scope="module")
def model(examples, tmp_path_factory):
    """A model file as Rasa writes it, with its nodes in an order that must not matter."""
    folder = tmp_path_factory.mktemp("model")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STADTDRAHT_GAZETTEERS", str(ROOT / "data" / "gazetteers"))
        sentences = [Sentence(text, (intent,)) for text, intent in examples]
        parts = configured_parts(CONFIG)
        Pipeline.train(parts, to_examples(sentences), folder / "parts")
    nodes, source = {}, "nlu_message_converter"
    for place, part in enumerate(parts):
        nodes[f"run_{part.name}{place}"] = SchemaNode(
            needs={"messages": source}, uses=part.kind, fn="process", config=part.config,
            constructor_name="load", resource=Resource(f"{place}_{part.name}") if part.trainable else None,
        )  # fmt: skip
        source = f"run_{part.name}{place}"
    nodes["run_RegexMessageHandler"] = SchemaNode(
        needs={"messages": source}, uses=RegexMessageHandler, fn="process", config={},
        constructor_name="load",
    )  # fmt: skip
    configuration = GraphModelConfiguration(
        train_schema=GraphSchema({}), predict_schema=GraphSchema(dict(reversed(nodes.items()))),
        training_type=TrainingType.NLU, assistant_id="a", language="de", core_target=None,
        nlu_target=source, spaces=None,
    )  # fmt: skip
    storage = LocalModelStorage(folder / "parts")
    storage.create_model_package(folder / "model.tar.gz", configuration, Domain.empty())
    return folder / "model.tar.gz"


def test_a_model_understands_as_its_parts_did(model, tmp_path):
    pipeline = Pipeline.load(model, tmp_path / "unpacked")
    found = pipeline.understand("wann hat das bürgerbüro in soest auf")
    assert found.intent == "oeffnungszeiten"
    assert ("stadt", "soest") in found.entities
    assert 0 < found.certainty <= 1
    assert pipeline.understand("/oeffnungszeiten").certainty < found.certainty


def test_a_file_is_scored_with_the_model(model, tmp_path):
    file = tmp_path / "f.jsonl"
    file.write_text(
        '{"text": "wann hat das bürgerbüro in soest auf", "intents": ["oeffnungszeiten"], "entities": {"stadt": "soest"}}\n'
        '{"text": "öffnungszeiten rathaus olpe", "intents": ["gruss"], "entities": {"stadt": "olpe"}, "style": "spoken"}\n',
        encoding="utf-8",
    )
    workshop = Workshop(CONFIG, tmp_path / "work", lambda line: None)
    made = measure_file(file, model, frozenset({"oeffnungszeiten"}), workshop)
    assert (made["n"], made["intent_accuracy"], made["exact_match"]) == (2, 0.5, 0.5)
    assert made["entity_f1"] == 1
    assert made["by_style"]["typed"]["intent_accuracy"] == 1
    assert made["by_style"]["spoken"]["intent_accuracy"] == 0
    assert made["train_seconds"] is None


def test_the_first_classifier_stands_behind_the_extractor():
    parts = configured_parts(CONFIG)
    names = [part.name for part in parts]
    assert names[first_classifier(parts)] == "nlu.intent_classifier.GermanIntentClassifier"
    assert "nlu.entity_extractor.GermanEntityExtractor" in names[: first_classifier(parts)]
