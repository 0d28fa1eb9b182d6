import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from german.streets import StreetIndex, match_street, street_key

STREETS = StreetIndex(
    [
        "Lindenstraße", "Jakobistraße", "Markt", "Am Rathaus", "Soester Straße",
        "Clemens-August-Straße", "Sankt-Walburga-Straße", "Hellefelder Straße", "Alter Markt",
        "Osthofenstraße", "Ruhrstraße", "Rurstraße", "Im Winkel", "Möhnestraße", "Kölner Weg",
    ]
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "name", "number"),
    [
        ("Linden Strasse 14a", "Lindenstraße", "14a"),
        ("lindenstr 14 a", "Lindenstraße", "14a"),
        ("lindenstr. 14", "Lindenstraße", "14"),
        ("LINDENSTRASSE 14 A", "Lindenstraße", "14a"),
        ("in der linden straße vierzehn a", "Lindenstraße", "14a"),
        ("Jakobistrasse", "Jakobistraße", None),
        ("jacobystrasse 3", "Jakobistraße", "3"),
        ("wann kommt die gelbe tonne in der Clemens August Str. 12", "Clemens-August-Straße", "12"),
        ("St. Walburga Str 9", "Sankt-Walburga-Straße", "9"),
        ("hellefelderstrasse", "Hellefelder Straße", None),
        ("Hellefelder Str", "Hellefelder Straße", None),
        ("Lindenstaße", "Lindenstraße", None),
        ("möhnestr 3", "Möhnestraße", "3"),
        ("moehnestrasse 3", "Möhnestraße", "3"),
        ("Am Rathaus 3", "Am Rathaus", "3"),
        ("ich wohne am Markt 5", "Markt", "5"),
        ("Lindenstraße um 14 Uhr", "Lindenstraße", None),
        ("koelner weg 2", "Kölner Weg", "2"),
        ("im winkel 4", "Im Winkel", "4"),
    ],
)
def test_streets_in_any_form(text, name, number):
    (match,) = STREETS.find(text)
    assert (match.name, match.house_number) == (name, number)
    assert match_street(text, STREETS) == match


@pytest.mark.parametrize(
    "text", ["ich geh weg", "der Markt ist schön", "um 14 Uhr", "mein Perso ist weg", "Hof", ""]
)
def test_what_is_no_street(text):
    assert STREETS.find(text) == []


def test_positions_lead_to_the_citizens_words():
    text = "Abholung bitte in der Linden Str. 14 a am Freitag"
    (match,) = STREETS.find(text)
    assert text[match.start : match.end] == "Linden Str"
    assert text[match.number_start : match.number_end] == "14 a"


@pytest.mark.parametrize(
    ("answer", "name"),
    [("lindn str", "Lindenstraße"), ("ich wohne in der jakobi", "Jakobistraße"), ("Osthofen", "Osthofenstraße")],
)  # fmt: skip
def test_answers_are_taken_more_generously(answer, name):
    match = match_street(answer, list(STREETS.names))
    assert match is not None
    assert match.name == name


def test_twins_are_offered_for_a_question():
    match = match_street("Ruhrsstraße 3", StreetIndex(["Ruhrsterstraße", "Rurstraße", "Ruhrstr."]))
    assert match is not None
    near = match_street("Rührstrase", StreetIndex(["Ruhlstraße", "Ruhkstraße"]))
    assert near is None or near.alternatives


def test_nonsense_is_no_street():
    assert match_street("keine ahnung", STREETS) is None
    assert match_street("", STREETS) is None
    assert match_street("Xylophonallee 3", STREETS) is None


def test_spellings_share_a_key():
    spellings = ["Linden Strasse", "Linden-Str.", "Lindenstraße", "LINDENSTRASSE", "lindenstr"]
    assert {street_key(spelling) for spelling in spellings} == {"lindenstr"}


@given(st.text(max_size=120))
@settings(max_examples=100, deadline=None)
def test_no_text_breaks_it(text):
    for match in STREETS.find(text):
        assert 0 <= match.start < match.end <= len(text)
    match_street(text, STREETS)
