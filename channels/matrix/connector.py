"""The Matrix connector: all accounts of an installation in one event loop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from pathlib import Path

import structlog

from channels.deliveries import Courier, carry
from channels.matrix import metrics
from channels.matrix.accounts import Account
from channels.matrix.addresses import CHANNEL
from channels.matrix.homeserver import (
    Homeserver,
    LoggedOut,
    MatrixError,
    RateLimited,
    ServerRefused,
)
from channels.matrix.receiver import Receiver
from channels.matrix.sender import Desk, Sender
from channels.matrix.signing import ForeignIdentity, sign_device
from channels.matrix.store import Store, StoreUnreadable
from contracts.hub import HubClient

__all__ = ["StoreUnreadable", "run"]

LONGEST_PAUSE_SECONDS = 300.0
RESTART_SECONDS = 2.0

log = structlog.get_logger(__name__)


async def run(
    accounts: Sequence[Account], folder: Path, key: str, hub: HubClient, stop: asyncio.Event
) -> None:
    """Serve some accounts until ``stop`` is set.

    Args:
        accounts: the accounts; each gets a folder of its own.
        folder: where they keep their memory and their keys.
        key: the installation's secret (``address_key``).
        hub: the conversation service.
        stop: ends everything; it can be cut off at any point without loss.

    Raises:
        StoreUnreadable: a store was sealed with another key.
    """
    colleagues = frozenset(account.user for account in accounts)
    works = [_Work(account, folder / account.name, key, hub, colleagues) for account in accounts]
    sender = Sender({work.account.name: work.desk for work in works})
    courier = Courier(hub, CHANNEL, sender.deliver)
    try:
        await carry(courier, (work.run() for work in works), stop)
    finally:
        for work in works:
            await work.close()


class _Work:
    """One account: logs in, receives, and begins again after whatever happens."""

    def __init__(
        self,
        account: Account,
        folder: Path,
        key: str,
        hub: HubClient,
        colleagues: frozenset[str],
    ) -> None:
        self.account = account
        self._folder = folder
        self._store = Store(folder / "connector.sqlite", key)
        self._hub = hub
        self._colleagues = colleagues
        self._server = self._new_server()
        self.desk = Desk(self._server, self._store, asyncio.Event(), asyncio.Event())

    async def run(self) -> None:
        """Serve the account until cancelled, or until its server refuses the login."""
        pause = RESTART_SECONDS
        while True:
            try:
                await self._log_in()
                pause = RESTART_SECONDS
                await self._receive()
            except LoggedOut as ended:
                await self._begin_again(keep_device=ended.soft)
            except ServerRefused as refusal:
                metrics.UP.labels(self.account.name).set(0)
                log.error("matrix_login_refused", account=self.account.name, code=refusal.code)
                return
            except MatrixError as error:
                pause = _pause_after(error, pause)
                log.warning("matrix_login_failed", account=self.account.name, error=str(error))
            except Exception:
                log.exception("matrix_account_failed", account=self.account.name)
            self.desk.ready.clear()
            await asyncio.sleep(pause)

    async def close(self) -> None:
        """Close connections and files."""
        await self._server.close()
        self._store.close()

    async def _log_in(self) -> None:
        """Go on with the last login; log in where there is none or it must be renewed.

        Servers allow few logins, so a token is used until it is refused.
        """
        known = self._store.login()
        if known is not None and known[1]:
            self._server.resume(*known)
            return
        device, access_token = await self._server.login(known[0] if known else None)
        self._store.keep_login(device, access_token)
        log.info("matrix_logged_in", account=self.account.name)

    async def _receive(self) -> None:
        receiver = Receiver(
            self.account, self._server, self._store, self._hub, self._colleagues, self.desk.ready
        )
        vouching = asyncio.create_task(self._vouch())
        receiving = asyncio.create_task(receiver.run())
        leaving = asyncio.create_task(self.desk.logged_out.wait())
        try:
            await asyncio.wait({receiving, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if receiving.done():
                receiving.result()
            raise LoggedOut(soft=self.desk.keeps_device)
        finally:
            self.desk.logged_out.clear()
            for task in (vouching, receiving, leaving):
                task.cancel()
            await asyncio.gather(vouching, receiving, leaving, return_exceptions=True)
            await receiver.close()

    async def _vouch(self) -> None:
        """Sign our device once the first sync has published its keys."""
        await self.desk.ready.wait()
        try:
            await sign_device(self._server, self._store)
        except ForeignIdentity:
            log.error("matrix_identity_foreign", account=self.account.name)
        except MatrixError as error:
            log.warning("matrix_signing_failed", account=self.account.name, error=str(error))

    async def _begin_again(self, *, keep_device: bool) -> None:
        """Prepare a new login; a device that the server deleted is not used again."""
        log.warning("matrix_logged_out", account=self.account.name, soft=keep_device)
        metrics.UP.labels(self.account.name).set(0)
        known = self._store.login()
        self._store.keep_login(known[0] if known and keep_device else "", "")
        with contextlib.suppress(MatrixError):
            await self._server.close()
        self._server = self.desk.server = self._new_server()

    def _new_server(self) -> Homeserver:
        return Homeserver(self.account, self._folder, self._store.pickle_key())


def _pause_after(error: MatrixError, pause: float) -> float:
    longer = error.seconds if isinstance(error, RateLimited) else pause * 2
    return min(longer, LONGEST_PAUSE_SECONDS)
