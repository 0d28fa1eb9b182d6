"""Settings of the engine process, read from environment variables."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

TOKEN_LEAST_CHARACTERS = 16


class WrongSetting(ValueError):
    """A setting is missing or unusable; the text names the variable."""

    def __init__(self, variable: str, problem: str) -> None:
        super().__init__(f"{variable}: {problem}")
        self.variable = variable


@dataclass(frozen=True)
class EngineSettings:
    """Where the engine listens, what it loads and whom it asks.

    ``token`` is the bearer secret of the conversation service,
    ``database_url`` the tracker store (SQLite or PostgreSQL), ``model`` the
    trained model's file, ``actions_url`` the address of the action server
    (without ``/webhook``) and ``actions_token`` its bearer secret.
    """

    token: str
    database_url: str
    model: Path
    actions_url: str
    actions_token: str
    host: str = "127.0.0.1"
    port: int = 5505
    action_timeout_seconds: float = 8.0
    database_wait_seconds: float = 60.0
    log_level: str = "INFO"


def from_environment(variables: Mapping[str, str] = os.environ) -> EngineSettings:
    """Read and check the settings.

    Raises:
        WrongSetting: names the first wrong variable.
    """
    read = _Reader(variables)
    return EngineSettings(
        token=read.secret("STADTDRAHT_ENGINE_TOKEN"),
        database_url=read.database_url("STADTDRAHT_ENGINE_DATABASE_URL"),
        model=Path(read.required("STADTDRAHT_MODEL")),
        actions_url=read.web_address("STADTDRAHT_ACTIONS_URL"),
        actions_token=read.secret("STADTDRAHT_ACTIONS_TOKEN"),
        host=read.loopback("STADTDRAHT_ENGINE_HOST", EngineSettings.host),
        port=int(read.number("STADTDRAHT_ENGINE_PORT", EngineSettings.port, 1, 65535)),
        action_timeout_seconds=read.number(
            "STADTDRAHT_ENGINE_ACTION_TIMEOUT_SECONDS",
            EngineSettings.action_timeout_seconds,
            0.1,
            60,
        ),
        database_wait_seconds=read.number(
            "STADTDRAHT_ENGINE_DATABASE_WAIT_SECONDS",
            EngineSettings.database_wait_seconds,
            0,
            600,
        ),
        log_level=read.choice(
            "STADTDRAHT_ENGINE_LOG_LEVEL",
            EngineSettings.log_level,
            ("DEBUG", "INFO", "WARNING", "ERROR"),
        ),
    )


class _Reader:
    """Reads single variables; every problem names the variable, never its value."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables

    def required(self, name: str) -> str:
        value = self._variables.get(name, "").strip()
        if not value:
            raise WrongSetting(name, "is missing")
        return value

    def secret(self, name: str) -> str:
        value = self.required(name)
        if len(value) < TOKEN_LEAST_CHARACTERS or not value.isascii():
            raise WrongSetting(name, f"needs at least {TOKEN_LEAST_CHARACTERS} ASCII characters")
        return value

    def database_url(self, name: str) -> str:
        value = self.required(name)
        if not value.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg2://")):
            raise WrongSetting(name, "must begin with sqlite:/// or postgresql+psycopg2://")
        return value

    def web_address(self, name: str) -> str:
        value = self.required(name).rstrip("/")
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise WrongSetting(name, "must be an http:// or https:// address")
        return value

    def loopback(self, name: str, default: str) -> str:
        value = self._variables.get(name, default).strip()
        try:
            loopback = value == "localhost" or ip_address(value).is_loopback
        except ValueError:
            loopback = False
        if not loopback:
            raise WrongSetting(name, "the engine listens on a loopback address only")
        return value

    def number(self, name: str, default: float, least: float, most: float) -> float:
        try:
            value = float(self._variables.get(name, default))
        except ValueError:
            raise WrongSetting(name, "must be a number") from None
        if not least <= value <= most:
            raise WrongSetting(name, f"must be between {least:g} and {most:g}")
        return value

    def choice(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        value = self._variables.get(name, default).strip().upper()
        if value not in choices:
            raise WrongSetting(name, f"must be one of {', '.join(choices)}")
        return value
