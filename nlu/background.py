"""Sentences about anything but a town: what a stranger to every concern sounds like.

A classifier that has only seen concerns gives music and light switches a concern, too.
The background is trained beside the intents, never shown as one, and counts for
`out_of_scope` (docs/adr/0021). Content that has no such intent needs none.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

STANDS_FOR = "out_of_scope"
"""The intent that background sentences count for."""


class WrongBackground(ValueError):
    """A file of background sentences has the wrong shape."""


@dataclass(frozen=True)
class Stranger:
    """A sentence of the background.

    Attributes:
        text: The sentence.
        topic: What it is about; whole topics are left out to calibrate doubt.
    """

    text: str
    topic: str


def read_background(folder: Path) -> list[Stranger]:
    """Read all files of a folder, ``topics: {topic: [sentence, ...]}`` with source and licence.

    Args:
        folder: For example ``data/de/background``; without it there is no background.

    Raises:
        WrongBackground: a file has no source, no licence or no topics with sentences.
    """
    files = sorted(folder.glob("*.yml"))
    return [stranger for file in files for stranger in _strangers(file)]


def _strangers(file: Path) -> list[Stranger]:
    document = YAML(typ="safe").load(file.read_text(encoding="utf-8"))
    if not isinstance(document, dict) or not document.get("source") or not document.get("licence"):
        raise WrongBackground(f"{file}: 'source' and 'licence' are missing")
    topics = document.get("topics")
    if not isinstance(topics, dict) or not all(_are_sentences(each) for each in topics.values()):
        raise WrongBackground(f"{file}: 'topics' must be lists of sentences")
    return [Stranger(text, topic) for topic, texts in topics.items() for text in texts]


def _are_sentences(given: Any) -> bool:
    return isinstance(given, list) and all(isinstance(text, str) and text for text in given)
