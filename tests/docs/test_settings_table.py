"""docs/settings.md names every setting, and none that does not exist."""

import re
from pathlib import Path

from service.settings import ENVIRONMENT_PREFIX, Settings

ROOT = Path(__file__).resolve().parents[2]


def documented() -> set[str]:
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    return set(re.findall(r"^\| `(STADTDRAHT_[A-Z0-9_]+)`", text, re.MULTILINE))


def test_every_setting_is_documented():
    known = {ENVIRONMENT_PREFIX + name.upper() for name in Settings.model_fields}
    assert known - documented() == set()


def test_no_setting_is_documented_that_nothing_reads():
    known = {ENVIRONMENT_PREFIX + name.upper() for name in Settings.model_fields}
    engine = {
        name
        for file in (ROOT / "bot").glob("*.py")
        for name in re.findall(r"STADTDRAHT_[A-Z0-9_]+", file.read_text("utf-8"))
    }
    others = documented() - known - engine
    mentioned = {
        name
        for name in others
        for file in ROOT.glob("cli/**/*.py")
        if name in file.read_text(encoding="utf-8")
    }
    assert others == mentioned
