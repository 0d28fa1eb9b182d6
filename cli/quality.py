"""``stadtdraht test`` and ``stadtdraht check``: everything that must be true of the code."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence

from cli.environments import ENGINE, MODERN, ROOT, say
from cli.house import house_settings
from cli.model import engine_environment, model_path

ENGINE_TESTS = ("tests/bot", "tests/nlu", "tests/german")
ENGINE_CODE = ("bot", "nlu", "german")
MODERN_CODE = (
    "actions",
    "channels",
    "cli",
    "contracts",
    "conversations",
    "german",
    "service",
)


def run_tests(options: Sequence[str] = ()) -> int:
    """Run the tests of both environments; ``options`` go to pytest.

    Returns 0 when everything passed. Named test files run in the environment they
    belong to.
    """
    named = [option for option in options if option.startswith("tests/")]
    others = [option for option in options if option not in named]
    for_engine = [name for name in named if name.startswith(ENGINE_TESTS)]
    for_modern = [name for name in named if not name.startswith(ENGINE_TESTS[:2])]
    failed = []
    if not named or any("journeys" in name for name in named):
        model_path(house_settings().content)
    if for_modern or not named:
        say("== Tests der modernen Umgebung ==")
        failed.append(_pytest(MODERN.python, [*for_modern, *others], dict(os.environ)))
    if for_engine or not named:
        say("== Tests der Dialogmaschine ==")
        paths = for_engine or list(ENGINE_TESTS)
        failed.append(_pytest(ENGINE.python, [*paths, *others], engine_environment()))
    return int(any(failed))


def check() -> int:
    """Run lint, format, types (both environments), and the boundaries between the folders."""
    tools = MODERN.folder / "bin"
    engine_tools = ENGINE.folder / "bin"
    steps: list[tuple[str, list[str]]] = [
        ("Stil", [str(tools / "ruff"), "check", "."]),
        ("Form", [str(tools / "ruff"), "format", "--check", "."]),
        ("Typen (modern)", [str(tools / "mypy"), *MODERN_CODE]),
        ("Typen (Dialogmaschine)", [str(engine_tools / "mypy"), *ENGINE_CODE]),
        ("Grenzen", [str(tools / "lint-imports")]),
    ]
    results = {title: _step(title, command) for title, command in steps}
    for title, code in results.items():
        say(f"{'ok    ' if code == 0 else 'FEHLER'}  {title}")
    return int(any(results.values()))


def _pytest(python: object, arguments: Sequence[str], variables: dict[str, str]) -> int:
    command = [str(python), "-m", "pytest", *arguments]
    return subprocess.run(command, cwd=ROOT, env=variables).returncode


def _step(title: str, command: list[str]) -> int:
    say(f"== {title} ==")
    variables = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=ROOT, env=variables).returncode
