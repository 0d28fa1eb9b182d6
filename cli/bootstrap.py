"""What ``./stadtdraht`` does before anything is installed. Standard library only."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

from cli import doctor
from cli.environments import ENGINE, MODERN, ROOT, SetupProblem, prepare, say

WITH_ENGINE = frozenset({"run", "ask", "train", "bench", "evaluate", "test", "check"})
WITH_TESTS = frozenset({"test", "check"})


def main(arguments: list[str]) -> int:
    """Prepare what the command needs and hand over to the command line proper.

    Returns the exit code where it does not come so far.
    """
    command = next((word for word in arguments if not word.startswith("-")), "")
    helped = {"--help", "-h"} & set(arguments)
    if command == "doctor" and not helped:
        return doctor.main()
    try:
        with_tests = command in WITH_TESTS and not helped
        prepare(MODERN, with_tests=with_tests)
        if command in WITH_ENGINE and not helped:
            prepare(ENGINE, with_tests=with_tests)
    except SetupProblem as problem:
        say(f"\n{problem}\n\n`./stadtdraht doctor` sagt, was sonst noch fehlt.")
        return 2
    except KeyboardInterrupt:
        say("\nAbgebrochen. Beim nächsten Start geht es hier weiter.")
        return 130
    return _hand_over(arguments)


def _hand_over(arguments: list[str]) -> NoReturn:
    """Replace this process by the command line in the modern environment."""
    python = str(MODERN.python)
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    os.environ["PYTHONPATH"] = os.pathsep.join(paths)
    sys.stdout.flush()
    os.execv(python, [python, "-m", "cli", *arguments])
