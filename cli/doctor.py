"""``stadtdraht doctor``: what is missing, in plain words, and how to mend it.

Standard library only, so that it works where nothing else does.
"""

from __future__ import annotations

import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cli.environments import ENGINE, MODERN, ROOT, SetupProblem, engine_interpreter, home, say

DISK_NEEDED_GB = 5
PORTS = {8080: "Webchat", 5505: "Dialogmaschine", 5507: "Hub und Aktionen"}


@dataclass(frozen=True)
class Finding:
    """One thing looked at. ``mend`` is empty when all is well; ``fatal`` stops `run`."""

    title: str
    well: bool
    mend: str = ""
    fatal: bool = True


def examine() -> Iterator[Finding]:
    """Look at everything that `run` and `test` need, one finding each."""
    checks: list[Callable[[], Finding]] = [
        _python, _engine_python, _disk, _modern, _engine, _model, _content,
    ]  # fmt: skip
    for check in checks:
        yield check()
    for port, what in PORTS.items():
        yield _port(port, what)
    yield _program("chromium", "Browser-Prüfungen", "apt install chromium", "chromium-browser")
    yield _postgres()


def main() -> int:
    """Print all findings; the exit code is 0 when `run` will work."""
    fatal = False
    for finding in examine():
        mark = "ok    " if finding.well else ("FEHLT " if finding.fatal else "Hinweis")
        say(f"{mark}  {finding.title}")
        if not finding.well:
            say(f"        → {finding.mend}")
            fatal = fatal or finding.fatal
    say(
        "\nEs fehlt noch etwas, siehe oben." if fatal else "\nAlles da. `./stadtdraht run` startet."
    )
    return 1 if fatal else 0


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding(
        f"Python {version} für den Hauptteil", sys.version_info >= (3, 11),
        "Python 3.11 oder neuer installieren und damit starten.",
    )  # fmt: skip


def _engine_python() -> Finding:
    if ENGINE.python.exists():
        return Finding("Python 3.10 für die Dialogmaschine", True)
    try:
        return Finding(f"Python 3.10 für die Dialogmaschine ({engine_interpreter()})", True)
    except SetupProblem as problem:
        mend = f"{problem} Mit Netz holt `./stadtdraht run` es selbst über uv."
        return Finding("Python 3.10 für die Dialogmaschine", False, mend, fatal=False)


def _disk() -> Finding:
    existing = next(folder for folder in (home(), *home().parents) if folder.exists())
    free = shutil.disk_usage(existing).free / 1e9
    needed = 0.5 if ENGINE.python.exists() else DISK_NEEDED_GB
    return Finding(
        f"{free:.0f} GB frei", free >= needed,
        f"Es werden rund {DISK_NEEDED_GB} GB gebraucht. Platz schaffen oder STADTDRAHT_HOME "
        "auf eine andere Platte legen.",
    )  # fmt: skip


def _modern() -> Finding:
    return Finding(
        MODERN.sentence, MODERN.is_ready(with_tests=False),
        "`./stadtdraht run` richtet sie ein.", fatal=False,
    )  # fmt: skip


def _engine() -> Finding:
    return Finding(
        ENGINE.sentence, ENGINE.is_ready(with_tests=False),
        "`./stadtdraht run` richtet sie ein.", fatal=False,
    )  # fmt: skip


def _model() -> Finding:
    models = list((home() / "models").glob("*.tar.gz"))
    return Finding(
        "Trainiertes Modell", bool(models), "`./stadtdraht train` trainiert es.", fatal=False
    )


def _content() -> Finding:
    missing = [
        str(folder.relative_to(ROOT))
        for folder in (ROOT / "data" / "de" / "nlu", ROOT / "data" / "municipalities")
        if not any(folder.glob("*"))
    ]
    return Finding(
        "Inhalte in data/", not missing,
        f"{', '.join(missing)} ist leer. Das Projekt neu holen: `git checkout -- data`.",
    )  # fmt: skip


def _port(port: int, what: str) -> Finding:
    with socket.socket() as probe:
        probe.settimeout(0.3)
        taken = probe.connect_ex(("127.0.0.1", port)) == 0
    return Finding(
        f"Port {port} frei ({what})", not taken,
        "Dort läuft schon etwas; vielleicht Stadtdraht selbst. Sonst `./stadtdraht run` mit "
        "einem anderen Port starten (siehe docs/settings.md).", fatal=False,
    )  # fmt: skip


def _program(name: str, purpose: str, install: str, *others: str) -> Finding:
    found = any(shutil.which(each) for each in (name, *others))
    return Finding(f"{name} ({purpose})", found, f"Nur für Tests nötig: `{install}`.", fatal=False)


def _postgres() -> Finding:
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    found = bool(folders or shutil.which("initdb"))
    return Finding(
        "PostgreSQL-Server (Prüfungen mit PostgreSQL)", found,
        "Nur für Tests nötig: `apt install postgresql`.", fatal=False,
    )  # fmt: skip
