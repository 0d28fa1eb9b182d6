"""Slots, strangers and few examples, on small files in MASSIVE's format."""

import itertools
import json
import sys
from collections import Counter
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

import pytest

from nlu.evaluation import massive
from nlu.evaluation.examples import Sentence
from nlu.evaluation.massive import Size, draw, measure_few_shot, measure_massive
from nlu.evaluation.measurements import Workshop

ROOT = Path(__file__).parents[3]
TOPICS = {
    "alarm": ("wecke mich", ["um sechs", "um sieben", "um acht", "um neun"], "time"),
    "play": ("spiele musik von", ["abba", "queen", "bach", "nena"], "artist"),
    "weather": ("wie wird das wetter in", ["berlin", "olpe", "soest", "bonn"], "place"),
}
ADDED = ["", "bitte", "mal", "jetzt", "doch", "schnell"]


def lines(values):
    """Sentences of three topics, each with one slot."""
    for topic, (start, every, slot) in TOPICS.items():
        for value, added in itertools.product(every[values], ADDED):
            words = f"{start} {value} {added}".strip()
            annotated = f"{start} [{slot} : {value}] {added}".strip()
            yield {
                "utt": words,
                "annot_utt": annotated,
                "intent": f"{topic}_set",
                "scenario": topic,
            }


@pytest.fixture
def files(tmp_path):
    paths = []
    for name, values in (("train", slice(0, 3)), ("test", slice(1, 4))):
        path = tmp_path / f"{name}.jsonl"
        path.write_text("\n".join(json.dumps(each) for each in lines(values)), encoding="utf-8")
        paths.append(path)
    return paths


@pytest.fixture
def workshop(tmp_path, monkeypatch):
    monkeypatch.setenv("STADTDRAHT_GAZETTEERS", str(ROOT / "data" / "gazetteers"))
    return Workshop(ROOT / "bot" / "config.yml", tmp_path / "work", lambda line: None)


class LastWord:
    """Labels the last word of every sentence as a place."""

    @classmethod
    def train(cls, sentences):
        cls.seen = len(sentences)
        return cls()

    def predict(self, tokens):
        return ["O"] * (len(tokens) - 1) + ["place"]


@pytest.fixture
def last_word(monkeypatch):
    module = ModuleType("last_word_model")
    module.__spec__ = ModuleSpec("last_word_model", None)
    module.SlotModel = LastWord
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(massive, "SLOT_MODEL", module.__name__)


def test_slots_and_exact_match_are_counted(files, workshop, last_word):
    made = measure_massive(*files, Size(), workshop)
    assert LastWord.seen == made["trained_sentences"] == 54
    assert made["n"] == 54
    # right only where the sentence ends with the town: 3 of 54
    assert made["slots"]["place"]["recall"] == pytest.approx(3 / 18, abs=1e-4)
    assert made["slot_f1"] == pytest.approx(2 * 3 / (54 + 54), abs=1e-4)
    assert made["exact_match"] <= 3 / 54 + 1e-4
    assert made["intent_accuracy"] > 0.9
    assert made["out_of_scope"]["left_out"] == ["alarm"]
    assert made["out_of_scope"]["n"] == 18
    assert made["p50_ms"] > 0


def test_without_a_slot_model_it_is_said(files, workshop, monkeypatch):
    monkeypatch.setattr(massive, "SLOT_MODEL", "nlu.no_such_module")
    made = measure_massive(*files, Size(sentences=30), workshop)
    assert made["slot_f1"] is None
    assert made["skipped"] == ["slots"]
    assert made["trained_sentences"] == 30


def test_few_examples_are_drawn_by_the_protocol():
    sentences = [Sentence(str(place), (intent,)) for place, intent in enumerate("abc" * 20)]
    places = draw(sentences, 8, seed=3)
    assert Counter(sentences[place].intent for place in places) == {"a": 8, "b": 8, "c": 8}
    assert places == draw(sentences, 8, seed=3)
    assert set(places) <= set(draw(sentences, 16, seed=3))
    assert places != draw(sentences, 8, seed=4)


def test_few_examples_are_scored(files, workshop, monkeypatch):
    monkeypatch.setattr(massive, "SHOTS", (4,))
    made = measure_few_shot(*files, Size(seeds=2), workshop)
    outcome = made["few_shot"]["4"]
    assert len(outcome["accuracies"]) == 2
    assert outcome["lowest"] <= outcome["median"] <= outcome["highest"]
    assert outcome["median"] > 0.6
    assert made["n"] == 54
