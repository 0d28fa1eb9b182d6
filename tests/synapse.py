"""A real homeserver for tests: Synapse with SQLite on loopback, in an environment of its own.

Synapse is no part of the product (AGPL): it is a separate process that is never imported.
Its Python is named by ``STADTDRAHT_SYNAPSE`` or lies in ``.stadtdraht/venv/synapse``
(``pip install --require-hashes -r requirements/synapse.txt``).
Without it the tests are skipped with the reason, under ``CI`` they fail.
"""

import os
import secrets
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from cli.environments import environments_folder
from cli.ports import LOOPBACK, free_port

SERVER = "stadtdraht.test"
READY_SECONDS = 120.0

_CONFIGURATION = """
server_name: {server}
pid_file: hs.pid
listeners: [{{type: http, port: {port}, bind_addresses: ["127.0.0.1"], tls: false, resources: [{{names: [client], compress: false}}]}}]
database: {{name: sqlite3, args: {{database: hs.db}}}}
log_config: log.yaml
media_store_path: media
signing_key_path: signing.key
registration_shared_secret: {secret}
macaroon_secret_key: m
form_secret: f
enable_registration: false
report_stats: false
trusted_key_servers: []
federation_domain_whitelist: []
suppress_key_server_warning: true
presence: {{enabled: false}}
url_preview_enabled: false
"""
_NO_LIMITS = """
rc_message: {per_second: 1000, burst_count: 1000}
rc_login: {address: {per_second: 1000, burst_count: 1000}, account: {per_second: 1000, burst_count: 1000}, failed_attempts: {per_second: 1000, burst_count: 1000}}
rc_registration: {per_second: 1000, burst_count: 1000}
rc_joins: {local: {per_second: 1000, burst_count: 1000}}
rc_invites: {per_room: {per_second: 1000, burst_count: 1000}, per_user: {per_second: 1000, burst_count: 1000}, per_issuer: {per_second: 1000, burst_count: 1000}}
rc_room_creation: {per_second: 1000, burst_count: 1000}
"""
_LOGGING = """
version: 1
handlers: {file: {class: logging.FileHandler, filename: hs.log}}
root: {level: WARNING, handlers: [file]}
"""


def synapse_python() -> Path | None:
    """Return the Python that has Synapse, None when there is none."""
    named = os.environ.get("STADTDRAHT_SYNAPSE")
    python = Path(named) if named else environments_folder() / "synapse" / "bin" / "python"
    known = python.exists() and any(python.parent.glob("synapse_homeserver"))
    return python if known else None


@dataclass
class Synapse:
    """A homeserver of our own; it can be killed and started again."""

    python: Path
    folder: Path
    port: int
    secret: str
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def prepare(self, *, limits: bool = False) -> None:
        settings = _CONFIGURATION.format(server=SERVER, port=self.port, secret=self.secret)
        (self.folder / "hs.yaml").write_text(settings + ("" if limits else _NO_LIMITS))
        (self.folder / "log.yaml").write_text(_LOGGING)
        key = self.folder / "signing.key"
        made = [self.python.parent / "generate_signing_key", "-o", key]
        subprocess.run(made, check=True, capture_output=True, timeout=60)

    def start(self) -> None:
        command = [self.python, "-m", "synapse.app.homeserver", "-c", "hs.yaml"]
        self.process = subprocess.Popen(
            command, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until and self.process.poll() is None:
            try:
                httpx.get(f"{self.url}/_matrix/client/versions", timeout=2).raise_for_status()
            except httpx.HTTPError:
                time.sleep(0.1)
            else:
                return
        self.stop()
        raise AssertionError("Synapse does not start; see hs.log")

    def stop(self, number: int = signal.SIGTERM) -> None:
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(30)
            self.process = None

    def register(self, name: str, password: str) -> str:
        """Make a person; returns the user id."""
        unique = f"{name}-{secrets.token_hex(3)}"
        command = [self.python.parent / "register_new_matrix_user", "-c", "hs.yaml", "-u", unique]
        command += ["-p", password, "--no-admin", self.url]
        subprocess.run(command, check=True, capture_output=True, cwd=self.folder, timeout=60)
        return f"@{unique}:{SERVER}"


def require_synapse() -> Path:
    """Return Synapse's Python; skip (or, under CI, fail) where there is none."""
    python = synapse_python()
    if python is None:
        reason = "Synapse is missing: set STADTDRAHT_SYNAPSE to the Python that has it"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    assert python is not None
    return python


@pytest.fixture(scope="session")
def synapse(tmp_path_factory) -> Iterator[Synapse]:
    """One homeserver without rate limits for the whole run."""
    python = require_synapse()
    server = Synapse(python, tmp_path_factory.mktemp("synapse"), free_port(), secrets.token_hex())
    server.prepare()
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def limited_synapse(tmp_path) -> Iterator[Synapse]:
    """A homeserver with the rate limits that Synapse has out of the box."""
    server = Synapse(require_synapse(), tmp_path, free_port(), secrets.token_hex())
    server.prepare(limits=True)
    server.start()
    try:
        yield server
    finally:
        server.stop()
