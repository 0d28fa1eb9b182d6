import pytest

from german.concepts import Thesaurus, concepts_of
from german.normal_form import fold


@pytest.mark.parametrize(
    ("first", "second", "concept"),
    [
        ("Couch", "Kleiderschrank", "möbel"),
        ("loswerden", "entsorgen", "loswerden"),
        ("geklaut", "verloren", "verloren"),
        ("Laterne", "Schlagloch", "straßenmangel"),
        ("Dackel", "Welpe", "hund"),
        ("umgezogen", "Umzug", "umzug"),
    ],
)
def test_words_share_a_concept(first, second, concept):
    assert concept in concepts_of(fold(first)) & concepts_of(fold(second))


def test_patterns():
    thesaurus = Thesaurus({"tonne": ["tonn*", "-tonne"], "weg": ["weg"]})
    assert thesaurus.concepts_of("tonnen") == {"tonne"}
    assert thesaurus.concepts_of("biotonne") == {"tonne"}
    assert thesaurus.concepts_of("weg") == {"weg"}
    assert thesaurus.concepts_of("wege") == frozenset()
    assert Thesaurus({}).concepts_of("weg") == frozenset()
