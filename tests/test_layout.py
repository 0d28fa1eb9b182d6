"""The house has the rooms that its plan names, and nothing lies around."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = (
    "actions", "bot", "channels", "cli", "contracts", "conversations", "data", "docs", "german",
    "nlu", "requirements", "service", "tests", "voice",
)  # fmt: skip
PYTHON_ROOMS = (
    "actions", "bot", "channels", "cli", "contracts", "conversations", "german", "nlu", "service",
)  # fmt: skip
VAGUE = {"utils", "util", "helpers", "helper", "common", "manager", "misc", "tools", "stuff"}


def committed() -> list[Path]:
    names = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return [ROOT / name for name in names.split("\0") if name and (ROOT / name).exists()]


@pytest.mark.parametrize("room", ROOMS)
def test_room_stands(room):
    assert (ROOT / room).is_dir()


def test_no_unknown_room():
    hidden_or_known = {*ROOMS, "changelog"}
    tops = {path.relative_to(ROOT).parts[0] for path in committed() if path.parent != ROOT}
    assert {top for top in tops if not top.startswith(".")} <= hidden_or_known


def test_modules_are_nouns_of_the_domain():
    names = {path.stem for path in committed() if path.suffix == ".py"}
    assert names & VAGUE == set()


def test_every_module_says_what_it_is():
    silent = [
        str(path.relative_to(ROOT))
        for room in PYTHON_ROOMS
        for path in (ROOT / room).rglob("*.py")
        if path.stat().st_size and not path.read_text(encoding="utf-8").lstrip().startswith('"""')
    ]
    assert silent == []


def test_tests_mirror_the_tree():
    """Each folder with code has a folder of tests."""
    for room in PYTHON_ROOMS:
        assert (ROOT / "tests" / room).is_dir(), f"tests/{room} is missing"


def test_requirements_have_hashes_and_no_address():
    for file in (ROOT / "requirements").glob("*.txt"):
        text = file.read_text(encoding="utf-8")
        assert "://" not in text, file.name
        assert not re.search(r"^\s*-(-index|i |-extra|-find)", text, re.MULTILINE), file.name
        pins = re.findall(r"^[a-z0-9].*==", text, re.MULTILINE | re.IGNORECASE)
        assert pins
        assert text.count("--hash=sha256:") >= len(pins), file.name


def test_no_path_of_a_machine_is_committed():
    pattern = re.compile(r"(^|[^A-Za-z0-9_.])/(work|root|home|Users)/[A-Za-z0-9._-]+")
    found = [
        f"{path.relative_to(ROOT)}: {match.group().strip()}"
        for path in committed()
        if path.suffix in {".py", ".md", ".toml", ".yml", ".yaml", ".txt", ".js", ".css", ""}
        for match in pattern.finditer(path.read_text(encoding="utf-8", errors="ignore"))
    ]
    assert found == []


def test_large_files_stay_out():
    assert [str(path) for path in committed() if path.stat().st_size > 2_000_000] == []
