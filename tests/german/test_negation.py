"""The finder of refusals on sentences as people write them."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from german.negation import declined, find_negations, has_content, refusals, without_refusals
from german.normal_form import aligned

CORPUS = YAML(typ="safe").load(
    Path(__file__).with_name("negations.yml").read_text(encoding="utf-8")
)


def plain(text):
    return text.strip(" ,;:!").lower()


@pytest.mark.parametrize("case", CORPUS["refusals"], ids=lambda case: case["text"])
def test_what_is_refused_is_found(case):
    found = refusals(aligned(case["text"]))
    assert [each.words_in(case["text"]) for each in found if each.spans] == case["refused"]
    rest = without_refusals(case["text"], found) if found else ""
    assert plain(rest) == plain(case.get("rest", ""))


@pytest.mark.parametrize("case", CORPUS["nothing_refused"], ids=lambda case: case["text"])
def test_what_is_only_told_or_asked_is_no_refusal(case):
    found = find_negations(aligned(case["text"]))
    assert refusals(aligned(case["text"])) == []
    assert case["kind"] in [each.kind.value for each in found]


def test_the_corpus_is_large_enough_to_mean_something():
    assert len(CORPUS["refusals"]) + len(CORPUS["nothing_refused"]) >= 80


@pytest.mark.parametrize("text", ["nein", "ich möchte bitte", "sondern", "", "ja, gern"])
def test_frames_are_no_content(text):
    assert not has_content(text)


@pytest.mark.parametrize(
    ("wish", "negated"),
    [
        ("einen Termin buchen", "keinen Termin buchen"),
        ("eine Ansprechperson finden", "keine Ansprechperson finden"),
        ("ein Auto anmelden", "kein Auto anmelden"),
        ("mit einem Menschen sprechen", "nicht mit einem Menschen sprechen"),
        ("die Wartezeit erfragen", "nicht die Wartezeit erfragen"),
        ("Sperrmüll anmelden", "keinen Sperrmüll anmelden"),
        ("Wohngeld beantragen", "kein Wohngeld beantragen"),
        ("Öffnungszeiten erfragen", "keine Öffnungszeiten erfragen"),
        ("aktuelle Störungen erfragen", "keine aktuellen Störungen erfragen"),
        ("etwas am Wertstoffhof abgeben", "nichts am Wertstoffhof abgeben"),
    ],
)
def test_a_wish_is_declined_in_good_german(wish, negated):
    assert declined(wish) == negated


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="nichtkeinwlobr ,.?!äß\u200b\n", max_size=300))
def test_any_text_is_read_and_spans_stay_inside(text):
    for found in find_negations(aligned(text)):
        for start, end in (*found.spans, found.clause):
            assert 0 <= start < end <= len(text)
    without_refusals(text, refusals(aligned(text)))
