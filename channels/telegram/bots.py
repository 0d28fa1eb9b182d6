"""The Telegram bots of this installation, one per town, read from one TOML file."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic import field_validator as checked_field

from contracts.messages import Municipality

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
TELEGRAM_API = "https://api.telegram.org"


class BotsError(Exception):
    """The file of the bots is wrong. The message names table, key and mend."""


class TownBot(BaseModel):
    """One bot of the assistant.

    ``secret_env`` names the environment variable that holds BotFather's token; the file
    itself holds no secret. ``webchat`` is the address offered for personal matters.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,30}$")]
    secret_env: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*$")]
    token: Annotated[str, StringConstraints(pattern=r"^[0-9]+:[A-Za-z0-9_-]+$")] = Field(repr=False)
    municipality: Municipality | None = None
    towns: tuple[Municipality, ...] = ()
    """Towns that ``/start <town>`` may choose when the bot serves no single one."""
    webchat: str = ""
    api: str = TELEGRAM_API

    @checked_field("api", "webchat")
    @classmethod
    def _reachable_safely(cls, url: str) -> str:
        parts = urlsplit(url)
        plain_but_near = parts.scheme == "http" and parts.hostname in LOOPBACK
        if url and not (parts.hostname and (parts.scheme == "https" or plain_but_near)):
            raise ValueError("needs https:// (http:// only on this machine)")
        return url.rstrip("/")


def load_bots(file: Path, environment: Mapping[str, str] = os.environ) -> tuple[TownBot, ...]:
    """Return the bots of a file with their tokens from the environment.

    Raises:
        BotsError: the file cannot be read, a table is wrong, a token is missing, or two
            tables share one (Telegram lets only one process fetch with a token).
    """
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BotsError(f"{file}: {error}") from error
    bots = tuple(_bot(file, name, table, environment) for name, table in tables.items())
    if len({bot.token for bot in bots}) < len(bots):
        raise BotsError(f"{file}: zwei Tabellen haben dasselbe Token; je Stadt ein eigener Bot.")
    return bots


def _bot(file: Path, name: str, table: object, environment: Mapping[str, str]) -> TownBot:
    if not isinstance(table, dict) or {"name", "token"} & table.keys():
        raise BotsError(f"{file}: [{name}] darf weder name noch token enthalten.")
    variable = str(table.get("secret_env", ""))
    token = environment.get(variable, "")
    if not token:
        raise BotsError(f"{file}: [{name}] die Umgebungsvariable {variable!r} ist leer.")
    try:
        return TownBot(name=name, token=token, **table)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        raise BotsError(f"{file}: [{name}] {key}: {first['msg']}") from None
