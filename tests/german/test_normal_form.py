import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from german.normal_form import aligned, classifier_text, clean, fold, words


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("Bu\u0308rgerbu\u0308ro", "Bürgerbüro"),
        ("Bürger\u200bbü\u00adro", "Bürgerbüro"),
        ("Ausweis\x00 \t\n verloren ", "Ausweis verloren"),
        ("ЅОЕЅТ", "SOEST"),
        ("Ｓｏｅｓｔ", "Soest"),
        ("„Perso“ – weg…", '"Perso" - weg...'),
        ("", ""),
        ("\u200b\u200b", ""),
    ],
)
def test_clean_repairs_the_encoding(raw, cleaned):
    assert clean(raw) == cleaned


@pytest.mark.parametrize(
    "spellings",
    [
        ("Bürgerbüro", "Buergerbuero", "BURGERBURO", "bürgerbüro"),
        ("Straße", "Strasse", "strasse", "STRASSE"),
        ("Führungszeugnis", "Fuehrungszeugnis", "fuhrungszeugnis"),
        ("Öffnungszeiten", "oeffnungszeiten", "offnungszeiten"),
        ("Café", "cafe"),
    ],
)
def test_spelling_habits_fold_to_one_form(spellings):
    assert len({fold(spelling) for spelling in spellings}) == 1


@pytest.mark.parametrize(
    ("raw", "found", "original"),
    [
        ("Das Bu\u0308rgerbu\u0308ro in Soest", "sost", "Soest"),
        ("in der Großen  Straße 5", "strase", "Straße"),
        ("im Bürger\u200bbüro heute", "burgerburo", "Bürger\u200bbüro"),
        ("👍🏽 Müll in Olpe", "mull", "Müll"),
    ],
)
def test_spans_lead_back_to_the_citizens_own_text(raw, found, original):
    folded = aligned(raw)
    start = folded.text.index(found)
    first, last = folded.span(start, start + len(found))
    assert raw[first:last] == original


def test_classifier_text_drops_what_does_not_matter():
    assert classifier_text("Haaaallo 👍") == classifier_text("Hallo ja")
    assert classifier_text("am 24.12.") == classifier_text("am 17.03.")
    assert classifier_text("WANN") == classifier_text("wann")


def test_words_split_at_everything_that_is_no_letter_or_digit():
    assert words("kfz-zulassung, jetzt! 24.12.") == ["kfz", "zulassung", "jetzt", "24", "12"]


@given(st.text(max_size=300))
@settings(max_examples=150, deadline=None)
def test_any_text_has_a_normal_form(raw):
    folded = aligned(raw)
    assert len(folded.origin) == len(folded.text)
    assert list(folded.origin) == sorted(folded.origin)
    classifier_text(raw)
    for position in range(len(folded.text)):
        start, end = folded.span(position, position + 1)
        assert 0 <= start < end <= len(raw)


@given(st.text(max_size=200))
@settings(max_examples=100, deadline=None)
def test_cleaning_twice_changes_nothing_more(raw):
    assert clean(clean(raw)) == clean(raw)
