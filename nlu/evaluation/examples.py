"""Sentences to learn from and to be measured by: content, ``.jsonl`` files, MASSIVE."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

OUT_OF_SCOPE = "out_of_scope"
NO_SLOT = "O"
TYPED = "typed"
_SLOT = re.compile(r"\[\s*([^:\]]+?)\s*:\s*([^\]]*?)\s*\]|(\S+)")


class WrongExamples(ValueError):
    """A file of sentences cannot be read. The message names file and line."""


@dataclass(frozen=True)
class Sentence:
    """One sentence and what it means.

    Attributes:
        text: What a person typed or said.
        intents: Accepted intents, the best one first.
        entities: Kind → accepted values; None when nobody wrote down the entities.
        style: How it was said, for example ``typed`` or ``spoken``.
        sent_at: When it was said (ISO), so that "morgen" has a date; None for the default.
        scenario: Topic in MASSIVE's sense, empty elsewhere.
        tokens: Words with their slot labels, for slot models.
        all_entities: Whether every entity was written down, or only those that matter.
    """

    text: str
    intents: tuple[str, ...]
    entities: Mapping[str, tuple[str, ...]] | None = None
    style: str = TYPED
    sent_at: str | None = None
    scenario: str = ""
    tokens: tuple[tuple[str, str], ...] = field(default=())
    all_entities: bool = True

    @property
    def intent(self) -> str:
        """The best intent."""
        return self.intents[0]


def read_content(folder: Path) -> list[Sentence]:
    """Read the example sentences of the content.

    Args:
        folder: Folder of the content, with ``de/nlu``.

    Raises:
        WrongExamples: there are none.
    """
    from rasa.shared.nlu.training_data import loading

    data = loading.load_data(str(folder / "de" / "nlu"))
    found = [
        Sentence(example.get("text"), (example.get("intent"),))
        for example in data.intent_examples
        if example.get("text")
    ]
    if not found:
        raise WrongExamples(f"{folder / 'de' / 'nlu'}: keine Beispielsätze gefunden")
    return found


def read_content_tests(folder: Path) -> list[Sentence]:
    """Read the test sentences of the content (``de/tests``), which are not trained.

    They name only the entities that matter to their answer.
    """
    yaml = YAML(typ="safe")
    return [
        replace(_sentence(case, f"{file}: Satz {number}"), all_entities=False)
        for file in sorted((folder / "de" / "tests").glob("*.yml"))
        for number, case in enumerate(yaml.load(file)["tests"], 1)
        if "intent" in case or "intents" in case
    ]


def read_lines(file: Path) -> list[Sentence]:
    """Read a file of ``{"text", "intents": [...], "entities": {...}}`` lines.

    A line may also carry ``intent`` (one name), ``style`` and ``sent_at``.

    Raises:
        WrongExamples: the file is missing, or a line is not of this form.
    """
    return [_sentence(document, place) for place, document in _documents(file)]


def read_massive(file: Path) -> list[Sentence]:
    """Read a file in MASSIVE's format: ``utt``, ``intent``, ``annot_utt`` or ``slots``.

    Raises:
        WrongExamples: the file is missing, or a line is not of this form.
    """
    return [_massive_sentence(document, place) for place, document in _documents(file)]


def read_texts(file: Path) -> list[str]:
    """Read the texts of a file of JSON lines, whatever else they hold."""
    return [str(document.get("text") or document.get("utt")) for _, document in _documents(file)]


def to_bare_tokens(sentence: Sentence) -> list[str]:
    """Return the words of a sentence without their labels."""
    return [token for token, _ in sentence.tokens]


def _documents(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        lines = file.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise WrongExamples(f"{file}: nicht lesbar ({type(error).__name__})") from error
    numbered = [(number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if not numbered:
        raise WrongExamples(f"{file}: die Datei ist leer")
    for number, line in numbered:
        place = f"{file}:{number}"
        try:
            document = json.loads(line)
        except json.JSONDecodeError as error:
            raise WrongExamples(f"{place}: kein JSON ({error.msg})") from None
        if not isinstance(document, dict):
            raise WrongExamples(f"{place}: keine Angabe der Form {{…}}")
        yield place, document


def _sentence(document: Mapping[str, Any], place: str) -> Sentence:
    text = document.get("text")
    if not isinstance(text, str):
        raise WrongExamples(f"{place}: „text“ fehlt")
    return Sentence(
        text,
        _intents(document, place),
        _entities(document.get("entities"), place),
        str(document.get("style") or TYPED),
        str(document["sent_at"]) if document.get("sent_at") else None,
    )


def _intents(document: Mapping[str, Any], place: str) -> tuple[str, ...]:
    given = document.get("intents", document.get("intent"))
    names = [given] if isinstance(given, str) else given
    if not isinstance(names, list) or not names or not all(isinstance(n, str) for n in names):
        raise WrongExamples(f"{place}: „intents“ ist keine Liste von Namen")
    return tuple(names)


def _entities(given: Any, place: str) -> Mapping[str, tuple[str, ...]] | None:
    """Bring entities to one form: ``{kind: value or values}`` or Rasa's list of objects."""
    if given is None:
        return None
    if isinstance(given, dict):
        pairs = list(given.items())
    elif isinstance(given, list) and all(isinstance(each, dict) for each in given):
        pairs = [(each.get("entity"), each.get("value")) for each in given]
    else:
        raise WrongExamples(f"{place}: „entities“ ist weder Objekt noch Liste")
    values: dict[str, list[str]] = {}
    for kind, value in pairs:
        several = value if isinstance(value, list) else [value]
        bare = [each.get("value") if isinstance(each, dict) else each for each in several]
        values.setdefault(str(kind), []).extend(str(each) for each in bare if each is not None)
    return {kind: tuple(each) for kind, each in values.items() if each}


def _massive_sentence(document: Mapping[str, Any], place: str) -> Sentence:
    text, intent = document.get("utt"), document.get("intent")
    if not isinstance(text, str) or not isinstance(intent, str):
        raise WrongExamples(f"{place}: „utt“ oder „intent“ fehlt")
    if "tokens" in document and "slots" in document:
        pairs = list(zip(document["tokens"], document["slots"], strict=True))
    elif isinstance(document.get("annot_utt"), str):
        pairs = list(_annotated_tokens(document["annot_utt"]))
    else:
        raise WrongExamples(f"{place}: weder „annot_utt“ noch „tokens“ und „slots“")
    tokens = tuple((word, NO_SLOT if slot == "Other" else slot) for word, slot in pairs)
    return Sentence(text, (intent,), scenario=str(document.get("scenario", "")), tokens=tokens)


def _annotated_tokens(annotated: str) -> Iterator[tuple[str, str]]:
    for label, words, word in _SLOT.findall(annotated):
        if word:
            yield word, NO_SLOT
        else:
            yield from ((each, label) for each in words.split())
