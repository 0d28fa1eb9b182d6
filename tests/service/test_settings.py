"""Settings: environment over file over defaults, and errors that name the setting."""

import pytest

from service.settings import SettingsError, load_settings


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch):
    import os

    for name in list(os.environ):
        if name.startswith("STADTDRAHT_"):
            monkeypatch.delenv(name)


def test_environment_wins_over_the_file_and_the_file_over_defaults(tmp_path, monkeypatch):
    file = tmp_path / "stadtdraht.toml"
    file.write_text("public_port = 80\ninternal_port = 81\n")
    monkeypatch.setenv("STADTDRAHT_PUBLIC_PORT", "8181")
    settings = load_settings(file)
    assert (settings.public_port, settings.internal_port) == (8181, 81)
    assert settings.turns_at_once == 16


@pytest.mark.parametrize(
    ("line", "named"),
    [("public_prot = 80", "public_prot"), ("public_port = 'x'", "STADTDRAHT_PUBLIC_PORT"), ("x", "toml")],
)  # fmt: skip
def test_a_wrong_file_is_named(tmp_path, line, named):
    file = tmp_path / "stadtdraht.toml"
    file.write_text(line)
    with pytest.raises(SettingsError, match=named):
        load_settings(file)


def test_secrets_are_not_shown():
    shown = repr(load_settings(None, hub_token="geheim", address_key="geheim"))
    assert "geheim" not in shown


def test_the_hubs_database_is_sqlite_in_the_home_folder(tmp_path):
    settings = load_settings(None, home=tmp_path)
    assert settings.hub_database_url.endswith(str(tmp_path / "hub.sqlite"))
    assert load_settings(None, database_url="x://y").hub_database_url == "x://y"
