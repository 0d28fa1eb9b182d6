"""Slots learned from annotated examples, beside what grammars find."""

import pytest
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.slot_extractor import GermanSlotExtractor
from nlu.tokenizer import GermanTokenizer

RESOURCE = Resource("slots")
CONTEXT = ExecutionContext(GraphSchema({}), "test")
TOKENIZER = GermanTokenizer(GermanTokenizer.get_default_config())
STREAMS = ("Möhne", "Lenne", "Ruhr", "Wenne")
LEVELS = ("hoch", "niedrig", "hoch heute", "im Keller")


def message(text, entities=(), intent=None):
    made = Message({TEXT: text, ENTITIES: list(entities), INTENT: intent})
    TOKENIZER.process([made])
    return made


def annotated(name, level):
    text = f"Steht der Pegel an der {name} {level}?"
    start = text.index(name)
    entity = {
        "entity": "gewaesser",
        "value": name.lower(),
        "start": start,
        "end": start + len(name),
    }
    return message(text, [entity], "pegel")


def trained(tmp_path, examples):
    storage = LocalModelStorage(tmp_path)
    GermanSlotExtractor.create({}, storage, RESOURCE, CONTEXT).train(TrainingData(examples))
    return GermanSlotExtractor.load({}, storage, RESOURCE, CONTEXT)


@pytest.fixture
def extractor(tmp_path):
    examples = [annotated(name, level) for name in STREAMS for level in LEVELS]
    return trained(tmp_path, [*examples, message("Wann hat das Rathaus auf?", [], "zeiten")])


def test_finds_what_the_examples_annotate(extractor):
    (found,) = extractor.process([message("Steht der Pegel an der Röhr hoch?")])
    (entity,) = found.get(ENTITIES)
    assert entity["confidence"] > 0.5
    assert {key: entity[key] for key in ("entity", "value", "start", "end", "extractor")} == {
        "entity": "gewaesser", "value": "Röhr", "start": 23, "end": 27,
        "extractor": "GermanSlotExtractor",
    }  # fmt: skip


def test_gives_the_normal_form_of_the_examples(extractor):
    (found,) = extractor.process([message("steht der pegel an der MOEHNE hoch")])
    assert [entity["value"] for entity in found.get(ENTITIES)] == ["möhne"]


def test_does_not_contradict_a_grammar(extractor):
    street = {"entity": "strasse", "value": "Möhnestraße", "start": 23, "end": 28,
              "extractor": "GermanEntityExtractor"}  # fmt: skip
    (found,) = extractor.process([message("Steht der Pegel an der Möhne hoch?", [street])])
    assert found.get(ENTITIES) == [street]


def test_learns_nothing_from_what_an_extractor_found(tmp_path):
    found = {"entity": "stadt", "value": "olpe", "start": 3, "end": 7, "extractor": "Other"}
    extractor = trained(tmp_path, [message("In Olpe", [found], "stadt_waehlen")])
    (untouched,) = extractor.process([message("In Soest")])
    assert untouched.get(ENTITIES) == []
