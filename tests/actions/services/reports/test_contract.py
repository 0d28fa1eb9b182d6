"""What every way of handing over a report keeps, in one suite for all of them."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from email import message_from_bytes, policy
from typing import Any

import httpx
import pytest
from aiosmtpd.smtp import SMTP

from actions.services.reports.adapter import DefectReports, Unknowable
from actions.services.reports.desk import DeskReports
from actions.services.reports.mail import MailReports, MailTable
from actions.services.reports.open311 import Klarschiff, KlarschiffTable, Open311, Open311Table
from actions.services.reports.report import Place, Report, State
from actions.services.reports.tickets import new_ticket
from actions.services.results import Found, Nothing, Rejected
from actions.services.transport import Transport
from service.clock import clock_of
from tests.actions.conftest import SUNDAY
from tests.actions.services.reports.conftest import report
from tests.actions.services.reports.fake import FakeReports
from tests.actions.services.reports.georeport_server import KEY, GeoReportServer

URL = "https://maengel.soest.de/georeport/v2"
NOW = clock_of(SUNDAY)
ADAPTERS = ["fake", "open311 json", "open311 xml", "klarschiff", "mail", "desk"]


@dataclass
class House:
    """An adapter and what arrived behind it."""

    adapter: DefectReports
    arrived: Callable[[], list[str]]


class Mailbox:
    """Keeps what a mail server took."""

    port = 0

    def __init__(self) -> None:
        self.messages: list[Any] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.messages.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


def _whole(message: Any) -> str:
    body = message.get_body() or message
    return f"{message['Subject']}\n{body.get_content()}"


def transport_to(server: Any) -> Transport:
    return Transport(httpx.AsyncClient(transport=httpx.MockTransport(server)), "maengel")


def open311(server: GeoReportServer, **table: Any) -> Open311:
    read = Open311Table(adapter="open311", url=URL, secret_env="TEST_OPEN311_KEY", **table)
    return Open311(transport_to(server), read, "Soest", NOW)


def klarschiff(server: GeoReportServer, **table: Any) -> Klarschiff:
    read = KlarschiffTable(adapter="klarschiff", url=URL, secret_env="TEST_OPEN311_KEY", **table)
    return Klarschiff(transport_to(server), read, "Soest", NOW)


def mail_table(port: int, **table: Any) -> MailTable:
    values = {"adapter": "mail", "url": f"smtp://127.0.0.1:{port}", "to": "bauhof@soest.de",
              "sender": "assistent@soest.de"}  # fmt: skip
    return MailTable(**(values | table))


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_OPEN311_KEY", KEY)


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    box = Mailbox()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(box, hostname="test"), "127.0.0.1", 0)
    box.port = server.sockets[0].getsockname()[1]
    yield box
    server.close()
    await server.wait_closed()


@pytest.fixture(params=ADAPTERS)
async def house(request: pytest.FixtureRequest, sqlite, seal, mailbox) -> AsyncIterator[House]:
    kind = request.param
    if kind == "fake":
        fake = FakeReports()
        yield House(fake, lambda: [each.marked_description for each in fake.taken])
    elif kind == "mail":
        adapter = MailReports(mail_table(mailbox.port), "Soest", NOW)
        yield House(adapter, lambda: [_whole(each) for each in mailbox.messages])
    elif kind == "desk":
        desk = DeskReports(sqlite, seal, NOW)
        tickets: list[str] = []
        submit = desk.submit

        async def noted(each: Report) -> Any:
            result = await submit(each)
            if isinstance(result, Found):
                status = await desk.status(each.ticket)
                tickets.append(f"[{each.ticket}] {status.data.description}")  # type: ignore[union-attr]
            return result

        desk.submit = noted  # type: ignore[method-assign]
        yield House(desk, lambda: tickets)
    else:
        server = GeoReportServer(json=kind != "open311 xml", klarschiff=kind == "klarschiff")
        adapter311 = klarschiff(server) if kind == "klarschiff" else open311(server)
        yield House(adapter311, lambda: [each["description"] for each in server.reports])


def ready(**changes: Any) -> Report:
    return replace(report(**changes), ticket=new_ticket())


async def test_a_report_arrives_with_its_number_and_words(house: House):
    sent = ready(description="Loch vor Müller & Söhne <Ecke>\nim „Weg“ 100 % tief")
    result = await house.adapter.submit(sent)
    assert isinstance(result, Found)
    assert result.source.title
    assert result.as_of == dt.date(2026, 11, 22)
    (arrived,) = house.arrived()
    assert sent.ticket in arrived
    for words in ("Müller & Söhne <Ecke>", "im „Weg“ 100 % tief"):
        assert words in arrived


async def test_what_lacks_place_or_words_is_rejected_by_us(house: House):
    for wrong, field in [
        (ready(place=Place()), "place"),
        (ready(description=" \n "), "description"),
    ]:
        result = await house.adapter.submit(wrong)
        assert isinstance(result, Rejected)
        assert field in result.fields
    assert house.arrived() == []


async def test_a_report_is_found_by_our_number_or_it_is_said_that_nobody_knows(house: House):
    sent, other = ready(), ready()
    before = await house.adapter.find(sent.ticket, NOW())
    assert isinstance(before, Nothing | Unknowable)
    result = await house.adapter.submit(sent)
    assert isinstance(result, Found)
    found = await house.adapter.find(sent.ticket, NOW())
    if isinstance(found, Found):
        assert found.data.number == result.data.number
    else:
        assert isinstance(found, Nothing if house.adapter.name == "mail" else Unknowable)
    assert not isinstance(await house.adapter.find(other.ticket, NOW()), Found)


async def test_the_state_is_told_by_number(house: House):
    result = await house.adapter.submit(ready())
    assert isinstance(result, Found)
    number = result.data.number
    if number is not None:
        status = await house.adapter.status(number)
        assert isinstance(status, Found)
        assert (status.data.number, status.data.state) == (number, State.RECEIVED)
        assert "secret" not in repr(status)
        assert "0900" not in repr((status, result))
    for unknown in ("99999", "abc", "../../admin", "1/..", "ä ö", "?x=1", "M-7K3F-9QXA"):
        assert isinstance(await house.adapter.status(unknown), Nothing)


async def test_open_reports_around_a_place_nearest_first(house: House):
    there, near, far = (51.57110, 8.10570), (51.57130, 8.10570), (51.6000, 8.10570)
    for lat, lon in (near, far, there):
        await house.adapter.submit(ready(place=Place("Hellweg", lat, lon)))
    await house.adapter.submit(ready(place=Place("Hellweg 3")))
    found = await house.adapter.nearby(*there)
    if house.adapter.name == "mail":
        assert isinstance(found, Nothing)
        return
    assert isinstance(found, Found)
    points = [each.place.point for each in found.data]
    assert len(points) == 2
    assert set(points) == {there, near}
    if house.adapter.name != "fake":
        assert points == [there, near]


async def test_categories_definition_and_coverage_have_plain_answers(house: House):
    categories = await house.adapter.categories()
    assert isinstance(categories, Found)
    assert all(each.code and each.name for each in categories.data)
    assert isinstance(await house.adapter.definition("1"), Found)
    unknown = await house.adapter.definition("999")
    assert isinstance(unknown, Found if not categories.data else Nothing)
    assert isinstance(await house.adapter.coverage(51.57, 8.1), Found | Nothing)
    outside = await house.adapter.coverage(48.1, 11.5)
    assert isinstance(outside, Nothing) or outside == replace(outside, data=False)


async def test_an_adapter_says_what_it_needs_and_takes(house: House):
    assert house.adapter.name
    assert house.adapter.needs <= {"email"}
    assert isinstance(house.adapter.takes_photos, bool)
    if "email" in house.adapter.needs:
        anonymous = ready(contact=type(report().contact)())
        result = await house.adapter.submit(anonymous)
        assert isinstance(result, Rejected)
        assert set(result.fields) == {"email"}
