"""The secrets between the processes of one installation, made at the first start."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path

NAMES = ("engine_token", "actions_token", "hub_token", "address_key", "store_key")


def load_tokens(home: Path) -> dict[str, str]:
    """Return the secrets of this installation, making those that are missing.

    They lie in ``tokens.json`` in ``home``, readable by its owner only. Settings
    of the same names in the environment win over them.
    """
    file = home / "tokens.json"
    known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    tokens = {name: known.get(name) or secrets.token_urlsafe(32) for name in NAMES}
    if tokens != known:
        _write_privately(file, json.dumps(tokens, indent=2))
    return tokens


def _write_privately(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(f".{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
    draft.replace(file)
