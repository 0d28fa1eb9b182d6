"""The reviewed records of the towns (``data/``) as frozen, validated models.

``load_records`` reads everything once and either returns it whole or raises
``RecordsError`` with every problem: file, line, place and how to mend it.
``python -m actions.services.records data`` checks the files for authors.

Scopes of facts, most special first: town, its Kreis, ``_nrw``, ``_bund``.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar, cast
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from actions.services.opening_hours import Deviation, Timetable, check_rule

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
"""Intents, concerns and kinds of offices."""
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$")]
FactId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]+(\.[a-z0-9_-]+)*$")]
Line = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Url = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/]+\S*$")]
NATIONAL_SCOPES = ("_nrw", "_bund")
M = TypeVar("M", bound=BaseModel)


class RecordsError(Exception):
    """Some records are wrong; ``problems`` holds one line for each."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class Record(BaseModel):
    """Base of all records: frozen, and a misspelt field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SourceRecord(Record):
    """Where a value was taken from."""

    title: Line
    url: Url | None = None


class Dated(Record):
    """What every spoken value carries: source, date of the check, who stands for it."""

    source: SourceRecord
    as_of: dt.date
    confirmed: bool = True
    demo: bool = False
    note: str | None = None
    """For editors; never spoken."""


class Years(Record):
    """Years of birth or of issue that a deadline holds for; an open end has no year."""

    of: Literal["birth", "issue"]
    first: int | None = None
    last: int | None = None

    def hold(self, year: int) -> bool:
        """Tell whether a year lies in this range."""
        return (self.first or year) <= year <= (self.last or year)


class Fact(Dated):
    """One statement of an answer. ``text`` is what is said, the values are for computing."""

    id: FactId
    intent: Name
    kind: Literal[
        "fee", "deadline", "document", "duration", "rule", "step", "link", "contact", "place"
    ]
    label: str = ""
    text: Line
    value: int | float | str | dt.date | None = None
    unit: str | None = None
    years: Years | None = None
    owner: Line
    valid_from: dt.date | None = None
    valid_until: dt.date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.valid_from and self.valid_until and self.valid_until < self.valid_from:
            raise ValueError("valid_until lies before valid_from: exchange the two dates")
        return self


class FactsFile(Record):
    """``facts/<topic>.yml``."""

    facts: tuple[Fact, ...] = ()


class Kreis(Record):
    """The district a town belongs to; ``slug`` names its scope ``_<slug>``."""

    name: Line
    slug: Slug


class TownLink(Record):
    """A page of the town that answers point to by its key."""

    title: Line
    url: Url
    source: SourceRecord | str | None = None
    as_of: dt.date | None = None
    confirmed: bool = True


class Contact(Dated):
    """A way to reach the town."""

    kind: Name
    value: Line
    label: str = ""


class Colours(Record):
    """The colours of a town in the web chat, each as ``#rrggbb``.

    ``light`` carries white text on light pages, ``dark`` is used as text and line
    on dark pages; both keep a contrast of 4.5 to 1 (a test checks it).
    """

    light: Annotated[str, StringConstraints(pattern=r"^#[0-9a-f]{6}$")] = "#1d5590"
    dark: Annotated[str, StringConstraints(pattern=r"^#[0-9a-f]{6}$")] = "#8ebcf0"


class Town(Record):
    """``town.yml``."""

    name: Line
    slug: Slug
    ars: Annotated[str, StringConstraints(pattern=r"^\d{12}$")] | None = None
    ars_confirmed: bool = True
    kreis: Kreis
    website: Url
    colours: Colours = Colours()
    allowed_hosts: tuple[str, ...] = ()
    links: Mapping[str, TownLink] = Field(default_factory=dict)
    contacts: tuple[Contact, ...] = ()
    source: SourceRecord | None = None
    as_of: dt.date | None = None


class DeviationRecord(Record):
    """An exception to the weekly hours of an office, on one ``date`` or from ``first`` on."""

    date: dt.date | None = None
    first: dt.date | None = None
    last: dt.date | None = None
    hours: Line = "off"
    reason: Line
    source: SourceRecord | None = None

    @field_validator("hours")
    @classmethod
    def _readable(cls, hours: str) -> str:
        check_rule(hours)
        return hours

    @model_validator(mode="after")
    def _dated(self) -> Self:
        if (self.date is None) == (self.first is None or self.last is None):
            raise ValueError("write either date or both first and last")
        return self

    def to_deviation(self) -> Deviation:
        """Return the exception as the timetable reads it."""
        first, last = self.first or self.date, self.last or self.date
        if first is None or last is None:
            raise ValueError("an exception without a date passed the check")
        return Deviation(first, last, self.hours, self.reason)


class Office(Dated):
    """One office. ``hours`` is None where nobody has confirmed any."""

    id: Name
    kind: Name
    """The value of the entity ``amt``."""
    name: Line
    short_name: str = ""
    gender: Literal["der", "die", "das"] = "das"
    address: str | None = None
    directions: str | None = None
    hours: str | None = None
    phone: str | None = None
    mail: str | None = None
    website: Url | None = None
    concerns: tuple[Name, ...] = ()
    """Intents this office is the place for."""
    exceptions: tuple[DeviationRecord, ...] = ()

    @field_validator("hours")
    @classmethod
    def _readable(cls, hours: str | None) -> str | None:
        if hours is not None:
            check_rule(hours)
        return hours

    def timetable(self) -> Timetable | None:
        """Return when the office is open, or None where that is not known."""
        if self.hours is None:
            return None
        return Timetable(self.hours, [each.to_deviation() for each in self.exceptions])


class OfficesFile(Record):
    """``offices.yml``."""

    offices: tuple[Office, ...]


class Responsibility(Dated):
    """Who does one concern in one town."""

    level: Literal["Stadt", "Kreis", "Land", "Bund"]
    body: Line
    reason: Line
    contact: str = ""
    url: Url | None = None


class ResponsibilityFile(Record):
    """``responsibility.yml``: concern → who does it."""

    concerns: Mapping[Name, Responsibility]


class Notice(Dated):
    """A current notice: flood, road closed, office closed."""

    id: FactId
    text: Line
    kind: Name
    valid_from: dt.date | dt.datetime
    valid_until: dt.date | dt.datetime | None = None
    url: Url | None = None


class NoticesFile(Record):
    """``notices.yml``."""

    notices: tuple[Notice, ...] = ()


class NumberRange(Record):
    """House numbers of a street that belongs to several waste districts."""

    street: Line
    first: int = Field(ge=1)
    last: int = Field(ge=1)
    parity: Literal["all", "even", "odd"] = "all"

    def holds(self, number: int) -> bool:
        """Tell whether a house number lies in this range."""
        fits = self.parity == "all" or (number % 2 == 0) == (self.parity == "even")
        return fits and self.first <= number <= self.last


class WasteDistrict(Record):
    """Streets that share one calendar. ``feed`` is a file beside ``waste.yml`` or an https URL."""

    id: Slug
    name: Line
    feed: Line
    streets: tuple[Line, ...] = ()
    parts: tuple[NumberRange, ...] = ()


class WasteFile(Record):
    """``waste.yml``."""

    provider: Line
    calendar_url: Url | None = None
    """Page where citizens find the provider's own calendar."""
    allowed_hosts: tuple[str, ...] = ()
    source: SourceRecord
    licence: str | None = None
    as_of: dt.date
    demo: bool = False
    districts: tuple[WasteDistrict, ...]


class GazetteerEntry(BaseModel):
    """One name with its spellings; gazetteers carry more fields than are needed here."""

    model_config = ConfigDict(frozen=True, extra="allow")

    value: Line
    names: tuple[Line, ...] = ()


class Gazetteer(BaseModel):
    """``data/gazetteers/.../<entity>.yml``."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    source: str | SourceRecord = ""
    licence: str = ""
    as_of: dt.date | None = None
    demo: bool = False
    entries: tuple[GazetteerEntry, ...] = ()


class ButtonRecord(Record):
    """A choice under an answer; the payload is Rasa's ``/intent{...}``."""

    title: Line
    payload: Annotated[str, StringConstraints(pattern=r"^/[a-z_]+(\{.*\})?$")]


class Recipe(Record):
    """How one intent is answered from facts (``data/de/answers/<topic>.yml``)."""

    opening: Line
    facts: tuple[FactId, ...] = ()
    office: Name | None = None
    closing: str | None = None
    links: tuple[str, ...] = ()
    buttons: tuple[ButtonRecord, ...] = Field(default=(), max_length=4)


class Concern(Record):
    """One of the 57 concerns of the responsibility map, as citizens call it."""

    title: Line
    """Completes the sentence "Sie möchten ..."."""


class ConcernsFile(Record):
    """``data/de/concerns.yml``."""

    concerns: Mapping[Name, Concern]


class HostsFile(Record):
    """``data/de/hosts.yml``: hosts of federal and state bodies that every town may link to."""

    allowed_hosts: tuple[str, ...]


class DefectCategory(Record):
    """A kind of defect: the words that give it away and sentences it is told in.

    ``places`` are words that often only say where something is, so they count less.
    """

    title: Line
    words: tuple[Line, ...] = Field(min_length=1)
    places: tuple[Line, ...] = ()
    examples: tuple[Line, ...] = Field(min_length=1)


class Danger(Record):
    """A defect that needs a call before a report."""

    words: tuple[Line, ...] = Field(min_length=1)
    text: Line


class DefectsFile(Record):
    """``data/de/maengel.yml``."""

    categories: Mapping[Name, DefectCategory] = Field(default_factory=dict)
    dangers: Mapping[Name, Danger] = Field(default_factory=dict)
    danger_source: SourceRecord | None = None
    danger_as_of: dt.date | None = None


@dataclass(frozen=True)
class TownRecords:
    """Everything that is known of one town."""

    town: Town
    folder: Path
    offices: tuple[Office, ...] = ()
    responsibility: Mapping[str, Responsibility] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()
    waste: WasteFile | None = None
    streets: Gazetteer = field(default_factory=Gazetteer)


@dataclass(frozen=True)
class Records:
    """All records, read at one moment."""

    towns: Mapping[str, TownRecords]
    facts: Mapping[str, Mapping[str, tuple[Fact, ...]]]
    """Scope → fact id → its versions (a fee before and after a change)."""
    recipes: Mapping[str, Recipe]
    concerns: Mapping[str, Concern]
    items: Gazetteer
    hosts: tuple[str, ...]
    defects: DefectsFile = field(default_factory=DefectsFile)
    warnings: tuple[str, ...] = ()

    def scopes_of(self, slug: str | None) -> tuple[str, ...]:
        """Return the scopes of a town's facts, most special first; without a town the general."""
        if slug is None:
            return NATIONAL_SCOPES
        return (slug, f"_{self.towns[slug].town.kreis.slug}", *NATIONAL_SCOPES)

    def hosts_of(self, slug: str | None) -> tuple[str, ...]:
        """Return the hosts that an answer for a town may link to."""
        if slug is None or slug not in self.towns:
            return self.hosts
        town = self.towns[slug].town
        return (*town.allowed_hosts, host_of(town.website), *self.hosts)


def host_of(url: str) -> str:
    """Return the host of a URL in lower case without a leading ``www.``."""
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:  # https://[
        return ""


def host_allowed(url: str, hosts: Sequence[str]) -> bool:
    """Tell whether the host of a URL is one of ``hosts`` or below one of them."""
    host = host_of(url)
    allowed = (each.lower().removeprefix("www.") for each in hosts)
    return any(host == each or host.endswith(f".{each}") for each in allowed if each)


class FileCache:
    """What was read from files that have not changed, so that a reload reads few of them."""

    def __init__(self) -> None:
        self._read: dict[tuple[Path, type[BaseModel]], tuple[tuple[int, int], BaseModel]] = {}

    def get(self, file: Path, model: type[M]) -> M | None:
        """Return the content of an unchanged file, or None."""
        state, content = self._read.get((file, model), (None, None))
        unchanged = state == _state_of(file) and isinstance(content, model)
        return cast("M", content) if unchanged else None

    def put(self, file: Path, content: BaseModel) -> None:
        """Remember the content of a file."""
        self._read[file, type(content)] = (_state_of(file), content)


def _state_of(file: Path) -> tuple[int, int]:
    state = file.stat()
    return state.st_mtime_ns, state.st_size


class _Reader:
    """Reads files and gathers their problems instead of stopping at the first."""

    def __init__(self, root: Path, cache: FileCache) -> None:
        self.root = root
        self.problems: list[str] = []
        self._cache = cache

    def read(self, file: Path, model: type[M]) -> M | None:
        """Return the content of a file, or None when it is missing or wrong."""
        if not file.is_file():
            return None
        content = self._cache.get(file, model) or self._parse(file, model)
        if content is not None:
            self._cache.put(file, content)
        return content

    def _parse(self, file: Path, model: type[M]) -> M | None:
        try:
            text = file.read_text(encoding="utf-8")
            return model.model_validate(YAML(typ="safe", pure=True).load(text))
        except YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            self.note(file, mark.line + 1 if mark else 1, f"no valid YAML: {_first(error)}")
        except UnicodeDecodeError as error:
            self.note(file, 1, f"not UTF-8 at byte {error.start}: save the file as UTF-8")
        except ValidationError as error:
            self._note_fields(file, text, error)
        except (ValueError, RecursionError) as error:  # 2026-13-45, nests without end
            self.note(file, 1, f"a value cannot be read: {_first(error)}")
        return None

    def need(self, file: Path, model: type[M]) -> M | None:
        """Return the content of a file that has to exist."""
        if not file.is_file():
            self.note(file, 1, "the file is missing: create it")
        return self.read(file, model)

    def note(self, file: Path, line: int, problem: str) -> None:
        """Remember one problem."""
        self.problems.append(f"{file.relative_to(self.root.parent)}:{line}: {problem}")

    def _note_fields(self, file: Path, text: str, error: ValidationError) -> None:
        top = YAML(typ="safe", pure=True).compose(text)
        for each in error.errors(include_url=False):
            place = [part for part in each["loc"] if part != "[key]"]
            shown = ".".join(str(part) for part in place) or "the whole file"
            self.note(file, _line_of(top, place), f"{shown}: {_mend(each)}")


def _first(error: Exception) -> str:
    return str(getattr(error, "problem", None) or error).splitlines()[0]


def _mend(error: Mapping[str, Any]) -> str:
    hints = {
        "missing": "is missing: add it",
        "extra_forbidden": "is not known: remove it or correct its spelling",
    }
    return hints.get(error["type"], str(error["msg"]))


def _line_of(node: Node | None, place: Sequence[int | str]) -> int:
    """Return the line of the deepest part of ``place`` that exists in the document."""
    line = 1
    for part in (None, *place):
        node = node if part is None else _child(node, part)
        if node is None:
            return line
        line = node.start_mark.line + 1
    return line


def _child(node: Node | None, part: int | str) -> Node | None:
    if isinstance(node, SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part]  # type: ignore[no-any-return]
    if isinstance(node, MappingNode):
        return next((value for key, value in node.value if key.value == str(part)), None)
    return None


def load_records(root: Path, cache: FileCache | None = None) -> Records:
    """Read and check all records below ``root`` (the folder ``data``).

    Files that ``cache`` knows and that have not changed are not read again.

    Raises:
        RecordsError: with every problem in every file.
    """
    reader = _Reader(root, cache or FileCache())
    records = _read_all(reader)
    if not reader.problems:
        _check_references(reader, records)
    if reader.problems:
        raise RecordsError(reader.problems)
    return records


def load_towns(root: Path) -> list[Town]:
    """Read only the ``town.yml`` of every town below ``root`` (the folder ``data``).

    Raises:
        RecordsError: with every problem in every file.
    """
    reader = _Reader(root, FileCache())
    files = sorted((root / "municipalities").glob("[!_]*/town.yml"))
    towns = [town for file in files if (town := reader.need(file, Town))]
    if reader.problems:
        raise RecordsError(reader.problems)
    return towns


def _read_all(reader: _Reader) -> Records:
    folders = sorted(p for p in (reader.root / "municipalities").glob("*") if p.is_dir())
    towns = [_read_town(reader, each) for each in folders if not each.name.startswith("_")]
    concerns = reader.need(reader.root / "de" / "concerns.yml", ConcernsFile)
    hosts = reader.need(reader.root / "de" / "hosts.yml", HostsFile)
    items = reader.read(reader.root / "gazetteers" / "de" / "gegenstand.yml", Gazetteer)
    defects = reader.read(reader.root / "de" / "maengel.yml", DefectsFile)
    return Records(
        towns={each.town.slug: each for each in towns if each},
        facts={each.name: _read_facts(reader, each) for each in folders},
        recipes=_read_recipes(reader),
        concerns=concerns.concerns if concerns else {},
        items=items or Gazetteer(),
        hosts=hosts.allowed_hosts if hosts else (),
        defects=defects or DefectsFile(),
    )


def _read_town(reader: _Reader, folder: Path) -> TownRecords | None:
    town = reader.need(folder / "town.yml", Town)
    offices = reader.need(folder / "offices.yml", OfficesFile)
    responsibility = reader.need(folder / "responsibility.yml", ResponsibilityFile)
    notices = reader.read(folder / "notices.yml", NoticesFile)
    streets = reader.read(reader.root / "gazetteers" / folder.name / "strassen.yml", Gazetteer)
    waste = reader.read(folder / "waste.yml", WasteFile)
    if town is None:
        return None
    if town.slug != folder.name:
        reader.note(folder / "town.yml", 1, f"slug: write {folder.name!r}, the folder's name")
    return TownRecords(
        town=town,
        folder=folder,
        offices=offices.offices if offices else (),
        responsibility=responsibility.concerns if responsibility else {},
        notices=notices.notices if notices else (),
        waste=waste,
        streets=streets or Gazetteer(),
    )


def _read_facts(reader: _Reader, folder: Path) -> dict[str, tuple[Fact, ...]]:
    versions: dict[str, list[Fact]] = {}
    for file in sorted((folder / "facts").glob("*.yml")):
        content = reader.read(file, FactsFile)
        for fact in content.facts if content else ():
            if any(_overlap(fact, other) for other in versions.get(fact.id, ())):
                reader.note(file, 1, f"{fact.id}: two versions hold on the same day")
            versions.setdefault(fact.id, []).append(fact)
    return {name: tuple(facts) for name, facts in versions.items()}


def _overlap(one: Fact, other: Fact) -> bool:
    first = max(one.valid_from or dt.date.min, other.valid_from or dt.date.min)
    last = min(one.valid_until or dt.date.max, other.valid_until or dt.date.max)
    return first <= last and one.confirmed and other.confirmed


class _RecipesFile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="allow")

    __pydantic_extra__: dict[str, Recipe] = Field(init=False)


def _read_recipes(reader: _Reader) -> dict[str, Recipe]:
    recipes: dict[str, Recipe] = {}
    for file in sorted((reader.root / "de" / "answers").glob("*.yml")):
        content = reader.read(file, _RecipesFile)
        for intent, recipe in (content.__pydantic_extra__ if content else {}).items():
            if intent in recipes:
                reader.note(file, 1, f"{intent}: has an answer in another file already")
            recipes[intent] = recipe
    return recipes


def _check_references(reader: _Reader, records: Records) -> None:
    for slug, town in records.towns.items():
        file = town.folder / "responsibility.yml"
        for missing in sorted(records.concerns.keys() - town.responsibility.keys()):
            reader.note(file, 1, f"{missing}: who does it in {slug}? Add the concern")
        for foreign in sorted(town.responsibility.keys() - records.concerns.keys()):
            reader.note(file, 1, f"{foreign}: is no concern of data/de/concerns.yml")
        _check_waste(reader, town)


def _check_waste(reader: _Reader, town: TownRecords) -> None:
    file = town.folder / "waste.yml"
    for district in town.waste.districts if town.waste else ():
        if district.feed.startswith("https://"):
            if not host_allowed(district.feed, town.waste.allowed_hosts if town.waste else ()):
                reader.note(file, 1, f"{district.id}: feed: its host is not in allowed_hosts")
        elif not _beside(town.folder, district.feed):
            reader.note(file, 1, f"{district.id}: feed: no file {district.feed} beside waste.yml")


def _beside(folder: Path, feed: str) -> bool:
    path = (folder / feed).resolve()
    return path.is_relative_to(folder.resolve()) and path.is_file()


def hints(records: Records) -> list[str]:
    """Return what is allowed but probably a slip: unknown fact ids and links, foreign hosts."""
    known = {name for scope in records.facts.values() for name in scope}
    lines = [
        f"answers: {intent}: no scope has the fact {name}"
        for intent, recipe in sorted(records.recipes.items())
        for name in recipe.facts
        if name not in known
    ]
    for slug, town in records.towns.items():
        hosts = records.hosts_of(slug)
        lines += [
            f"{slug}/town.yml: links.{key}: host of {link.url} is not allowed"
            for key, link in town.town.links.items()
            if not host_allowed(link.url, hosts)
        ]
    return lines


def fingerprint(root: Path) -> tuple[int, int]:
    """Return the number of record files and the newest change, to notice edits."""
    changes = [
        file.stat().st_mtime_ns
        for part in ("municipalities", "gazetteers", "de")
        for file in (root / part).rglob("*")
        if file.suffix in {".yml", ".ics"}
    ]
    return len(changes), max(changes, default=0)


def main(arguments: Sequence[str]) -> int:
    """Check the records below the given folder; returns 1 when something is wrong."""
    root = Path(arguments[0] if arguments else "data").resolve()
    try:
        records = load_records(root)
    except RecordsError as error:
        sys.stdout.write("\n".join(error.problems) + f"\n{len(error.problems)} problems\n")
        return 1
    for line in hints(records):
        sys.stdout.write(f"hint: {line}\n")
    count = sum(len(versions) for scope in records.facts.values() for versions in scope.values())
    sys.stdout.write(
        f"{len(records.towns)} towns, {count} facts, {len(records.recipes)} answers: all valid\n"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
