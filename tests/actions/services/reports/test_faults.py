"""F10 on real sockets: a report to a broken GeoReport server ends in time and stays in the queue."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import httpx
import pytest

from actions.services import transport
from actions.services.reports.database import ReportDatabase
from actions.services.reports.desk import DeskReports
from actions.services.reports.open311 import Open311, Open311Table
from actions.services.reports.queue import QUEUED, SENDING, ReportQueue
from actions.services.reports.sealing import Seal
from actions.services.reports.tickets import new_ticket
from actions.services.results import Unavailable
from actions.services.transport import Transport
from tests.actions.services.reports.conftest import report
from tests.actions.services.reports.test_contract import NOW
from tests.actions.services.reports.test_mail import serve

__all__ = ["serve"]

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
FAULTS = {
    "hang": b"",
    "no HTTP": b"SSH-2.0-OpenSSH_9.6\r\n",
    "cut": HEAD + b'content-length: 900\r\n\r\n[{"service_request_id": 1',
    "cut in a chunk": HEAD + b"transfer-encoding: chunked\r\n\r\nff\r\n[{",
    "10 MB": HEAD + b"content-length: 10000000\r\n\r\n" + b"[" * 10_000_000,
    "empty": HEAD + b"content-length: 0\r\n\r\n",
    "500": b"HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n",
    "away": b"HTTP/1.1 302 Found\r\nlocation: https://boese.example/\r\ncontent-length: 0\r\n\r\n",
}


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient() as client:
        yield client


def adapter(http: httpx.AsyncClient, port: int, scheme: str = "http") -> Open311:
    table = Open311Table(
        adapter="open311",
        url=f"{scheme}://127.0.0.1:{port}",
        hosts=("127.0.0.1",),
        format="json",
        codes={"schlagloch": "1"},
    )
    return Open311(Transport(http, "maengel"), table, "Soest", NOW)


async def answering(serve: Callable[[Talk], Awaitable[int]], fault: str) -> int:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        if fault == "hang":
            await asyncio.sleep(30)
        writer.write(FAULTS[fault])
        await writer.drain()

    return await serve(talk)


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_is_unavailable_in_time_and_the_breaker_spares_the_server(
    serve, http: httpx.AsyncClient, fault: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(transport, "READ_SECONDS", 0.1)
    broken = adapter(http, await answering(serve, fault))
    begun = time.monotonic()
    results = [await broken.submit(replace(report(), ticket=new_ticket())) for _ in range(50)]
    assert time.monotonic() - begun < 10
    assert all(isinstance(each, Unavailable) for each in results)
    sent = [each.sent for each in results if isinstance(each, Unavailable)]
    assert sent == [True] * 5 + [False] * 45


@pytest.mark.parametrize(("fault", "state"), [("hang", SENDING), ("cut", SENDING)])
async def test_a_report_to_a_broken_server_waits_in_the_queue(
    serve, http, sqlite: ReportDatabase, seal: Seal, fault: str, state: str, monkeypatch
):
    monkeypatch.setattr(transport, "READ_SECONDS", 0.1)
    town = adapter(http, await answering(serve, fault))
    queue = ReportQueue(sqlite, seal, {"soest": town}, DeskReports(sqlite, seal, NOW))
    entry = await queue.accept(report(), "k1", "c_1")
    stands = await queue.deliver(entry.ticket)
    assert stands is not None
    assert stands.state == state


async def test_nobody_listening_and_no_tls_were_surely_not_sent(
    serve, http: httpx.AsyncClient, sqlite: ReportDatabase, seal: Seal
):
    port = await answering(serve, "no HTTP")
    without_tls = await adapter(http, port, "https").submit(replace(report(), ticket="M-1"))
    assert isinstance(without_tls, Unavailable)
    assert not without_tls.sent
    closed = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = closed.sockets[0].getsockname()[1]
    closed.close()
    await closed.wait_closed()
    town = adapter(http, port)
    queue = ReportQueue(sqlite, seal, {"soest": town}, DeskReports(sqlite, seal, NOW))
    entry = await queue.accept(report(), "k1", "c_1")
    stands = await queue.deliver(entry.ticket)
    assert stands is not None
    assert stands.state == QUEUED
