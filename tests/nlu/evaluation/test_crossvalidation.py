"""Folds, and a small cross-validation through the real components."""

from collections import Counter
from pathlib import Path

import pytest

from nlu.evaluation.crossvalidation import cross_validate, folds_of
from nlu.evaluation.examples import Sentence
from nlu.evaluation.perturbations import PERTURBATIONS, Perturbation
from nlu.evaluation.pipeline import Pipeline, configured_parts, to_examples

ROOT = Path(__file__).parents[3]
CONFIG = ROOT / "bot" / "config.yml"


@pytest.fixture(autouse=True)
def gazetteers(monkeypatch):
    monkeypatch.setenv("STADTDRAHT_GAZETTEERS", str(ROOT / "data" / "gazetteers"))


@pytest.fixture(scope="module")
def sentences(examples) -> list[Sentence]:
    kept = ("abfall_abholtermin", "oeffnungszeiten", "ratssitzung")
    chosen = [Sentence(text, (intent,)) for text, intent in examples if intent in kept]
    assert len({each.intent for each in chosen}) == 3
    return chosen


def test_every_intent_is_spread_over_all_folds():
    intents = ["a", "b", "a"] * 10 + ["c"] * 3
    folds = folds_of(intents, 5, seed=1)
    spread = Counter(zip(intents, folds, strict=True))
    assert {spread["a", fold] for fold in range(5)} == {4}
    assert {spread["b", fold] for fold in range(5)} == {2}
    assert sorted(spread["c", fold] for fold in range(5)) == [0, 0, 1, 1, 1]
    assert folds == folds_of(intents, 5, seed=1)
    assert folds != folds_of(intents, 5, seed=2)


def test_every_sentence_is_judged_once_and_unseen(sentences, tmp_path):
    """Sentences under a wrong name are unlearnable: nobody may have seen the judged one."""
    lonely = Sentence("Xylophonquartett Zirkuskuppel", ("ratssitzung",))
    lines = []
    outcome = cross_validate(
        configured_parts(CONFIG), [*sentences, lonely], tmp_path, folds=2, seed=3,
        perturbations=[each for each in PERTURBATIONS if each.name == "lower_case"],
        perturbed=10, tell=lines.append,
    )  # fmt: skip
    assert [each.sentence for each in outcome.judged] == [*sentences, lonely]
    assert outcome.judged[-1].understanding.certainty < 0.5
    assert sum(each.right for each in outcome.judged) > len(sentences) / 2
    assert outcome.sampled == 10
    assert 1 <= len(outcome.changes["lower_case"]) <= 10
    assert all(each.changed_text == each.text.lower() for each in outcome.changes["lower_case"])
    assert len(lines) == 2


def test_a_change_that_destroys_every_word_is_seen(sentences, tmp_path):
    destroyer = Perturbation("destroyed", lambda text, chance, words: "qqqq " * len(text.split()))
    outcome = cross_validate(
        configured_parts(CONFIG), sentences, tmp_path, folds=2, seed=1,
        perturbations=[destroyer], perturbed=len(sentences), tell=lambda line: None,
    )  # fmt: skip
    changes = outcome.changes["destroyed"]
    assert len(changes) == len(sentences)
    assert sum(each.right_after for each in changes) < 0.6 * sum(
        each.right_before for each in changes
    )


def test_the_pipeline_reads_dates_from_the_time_of_the_sentence(sentences, tmp_path):
    pipeline = Pipeline.train(configured_parts(CONFIG), to_examples(sentences), tmp_path)
    assert ("datum", "2026-11-23") in pipeline.understand("morgen").entities
    later = pipeline.understand("morgen", "2027-01-01T09:00:00+01:00")
    assert ("datum", "2027-01-02") in later.entities
