"""The page for people: every part is there, nothing from outside, nothing unescaped."""

import datetime as dt
import re
from html.parser import HTMLParser

import pytest

from cli.evaluation_markup import german, of_hundred, percent
from cli.evaluation_page import MOST_ERRORS, to_page

MADE = dt.datetime(2026, 11, 23, 9, 30, tzinfo=dt.UTC)
EVIL = "<script>alert('Müll & Co')</script>"


def change(loss, allowed=3.0, **more):
    return {"n": 10, "sampled": 12, "accuracy_before": 0.9, "accuracy_after": 0.9 - loss / 100,
            "loss_points": loss, "interval": [loss - 1, loss + 1], "allowed_loss": allowed,
            "broken": [], **more}  # fmt: skip


def error(text, **more):
    return {"text": text, "expected": ["hund_anmelden"], "predicted": "gruss", "confidence": 0.4,
            "certainty": 0.3, "asked_back": False, "style": "typed", **more}  # fmt: skip


@pytest.fixture
def result():
    return {
        "kind": "content", "folds": 5, "n": 5870, "trained_sentences": 5870,
        "intent_accuracy": 0.8212, "intent_accuracy_interval": [0.811, 0.831], "top_3": 0.93,
        "intent_macro_f1": 0.78, "entity_f1": 0.95, "exact_match": 0.9, "slot_f1": None,
        "train_seconds": 13.4, "p50_ms": 1.24, "p95_ms": 3.5,
        "doubt": {"asked_back": 0.06, "asked_back_though_right": 0.3,
                  "accuracy_of_answered": 0.87, "accuracy_with_doubt": 0.8},
        "certainty": {"ece": 0.042, "ece_of_certainty": 0.03, "coverage_at_95": 0.64,
                      "coverage_at_90": 0.83, "curve": [
                          {"n": 10, "certainty": 0.35, "accuracy": 0.3},
                          {"n": 90, "certainty": 0.95, "accuracy": 0.9}]},
        "out_of_scope": {"auroc": 0.9, "false_accept_at_95": 0.36, "by_source": {
            "home_assistant": {"n": 2000, "auroc": 0.93, "false_accept_at_95": 0.3},
            "own": {"n": 0, "auroc": None, "false_accept_at_95": None}}},
        "by_style": {"typed": {"n": 5, "intent_accuracy": 0.9}, "spoken": {"n": 5, "intent_accuracy": 0.7}},
        "entities": {"strasse": {"n": 6, "precision": 1.0, "recall": 0.5, "f1": 0.667}},
        "intents": [{"name": "hund_anmelden", "n": 130, "precision": 0.5, "recall": 0.25, "f1": 0.333,
                     "asked_back": 3},
                    {"name": "selten", "n": 2, "precision": 0.0, "recall": 0.0, "f1": 0.0, "asked_back": 0}],
        "confusions": [{"expected": "hund_anmelden", "predicted": "gruss", "count": 2,
                        "sentences": [EVIL]}],
        "robustness": {"lower_case": change(0.0), "two_typos": change(11.8, 6.0, broken=["wuff"])},
        "errors": [error(EVIL)], "skipped": ["massive"],
    }  # fmt: skip


@pytest.fixture
def page(result):
    return to_page(result, MADE, {"hund_anmelden": "einen Hund anmelden"})


class Outline(HTMLParser):
    """Reads headings, and whether every element is closed."""

    def __init__(self):
        super().__init__()
        self.open, self.headings, self.mistakes = [], [], []
        self.inside_heading = False

    def handle_starttag(self, tag, attributes):
        if tag not in {"meta", "br", "line", "circle", "polyline"}:
            self.open.append(tag)
        self.inside_heading = tag in {"h1", "h2"}

    def handle_startendtag(self, tag, attributes):
        pass

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.mistakes.append(tag)
        self.inside_heading = False

    def handle_data(self, data):
        if self.inside_heading:
            self.headings.append(data)


def outline(page):
    reader = Outline()
    reader.feed(page)
    return reader


def test_elements_are_closed_and_parts_are_in_order(page):
    read = outline(page)
    assert read.mistakes == []
    assert read.open == []
    assert read.headings == [
        "Wie gut versteht Stadtdraht Deutsch?", "In einfachen Worten",
        "Jedes Anliegen, das schwächste zuerst", "Was verwechselt wird",
        "Wenn Menschen anders schreiben", "Weiß er, was er weiß?", "Was nicht zur Stadt gehört",
        "Angaben im Satz", "Getippt und gesprochen", "Alle Irrtümer", "So wurde gemessen",
    ]  # fmt: skip


def test_plain_words_carry_the_figures(page):
    assert "Bei 82 von 100 Sätzen weiß der Assistent, worum es geht." in page
    assert "Bei 6 von 100 fragt er lieber zurück." in page
    assert "Am meisten stört: zwei Tippfehler." in page
    assert "Am schwächsten: einen Hund anmelden." in page
    assert "wahrscheinlich zwischen 81,1 % und 83,1 %" in page


def test_every_intent_has_a_name_for_people(page):
    assert "einen Hund anmelden → grüßen: 2-mal" in page
    assert "einen Hund anmelden<br><small><code>hund_anmelden</code>" in page


def test_nothing_comes_from_outside_and_nothing_runs(page):
    assert "default-src 'none'" in page
    assert not re.search(r"(src|href)=|@import|url\(|https?:", page)
    assert "<script" not in page


def test_sentences_are_escaped(page):
    assert page.count("&lt;script&gt;") == 2


def test_what_was_skipped_is_said(page):
    assert "Nicht gemessen: Bitten an einen Sprachassistenten (Datei fehlt)." in page


def test_losses_are_judged_and_the_worst_is_first(page):
    assert page.index("zwei Tippfehler</th>") < page.index("alles klein geschrieben</th>")
    assert "zu viel (Ziel: 6)" in page
    assert page.count("hält stand") == 1
    assert "„wuff“" in page


def test_a_source_without_sentences_is_left_out(page):
    assert "Befehle an ein schlaues Zuhause" in page
    assert "eigene Sätze, die keine" not in page


def test_a_long_list_of_errors_names_the_rest(result):
    result["errors"] = [error(f"Satz {number}") for number in range(MOST_ERRORS + 7)]
    page = to_page(result, MADE)
    assert f"Satz {MOST_ERRORS - 1}<" in page
    assert f"Satz {MOST_ERRORS}<" not in page
    assert "7 weitere" in page


def test_few_examples_have_a_page_of_their_own():
    shots = {"median": 0.62, "mean": 0.61, "lowest": 0.6, "highest": 0.64, "train_seconds": 2.0}
    page = to_page(
        {"kind": "few_shot", "n": 2033, "seeds": 10, "few_shot": {"8": shots}, "by_style": {},
         "errors": [], "out_of_scope": None, "intent_accuracy": None}, MADE,
    )  # fmt: skip
    assert "62,0 %" in page
    assert outline(page).headings[1:] == ["Mit wenigen Beispielen", "So wurde gemessen"]


def test_german_figures():
    assert german(1234.56) == "1.234,6"
    assert percent(0.8212) == "82,1 %"
    assert percent(None) == "–"
    assert of_hundred(0.825) == "82 von 100"
