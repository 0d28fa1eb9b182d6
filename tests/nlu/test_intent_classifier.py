"""Training, storage and the answer of the classifier."""

import json

import numpy as np
import pytest
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.intent_classifier import GermanIntentClassifier
from nlu.linear_model import LinearModel
from nlu.out_of_scope import OutOfScopeDetector
from nlu.reading import read

from .test_pipeline import UNSEEN


def test_a_stored_model_answers_the_same(workbench):
    again = [*workbench.reload(), OutOfScopeDetector({})]
    for text, _ in UNSEEN:
        first, second = workbench.parse(text), workbench.parse(text, again)
        assert first["ranking"] == second["ranking"]
        assert first["certainty"] == second["certainty"]
        assert first["entities"] == second["entities"]


def test_training_twice_gives_the_same_model(examples):
    readings = [read(text, []) for text, _ in examples]
    texts, marks = [r.text for r in readings], [r.marks for r in readings]
    intents = [intent for _, intent in examples]
    one, two = (LinearModel.train(texts, marks, intents) for _ in range(2))
    assert one.predict("wann tagt der rat", ()) == two.predict("wann tagt der rat", ())


def test_the_stored_model_holds_no_code(workbench, tmp_path, examples):
    readings = [read(text, []) for text, _ in examples[:30]]
    model = LinearModel.train(
        [r.text for r in readings], [r.marks for r in readings], [i for _, i in examples[:30]]
    )
    model.save(tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "linear_model.json",
        "linear_model.npz",
    ]
    json.loads((tmp_path / "linear_model.json").read_text(encoding="utf-8"))
    with np.load(tmp_path / "linear_model.npz", allow_pickle=False) as arrays:
        assert all(arrays[name].dtype == np.float32 for name in arrays.files)


@pytest.mark.parametrize("intents", [[], ["gruss"]])
def test_too_few_intents_are_no_model(workbench, tmp_path, intents):
    data = TrainingData([Message({"text": "hallo", "intent": intent}) for intent in intents])
    resource = Resource("empty")
    classifier = GermanIntentClassifier.create({}, workbench._storage, resource, workbench._context)
    classifier.train(data)
    loaded = GermanIntentClassifier.load({}, workbench._storage, resource, workbench._context)
    (message,) = loaded.process([Message({"text": "hallo"})])
    assert message.get("intent") == {"name": None, "confidence": 0.0}
    (message,) = OutOfScopeDetector({}).process([message])
    assert message.get("intent")["name"] == "nlu_fallback"


def test_two_intents_are_enough():
    model = LinearModel.train(
        [
            "hallo",
            "guten tag",
            "hi",
            "moin",
            "perso weg",
            "ausweis weg",
            "pass weg",
            "perso verloren",
        ],
        [()] * 8,
        ["gruss"] * 4 + ["verloren"] * 4,
    )
    assert model.predict("perso ist weg", ()).ranking[0][0] == "verloren"
    assert model.predict("hallo du", ()).ranking[0][0] == "gruss"


def test_names_are_masked_and_concerns_are_marked():
    text = "Wann kommt die gelbe Tonne in Soest"
    entities = [
        {"entity": "abfallart", "value": "gelbe_tonne", "start": 15, "end": 26},
        {"entity": "stadt", "value": "soest", "start": 30, "end": 35},
    ]
    reading = read(text, entities)
    assert "sost" not in reading.text
    assert "gelbe tonne" in reading.text
    assert set(reading.marks) == {"abfallart", "abfallart=gelbe_tonne", "stadt"}
    alone = read("Soest", [{"entity": "stadt", "value": "soest", "start": 0, "end": 5}])
    assert alone.marks == ("nothing_else", "stadt")


@pytest.mark.parametrize(
    ("certainty", "confidence", "in_scope", "doubtful"),
    [
        (0.9, 0.9, 0.9, False),
        (0.1, 0.9, 0.9, True),
        (0.9, 0.1, 0.9, True),
        (0.9, 0.9, 0.1, True),
    ],
)
def test_doubt_follows_the_thresholds(certainty, confidence, in_scope, doubtful):
    message = Message({"text": "x"})
    message.set("intent", {"name": "gruss", "confidence": confidence})
    message.set("intent_ranking", [{"name": "gruss", "confidence": confidence}])
    message.set("intent_certainty", certainty)
    message.set("intent_in_scope", in_scope)
    thresholds = {"least_certainty": 0.3, "least_confidence": 0.2, "least_in_scope": 0.2}
    OutOfScopeDetector(thresholds).process([message])
    assert (message.get("intent")["name"] == "nlu_fallback") is doubtful
    assert message.get("intent_ranking")[-1]["name"] == "gruss"


def test_a_stranger_that_is_understood_as_one_is_not_doubtful():
    message = Message({"text": "spiel musik"})
    message.set("intent", {"name": "out_of_scope", "confidence": 0.9})
    message.set("intent_certainty", 0.9)
    message.set("intent_in_scope", 0.02)
    OutOfScopeDetector({}).process([message])
    assert message.get("intent")["name"] == "out_of_scope"
