"""``stadtdraht test`` and ``stadtdraht check``: everything that must be true of the code."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Sequence
from typing import IO

from cli.environments import ENGINE, MODERN, ROOT, say
from cli.house import house_settings
from cli.model import engine_environment, model_path

ENGINE_TESTS = ("tests/bot", "tests/nlu", "tests/german")
WORKERS = ("--numprocesses=2", "--dist=loadfile")
"""All modern tests run in two processes: most of them wait for others, few compute."""
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
    if not named or any("journeys" in name for name in named):
        model_path(house_settings().content)
    modern = [*(for_modern or WORKERS), *others] if for_modern or not named else None
    engine = [*(for_engine or ENGINE_TESTS), *others] if for_engine or not named else None
    return _run_both(modern, engine)


def _run_both(modern: Sequence[str] | None, engine: Sequence[str] | None) -> int:
    """Run the engine's tests beside the others; None leaves out an environment.

    What the engine's tests print is kept and shown at the end, so that the two do not
    mix. Alone they print at once.
    """
    with tempfile.TemporaryFile() as record:
        beside = None
        if modern is not None and engine is not None:
            beside = _start(ENGINE.python, engine, engine_environment(), record)
        failed = False
        if modern is not None:
            say("== Tests der modernen Umgebung ==")
            failed |= _start(MODERN.python, modern, dict(os.environ)).wait() != 0
        if engine is not None:
            say("== Tests der Dialogmaschine ==")
            beside = beside or _start(ENGINE.python, engine, engine_environment())
            failed |= beside.wait() != 0
            record.seek(0)
            print(record.read().decode(errors="replace"), end="", flush=True)
    return int(failed)


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


def _start(
    python: object,
    arguments: Sequence[str],
    variables: dict[str, str],
    output: IO[bytes] | None = None,
) -> subprocess.Popen[bytes]:
    command = [str(python), "-m", "pytest", *arguments]
    errors = subprocess.STDOUT if output else None
    return subprocess.Popen(command, cwd=ROOT, env=variables, stdout=output, stderr=errors)


def _step(title: str, command: list[str]) -> int:
    say(f"== {title} ==")
    variables = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=ROOT, env=variables).returncode
