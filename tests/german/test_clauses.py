import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from german.clauses import Border, clauses_of, cuts_of, parts_between
from german.normal_form import aligned


def parts(text):
    folded = aligned(text)
    cuts = cuts_of(folded)
    found = parts_between(folded, cuts) if cuts else []
    return [(part.text, part.border.value) for part in found if part.text]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Wo ist das Rathaus", []),
        (
            "Wann hat ihr auf und was kostet ein Pass?",
            [("Wann hat ihr auf", "added"), ("was kostet ein Pass?", "added")],
        ),
        (
            "Perso verlängern, außerdem brauche ich einen Pass",
            [("Perso verlängern", "added"), ("brauche ich einen Pass", "added")],
        ),
        ("Hund und Katze", [("Hund", "joined"), ("Katze", "joined")]),
        ("pin ist da, wann offen", [("pin ist da", "comma"), ("wann offen", "comma")]),
        ("Perso? Reisepass!", [("Perso?", "sentence"), ("Reisepass", "sentence")]),
        ("Müll + Perso", [("Müll", "added"), ("Perso", "added")]),
        ("Hund, dann noch Perso", [("Hund", "added"), ("Perso", "added")]),
        ("am 24.12. auf", []),
        ("um 8.30 Uhr", []),
    ],
)
def test_where_something_new_may_begin(text, expected):
    assert parts(text) == expected


def test_every_word_is_in_exactly_one_clause():
    text = aligned("Ich will keinen Termin, sondern wissen, dass der Müll kommt. Und wann?")
    words = [token for clause in clauses_of(text) for token in clause.tokens]
    assert words == list(text.tokens)


def test_only_the_clause_before_the_mark_asks():
    text = aligned("Ich habe keinen Schlüssel, wo ist das Fundbüro?")
    assert [clause.asks for clause in clauses_of(text)] == [False, True]


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="und aßüwo,.?+-3\u200b\n", max_size=200))
def test_parts_lie_in_the_text_in_their_order(text):
    folded = aligned(text)
    cuts = cuts_of(folded)
    position = 0
    for part in parts_between(folded, cuts) if cuts else []:
        assert isinstance(part.border, Border)
        if part.text:
            assert position <= part.start < part.end <= len(text)
            assert part.text == text[part.start : part.end]
            position = part.start
