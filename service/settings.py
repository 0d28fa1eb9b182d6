"""Settings of the modern parts: environment variables plus one TOML file.

Every setting is documented in ``docs/settings.md``; a test fails when one is
missing there. Environment variables (``STADTDRAHT_...``) win over
``stadtdraht.toml``, which wins over the defaults. The engine's environment
reads its few settings in ``bot/settings.py`` from the same variables.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

ENVIRONMENT_PREFIX = "STADTDRAHT_"


class SettingsError(Exception):
    """A setting is wrong. The message names the setting and how to mend it."""


class Settings(BaseSettings):
    """All settings of the modern parts. Times are in seconds, sizes in bytes."""

    model_config = SettingsConfigDict(env_prefix=ENVIRONMENT_PREFIX, frozen=True, extra="forbid")

    home: Path = Field(Path(".stadtdraht"), description="Folder for databases, models and logs.")
    content: Path = Field(Path("data"), description="Folder of the content (`data/`).")
    database_url: str = Field("", description="Database of the hub; empty: SQLite in `home`.")
    public_host: str = Field("127.0.0.1", description="Address on which the web chat listens.")
    public_port: int = Field(8080, ge=0, le=65535, description="Port of the web chat.")
    public_url: str = Field(
        "", description="Address under which citizens see the web chat; empty: host and port."
    )
    cookie_secure: bool = Field(
        False, description="Send the session cookie over HTTPS only; set it behind a proxy."
    )
    frame_ancestors: str = Field(
        "'self'", description="Pages that may embed the web chat, as in CSP frame-ancestors."
    )
    internal_port: int = Field(
        5507, ge=0, le=65535, description="Loopback port of hub and actions in one process."
    )
    engine_url: str = Field("http://127.0.0.1:5505", description="Address of the engine.")
    engine_token: str = Field("", repr=False, description="Bearer secret of the engine.")
    engine_timeout_seconds: float = Field(
        20.0, gt=0, description="Longest wait for one turn of the engine."
    )
    actions_url: str = Field(
        "http://127.0.0.1:5507/actions", description="Address of the action server."
    )
    actions_token: str = Field("", repr=False, description="Bearer secret of the action server.")
    hub_url: str = Field("http://127.0.0.1:5507/hub", description="Address of the hub.")
    hub_token: str = Field("", repr=False, description="Bearer secret of the hub.")
    address_key: str = Field(
        "", repr=False, description="Key for the hashes of channel addresses (HMAC-SHA-256)."
    )
    store_key: str = Field(
        "",
        repr=False,
        description="Key of what the actions keep encrypted, such as reports not yet delivered.",
    )
    turns_at_once: int = Field(
        16, ge=1, le=256, description="Messages that one dispatcher lets be answered at once."
    )
    answer_limit_seconds: float = Field(
        10.0, ge=3, description="When the engine has not answered until then, the hub does."
    )
    lease_seconds: float = Field(
        10.0, ge=1, description="After so long a dead dispatcher's conversations are taken over."
    )
    transcript_days: int = Field(30, ge=1, description="Days that conversations are kept.")
    raw_text_hours: int = Field(
        24, ge=1, description="Hours that a citizen's own words are kept after the answer."
    )
    pushing_channels: str = Field(
        "matrix telegram",
        description="Channels that need the address to send to; for others only its hash is kept.",
    )
    matrix_accounts: str = Field(
        "", description="TOML file with the Matrix accounts of the towns; empty: no Matrix."
    )
    telegram_bots: str = Field(
        "", description="TOML file with the Telegram bots of the towns; empty: no Telegram."
    )
    clock: str = Field(
        "", description="A fixed time (ISO 8601 with zone) for demonstrations and tests."
    )
    log_level: str = Field("INFO", description="Least level that is logged.")
    messages_per_minute: int = Field(
        20, ge=1, description="Messages one web session may send in a minute."
    )
    rate_burst: int = Field(5, ge=1, description="Messages one web session may send at once.")
    sessions_per_minute: int = Field(
        60, ge=1, description="Web sessions that may begin in a minute from one network address."
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic's signature
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic's signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic's signature
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let environment variables win over the values of the file."""
        return (env_settings, init_settings)

    @property
    def hub_database_url(self) -> str:
        """SQLAlchemy URL of the hub's database (asynchronous driver)."""
        return self.database_url or f"sqlite:///{self.home / 'hub.sqlite'}"

    @property
    def reports_database_url(self) -> str:
        """SQLAlchemy URL of the reports: a file of their own, or the hub's PostgreSQL."""
        if self.database_url.startswith("postgresql"):
            return self.database_url
        return f"sqlite:///{self.home / 'reports.sqlite'}"


def load_settings(file: Path | None = None, **overrides: Any) -> Settings:
    """Return the settings of environment and file.

    Args:
        file: a TOML file with the settings' names as top-level keys, or None.
        overrides: values that win over the file (the command line's options).

    Raises:
        SettingsError: a key is unknown or a value is wrong; the message names it.
    """
    values: dict[str, Any] = {}
    if file is not None:
        try:
            values = tomllib.loads(file.read_text(encoding="utf-8"))
        except (OSError, tomllib.TOMLDecodeError) as error:
            raise SettingsError(f"{file}: {error}") from error
    try:
        return Settings(**(values | overrides))
    except ValidationError as error:
        raise SettingsError(_in_plain_words(error, file)) from error


def _in_plain_words(error: ValidationError, file: Path | None) -> str:
    places = []
    for problem in error.errors(include_input=False):
        name = ".".join(str(part) for part in problem["loc"]) or "?"
        places.append(
            f"{name} (in {file or 'the environment'} or as "
            f"{ENVIRONMENT_PREFIX}{name.upper()}): {problem['msg']}"
        )
    return "Settings are wrong: " + "; ".join(places)
