"""Typing errors in single words."""

import random

import pytest

from german.normal_form import fold
from nlu.mending import Mender, common_words
from nlu.noise import misspell

KNOWN = {
    fold(word): count
    for word, count in {
        "Personalausweis": 9, "Führerschein": 5, "Sperrmüll": 7, "Termin": 9, "Hund": 3,
        "Wohnung": 4, "Wohnungen": 1, "anmelden": 8, "abmelden": 6, "ausweis": 9,
    }.items()
}  # fmt: skip


@pytest.fixture(scope="module")
def mender() -> Mender:
    return Mender(KNOWN)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("personalauswies", "personalausweis"),
        ("peronalausweis", "personalausweis"),
        ("personalaausweis", "personalausweis"),
        ("oersonalausweis", "personalausweis"),
        ("fuhrerscjein", "fuhrerschein"),
        ("ternin vereinbaren", "termin vereinbaren"),
        ("wohnungg", "wohnung"),
        ("den hund anmelsen", "den hund anmelden"),
        ("wohnungenn", "wohnungen"),
    ],
)
def test_one_error_is_mended(mender, typed, meant):
    assert mender.mended(typed) == meant


@pytest.mark.parametrize(
    "word", ["termin", "hunt", "00000", "vermieten", "personlausweiss", "seife", "anmelden"]
)
def test_what_is_right_short_or_too_far_away_stays(mender, word):
    assert mender.mended(word) == word


def test_a_german_word_is_no_typing_error():
    assert "woche" in common_words()
    assert Mender({"wache": 9}).mended("woche") == "woche"


def test_a_rare_word_can_be_doubted(mender):
    assert mender.mended("wohnungn") == "wohnung"
    assert Mender({"ausweise": 1, "ausweis": 9}).mended("ausweise", 1) == "ausweis"
    assert Mender({"ausweise": 1, "ausweis": 9}).mended("ausweise") == "ausweise"


def test_most_single_errors_in_long_words_are_mended(mender):
    chance = random.Random(1)  # noqa: S311 -- no secret
    long_words = [word for word in KNOWN if len(word) > 8]
    mended = [
        mender.mended(misspell(word, 1, chance)) == word for word in long_words for _ in range(50)
    ]
    assert sum(mended) / len(mended) > 0.9
