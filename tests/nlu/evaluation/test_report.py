"""The printed object: promised keys, and figures of hand-made judgements."""

import json

import pytest

from nlu.evaluation import report
from nlu.evaluation.crossvalidation import Changed, Judged
from nlu.evaluation.examples import Sentence
from nlu.evaluation.pipeline import Understanding

PROMISED = {
    "n", "intent_accuracy", "intent_macro_f1", "entity_f1", "slot_f1", "exact_match",
    "out_of_scope", "by_style", "errors",
}  # fmt: skip


def judged(want, got, *, certainty=0.9, doubtful=False, entities=None, found=(), style="typed"):
    wanted = (want,) if isinstance(want, str) else want
    understanding = Understanding(((got, certainty),), doubtful, certainty, certainty, tuple(found))
    return Judged(Sentence(f"{want} als {got}", wanted, entities, style), understanding)


def test_promised_keys_are_there_even_without_entities():
    made = report.quality([judged("a", "a"), judged("b", "a")])
    assert set(made) >= PROMISED
    assert set(made["out_of_scope"]) >= {"auroc", "false_accept_at_95"}
    assert made["entity_f1"] is None
    assert json.loads(json.dumps(report.rounded(made)))["intent_accuracy"] == 0.5


def test_any_listed_intent_is_right_and_the_first_is_best():
    made = report.quality([judged(("a", "b"), "b"), judged(("a", "b"), "c")])
    assert made["n"] == 2
    assert made["intent_accuracy"] == 0.5
    assert [each["expected"] for each in made["errors"]] == [["a", "b"]]
    assert {each["name"] for each in made["intents"]} == {"a", "b"}


def test_styles_are_counted_apart():
    made = report.quality(
        [judged("a", "a"), judged("a", "a", style="spoken"), judged("a", "b", style="spoken")]
    )
    assert {style: (each["n"], each["intent_accuracy"]) for style, each in made["by_style"].items()} == {
        "typed": (1, 1.0), "spoken": (2, 0.5),
    }  # fmt: skip


def test_entities_by_value_and_exact_match():
    made = report.quality(
        [
            judged(
                "a", "a", entities={"stadt": ("soest",)}, found=[("stadt", "soest"), ("amt", "x")]
            ),
            judged("a", "a", entities={"stadt": ("olpe",)}, found=[("stadt", "soest")]),
            judged("a", "b", entities={}, found=[]),
            judged("a", "a", found=[("stadt", "soest")]),
        ]
    )
    assert made["entity_f1"] == pytest.approx(0.5)
    assert made["exact_match"] == pytest.approx(1 / 3)
    assert made["entities"]["stadt"]["n"] == 2
    assert [each["found"] for each in made["entity_errors"]] == [{"stadt": ["soest"]}]


def test_a_set_that_names_only_some_entities_does_not_blame_the_others():
    sentence = Sentence("x", ("a",), {"amt": ("rathaus",)}, all_entities=False)
    found = (("amt", "rathaus"), ("datum", "2026-11-23"))
    other = judged("a", "a", entities={"datum": ("2026-11-24",)}, found=[("datum", "2026-11-24")])
    made = report.quality(
        [Judged(sentence, Understanding((("a", 1.0),), False, 1, 1, found)), other]
    )
    assert made["entity_f1"] == 1


def test_doubt_is_right_where_nothing_is_in_scope():
    made = report.quality(
        [
            judged("a", "a"),
            judged("a", "a", doubtful=True),
            judged("a", "b", doubtful=True),
            judged("out_of_scope", "a", doubtful=True),
        ]
    )["doubt"]
    assert made["asked_back"] == pytest.approx(3 / 4)
    assert made["asked_back_though_right"] == pytest.approx(1 / 3)
    assert made["accuracy_of_answered"] == 1
    assert made["accuracy_with_doubt"] == pytest.approx(2 / 4)


def test_strangers_are_told_by_their_score():
    made = report.out_of_scope([0.9, 0.8], {"own": [0.1], "other": [0.85, 0.95]})
    assert made["auroc"] == pytest.approx(3 / 6)
    assert made["false_accept_at_95"] == pytest.approx(2 / 3)
    assert made["by_source"]["own"] == {"n": 1, "auroc": 1.0, "false_accept_at_95": 0.0}


def test_confusions_carry_their_sentences_most_frequent_first():
    made = report.quality([judged("a", "b"), judged("c", "b"), judged("c", "b"), judged("b", "b")])
    assert [(each["expected"], each["predicted"], each["count"]) for each in made["confusions"]] == [
        ("c", "b", 2), ("a", "b", 1),
    ]  # fmt: skip
    assert made["confusions"][1]["sentences"] == ["a als b"]


def test_municipal_intents_are_reported_on_their_own():
    made = report.quality(
        [judged("a", "a"), judged("gruss", "a")], municipal=frozenset({"a", "never"})
    )
    assert made["municipal"]["n"] == 1
    assert made["municipal"]["intent_accuracy"] == 1
    assert made["municipal"]["intent_macro_f1"] == pytest.approx(2 / 3)


def test_losses_are_points_on_the_changed_sentences():
    cases = [Changed("A", "a", True, True), Changed("B", "b", True, False), Changed("C", "c", False, True),
             Changed("D", "d", True, False)]  # fmt: skip
    made = report.robustness({"lower_case": cases, "polite": []}, sampled=9)
    assert made["lower_case"]["loss_points"] == pytest.approx(25.0)
    assert made["lower_case"]["broken"] == ["b", "d"]
    assert made["lower_case"]["allowed_loss"] == 3.0
    assert made["lower_case"]["interval"][0] < 25 < made["lower_case"]["interval"][1]
    assert made["polite"]["n"] == 0
