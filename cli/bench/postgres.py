"""A PostgreSQL server of our own on loopback, for fault tests and benchmarks.

PostgreSQL refuses to run as root; then its programs run as the first of the
accounts ``postgres`` and ``nobody`` that exists.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType

from cli.environments import SetupProblem
from cli.ports import LOOPBACK, free_port

CONFIGURATION = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 60
shared_buffers = '64MB'
"""


def postgres_programs() -> Path | None:
    """Return the folder with ``initdb`` and ``pg_ctl``, or None when there is none."""
    packaged = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"),
        key=lambda path: int(path.parts[-3]),
    )
    if packaged:
        return packaged[-1].parent
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


class PostgresCluster:
    """A fresh server with empty databases, gone when its context is left.

    Args:
        databases: names of the databases to make.
    """

    def __init__(self, *databases: str) -> None:
        programs = postgres_programs()
        if programs is None:
            raise SetupProblem("PostgreSQL fehlt: `apt install postgresql`.")
        self._programs = programs
        self._databases = databases
        self._account = _unprivileged_account()
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="stadtdraht-pg-"))

    def __enter__(self) -> PostgresCluster:
        if self._account:
            shutil.chown(self.folder, self._account)
        self._call("initdb", "--username=stadtdraht", "--auth=trust", "--encoding=UTF8",
                   "--no-instructions", "--pgdata", str(self.data))  # fmt: skip
        with (self.data / "postgresql.conf").open("a", encoding="utf-8") as configuration:
            configuration.write(f"{CONFIGURATION}port = {self.port}\n")
        self.start()
        for database in self._databases:
            self.create(database)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop("fast")
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def data(self) -> Path:
        """The cluster's data folder."""
        return self.folder / "data"

    def url(self, database: str, driver: str) -> str:
        """Return the SQLAlchemy URL of a database for a driver such as ``postgresql+asyncpg``."""
        return f"{driver}://stadtdraht@{LOOPBACK}:{self.port}/{database}"

    def create(self, database: str) -> None:
        """Make one more empty database."""
        self._call("createdb", "--host", LOOPBACK, "--port", str(self.port),
                   "--username=stadtdraht", database)  # fmt: skip

    def start(self) -> None:
        """Start the server and wait until it takes connections."""
        log = str(self.folder / "server.log")
        self._call("pg_ctl", "start", "--wait", "--pgdata", str(self.data), "--log", log)

    def stop(self, mode: str = "immediate") -> None:
        """Stop the server; ``immediate`` is what a power cut looks like."""
        self._call("pg_ctl", "stop", "--wait", "--mode", mode, "--pgdata", str(self.data))

    def _call(self, program: str, *arguments: str) -> None:
        finished = subprocess.run(
            [str(self._programs / program), *arguments],
            cwd=self.folder,
            user=self._account,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
        )
        if finished.returncode != 0:
            raise SetupProblem(f"{program}: {finished.stderr.strip()[:500]}")


def _unprivileged_account() -> str | None:
    """Return the account to run as when we are root, None otherwise."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise SetupProblem("PostgreSQL läuft nicht als root, und es gibt kein anderes Konto.")
