"""Whatever is typed, nothing raises, and no more is read than a message may be long."""

from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings

from german.contact_details import find_details
from german.courtesy import without_courtesy
from german.dates import BERLIN, parse_dates
from german.gazetteer import Entry, Gazetteer
from german.normal_form import LONGEST_TEXT, aligned, classifier_text, clean, fold
from german.numbers import digits_from_words
from german.streets import StreetIndex
from tests.german.hostile import LONGEST, PIECES, messages

NOW = datetime(2026, 11, 22, 10, tzinfo=BERLIN)
STREETS = StreetIndex(["Lindenstraße", "Zur Alten Schmiede", "Konrad-Adenauer-Allee", "Markt"])
NAMES = Gazetteer("amt", [Entry("buergerbuero", ("Bürgerbüro", "Bürgeramt"))])
SLOW_TO_MAKE = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


def dates(text):
    return [match.span for match in parse_dates(text, NOW)]


def places(find):
    return lambda text: [(found.start, found.end) for found in find(text)]


FINDERS = {
    "dates": dates,
    "streets": places(STREETS.find),
    "names": places(NAMES.find),
    "details": places(find_details),
}


@given(messages)
@SLOW_TO_MAKE
def test_normal_forms_never_raise(text):
    again = fold(text)
    assert fold(again) == again or "e" in again  # "aee" loses one e each time
    assert len(aligned(text).origin) >= len(aligned(text).text)
    assert clean(clean(text)) == clean(text)
    assert len(without_courtesy(again)) <= len(again)
    digits_from_words(text)


@pytest.mark.parametrize("find", list(FINDERS.values()), ids=list(FINDERS))
@given(text=messages)
@SLOW_TO_MAKE
def test_what_is_found_lies_inside_the_text(find, text):
    assert all(0 <= start < end <= len(text) for start, end in find(text))


@pytest.mark.parametrize(
    ("kind", "mention"),
    [
        ("dates", "am 24.12.2026 "),
        ("streets", "lindenstraße 4 "),
        ("names", "bürgerbüro "),
        ("details", "0171 2345678, "),
    ],
)
def test_only_as_much_is_read_as_a_message_may_be_long(kind, mention):
    find = FINDERS[kind]
    assert find(mention)
    assert find("x " * (LONGEST_TEXT // 2) + mention) == []
    many = find(mention * (LONGEST // len(mention)))
    assert len(many) <= LONGEST_TEXT // len(mention) + 1
    if kind in {"dates", "details"}:
        assert len(many) <= 50


@pytest.mark.parametrize("piece", PIECES)
def test_long_messages_cost_the_classifier_no_more_than_short_ones(piece):
    assert len(classifier_text(piece * (LONGEST // len(piece)))) <= 10 * LONGEST_TEXT
