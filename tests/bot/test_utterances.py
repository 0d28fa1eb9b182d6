from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.failures import WrongTurn
from bot.utterances import SLASHES, Pressed, pressed, typed

INTENTS = {"abfall_abholtermin", "stadt_waehlen"}
ENTITIES = {"stadt", "anzahl"}


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Hallo", "Hallo"),
        ("  Hallo \n", "Hallo"),
        ("/restart", ""),
        ("\u200b\u202e//  \uff0frestart", ""),
        ("Mo/Di offen?", "Mo/Di offen?"),
        ("u\u0308ber", "über"),
        ("a\x00b\ud83dc\u200bd", "abcd"),
        ("Zeile 1\nZeile 2", "Zeile 1\nZeile 2"),
        ("Zeile 1\u2028Zeile 2", "Zeile 1 Zeile 2"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        ("1/2", "1/2"),
        ("/", ""),
        ("\u200b \u202e", ""),
        ("\u0301" * 200, ""),
        ("e" + "\u0301" * 3, "é\u0301\u0301"),
    ],
)
def test_typed_text_is_cleaned(text: str, clean: str) -> None:
    assert typed(text) == clean


@given(st.text(max_size=200))
def test_typed_text_keeps_what_the_engine_relies_on(text: str) -> None:
    clean = typed(text)
    assert clean == unicodedata.normalize("NFC", clean)
    assert clean == clean.strip()
    clean.encode("utf-8")
    assert "\x00" not in clean
    if clean:
        assert clean[0] not in SLASHES
        assert unicodedata.category(clean[0])[0] not in "CMZ"
    assert typed(clean) == clean


def test_a_payload_is_read() -> None:
    assert pressed("/abfall_abholtermin", INTENTS, ENTITIES) == Pressed("abfall_abholtermin", {})
    read = pressed('/stadt_waehlen{"stadt": "bad-berleburg", "anzahl": 2}', INTENTS, ENTITIES)
    assert read == Pressed("stadt_waehlen", {"stadt": "bad-berleburg", "anzahl": 2})


@given(st.text('/stadt_waehlen{}": 1[]\\u\n', max_size=60))
def test_any_payload_is_read_or_refused(payload: str) -> None:
    try:
        read = pressed(payload, INTENTS, ENTITIES).intent
    except WrongTurn as refusal:
        read = refusal.problem.partition(":")[0]
    assert read in INTENTS | {"payload"}
