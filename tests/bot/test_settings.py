from __future__ import annotations

from pathlib import Path

import pytest

from bot.settings import EngineSettings, WrongSetting, from_environment

GOOD = {
    "STADTDRAHT_ENGINE_TOKEN": "t" * 32,
    "STADTDRAHT_ENGINE_DATABASE_URL": "sqlite:////var/lib/engine.sqlite",
    "STADTDRAHT_MODEL": "/models/m.tar.gz",
    "STADTDRAHT_ACTIONS_URL": "http://127.0.0.1:5507/actions/",
    "STADTDRAHT_ACTIONS_TOKEN": "a" * 32,
}


def test_settings_are_read() -> None:
    more = {"STADTDRAHT_ENGINE_PORT": "6000", "STADTDRAHT_ENGINE_HOST": "::1"}
    assert from_environment(GOOD | more) == EngineSettings(
        token="t" * 32,
        database_url="sqlite:////var/lib/engine.sqlite",
        model=Path("/models/m.tar.gz"),
        actions_url="http://127.0.0.1:5507/actions",
        actions_token="a" * 32,
        host="::1",
        port=6000,
    )


@pytest.mark.parametrize("name", GOOD)
def test_a_missing_setting_is_named(name: str) -> None:
    with pytest.raises(WrongSetting, match=f"^{name}: is missing$"):
        from_environment({key: value for key, value in GOOD.items() if key != name})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STADTDRAHT_ENGINE_HOST", "0.0.0.0"),  # noqa: S104
        ("STADTDRAHT_ENGINE_HOST", "engine.example"),
        ("STADTDRAHT_ENGINE_PORT", "0"),
        ("STADTDRAHT_ENGINE_PORT", "x"),
        ("STADTDRAHT_ENGINE_ACTION_TIMEOUT_SECONDS", "1000"),
        ("STADTDRAHT_ENGINE_LOG_LEVEL", "loud"),
        ("STADTDRAHT_ACTIONS_URL", "127.0.0.1:5507"),
        ("STADTDRAHT_ACTIONS_TOKEN", "kurz"),
    ],
)
def test_a_wrong_setting_is_named_and_its_value_is_not_repeated(name: str, value: str) -> None:
    with pytest.raises(WrongSetting) as problem:
        from_environment(GOOD | {name: value})
    assert problem.value.variable == name
    assert len(value) < 3 or value not in str(problem.value)
