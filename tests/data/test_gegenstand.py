"""The sorting list as shipped: every item leads to a sentence, and no everyday word is an item."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from actions.abfall import INTO
from actions.services.records import GazetteerEntry
from actions.services.sorting import to_item
from german.gazetteer import Gazetteer, load_gazetteer
from german.normal_form import fold

FILE = Path(__file__).parents[2] / "data" / "gazetteers" / "de" / "gegenstand.yml"
ENTRIES = [
    GazetteerEntry.model_validate(each)
    for each in YAML(typ="safe").load(FILE.read_text(encoding="utf-8"))["entries"]
]


@pytest.fixture(scope="module")
def items() -> Gazetteer:
    """The list as the extractor reads it."""
    return load_gazetteer(FILE)


def test_it_is_long_enough_to_be_useful() -> None:
    assert len(ENTRIES) >= 250


def test_every_item_leads_to_a_sentence() -> None:
    assert [entry.value for entry in ENTRIES if not _is_speakable(entry)] == []


def _is_speakable(entry: GazetteerEntry) -> bool:
    item = to_item(entry)
    if item is None or item.bin not in INTO:
        return False
    return item.name[0].isupper() and (not item.hint or item.hint.endswith((".", "!")))


def test_no_name_and_no_value_stands_twice() -> None:
    places = defaultdict(list)
    for entry in ENTRIES:
        for name in {fold(each) for each in entry.names}:
            places[name].append(entry.value)
    assert {name: values for name, values in places.items() if len(values) > 1} == {}
    assert len({entry.value for entry in ENTRIES}) == len(ENTRIES)


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("Wohin mit dem alten Sofa?", "couch"),
        ("wo kommt der pizzakarton hin", "pizzakarton"),
        ("in welche tonne gehören windeln", "windel"),
        ("leere batterien", "batterie"),
        ("tetra pack", "milchkarton"),
        ("matraze", "matratze"),
    ],
)
def test_items_are_found_as_people_name_them(items: Gazetteer, words: str, value: str) -> None:
    assert [mention.value for mention in items.find(words)] == [value]


@pytest.mark.parametrize(
    "words",
    [
        "Ich möchte einen Termin buchen",
        "um 15 Uhr im Bürgerbüro",
        "Wann ist die Verwaltung telefonisch erreichbar?",
        "Ich muss Montag fliegen",
        "Wo finde ich den Mietspiegel?",
        "Ich suche die Stadtbücherei",
        "Briefwahl beantragen",
        "Was kostet der Personalausweis?",
        "Laterne kaputt, Ecke Hauptstraße",
    ],
)
def test_everyday_words_are_no_items(items: Gazetteer, words: str) -> None:
    assert items.find(words) == []
