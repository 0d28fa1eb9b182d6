"""The Matrix accounts of this installation, one per town, read from one TOML file."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic import field_validator as checked_field

from contracts.messages import Municipality

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
ANY_SERVER = "*"


class AccountsError(Exception):
    """The file of the accounts is wrong. The message names table, key and mend."""


class Account(BaseModel):
    """One account of the assistant at a homeserver.

    ``secret_env`` names the environment variable that holds the password; the file
    itself holds no secret. ``servers`` are the homeservers whose people may invite and
    ask; empty means the account's own, ``["*"]`` everybody's.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,30}$")]
    homeserver: str
    user: Annotated[str, StringConstraints(pattern=r"^@[^:\s]+:[^\s]+$", max_length=255)]
    secret_env: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*$")]
    password: str = Field("", repr=False)
    municipality: Municipality | None = None
    device_name: str = "Stadtdraht"
    servers: tuple[str, ...] = ()
    rooms: Literal["direct", "all"] = "all"

    @checked_field("homeserver")
    @classmethod
    def _reachable_safely(cls, url: str) -> str:
        parts = urlsplit(url)
        plain_but_near = parts.scheme == "http" and parts.hostname in LOOPBACK
        if not (parts.hostname and (parts.scheme == "https" or plain_but_near)):
            raise ValueError("needs https:// (http:// only on this machine)")
        return url.rstrip("/")

    @property
    def server(self) -> str:
        """The name of the account's own homeserver."""
        return server_of(self.user)

    def admits(self, user: str) -> bool:
        """Tell whether a person of this user id may invite and ask."""
        allowed = self.servers or (self.server,)
        return ANY_SERVER in allowed or server_of(user) in allowed


def server_of(user: str) -> str:
    """Return the homeserver in a user id (only user ids have one, not every room id)."""
    return user.partition(":")[2].lower()


def load_accounts(file: Path, environment: Mapping[str, str] = os.environ) -> tuple[Account, ...]:
    """Return the accounts of a file with their passwords from the environment.

    Raises:
        AccountsError: the file cannot be read, a table is wrong, two tables name the
            same account, or a password is missing.
    """
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise AccountsError(f"{file}: {error}") from error
    accounts = tuple(_account(file, name, table, environment) for name, table in tables.items())
    users = [account.user for account in accounts]
    for user in users:
        if users.count(user) > 1:
            raise AccountsError(f"{file}: {user} steht in zwei Tabellen; je Stadt ein Konto.")
    return accounts


def _account(file: Path, name: str, table: object, environment: Mapping[str, str]) -> Account:
    if not isinstance(table, dict) or {"name", "password"} & table.keys():
        raise AccountsError(f"{file}: [{name}] darf weder name noch password enthalten.")
    variable = str(table.get("secret_env", ""))
    try:
        account = Account(name=name, password=environment.get(variable, ""), **table)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        raise AccountsError(f"{file}: [{name}] {key}: {first['msg']}") from error
    if not account.password:
        raise AccountsError(f"{file}: [{name}] die Umgebungsvariable {variable} ist leer.")
    return account
