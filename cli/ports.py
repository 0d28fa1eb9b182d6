"""Ports of this machine: bound at once, or found free."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

from cli.environments import SetupProblem

LOOPBACK = "127.0.0.1"


@contextlib.contextmanager
def bound_listener(host: str, port: int) -> Iterator[socket.socket]:
    """Give a socket bound to an address; port 0 takes a free one.

    Raises:
        SetupProblem: the port is taken.
    """
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise SetupProblem(
            f"Auf {host} ist der Port {port} belegt. Läuft Stadtdraht schon? Sonst anderen Port "
            "wählen: STADTDRAHT_PUBLIC_PORT oder STADTDRAHT_INTERNAL_PORT."
        ) from error
    try:
        yield listener
    finally:
        listener.close()


def free_port() -> int:
    """Return a port of the loopback address that is free now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
