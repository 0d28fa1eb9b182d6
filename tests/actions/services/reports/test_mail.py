"""Reports as mail, against a real SMTP server on the loopback and against broken ones."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP

from actions.services.reports import mail
from actions.services.reports.mail import MailReports
from actions.services.reports.report import Contact, Photo, Place
from actions.services.reports.tickets import new_ticket
from actions.services.results import Found, Nothing, Rejected, Unavailable
from tests.actions.services.reports.conftest import report
from tests.actions.services.reports.test_contract import NOW, Mailbox, mail_table, mailbox

__all__ = ["mailbox"]

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def mails(port: int, **table: Any) -> MailReports:
    return MailReports(mail_table(port, **table), "Soest", NOW)


@pytest.fixture
async def serve() -> AsyncIterator[Callable[[Talk], Awaitable[int]]]:
    """Start a server that talks as it likes; return its port."""
    servers: list[asyncio.Server] = []
    tasks: set[asyncio.Task[None]] = set()

    async def start(talk: Talk) -> int:
        async def run(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            tasks.add(task)
            try:
                await talk(reader, writer)
            except (ConnectionError, asyncio.CancelledError):
                pass
            finally:
                writer.transport.abort()

        servers.append(await asyncio.start_server(run, "127.0.0.1", 0))
        return int(servers[-1].sockets[0].getsockname()[1])

    yield start
    for server in servers:
        server.close()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.sleep(0)


async def test_the_mail_says_everything_once(mailbox: Mailbox):
    photo = Photo(b"\xff\xd8\xff jpeg")
    sent = replace(report(photo=photo, attributes=(("Tiefe", "10 cm"),)), ticket=new_ticket())
    assert isinstance(await mails(mailbox.port).submit(sent), Found)
    (message,) = mailbox.messages
    assert message["Subject"] == f"Mängelmeldung {sent.ticket}: Schlagloch, Lindenstraße 12"
    assert message["Message-ID"] == f"<{sent.ticket.lower()}@soest.de>"
    assert message["Reply-To"] == "erika@example.org"
    assert message["To"] == "bauhof@soest.de"
    body, picture = message.get_body().get_content(), next(message.iter_attachments())
    for words in ("Tiefes Loch", "51.57110, 8.10570", "Tiefe: 10 cm", "Erika Muster", "103-0"):
        assert words in body
    assert picture.get_content() == photo.content


async def test_the_same_report_is_the_same_mail(mailbox: Mailbox):
    sent = replace(report(), ticket=new_ticket())
    for _ in range(2):
        await mails(mailbox.port).submit(sent)
    first, second = mailbox.messages
    assert first["Message-ID"] == second["Message-ID"]
    assert isinstance(await mails(mailbox.port).find(sent.ticket, NOW()), Nothing)


async def test_nobody_adds_a_receiver_by_a_report(mailbox: Mailbox):
    sent = replace(
        report(
            title="Loch\r\nBcc: alle@example.org",
            place=Place("Weg 1\nTo: x@example.org"),
            contact=Contact("a@example.org\r\nBcc: b@example.org"),
        ),
        ticket=new_ticket(),
    )
    await mails(mailbox.port).submit(sent)
    (message,) = mailbox.messages
    assert message["Bcc"] is None
    assert message.get_all("To") == ["bauhof@soest.de"]


async def test_an_anonymous_report_says_so(mailbox: Mailbox):
    await mails(mailbox.port).submit(replace(report(contact=Contact()), ticket=new_ticket()))
    (message,) = mailbox.messages
    assert message["Reply-To"] is None
    assert "anonym" in message.get_content()


async def test_a_full_mailbox_is_asked_later_and_a_refusing_one_is_not():
    class Refusing(Mailbox):
        answer = "452 Mailbox full"

        async def handle_RCPT(self, *_arguments: Any) -> str:  # noqa: N802 - aiosmtpd's name
            return self.answer

    box = Refusing()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(box, hostname="test"), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    full = await mails(port).submit(replace(report(), ticket="M-1"))
    assert isinstance(full, Unavailable)
    assert not full.sent
    box.answer = "550 No such user"
    assert isinstance(await mails(port).submit(replace(report(), ticket="M-1")), Rejected)
    server.close()
    await server.wait_closed()


async def test_nobody_there_is_surely_not_sent(serve: Callable[[Talk], Awaitable[int]]):
    async def closed(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        return

    result = await mails(await serve(closed)).submit(replace(report(), ticket="M-1"))
    assert isinstance(result, Unavailable)
    assert not result.sent


async def _greeting(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, upto: bytes
) -> None:
    """Behave until a command comes."""
    writer.write(b"220 test\r\n")
    while line := await reader.readline():
        if line.upper().startswith(upto):
            return
        if line.upper().startswith(b"DATA"):
            writer.write(b"354 go\r\n")
            await reader.readuntil(b"\r\n.\r\n")
            return
        writer.write(b"250 ok\r\n")


@pytest.mark.parametrize("trouble", ["hang", "garbage", "10 MB", "cut", "wrong charset"])
async def test_a_broken_server_is_unavailable_in_time(
    serve: Callable[[Talk], Awaitable[int]], trouble: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(mail, "CONNECT_SECONDS", 0.3)
    monkeypatch.setattr(mail, "SEND_SECONDS", 0.6)
    said = {"garbage": b"\x00\xff\x9f\r\n", "10 MB": b"220-" + b"x" * 10_000_000, "cut": b"220-a\r\n",
            "wrong charset": "250 Straße\r\n".encode("utf-16")}  # fmt: skip

    async def talk(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if trouble == "hang":
            await asyncio.sleep(30)
        writer.write(said[trouble])
        await writer.drain()

    port = await serve(talk)
    for _ in range(3):
        result = await mails(port).submit(replace(report(), ticket="M-1"))
        assert isinstance(result, Unavailable)
        assert not result.sent


@pytest.mark.parametrize("upto", [b"MAIL", b"RCPT", b"DATA", b"."])
async def test_a_server_that_goes_silent_may_have_the_mail(
    serve: Callable[[Talk], Awaitable[int]], upto: bytes, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(mail, "CONNECT_SECONDS", 0.3)
    monkeypatch.setattr(mail, "SEND_SECONDS", 0.6)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _greeting(reader, writer, upto)
        await asyncio.sleep(30)

    result = await mails(await serve(talk)).submit(replace(report(), ticket="M-1"))
    assert isinstance(result, Unavailable)
    assert result.sent
