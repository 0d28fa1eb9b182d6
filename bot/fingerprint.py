"""Fingerprint of everything a model is trained from.

Knows nothing of Rasa, so that asking whether a model is up to date takes
milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONFIG = ROOT / "bot" / "config.yml"
TRAINED_PARTS = ("nlu", "domain", "rules")
_CODE = ("nlu", "german")
_MEASURING = "evaluation"  # code that judges a model and does not make it
_PINS = ROOT / "requirements" / "engine.txt"


def training_files(content: Path) -> dict[str, Path]:
    """Return the folders of ``content`` that are trained, by name."""
    return {part: content / "de" / part for part in TRAINED_PARTS}


def model_name(content: Path, config: Path = CONFIG) -> str:
    """Return the name of the model that belongs to ``content`` and the present code."""
    digest = sha256()
    for file in _sources(content.resolve(), config):
        digest.update(file.name.encode() + b"\0" + sha256(file.read_bytes()).digest())
    return f"stadtdraht-{digest.hexdigest()[:16]}"


def _sources(content: Path, config: Path) -> Iterator[Path]:
    read_by_components = (content / "gazetteers", content / "de" / "background")
    for folder in (*training_files(content).values(), *read_by_components):
        yield from _files(folder, (".yml", ".yaml"))
    for name in _CODE:
        yield from _files(ROOT / name, (".py", ".yml", ".yaml", ".json", ".txt", ".tsv", ".csv"))
    yield from (file for file in (config, _PINS) if file.exists())


def _files(folder: Path, endings: tuple[str, ...]) -> Iterator[Path]:
    yield from sorted(
        file
        for file in folder.rglob("*")
        if file.suffix in endings and file.is_file() and _MEASURING not in file.parts
    )
