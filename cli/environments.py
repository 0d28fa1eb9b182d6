"""The two environments: find interpreters, install the pinned requirements, know what is there.

Standard library only: this runs before anything is installed.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements"
ENGINE_PYTHON_VARIABLE = "STADTDRAHT_PYTHON310"


class SetupProblem(Exception):
    """Something that setting up needs is missing. The message says how to mend it."""


@dataclass(frozen=True)
class Environment:
    """One virtual environment of the project."""

    name: str
    """``modern`` or ``engine``; also the stem of its requirement files."""
    sentence: str
    """What the user reads while it is installed."""

    @property
    def folder(self) -> Path:
        """Folder of the virtual environment."""
        return environments_folder() / self.name

    @property
    def python(self) -> Path:
        """The environment's interpreter (it may not exist yet)."""
        return self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    def requirements(self, *, with_tests: bool) -> Path:
        """Return the file of pinned requirements."""
        return REQUIREMENTS / (f"{self.name}-test.txt" if with_tests else f"{self.name}.txt")

    def is_ready(self, *, with_tests: bool) -> bool:
        """Tell whether exactly what the requirement files name is installed."""
        return bool(self._levels() & ({"test"} if with_tests else {"run", "test"}))

    def _levels(self) -> set[str]:
        stamp = self.folder / "stadtdraht.stamp"
        if not self.python.exists() or not stamp.exists():
            return set()
        recorded = stamp.read_text(encoding="utf-8").split()
        levels = set()
        for level, with_tests in (("run", False), ("test", True)):
            if _digest(self.requirements(with_tests=with_tests)) in recorded:
                levels.add(level)
        return levels

    def record(self, *, with_tests: bool) -> None:
        """Note that the requirements are installed completely."""
        digest = _digest(self.requirements(with_tests=with_tests))
        level = "test" if with_tests else "run"
        (self.folder / "stadtdraht.stamp").write_text(f"{level} {digest}", encoding="utf-8")

    def has_tests(self) -> bool:
        """Tell whether the tests' requirements were installed, be it in an older version."""
        stamp = self.folder / "stadtdraht.stamp"
        return stamp.exists() and stamp.read_text(encoding="utf-8").startswith("test")


MODERN = Environment("modern", "Umgebung für Webchat, Hub und Aktionen")
ENGINE = Environment("engine", "Umgebung der Dialogmaschine (Rasa, rund 2,7 GB)")


def home() -> Path:
    """Return the folder for everything that is made at run time."""
    return Path(os.environ.get("STADTDRAHT_HOME") or ROOT / ".stadtdraht").resolve()


def environments_folder() -> Path:
    """Return the folder of the virtual environments; several homes may share one."""
    shared = os.environ.get("STADTDRAHT_ENVIRONMENTS")
    return Path(shared).resolve() if shared else home() / "venv"


def prepare(environment: Environment, *, with_tests: bool = False) -> None:
    """Install an environment when it is missing or its requirements changed.

    Raises:
        SetupProblem: an interpreter or a tool is missing, or an installation failed.
    """
    if environment.is_ready(with_tests=with_tests):
        return
    with _one_at_a_time():
        if environment.is_ready(with_tests=with_tests):
            return
        with_tests = with_tests or environment.has_tests()
        say(f"Richte ein: {environment.sentence} …")
        uv = find_uv()
        interpreter = engine_interpreter(uv) if environment is ENGINE else sys.executable
        if not environment.python.exists():
            _run([uv, "venv", "--quiet", "--python", interpreter, str(environment.folder)])
        _sync(uv, environment, with_tests=with_tests)
        environment.record(with_tests=with_tests)


def _sync(uv: str, environment: Environment, *, with_tests: bool) -> None:
    wanted = str(environment.requirements(with_tests=with_tests))
    _run(
        [
            uv, "pip", "sync", "--require-hashes", "--compile-bytecode",
            "--python", str(environment.python), wanted,
        ]
    )  # fmt: skip


def engine_interpreter(uv: str | None = None) -> str:
    """Return the path of a Python 3.10 for the engine.

    Looked for in this order: the variable STADTDRAHT_PYTHON310, ``python3.10``
    on the path, pyenv's folders, and what uv has or can fetch.

    Raises:
        SetupProblem: none was found and none could be fetched.
    """
    named = os.environ.get(ENGINE_PYTHON_VARIABLE)
    if named:
        if _is_python310(named):
            return named
        raise SetupProblem(
            f"{ENGINE_PYTHON_VARIABLE} zeigt auf {named!r}; das ist kein lauffähiges Python 3.10. "
            "Bitte den Pfad prüfen oder die Variable löschen."
        )
    for candidate in _candidates():
        if _is_python310(candidate):
            return candidate
    fetched = _fetched_by_uv(uv) if uv else None
    if fetched:
        return fetched
    raise SetupProblem(
        "Die Dialogmaschine braucht Python 3.10, hier ist keines zu finden und keines zu laden. "
        "Bitte eines davon tun: `pyenv install 3.10`, `uv python install 3.10`, das Paket "
        f"python3.10 installieren oder {ENGINE_PYTHON_VARIABLE}=/pfad/zu/python3.10 setzen."
    )


def _candidates() -> Iterator[str]:
    if sys.version_info[:2] == (3, 10):
        yield sys.executable
    found = shutil.which("python3.10")
    if found:
        yield found
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    for version in sorted(pyenv.glob("3.10*"), reverse=True):
        yield str(version / "bin" / "python3.10")


def _is_python310(path: str) -> bool:
    probe = "import sys, venv; print(sys.version_info[:2] == (3, 10))"
    try:
        answer = subprocess.run([path, "-c", probe], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0 and answer.stdout.strip() == "True"


def _fetched_by_uv(uv: str) -> str | None:
    say("Kein Python 3.10 gefunden, lade es mit uv …")
    with contextlib.suppress(SetupProblem):
        _run([uv, "python", "install", "3.10"])
    answer = subprocess.run([uv, "python", "find", "3.10"], capture_output=True, text=True)
    path = answer.stdout.strip()
    return path if answer.returncode == 0 and _is_python310(path) else None


def find_uv() -> str:
    """Return uv from the path, or install the pinned one into its own small environment."""
    found = shutil.which("uv")
    if found:
        return found
    folder = environments_folder() / "tools"
    scripts = folder / ("Scripts" if os.name == "nt" else "bin")
    stamp = folder / "stadtdraht.stamp"
    digest = _digest(REQUIREMENTS / "tools.txt")
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != digest:
        say("Hole das Installationswerkzeug uv …")
        _make_tools_environment(folder, scripts)
        stamp.write_text(digest, encoding="utf-8")
    return str(scripts / "uv")


def _make_tools_environment(folder: Path, scripts: Path) -> None:
    try:
        venv.create(folder, with_pip=True, clear=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise SetupProblem(
            "Python kann hier keine virtuelle Umgebung anlegen. Unter Debian und Ubuntu hilft: "
            "`apt install python3-venv`."
        ) from error
    _run(
        [
            str(scripts / "python"), "-m", "pip", "install", "--quiet", "--require-hashes",
            "-r", str(REQUIREMENTS / "tools.txt"),
        ]
    )  # fmt: skip


def _run(command: list[str]) -> None:
    """Run a step of the set-up, its output visible."""
    try:
        finished = subprocess.run(command, stdin=subprocess.DEVNULL)
    except OSError as error:
        raise SetupProblem(f"{command[0]} lässt sich nicht starten: {error}") from error
    if finished.returncode != 0:
        raise SetupProblem(
            f"Dieser Schritt ist fehlgeschlagen: {' '.join(command[:4])} …\n"
            "Die Meldungen darüber nennen den Grund. Oft fehlt die Verbindung zum "
            "Paketverzeichnis; danach denselben Befehl noch einmal starten."
        )


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Let one process set up at a time; others wait for it."""
    if os.name == "nt":
        yield
        return
    import fcntl

    environments_folder().mkdir(parents=True, exist_ok=True)
    with (environments_folder() / "setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def say(sentence: str) -> None:
    """Tell the user what happens, on stderr so that results stay alone on stdout."""
    print(sentence, file=sys.stderr, flush=True)
