"""Every change does what its name says, and the same each time."""

import pytest

from nlu.evaluation.perturbations import PERTURBATIONS, known_words, neighbours

CHANGES = {each.name: each for each in PERTURBATIONS}
WORDS = known_words(
    ["Der Sperrmüll kommt mit dem Müll", "ein sperrmüll termin", "Antrag Geburt Urkunde sperr"]
)
TEXT = "Größere Möbel: Wann kommt der Sperrmülltermin am 14. Mai, bitte?"


def changed(name, text, seed=0):
    return CHANGES[name].apply(text, WORDS, seed)


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("umlauts_written_out", "Größe Übung", "Groesse Uebung"),
        ("umlauts_dropped", "Größe Übung", "Grose Ubung"),
        ("lower_case", "Wann IST Ruhe?", "wann ist ruhe?"),
        ("no_punctuation", "Hallo, wann? (heute!)", "Hallo wann heute"),
        ("split_compounds", "der Sperrmülltermin", "der Sperrmüll termin"),
        ("split_compounds", "Geburtsurkunde", "Geburts urkunde"),
        ("split_compounds", "der Kirchturm", "der Kirchturm"),
        ("joined_words", "ein sperr müll termin", "ein sperrmüll termin"),
        ("joined_words", "wo ist er", "wo ist er"),
        (
            "number_words",
            "am 14. um 8 Uhr, PLZ 059",
            "am vierzehn. um acht Uhr, PLZ null fünf neun",
        ),
    ],
)
def test_change(name, before, after):
    assert changed(name, before) == after


def test_joining_without_a_known_compound_drops_one_space():
    made = changed("joined_words", "Möbel werden geholt")
    assert made.count(" ") == 1
    assert made.replace(" ", "").lower() == "möbelwerdengeholt"


@pytest.mark.parametrize(("name", "errors"), [("one_typo", 1), ("two_typos", 2)])
def test_typos_hit_neighbouring_keys(name, errors):
    for seed in range(50):
        made = changed(name, TEXT, seed)
        differences = [(a, b) for a, b in zip(TEXT, made, strict=True) if a != b]
        assert len(differences) == errors
        assert all(b.lower() in neighbours(a.lower()) for a, b in differences)


def test_typos_leave_very_short_texts_alone():
    assert changed("two_typos", "ja 12") == "ja 12"


def test_the_keyboard_is_german():
    assert set(neighbours("z")) == set("tugh")
    assert "ö" in neighbours("l")
    assert "y" in neighbours("a")
    assert neighbours("1") == ""


def test_polite_keeps_the_sentence():
    made = changed("polite", TEXT)
    assert TEXT in made
    assert not made.startswith(TEXT)
    assert not made.endswith(TEXT)


@pytest.mark.parametrize("name", CHANGES)
def test_every_change_does_something_and_repeats_itself(name):
    text = "Größere sperr müll Mengen, Sperrmülltermin am 14. bitte!"
    assert changed(name, text) != text
    assert changed(name, text) == changed(name, text)


def test_seeds_make_different_typos():
    assert len({changed("one_typo", TEXT, seed) for seed in range(10)}) > 5
