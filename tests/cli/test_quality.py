"""Both environments are tested, side by side, and neither failure is overlooked."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from cli import quality


@dataclass(frozen=True)
class _Environment:
    python: Path


@pytest.fixture
def interpreters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put two stand-ins in place of the interpreters; ``NAME.code`` holds their exit codes."""
    for name in ("modern", "engine"):
        script = tmp_path / name
        script.write_text(
            f"#!{sys.executable}\n"
            "import pathlib, sys\n"
            f"print('{name} runs', *sys.argv[3:], flush=True)\n"
            f"sys.exit(int(pathlib.Path('{script}.code').read_text()))\n"
        )
        script.chmod(0o755)
        (tmp_path / f"{name}.code").write_text("0")
    monkeypatch.setattr(quality, "MODERN", _Environment(tmp_path / "modern"))
    monkeypatch.setattr(quality, "ENGINE", _Environment(tmp_path / "engine"))
    monkeypatch.setattr(quality, "model_path", lambda content: tmp_path)
    return tmp_path


def test_both_are_run_and_shown_one_after_the_other(
    interpreters: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert quality.run_tests(["-q"]) == 0
    shown = capfd.readouterr().out
    assert shown.splitlines() == [
        "modern runs --numprocesses=2 --dist=loadfile -q",
        "engine runs tests/bot tests/nlu tests/german -q",
    ]


@pytest.mark.parametrize("name", ["modern", "engine"])
def test_one_failure_is_enough(interpreters: Path, name: str) -> None:
    (interpreters / f"{name}.code").write_text("1")
    assert quality.run_tests([]) == 1


@pytest.mark.parametrize(
    ("path", "runs", "rests"),
    [("tests/bot", "engine", "modern"), ("tests/service", "modern", "engine")],
)
def test_a_named_test_runs_in_its_own_environment(
    interpreters: Path, capfd: pytest.CaptureFixture[str], path: str, runs: str, rests: str
) -> None:
    assert quality.run_tests([path]) == 0
    shown = capfd.readouterr().out
    assert f"{runs} runs {path}" in shown
    assert f"{rests} runs" not in shown
