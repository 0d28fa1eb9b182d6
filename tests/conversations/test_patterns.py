"""The small language in which the hub's few sentences are recognised."""

import pytest

from conversations.patterns import Patterns, spoken_form


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("es brennt", "Es brennt!", True),
        ("es brennt", "Das brennt", False),
        ("es brennt", "es brennte", False),
        ("gas ... riecht", "gas das im keller stark riecht", True),
        ("gas ... riecht", "gas ist ein stoff der manchmal nach nichts riecht", False),
        ("haus|wohnung brennt", "Meine Wohnung brennt", True),
        ("nicht? mehr leben", "mehr leben", True),
        ("nicht? mehr leben", "nicht mehr leben", True),
        ("*suizid*", "Suizidgedanken", True),
        ("feuer in der küche / es brennt", "Feuer in der Kueche", True),
        ("straße", "STRASSE", True),
        ("a b", "a, b", True),
    ],
)
def test_matching(pattern, text, expected):
    assert Patterns([pattern]).match(text) is expected


def test_exceptions_take_their_words_away_first():
    patterns = Patterns(["sterbe"], ["sterbe vor langeweile"])
    assert not patterns.match("Ich sterbe vor Langeweile")
    assert patterns.match("Ich sterbe vor Langeweile, nein, ich sterbe")


@pytest.mark.parametrize("line", ["", "... a", "a ...", "a|", "a.b", "*"])
def test_malformed_lines_are_refused(line):
    with pytest.raises(ValueError, match=r"pattern"):
        Patterns([line])


def test_no_pattern_matches_nothing():
    assert not Patterns([]).match("was auch immer")


def test_the_spoken_form_has_a_space_around_each_word():
    assert spoken_form("Zurück, zum Bot!!") == " zuruck zum bot "


def test_hostile_text_takes_linear_time():
    patterns = Patterns(["a ... b ... c ... d"])
    assert not patterns.match("a b c " * 600)
