"""Whatever is typed, no component raises and every position fits the text."""

from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from german.dates import BERLIN
from nlu.entity_extractor import GermanEntityExtractor, Knowledge
from nlu.reading import read
from nlu.tokenizer import GermanTokenizer, german_language
from tests.german.hostile import messages

from .conftest import ROOT

NOW = datetime(2026, 11, 22, 10, tzinfo=BERLIN)
EXTRACTOR = GermanEntityExtractor({}, None, None, Knowledge.read(ROOT / "data" / "gazetteers"))
TOKENIZER = GermanTokenizer(GermanTokenizer.get_default_config())
SLOW_TO_MAKE = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


@given(messages)
@SLOW_TO_MAKE
def test_entities_and_reading(text):
    entities = EXTRACTOR.extract(text, NOW)
    assert all(0 <= each["start"] < each["end"] <= len(text) for each in entities)
    reading = read(text, entities)
    assert set(reading.marks) >= {each["entity"] for each in entities}


class Counting:
    """spaCy, counting the longest run without a space that it is given."""

    def __init__(self, language):
        self.language, self.longest = language, 0

    def make_doc(self, text):
        self.longest = max([self.longest, *map(len, text.split())])
        return self.language.make_doc(text)


@pytest.mark.parametrize("sign", ["(", "😀", "x", "(x", "\ud800"])
def test_no_run_without_a_space_is_left_to_spacy(sign):
    counting = Counting(german_language())
    tokenizer = GermanTokenizer(GermanTokenizer.get_default_config(), counting)
    text = f"Hallo {sign * 10_000} Olpe"
    tokens = tokenizer.tokenize(Message({TEXT: text}), TEXT)
    assert tokens[0].text == "Hallo"
    assert counting.longest < 80


def test_half_characters_are_no_reason_to_fail():
    text = "Hallo \ud800 Olpe"
    tokens = TOKENIZER.tokenize(Message({TEXT: text}), TEXT)
    assert [token.text for token in tokens] == ["Hallo", "\ud800", "Olpe"]


@given(messages)
@SLOW_TO_MAKE
def test_tokens(text):
    tokens = TOKENIZER.tokenize(Message({TEXT: text}), TEXT)
    assert all(text[token.start : token.end] == token.text for token in tokens)
