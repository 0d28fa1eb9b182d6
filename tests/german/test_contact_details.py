import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from german.contact_details import find_details, phone_number


@pytest.mark.parametrize(
    ("text", "kind", "value", "words"),
    [
        ("Rufen Sie 0171 2345678 an", "telefon", "+491712345678", "0171 2345678"),
        ("02921/103-0", "telefon", "+4929211030", "02921/103-0"),
        ("+49 (0)2921 103", "telefon", None, None),
        ("+49 2921 1031234", "telefon", "+4929211031234", "+49 2921 1031234"),
        ("0049 2921 1031234", "telefon", "+4929211031234", "0049 2921 1031234"),
        ("Max.Muster@Beispiel.de", "email", "max.muster@beispiel.de", "Max.Muster@Beispiel.de"),
        ("jürgen@stadt-olpe.de.", "email", "jürgen@stadt-olpe.de", "jürgen@stadt-olpe.de"),
        ("max at beispiel punkt de", "email", "max@beispiel.de", "max at beispiel punkt de"),
        ("kostet das 46 Euro?", "geld", "46.00", "46 Euro"),
        ("27,60 €", "geld", "27.60", "27,60 €"),
        ("1.250,50 Euro", "geld", "1250.50", "1.250,50 Euro"),
        ("sechsundvierzig euro", "geld", "46.00", "sechsundvierzig euro"),
        ("sie ist 7 Jahre alt", "alter", "7", "7 Jahre alt"),
        ("mein 16-jähriger Sohn", "alter", "16", "16-jähriger"),
        ("meine tochter wird sechzehn", "alter", "16", "sechzehn"),
        ("für 2 Hunde", "anzahl", "2", "2 Hunde"),
        ("drei Personen", "anzahl", "3", "drei Personen"),
        ("Code SD-4F7K", "vorgang", "SD-4F7K", "SD-4F7K"),
        ("Vorgang: 2026/4711", "vorgang", "2026/4711", "2026/4711"),
        ("meine Nummer ist 4711-22", "vorgang", "4711-22", "4711-22"),
    ],
)
def test_details_are_found(text, kind, value, words):
    found = [detail for detail in find_details(text) if detail.kind == kind]
    if value is None:
        return
    (detail,) = found
    assert detail.value == value
    assert text[detail.start : detail.end] == words


@pytest.mark.parametrize(
    "text",
    [
        "am 24.12.2026 um 15:30 Uhr",
        "Lindenstraße 14a",
        "59494 Soest",
        "KFZ-Zulassung",
        "e-mail",
        "",
    ],
)
def test_other_numbers_are_no_details(text):
    assert find_details(text) == []


def test_phone_numbers_are_normalised():
    assert phone_number("02921 / 103-0") == "+4929211030"
    assert phone_number("4711") is None
    assert phone_number("+49 1234567890123456") is None


@given(st.text(max_size=200))
@settings(max_examples=100, deadline=None)
def test_no_text_breaks_it(text):
    for detail in find_details(text):
        assert 0 <= detail.start < detail.end <= len(text)


@pytest.mark.parametrize("piece", ["1", "1 ", "a-1", "a@b.", "1 jahr ", "nummer ", "(0"])
def test_long_messages_are_read_in_bounded_time(piece):
    find_details(piece * (10_000 // len(piece)))
