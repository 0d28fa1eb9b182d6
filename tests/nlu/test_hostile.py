"""Whatever is typed, no component raises and every position fits the text."""

from datetime import datetime

from hypothesis import HealthCheck, given, settings
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from german.dates import BERLIN
from nlu.entity_extractor import GermanEntityExtractor, Knowledge
from nlu.reading import read
from nlu.tokenizer import GermanTokenizer
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


@given(messages)
@SLOW_TO_MAKE
def test_tokens(text):
    tokens = TOKENIZER.tokenize(Message({TEXT: text}), TEXT)
    assert all(text[token.start : token.end] == token.text for token in tokens)
