"""Checks the content before it is trained, with file and line.

Rasa trains much that cannot work (a rule for an intent nobody knows) and
explains what it refuses for developers. This reads the same files first: their
form, and whether intents, actions and examples belong together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent, NodeEvent

LARGEST_FILE_BYTES = 500_000
DEFAULT_ACTIONS = ("action_listen", "action_restart", "action_session_start", "action_back")
DEFAULT_INTENTS = ("nlu_fallback",)


class ContentError(ValueError):
    """The content cannot be trained; each line of the text names a place and a problem."""


@dataclass(frozen=True)
class Mention:
    """A name at a place in a file."""

    name: str
    place: str


def check(parts: dict[str, Path]) -> None:
    """Check the folders ``nlu``, ``domain`` and ``rules``.

    Raises:
        ContentError: lists all problems found.
    """
    documents = {part: list(_documents(folder)) for part, folder in parts.items()}
    problems = [*_problems(documents["domain"], documents["rules"], documents["nlu"])]
    if problems:
        raise ContentError("\n".join(problems))


def _problems(
    domain: list[tuple[Path, Any]], rules: list[tuple[Path, Any]], nlu: list[tuple[Path, Any]]
) -> Iterator[str]:
    intents = {*_names(domain, "intents"), *DEFAULT_INTENTS}
    actions = {*_names(domain, "actions"), *_names(domain, "responses"), *_names(domain, "forms")}
    for mention in _steps(rules, "intent"):
        if mention.name not in intents:
            yield f"{mention.place}: Die Absicht „{mention.name}“ steht nicht in der Domain."
    for mention in _steps(rules, "action"):
        if mention.name not in actions and mention.name not in DEFAULT_ACTIONS:
            yield f"{mention.place}: Die Aktion „{mention.name}“ steht nicht in der Domain."
    for mention in _examples(nlu):
        if mention.name.partition("/")[0] not in intents:
            yield f"{mention.place}: Die Absicht „{mention.name}“ steht nicht in der Domain."


def _documents(folder: Path) -> Iterator[tuple[Path, Any]]:
    files = sorted(folder.rglob("*.yml"))
    if not files:
        raise ContentError(f"{folder}: Hier liegt keine .yml-Datei.")
    for file in files:
        yield file, _read(file)


def _read(file: Path) -> Any:
    """Read one file that may hold neither aliases nor tags (YAML bombs, foreign types)."""
    if file.stat().st_size > LARGEST_FILE_BYTES:
        raise ContentError(f"{file}: Die Datei ist größer als {LARGEST_FILE_BYTES // 1000} kB.")
    try:
        text = file.read_text(encoding="utf-8")
        for event in YAML().parse(text):
            foreign = isinstance(event, NodeEvent) and (
                event.anchor is not None or getattr(event, "tag", None) is not None
            )
            if isinstance(event, AliasEvent) or foreign:
                line = event.start_mark.line + 1
                raise ContentError(
                    f"{file}:{line}: Verweise (&, *) und Typen (!) sind nicht erlaubt."
                )
        document = YAML().load(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ContentError(f"{file}:{line}: Kein gültiges YAML ({error.problem}).") from None
    except (YAMLError, UnicodeDecodeError) as error:
        raise ContentError(f"{file}: Nicht lesbar ({type(error).__name__}).") from None
    if not isinstance(document, dict):
        raise ContentError(f"{file}: Die Datei enthält keine Abschnitte wie „version:“.")
    return document


def _names(documents: list[tuple[Path, Any]], section: str) -> Iterator[str]:
    for _, document in documents:
        for entry in document.get(section) or ():
            yield from entry if isinstance(entry, dict) else (str(entry),)


def _steps(documents: list[tuple[Path, Any]], kind: str) -> Iterator[Mention]:
    for file, document in documents:
        for rule in document.get("rules") or ():
            for step in rule.get("steps") or ():
                if isinstance(step, dict) and isinstance(step.get(kind), str):
                    yield Mention(step[kind], _place(file, step, kind))


def _examples(documents: list[tuple[Path, Any]]) -> Iterator[Mention]:
    for file, document in documents:
        for entry in document.get("nlu") or ():
            if isinstance(entry, dict) and isinstance(entry.get("intent"), str):
                yield Mention(entry["intent"], _place(file, entry, "intent"))


def _place(file: Path, entry: Any, key: str) -> str:
    line: int = entry.lc.key(key)[0] + 1
    return f"{file}:{line}"
