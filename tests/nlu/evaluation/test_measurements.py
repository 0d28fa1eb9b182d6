"""The whole measurement of a small content, and of a file with a trained model."""

import json
import shutil
from pathlib import Path

import pytest

from nlu.evaluation import measurements
from nlu.evaluation.measurements import Scale, Workshop, foreign_texts, measure_content

ROOT = Path(__file__).parents[3]


@pytest.fixture
def content(tmp_path, monkeypatch):
    """A content with three intents, their names and one test."""
    monkeypatch.setenv("STADTDRAHT_GAZETTEERS", str(ROOT / "data" / "gazetteers"))
    folder = tmp_path / "data" / "de"
    for name in ("nlu", "tests"):
        (folder / name).mkdir(parents=True)
    shutil.copy(ROOT / "tests" / "nlu" / "examples.yml", folder / "nlu")
    (folder / "concerns.yml").write_text("concerns:\n  ratssitzung: {title: Termine des Rates}\n")
    (folder / "tests" / "a.yml").write_text(
        "tests:\n  - {text: wann tagt der rat in soest, intent: ratssitzung, entities: {stadt: soest}}\n"
    )
    return folder.parent


def write_lines(file, documents):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(json.dumps(each) for each in documents), encoding="utf-8")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of Rasa's readers, at first import
def test_content_without_public_data_says_what_it_skipped(content, tmp_path):
    told = []
    workshop = Workshop(ROOT / "bot" / "config.yml", tmp_path / "work", told.append)
    scale = Scale(folds=2, sentences=6, perturbed=5, foreign=5)
    made = measure_content(content, tmp_path / "nowhere", scale, workshop)
    assert made["skipped"] == ["home_assistant", "massive"]
    assert sum("Übersprungen" in line for line in told) == 2
    assert list(made["out_of_scope"]["by_source"]) == ["own"]
    assert {
        "n", "intent_accuracy", "intent_macro_f1", "entity_f1", "slot_f1", "exact_match",
        "out_of_scope", "train_seconds", "p50_ms", "p95_ms", "by_style", "errors",
    } <= set(made)  # fmt: skip
    assert max(each["n"] for each in made["intents"]) == 6
    assert made["trained_sentences"] > made["n"]
    assert made["municipal"]["intents"] == 1
    assert set(made["robustness"]) >= {"one_typo", "two_typos", "polite"}
    assert made["tests"]["n"] == 1
    assert made["entities"]["stadt"]["recall"] == 1


def test_topics_that_were_trained_as_strangers_are_not_asked(content, tmp_path):
    public = tmp_path / "public"
    write_lines(public / measurements.HOME_COMMANDS, [{"text": "licht an"}])
    write_lines(
        public / measurements.OTHER_DOMAINS,
        [
            {"utt": f"satz {topic}", "annot_utt": "satz", "intent": "x", "scenario": topic}
            for topic in ("music", "email", "general")
        ],
    )
    background = content / "de" / "background"
    background.mkdir()
    (background / "b.yml").write_text("topics:\n  music: [lauter]\n")
    trained = measurements.trained_topics(content)
    assert trained == {"music"}
    assert foreign_texts(public, trained) == {
        "home_assistant": ["licht an"],
        "massive": ["satz email"],
    }
    assert foreign_texts(public, frozenset())["massive"] == ["satz music", "satz email"]
