"""Which adapter and address serve which service of a town: ``services.toml``.

One table per service names its adapter and address; the other keys belong to
the adapter, which checks them with its own frozen model. Secrets are never in
the file: ``secret_env`` names the environment variable. Every host that is
called has to be in the town's allow-list. Everything is read and checked at
start, and a mistake is told with file, table, key and how to mend it.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError, model_validator

from actions.services.records import Line, Records, host_allowed

FILE = "services.toml"
SERVICES = (
    "termine",
    "abfall",
    "maengel",
    "warnungen",
    "veranstaltungen",
    "oepnv",
    "rat",
    "datenplattform",
    "fundsachen",
    "dokumentstatus",
)
EMBEDDED = "embedded:"
"""``url = "embedded:caldav/olpe/"``: a server that this installation starts itself."""
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_ADDRESS = {"http", "https", "smtp", "smtps"}
_ENCRYPTED = {"https", "smtp", "smtps"}
"""``smtp`` is encrypted, too: its adapter insists on STARTTLS."""


class EndpointsError(Exception):
    """Some tables are wrong; ``problems`` holds one line for each."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class Endpoint(BaseModel):
    """What every table holds; an adapter adds its own keys in a subclass.

    ``hosts`` names further hosts that the adapter calls or is redirected to;
    ``file`` lies in the town's folder, where an adapter reads one;
    ``title`` is how the source is named to citizens; ``demo`` marks a server
    whose values are invented for the demonstration.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    local: ClassVar[bool] = False
    """Whether the adapter may read a ``file`` of the town instead of asking a ``url``."""

    adapter: Line
    url: str = ""
    file: Path | None = None
    hosts: tuple[Line, ...] = ()
    title: Line | None = None
    page: Annotated[str, StringConstraints(pattern=r"^https://[^\s/]+\S*$")] | None = None
    licence: Line | None = None
    secret_env: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*$")] | None = None
    demo: bool = False

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if not self.url and (self.file is None or not self.local):
            raise ValueError("url is missing: add it")
        if self.file is not None and (self.url or not self.local):
            raise ValueError("file is only for adapters that read one, instead of url: remove it")
        return self

    @property
    def call_hosts(self) -> tuple[str, ...]:
        """Return the hosts that may be called, as ``Transport`` wants them."""
        return (call_host(self.url), *self.hosts)

    def address(self, path: str = "") -> str:
        """Return the address of a path below ``url``, with one slash between them."""
        return f"{self.url.rstrip('/')}/{path.lstrip('/')}" if path else self.url

    def secret(self, environment: Mapping[str, str] | None = None) -> str | None:
        """Return the secret, or None when none is asked for or its variable is not set."""
        values = os.environ if environment is None else environment
        return values.get(self.secret_env) or None if self.secret_env else None


E = TypeVar("E", bound=Endpoint)


def call_host(url: str) -> str:
    """Return the host of an address; the port stands with it only for plain http."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    return f"{host}:{parts.port}" if parts.scheme == "http" and parts.port else host


@dataclass(frozen=True)
class _Place:
    """Where a table stands, for messages and for the check of its hosts."""

    file: str
    slug: str
    service: str
    folder: Path

    def problem(self, key: str, text: str) -> str:
        """Return one line that names file, table and key."""
        return f"{self.file}: [{self.service}] {key}: {text}"


@dataclass(frozen=True)
class Described:
    """A table in short; ``missing_secret`` names a variable that is not set."""

    adapter: str
    where: str
    missing_secret: str | None
    demo: bool


class Endpoints:
    """The tables of all towns.

    Args:
        root: the folder ``data``.
        records: the towns with their allow-lists.
        embedded: name → address of the servers that this installation starts.

    Raises:
        EndpointsError: a file cannot be read, or a table or address is wrong.
    """

    def __init__(
        self, root: Path, records: Records, embedded: Mapping[str, str] | None = None
    ) -> None:
        self._records = records
        self._embedded = dict(embedded or {})
        self._tables: dict[tuple[str, str], tuple[_Place, dict[str, Any]]] = {}
        problems: list[str] = []
        for slug, town in records.towns.items():
            file = town.folder / FILE
            shown = str(file.relative_to(root.resolve().parent))
            problems += self._read(file, shown, slug) if file.is_file() else []
        if problems:
            raise EndpointsError(problems)

    def _read(self, file: Path, shown: str, slug: str) -> Iterator[str]:
        """Keep the tables of one file and yield its problems."""
        try:
            tables = tomllib.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            yield f"{shown}: no valid TOML: {error}"
            return
        for service, table in tables.items():
            if service not in SERVICES or not isinstance(table, dict):
                yield f"{shown}: [{service}]: no service: use one of {', '.join(SERVICES)}"
                continue
            place = _Place(shown, slug, service, file.parent)
            self._tables[slug, service] = (place, table)

    def configured(self) -> list[tuple[str, str]]:
        """Return (town, service) of all tables, in the order of towns and files."""
        return list(self._tables)

    def described(self, slug: str, service: str) -> Described | None:
        """Return what a table says of itself, for people; None where there is none."""
        if (slug, service) not in self._tables:
            return None
        table = self._with_address(self._tables[slug, service][1])
        where = str(table.get("url") or table.get("file") or "")
        variable = table.get("secret_env")
        unset = isinstance(variable, str) and not os.environ.get(variable)
        host = call_host(where) if "://" in where else where
        missing = str(variable) if unset else None
        return Described(str(table.get("adapter")), host, missing, bool(table.get("demo")))

    def tables(self, service: str, models: Mapping[str, type[E]]) -> dict[str, E]:
        """Return town → checked table of one service.

        A table that wants an embedded server which does not run is left out.

        Args:
            service: one of ``SERVICES``.
            models: adapter → model of its table.

        Raises:
            EndpointsError: with every problem of every town.
        """
        found: dict[str, E] = {}
        problems: list[str] = []
        for (slug, named), (place, written) in self._tables.items():
            if named != service:
                continue
            checked = _checked(self._with_address(written), models, place)
            if isinstance(checked, list):
                problems += checked
                continue
            problems += self._host_problems(checked, place, str(written.get("url", "")))
            if not checked.url.startswith(EMBEDDED):
                found[slug] = checked
        if problems:
            raise EndpointsError(problems)
        return found

    def _with_address(self, table: dict[str, Any]) -> dict[str, Any]:
        """Return the table with the address of the embedded server, where one runs."""
        name, slash, path = str(table.get("url", "")).removeprefix(EMBEDDED).partition("/")
        if not str(table.get("url", "")).startswith(EMBEDDED) or name not in self._embedded:
            return table
        return table | {"url": self._embedded[name].rstrip("/") + slash + path}

    def _host_problems(self, endpoint: Endpoint, place: _Place, written: str) -> Iterator[str]:
        if endpoint.file is not None:
            yield from _file_problems(endpoint.file, place)
        elif not written.startswith(EMBEDDED):
            yield from self._address_problems(endpoint.url, place)
        allowed = self._records.hosts_of(place.slug)
        for host in endpoint.hosts:
            if not host_allowed(f"https://{host}", allowed) and host not in allowed:
                yield place.problem("hosts", _not_allowed(host, place.slug))

    def _address_problems(self, url: str, place: _Place) -> Iterator[str]:
        try:
            parts, host = urlsplit(url), call_host(url)
        except ValueError:
            yield place.problem("url", f"{url!r} is no address: write https://host/path")
            return
        allowed = self._records.hosts_of(place.slug)
        if parts.scheme not in _ADDRESS or not parts.hostname:
            yield place.problem("url", f"{url!r} is no address: write https://host/path")
        elif parts.username or parts.password:
            yield place.problem("url", "holds a password: move it to the variable of secret_env")
        elif parts.scheme == "http" and parts.hostname not in _LOOPBACK:
            yield place.problem("url", "is not encrypted: write https")
        elif not (host in allowed or (parts.scheme in _ENCRYPTED and host_allowed(url, allowed))):
            yield place.problem("url", _not_allowed(host, place.slug))


def _not_allowed(host: str, slug: str) -> str:
    return f"{host} is not allowed: add it to allowed_hosts in {slug}/town.yml or correct it"


def _checked(table: dict[str, Any], models: Mapping[str, type[E]], place: _Place) -> E | list[str]:
    """Return the table as its adapter's model, or its problems."""
    adapter = table.get("adapter")
    model = models.get(adapter) if isinstance(adapter, str) else None
    if model is None:
        return [place.problem("adapter", f"{adapter!r} is none: use one of {', '.join(models)}")]
    if isinstance(table.get("file"), str):
        table = table | {"file": (place.folder / table["file"]).resolve()}
    try:
        return model.model_validate(table)
    except ValidationError as error:
        return [_field_problem(each, place) for each in error.errors(include_url=False)]


def _file_problems(file: Path, place: _Place) -> Iterator[str]:
    if not file.is_relative_to(place.folder.resolve()) or not file.exists():
        yield place.problem("file", f"{file.name} does not lie beside {FILE}: put it there")


def _field_problem(error: Mapping[str, Any], place: _Place) -> str:
    hints = {
        "missing": "is missing: add it",
        "extra_forbidden": "is not known to this adapter: remove it or correct its spelling",
    }
    key = ".".join(str(part) for part in error["loc"])
    if not key:  # a rule over several keys names its key itself
        key, _, said = str(error["msg"]).removeprefix("Value error, ").partition(" ")
        return place.problem(key, said)
    return place.problem(key, hints.get(error["type"], str(error["msg"])))
