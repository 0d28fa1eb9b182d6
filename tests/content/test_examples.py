"""The example sentences are many, of known intents, and no two say the same."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import pytest
from rapidfuzz import fuzz, process
from ruamel.yaml import YAML

CONTENT = Path(__file__).resolve().parents[2] / "data" / "de"
NLU_FILES = sorted((CONTENT / "nlu").glob("*.yml"))
TEST_FILES = sorted((CONTENT / "tests").glob("*.yml"))
FEWEST_EXAMPLES = 30
FEWEST_TESTS = 8
TOO_ALIKE = 92.0
FOLDED = str.maketrans({"ä": "a", "ö": "o", "ü": "u", "ß": "ss"})
CONVERSATION = {
    "abbrechen", "beleidigung", "beschwerde", "danke", "einfacher", "gruss", "hilfe", "inform",
    "ja", "langsamer", "lob", "nein", "notfall", "out_of_scope", "sprache_wechseln",
    "stadt_waehlen", "tschuess", "wer_bist_du", "wiederholen", "zurueck",
}  # fmt: skip


class Example(NamedTuple):
    """A sentence with the intent that it stands for."""

    intent: str
    text: str
    file: str


def loaded(file: Path) -> dict:
    return YAML(typ="safe").load(file.read_text(encoding="utf-8"))


def examples_of(file: Path) -> Iterator[Example]:
    for block in loaded(file)["nlu"]:
        for line in block["examples"].splitlines():
            if line.strip():
                assert line.startswith("- "), f"{file.name}: {line!r} is no list item"
                yield Example(block["intent"], line[2:].strip(), file.name)


def normal_form(text: str) -> str:
    """Lower case, umlauts folded, without punctuation, single spaces; emojis stay."""
    letters = "".join(
        " " if unicodedata.category(sign).startswith("P") else sign
        for sign in text.casefold().translate(FOLDED)
    )
    return " ".join(letters.split()) or text


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    return [example for file in NLU_FILES for example in examples_of(file)]


@pytest.fixture(scope="module")
def known_intents() -> set[str]:
    return set(loaded(CONTENT / "concerns.yml")["concerns"]) | CONVERSATION


def test_files_are_there():
    assert {"ausweise.yml", "aemter.yml", "abfall.yml"} <= {file.name for file in NLU_FILES}


def test_normal_form_keeps_what_carries_meaning():
    assert normal_form("hallo 👋") != normal_form("hallo")
    assert normal_form("???") != normal_form("!")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Öffnungszeiten?", "offnungszeiten"),
        ("Wo  ist das, bitte", "wo ist das bitte"),
        ("in der Lindenstraße", "in der lindenstrasse"),
    ],
)
def test_normal_form_sees_through_spelling(one, other):
    assert normal_form(one) == normal_form(other)


@pytest.mark.parametrize("file", NLU_FILES, ids=lambda file: file.stem)
def test_format_is_that_of_rasa(file):
    content = loaded(file)
    assert content["version"] == "3.1"
    assert all(set(block) == {"intent", "examples"} for block in content["nlu"])


def test_intents_are_known(examples, known_intents):
    assert {example.intent for example in examples} - known_intents == set()


def test_each_intent_lives_in_one_file(examples):
    files = defaultdict(set)
    for example in examples:
        files[example.intent].add(example.file)
    assert {intent: names for intent, names in files.items() if len(names) > 1} == {}


def test_each_intent_has_enough_examples(examples):
    counts = Counter(example.intent for example in examples)
    assert {name: count for name, count in counts.items() if count < FEWEST_EXAMPLES} == {}


def test_examples_are_what_citizens_write(examples):
    """No payload of a button and no mark-up of entities."""
    odd = [e for e in examples if e.text.startswith("/") or re.search(r"\]\(|\]\{|\{\"", e.text)]
    assert odd == []


def test_no_two_examples_are_the_same(examples):
    places = defaultdict(list)
    for example in examples:
        places[normal_form(example.text)].append(example)
    assert [same for same in places.values() if len(same) > 1] == []


def test_examples_of_different_intents_differ(examples):
    by_intent = defaultdict(list)
    for example in examples:
        by_intent[example.intent].append(normal_form(example.text))
    alike = [
        (one, left, other, right)
        for one, other in combinations(by_intent, 2)
        for left, right in alike_pairs(by_intent[one], by_intent[other])
    ]
    assert alike == []


def alike_pairs(lefts: list[str], rights: list[str]) -> Iterator[tuple[str, str]]:
    for left in lefts:
        for right, _, _ in process.extract_iter(
            left, rights, scorer=fuzz.ratio, score_cutoff=TOO_ALIKE
        ):
            yield left, right


def test_alike_pairs_finds_a_slip_of_the_pen():
    assert list(alike_pairs(["wann hat das amt auf"], ["wann hat das amt auf?", "perso weg"]))


@pytest.mark.parametrize("file", TEST_FILES, ids=lambda file: file.stem)
def test_sentences_of_tests_are_not_learned(file, examples):
    learned = {normal_form(example.text) for example in examples}
    tested = [normal_form(case["text"]) for case in loaded(file)["tests"]]
    assert [text for text in tested if text in learned] == []
    assert len(tested) == len(set(tested))


@pytest.mark.parametrize("file", TEST_FILES, ids=lambda file: file.stem)
def test_tests_speak_of_known_things(file, known_intents):
    fields = {
        "text",
        "intent",
        "entities",
        "town",
        "answer_contains",
        "answer_lacks",
        "known_failure",
    }
    towns = {"arnsberg", "bad-berleburg", "olpe", "soest"}
    for case in loaded(file)["tests"]:
        assert set(case) <= fields, case
        assert case["intent"] in known_intents, case
        assert case.get("town", "soest") in towns, case


@pytest.mark.parametrize("file", TEST_FILES, ids=lambda file: file.stem)
def test_each_intent_of_a_topic_is_tested(file, examples):
    counts = Counter(case["intent"] for case in loaded(file)["tests"])
    learned = {example.intent for example in examples if example.file == file.name}
    assert {name: counts[name] for name in learned if counts[name] < FEWEST_TESTS} == {}
