"""The Matrix accounts as this installation runs them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from channels.matrix.accounts import Account, AccountsError, load_accounts
from cli.environments import SetupProblem
from cli.serving import serve_alone
from contracts.hub import HubClient
from service.settings import Settings


def matrix_accounts(settings: Settings) -> tuple[Account, ...]:
    """Return the accounts of this installation, none when no file is named.

    Raises:
        SetupProblem: the file is wrong; it names table, key and mend.
    """
    if not settings.matrix_accounts:
        return ()
    try:
        return load_accounts(Path(settings.matrix_accounts))
    except AccountsError as error:
        raise SetupProblem(f"Matrix: {error}") from error


@contextlib.asynccontextmanager
async def serving_matrix(settings: Settings, hub: HubClient) -> AsyncIterator[None]:
    """Serve the Matrix accounts, if there are any, until the context is left.

    Raises:
        SetupProblem: the file of the accounts is wrong.
    """
    accounts = matrix_accounts(settings)
    if not accounts:
        yield
        return
    from channels.matrix.connector import StoreUnreadable, run  # nio takes a second to import

    stop = asyncio.Event()
    folder = settings.home / "matrix"
    running = asyncio.create_task(run(accounts, folder, settings.address_key, hub, stop))
    await asyncio.sleep(0)  # what is wrong with the stores shows at the first step
    if running.done():
        try:
            running.result()
        except StoreUnreadable as error:
            raise SetupProblem(
                f"{folder} gehört zu einem anderen STADTDRAHT_ADDRESS_KEY. Mit dem alten Schlüssel "
                "starten oder den Ordner löschen (die Konten melden sich dann neu an)."
            ) from error
    try:
        yield
    finally:
        stop.set()
        await running


async def serve_matrix(settings: Settings) -> None:
    """Serve the Matrix accounts alone until SIGTERM or Ctrl-C.

    Raises:
        SetupProblem: there are no accounts, or their file is wrong.
    """
    if not matrix_accounts(settings):
        raise SetupProblem("Kein Matrix-Konto: STADTDRAHT_MATRIX_ACCOUNTS nennt keine Datei.")
    await serve_alone(settings, serving_matrix)
