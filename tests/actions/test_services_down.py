"""F10 over real sockets: broken services, and a citizen who still gets an answer with a way on.

All services of one town point to one server on loopback that misbehaves. The answers
come in time, in words, and questions that need no service are not held up.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import ipaddress
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from actions.services.results import Unavailable
from actions.services.transport import Transport
from tests.actions.conftest import ActionServer

TIMES = 50
LIMIT_SECONDS = 10.0
Misbehave = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"


async def hang(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


async def drip(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD % 1_000)
    for _ in range(600):
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.1)


def says(content: bytes, head: bytes | None = None) -> Misbehave:
    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            writer.write((HEAD % len(content) if head is None else head) + content)
            await writer.drain()

    return answer


MISBEHAVIOURS: dict[str, Misbehave] = {
    "hangs": hang,
    "drips": drip,
    "500": says(b"", b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"),
    "garbage": says(b"\x00\xff garbage {"),
    "10 MB": says(b"[" + b"0," * 5_000_000 + b"0]"),
    "cut": says(b'{"data": [{"id"', HEAD % 5_000),
    "wrong charset": says('{"name": "Straße"}'.encode("latin-1")),
    "no http": says(b"SSH-2.0-OpenSSH\r\n", b""),
    "redirect": says(
        b"", b"HTTP/1.1 302 Go\r\nLocation: http://192.0.2.1/\r\nContent-Length: 0\r\n\r\n"
    ),
}

ASKED: dict[str, tuple[str, dict[str, str], str]] = {
    "action_abfall_abholtermin": ("", {"strasse": "Jakobistraße", "hausnummer": "7"}, "115"),
    "action_stoerung_warnung": ("", {}, "keine Auskunft möglich"),
    "action_oepnv_abfahrt": ("bus ab Bahnhof", {}, "kann ich gerade nicht nachsehen"),
    "action_ratssitzung": ("", {}, "Sitzungskalender erreiche ich gerade nicht"),
    "action_veranstaltungen": ("", {}, "Veranstaltungskalender erreiche ich gerade nicht"),
    "action_parken": ("ist noch was frei", {}, "Messwerte kann ich gerade nicht abrufen"),
}
"""Action, words, entities, and what the answer has to say instead of a guess."""

TABLES = """
[abfall]
adapter = "lobbe"
url = "http://{host}/wp-admin/admin-ajax.php"
place = "Soest"
[warnungen]
adapter = "nina"
url = "http://{host}/api31"
[oepnv]
adapter = "efa"
url = "http://{host}/efa"
place = "Soest"
[rat]
adapter = "oparl"
url = "http://{host}/oparl"
[veranstaltungen]
adapter = "ics"
url = "http://{host}/kalender.ics"
[datenplattform]
adapter = "ngsi-ld"
url = "http://{host}/ngsi-ld/v1/entities/"
"""
ANSWERS = "\n".join(
    f"{action.removeprefix('action_')}: {{opening: So kommen Sie weiter}}"
    for action in (
        "action_oepnv_abfahrt",
        "action_ratssitzung",
        "action_veranstaltungen",
        "action_parken",
    )
)


class BrokenServer:
    """A server on loopback that answers as it is told and counts connections."""

    def __init__(self, misbehave: Misbehave) -> None:
        self.misbehave = misbehave
        self.calls = 0
        self.open: set[asyncio.Task[Any]] = set()

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.calls += 1
        task = asyncio.current_task()
        if task is not None:
            self.open.add(task)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                await reader.readuntil(b"\r\n\r\n")
                await self.misbehave(reader, writer)
        except asyncio.CancelledError:
            pass
        finally:
            writer.close()


@contextlib.asynccontextmanager
async def serving(server: BrokenServer, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    listener = await asyncio.start_server(server, "127.0.0.1", 0, ssl=tls)
    yield listener.sockets[0].getsockname()[1]
    listener.close()
    for task in server.open:
        task.cancel()
    await asyncio.gather(*server.open, return_exceptions=True)


def connect(content: Path, port: int) -> None:
    folder = content / "municipalities" / "soest"
    town = (folder / "town.yml").read_text(encoding="utf-8")
    allowed = town.replace("[soest.de]", f'[soest.de, "127.0.0.1:{port}"]')
    (folder / "town.yml").write_text(allowed, encoding="utf-8")
    tables = TABLES.format(host=f"127.0.0.1:{port}")
    (folder / "services.toml").write_text(tables, encoding="utf-8")
    (content / "de" / "answers" / "dienste.yml").write_text(ANSWERS, encoding="utf-8")


async def ask(server: ActionServer, action: str) -> tuple[str, float]:
    words, entities, _ = ASKED[action]
    begin = time.monotonic()
    turn = await server.run(action, words, entities, {"stadt": "soest"})
    return turn.text, time.monotonic() - begin


@pytest.mark.parametrize("trouble", MISBEHAVIOURS)
async def test_fifty_citizens_get_an_honest_answer_in_time(
    serve: Callable[..., ActionServer], content: Path, trouble: str
):
    broken = BrokenServer(MISBEHAVIOURS[trouble])
    async with serving(broken) as port, httpx.AsyncHTTPTransport() as network:
        connect(content, port)
        server = serve(content, transport=network)
        first = asyncio.gather(*(ask(server, action) for action in ASKED for _ in range(6)))
        begin = time.monotonic()
        hours = await server.run(
            "action_oeffnungszeiten", "", {"amt": "buergerbuero"}, {"stadt": "soest"}
        )
        unharmed = time.monotonic() - begin
        results = [(await first)[number * 6 : number * 6 + 6] for number in range(len(ASKED))]
        calls = broken.calls
        for _ in range(TIMES - 6):
            again = await asyncio.gather(*(ask(server, action) for action in ASKED))
            for number, one in enumerate(again):
                results[number].append(one)
    for action, told in zip(ASKED, results, strict=True):
        for text, seconds in told:
            assert ASKED[action][2] in text, (action, text)
            assert seconds < LIMIT_SECONDS, (action, seconds)
    assert "Bürgerbüro" in hours.text
    assert unharmed < 2.0, "a question that needs no service waits for none"
    assert broken.calls == calls, "the breakers are open"


def certificate(valid_until: dt.datetime) -> tuple[bytes, bytes]:
    """Return a self-signed certificate for 127.0.0.1 and its key as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(valid_until - dt.timedelta(days=30))
        .not_valid_after(valid_until)
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    pem = serialization.Encoding.PEM
    return built.public_bytes(pem), key.private_bytes(pem, form, plain)


@pytest.mark.parametrize("expired", [True, False])
async def test_an_expired_certificate_is_refused(tmp_path: Path, expired: bool):
    now = dt.datetime.now(dt.UTC)
    cert, key = certificate(now + dt.timedelta(days=-1 if expired else 10))
    (tmp_path / "cert.pem").write_bytes(cert)
    (tmp_path / "key.pem").write_bytes(key)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    trusting = ssl.create_default_context(cafile=str(tmp_path / "cert.pem"))
    server = BrokenServer(says(b"ok"))
    async with serving(server, tls) as port, httpx.AsyncClient(verify=trusting) as http:
        transport = Transport(http, "test")
        found = await transport.get(f"https://127.0.0.1:{port}/", ("127.0.0.1",))
    if expired:
        assert isinstance(found, Unavailable)
        assert found.reason == "ConnectError"
    else:
        assert not isinstance(found, Unavailable), "the same server with a valid one is trusted"
