"""``stadtdraht lock``: write the pinned requirements of all groups, hashes in, hosts out."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from cli.environments import REQUIREMENTS, ROOT, engine_interpreter, find_uv, say

GROUPS = ("tools", "modern", "modern-test", "engine", "engine-test", "synapse")


def main() -> None:
    """Resolve each group of pyproject.toml and write ``requirements/<group>.txt``.

    The test groups are constrained by the plain ones, so that tests run
    against the very versions that citizens get.
    """
    uv = find_uv()
    for group in GROUPS:
        say(f"Löse {group} auf …")
        _compile(uv, group)


def _compile(uv: str, group: str) -> None:
    interpreter = engine_interpreter(uv) if group.startswith("engine") else sys.executable
    target = REQUIREMENTS / f"{group}.txt"
    subprocess.run(
        [
            uv, "pip", "compile", "--quiet", "--universal", "--no-header", "--upgrade",
            "--generate-hashes", "--python", interpreter, "--group", group,
            *_constraints(group), "--output-file", str(target),
        ],
        check=True,
        cwd=ROOT,
    )  # fmt: skip


def _constraints(group: str) -> list[str]:
    plain: Path = REQUIREMENTS / f"{group.removesuffix('-test')}.txt"
    return ["--constraints", str(plain.relative_to(ROOT))] if group.endswith("-test") else []
