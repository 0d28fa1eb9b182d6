import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from german.courtesy import without_courtesy
from german.normal_form import fold


@pytest.mark.parametrize(
    ("text", "concern"),
    [
        (
            "Guten Tag, ich hätte mal eine Frage: Wann hat das Rathaus auf? Vielen Dank im Voraus!",
            "Wann hat das Rathaus auf?",
        ),
        ("Hallo, können Sie mir bitte sagen, wann das Jugendamt aufmacht?", "wann das Jugendamt aufmacht?"),
        ("Moin, perso weg", "perso weg"),
        (
            "Sehr geehrte Damen und Herren, ich habe meinen Ausweis verloren. Mit freundlichen Grüßen",
            "ich habe meinen Ausweis verloren.",
        ),
        ("Ich wollte mal nachfragen wie weit mein Pass ist. LG", "wie weit mein Pass ist."),
        ("Entschuldigung, wo ist das Rathaus", "wo ist das Rathaus"),
        ("Eine kurze Frage: Sperrmüll?", "Sperrmüll?"),
        ("neuer perso. Vielen Dank!", "neuer perso."),
        ("Guten Morgen, couch loswerden danke schon mal", "couch loswerden"),
    ],
)  # fmt: skip
def test_frames_are_taken_off(text, concern):
    assert without_courtesy(fold(text)) == fold(concern)


@pytest.mark.parametrize(
    "text",
    [
        "Hallo", "hallo zusammen!", "Guten Morgen", "Vielen Dank", "danke", "super, danke",
        "nein danke", "ja bitte", "Alles klar, vielen Dank", "Das reicht mir schon, danke",
        "Danke, das hilft mir weiter", "ach prima, danke Ihnen", "bitte", "tschüss", "können Sie mir helfen", "haben Sie auf?",
    ],
)  # fmt: skip
def test_what_is_only_polite_stays(text):
    assert without_courtesy(fold(text)) == fold(text)


@given(st.text(alphabet="halo dnkefrgistum,.:!?", max_size=80))
@settings(max_examples=150, deadline=None)
def test_the_concern_is_part_of_the_text(text):
    folded = fold(text)
    assert without_courtesy(folded) in folded


@pytest.mark.parametrize(
    "piece", ["hallo ", "danke ", "sehr geehrte ", "ich freue mich ", "frage "]
)
def test_long_messages_are_read_in_bounded_time(piece):
    without_courtesy(piece * (10_000 // len(piece)))
