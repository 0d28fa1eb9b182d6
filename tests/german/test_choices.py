import pytest
from hypothesis import given
from hypothesis import strategies as st

from german.choices import NONE_OF_THEM, is_choice, read_choice

TITLES = (
    "Einen Reisepass beantragen",
    "Einen Ausweis oder Reisepass für ein Kind beantragen",
    "Einen verlorenen Personalausweis melden",
)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("das erste", 0), ("das 1.", 0), ("die erste Möglichkeit bitte", 0), ("ersteres", 0),
        ("Nummer zwei", 1), ("das zweite", 1), ("nr. 2", 1), ("das mittlere", 1), ("2", 1),
        ("das letzte", 2), ("das dritte meine ich", 2), ("3", 2), ("das untere", 2),
        ("den Reisepass", 0), ("Reisepass beantragen", 0), ("für mein Kind", 1),
        ("für ein kind bitte", 1), ("verloren", 2), ("den verlorenen", 2), ("melden", 2),
        ("keins davon", NONE_OF_THEM), ("keines von denen", NONE_OF_THEM),
        ("etwas anderes", NONE_OF_THEM), ("was ganz anderes", NONE_OF_THEM),
        ("nein, keins", NONE_OF_THEM), ("nichts davon", NONE_OF_THEM),
        ("Wann habt ihr auf", None), ("das vierte", None), ("ja", None), ("", None),
        ("beantragen", 0), ("wo ist das Rathaus", None), ("Hund", None), ("keinen Termin", None),
        ("ich habe einen ganz anderen Wunsch und zwar einen Rückruf", None),
    ],
)  # fmt: skip
def test_what_is_meant(text, place):
    assert read_choice(text, TITLES) == place


def test_equally_fitting_titles_are_not_guessed():
    assert read_choice("anmelden", ["Einen Hund anmelden", "Ein Auto anmelden"]) is None


def test_the_middle_of_two_is_none():
    assert read_choice("das mittlere", TITLES[:2]) is None
    assert read_choice("das letzte", TITLES[:2]) == 1


@pytest.mark.parametrize("text", ["das erste", "das zweite bitte", "nummer drei", "das letzte"])
def test_a_bare_choice_is_told(text):
    assert is_choice(text)


@pytest.mark.parametrize("text", ["14", "2", "der Reisepass", "keins davon", "am ersten Mai", ""])
def test_other_words_are_no_bare_choice(text):
    assert not is_choice(text)


@given(st.text(max_size=60), st.lists(st.text(max_size=30), max_size=4))
def test_any_text_is_read(text, titles):
    place = read_choice(text, titles)
    assert place is None or -1 <= place < len(titles)
