"""Fetches candidates from the PVOG into a review list per town; never into the records."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import httpx
from ruamel.yaml import YAML

from actions.services.border import Asker
from actions.services.opening_hours import BERLIN
from actions.services.pvog import URL, Candidate, Pvog
from actions.services.records import Records
from actions.services.results import Nothing, Unavailable
from actions.services.store import RecordsStore
from actions.services.transport import Transport
from cli.environments import SetupProblem
from cli.house import house_settings
from service.clock import clock_of
from service.logs import configure_logs

CLIENT_ID = "STADTDRAHT_PVOG_CLIENT_ID"
HEADER = """\
Vorschläge aus dem PVOG, von Hand zu prüfen. Diese Datei wird nie gesprochen und bei jedem
Abgleich neu geschrieben. Geprüftes gehört nach facts/, mit Quelle und Datum.
Beträge stehen hier nicht: Gebühren kommen nur aus geprüften Quellen.
"""


@dataclass(frozen=True)
class Choice:
    """What is synchronised: all towns and concerns, or those named."""

    towns: tuple[str, ...] = ()
    concerns: tuple[str, ...] = ()
    url: str = URL


@dataclass
class Review:
    """The list of one town and what changed against the last one."""

    slug: str
    candidates: dict[str, dict[str, Any]] = field(default_factory=dict)
    changes: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


def main(choice: Choice, transport: httpx.AsyncBaseTransport | None = None) -> int:
    """Synchronise and print what changed; returns 1 when something could not be asked."""
    settings = house_settings()
    configure_logs("CRITICAL")  # what fails is said in the list
    today = clock_of(settings.clock)().astimezone(BERLIN).date()
    records = RecordsStore(settings.content).current()
    keys = leika_keys(settings.content)
    unknown = set(choice.towns) - records.towns.keys() | set(choice.concerns) - keys.keys()
    if unknown:
        raise SetupProblem(f"Weder Stadt noch Anliegen mit Schlüssel: {', '.join(sorted(unknown))}")
    reviews = asyncio.run(_reviews(choice, records, keys, transport))
    for review in reviews:
        _write(records.towns[review.slug].folder, review, today)
        _show(review)
    return int(any(review.failed for review in reviews))


def leika_keys(content: Path) -> Mapping[str, Sequence[str]]:
    """Return concern → keys of ``data/de/leika.yml``."""
    file = content / "de" / "leika.yml"
    read = YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8"))
    keys = read.get("keys") if isinstance(read, dict) else None
    if not isinstance(keys, dict):
        raise SetupProblem(f"{file}: keys: fehlt. Bitte Anliegen und Schlüssel eintragen.")
    return {str(name): [str(each) for each in found] for name, found in keys.items()}


async def _reviews(
    choice: Choice,
    records: Records,
    keys: Mapping[str, Sequence[str]],
    transport: httpx.AsyncBaseTransport | None,
) -> list[Review]:
    async with httpx.AsyncClient(transport=transport, follow_redirects=False) as http:
        asker = Asker(Transport(http, "pvog"))
        pvog = Pvog(asker, choice.url, os.environ.get(CLIENT_ID, ""))
        wanted = {name: keys[name] for name in choice.concerns or keys}
        return [
            await _review(pvog, records, slug, wanted) for slug in choice.towns or records.towns
        ]


async def _review(
    pvog: Pvog, records: Records, slug: str, wanted: Mapping[str, Sequence[str]]
) -> Review:
    town = records.towns[slug].town
    before = read_candidates(records.towns[slug].folder)
    review = Review(slug, dict(before))
    ars = await pvog.key_of(town.name, town.ars)
    if not isinstance(ars, str):
        reason = ars.reason if isinstance(ars, Unavailable) else "der PVOG kennt die Stadt nicht"
        review.failed.append(f"Regionalschlüssel: {reason}")
        return review
    if ars != town.ars:
        review.changes.append(f"Regionalschlüssel: der PVOG nennt {ars}, town.yml {town.ars}")
    for concern, leika in ((name, key) for name, found in wanted.items() for key in found):
        result = await pvog.candidate(ars, leika, records.hosts_of(slug))
        _note(review, before, f"{concern}/{leika}", result)
    return review


def _note(
    review: Review,
    before: Mapping[str, Mapping[str, Any]],
    name: str,
    result: Candidate | Nothing | Unavailable,
) -> None:
    """Keep a candidate and what changed; what could not be asked stays as it was."""
    if isinstance(result, Unavailable):
        review.failed.append(f"{name}: {result.reason}")
    elif isinstance(result, Nothing):
        if review.candidates.pop(name, None) is not None:
            review.changes.append(f"{name}: nicht mehr im PVOG")
    else:
        review.candidates[name] = to_record(result)
        if changed := _changed(before.get(name), review.candidates[name]):
            review.changes.append(f"{name}: {changed}")


def to_record(candidate: Candidate) -> dict[str, Any]:
    """Return a candidate as the review file holds it; empty fields are left out."""
    record = {key: _plain(value) for key, value in asdict(candidate).items() if value}
    if record.pop("has_costs", False):
        record["kosten"] = "Der PVOG nennt Kosten. Bitte in der Quelle prüfen."
    return record


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return dict(value) if isinstance(value, Mapping) else value


def _changed(old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> str:
    if old is None:
        return f"neu: {new['name']}"
    names = [key for key in sorted(old.keys() | new.keys()) if old.get(key) != new.get(key)]
    return f"geändert: {', '.join(names)}" if names else ""


def review_file(folder: Path) -> Path:
    """Return the review file of a town."""
    return folder / "review" / "pvog.yml"


def read_candidates(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the candidates of the last time, or none."""
    file = review_file(folder)
    if not file.is_file():
        return {}
    read = YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8"))
    found = read.get("candidates") if isinstance(read, dict) else None
    return dict(found) if isinstance(found, dict) else {}


def _write(folder: Path, review: Review, today: dt.date) -> None:
    file = review_file(folder)
    file.parent.mkdir(parents=True, exist_ok=True)
    yaml = YAML()
    yaml.width = 100
    comment = "".join(f"# {line}\n" for line in HEADER.splitlines())
    content = {
        "source": "PVOG Suchdienst, FITKO",
        "as_of": today,
        "confirmed": False,
        "changes": review.changes,
        "failed": review.failed,
        "candidates": dict(sorted(review.candidates.items())),
    }
    fresh = file.with_suffix(".new")
    with fresh.open("w", encoding="utf-8") as out:
        out.write(comment)
        yaml.dump(content, out)
    fresh.replace(file)


def _show(review: Review) -> None:
    print(f"{review.slug}: {len(review.candidates)} Vorschläge in review/pvog.yml")
    _lines("zu prüfen", review.changes)
    _lines("nicht gefragt", review.failed)


def _lines(title: str, lines: Iterable[str]) -> None:
    for line in lines:
        print(f"  {title}: {line}")
