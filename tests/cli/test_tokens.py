"""Secrets are made once, kept privately and never replaced."""

import stat

from cli.tokens import NAMES, load_tokens


def test_secrets_are_made_once(tmp_path):
    first = load_tokens(tmp_path)
    assert set(first) == set(NAMES)
    assert len(set(first.values())) == len(NAMES)
    assert load_tokens(tmp_path) == first


def test_file_is_readable_by_its_owner_only(tmp_path):
    load_tokens(tmp_path)
    assert stat.S_IMODE((tmp_path / "tokens.json").stat().st_mode) == 0o600


def test_missing_secret_is_added_and_others_stay(tmp_path):
    (tmp_path / "tokens.json").write_text('{"hub_token": "kept"}')
    tokens = load_tokens(tmp_path)
    assert tokens["hub_token"] == "kept"
    assert all(tokens.values())
