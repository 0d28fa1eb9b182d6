import pytest

from german.numbers import (
    digits_from_words,
    number_from_word,
    spoken_number,
    spoken_ordinal,
    year_from_word,
)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "null"), (1, "eins"), (16, "sechzehn"), (17, "siebzehn"), (21, "einundzwanzig"),
        (30, "dreißig"), (46, "sechsundvierzig"), (100, "einhundert"), (101, "einhunderteins"),
        (115, "einhundertfünfzehn"), (1000, "eintausend"), (2026, "zweitausendsechsundzwanzig"),
        (-3, "minus drei"),
    ],
)  # fmt: skip
def test_numbers_are_spoken(number, words):
    assert spoken_number(number) == words


def test_numbers_beyond_a_million_are_refused():
    with pytest.raises(ValueError, match="999999"):
        spoken_number(1_000_000)


@pytest.mark.parametrize(
    ("number", "words"),
    [(1, "ersten"), (3, "dritten"), (7, "siebten"), (8, "achten"), (12, "zwölften"),
     (19, "neunzehnten"), (20, "zwanzigsten"), (31, "einunddreißigsten")],
)  # fmt: skip
def test_ordinals_are_spoken(number, words):
    assert spoken_ordinal(number) == words


@pytest.mark.parametrize("number", range(100))
def test_every_small_number_is_understood_again(number):
    assert number_from_word(spoken_number(number)) == number
    if number:
        assert number_from_word(spoken_ordinal(number)) == number


@pytest.mark.parametrize(
    ("spoken", "written"),
    [
        ("am dritten mai um fünfzehn uhr dreißig", "am 3. mai um 15 uhr 30"),
        ("fünf neun acht zwei eins", "59821"),
        ("lindenstraße vierzehn", "lindenstraße 14"),
        ("wann hat das bürgerbüro auf", "wann hat das bürgerbüro auf"),
    ],
)
def test_recognisers_words_become_digits(spoken, written):
    assert digits_from_words(spoken) == written


def test_years():
    assert year_from_word("zweitausendsiebenundzwanzig") == 2027
    assert year_from_word("weihnachten") is None
    assert number_from_word("rathaus") is None
