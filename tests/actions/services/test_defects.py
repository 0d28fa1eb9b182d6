"""Defect reports as the answers reach them: tables of towns, the queue, numbers, time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from actions.services import defects
from actions.services.defects import Defects, ReportStore, open_defects
from actions.services.endpoints import FILE, Endpoints, EndpointsError
from actions.services.records import load_records
from actions.services.reports.report import Place, State
from actions.services.results import Found, Nothing, Unavailable
from actions.services.store import RecordsStore
from service.clock import clock_of
from tests.actions.conftest import SUNDAY
from tests.actions.services.reports.conftest import report
from tests.actions.services.reports.georeport_server import KEY, GeoReportServer

TABLE = """
[maengel]
adapter = "open311"
url = "https://maengel.soest.de/georeport/v2"
secret_env = "TEST_OPEN311_KEY"
other_code = "1"
frame = [51.5, 8.0, 51.6, 8.2]
"""


@pytest.fixture
async def opened(
    content: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Callable[..., Defects]]:
    """Open the service over a table of Soest; Olpe has none."""
    monkeypatch.setenv("TEST_OPEN311_KEY", KEY)
    made: list[Defects] = []

    def make(server: Any, table: str = TABLE, url: str = "") -> Defects:
        (content / "municipalities" / "soest" / FILE).write_text(table, encoding="utf-8")
        store = RecordsStore(content)
        http = httpx.AsyncClient(transport=httpx.MockTransport(server))
        kept = ReportStore(url or f"sqlite:///{tmp_path / 'reports.sqlite'}", "s" * 32)
        endpoints = Endpoints(content, store.current())
        made.append(open_defects(store, endpoints, http, clock_of(SUNDAY), kept))
        return made[-1]

    yield make
    for each in made:
        await each.close()


async def test_a_report_reaches_the_back_end_of_its_town_and_can_be_asked_by_our_number(opened):
    server = GeoReportServer()
    service = opened(server)
    entry = await service.submit(report(), "k1", "c_1")
    assert (entry.state, entry.number) == ("delivered", "1")
    for number in (entry.ticket, entry.ticket.lower().replace("-", " "), "1"):
        status = await service.status("soest", f"{number}")
        assert isinstance(status, Found), number
        assert status.data.state is State.RECEIVED
    assert isinstance(await service.status("soest", "99"), Nothing)
    assert isinstance(await service.status("soest", "M-3333-3333"), Nothing)
    again = await service.submit(report(), "k1", "c_1")
    assert again.ticket == entry.ticket
    assert len(server.reports) == 1


async def test_a_town_without_table_is_served_by_its_own_staff(opened):
    service = opened(GeoReportServer())
    entry = await service.submit(report(town="olpe"), "k1", "c_1")
    assert entry.number == entry.ticket
    assert len(await service.desk.open_reports("olpe")) == 1
    assert await service.forget("c_1") == 1


async def test_a_back_end_that_is_away_costs_the_citizen_nothing(opened):
    def away(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    service = opened(away)
    entry = await service.submit(report(), "k1", "c_1")
    assert entry.state == "queued"
    status = await service.status("soest", entry.ticket)
    assert isinstance(status, Found)
    assert status.data.state is State.QUEUED


async def test_a_back_end_that_hangs_holds_nobody_up(opened, monkeypatch):
    monkeypatch.setattr(defects, "DELIVER_SECONDS", 0.05)
    monkeypatch.setattr(defects, "ASK_SECONDS", 0.05)

    async def hang(_request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(30)
        return httpx.Response(200)

    service = opened(hang)
    entry = await service.submit(report(), "k1", "c_1")
    assert entry.ticket
    stored = await service.queue.entry(entry.ticket)
    assert stored is not None
    assert stored.state == "sending"
    assert await service.nearby("soest", Place(lat=51.57, lon=8.1)) == ()
    assert isinstance(await service.status("soest", "1"), Unavailable)


async def test_nothing_is_promised_when_nothing_can_be_stored(opened, tmp_path: Path):
    (tmp_path / "folder").mkdir()
    service = opened(GeoReportServer(), url=f"sqlite:///{tmp_path / 'folder'}")
    assert isinstance(await service.submit(report(), "k1", "c_1"), Unavailable)
    assert isinstance(await service.status("soest", "M-3333-3333"), Unavailable | Nothing)


async def test_coverage_and_what_is_near(opened):
    service = opened(GeoReportServer())
    assert await service.covered("soest", Place(lat=51.57, lon=8.1)) is True
    assert await service.covered("soest", Place(lat=48.1, lon=11.5)) is False
    assert await service.covered("soest", Place("Hellweg")) is None
    assert await service.covered("olpe", Place(lat=51.57, lon=8.1)) is None
    await service.submit(report(), "k1", "c_1")
    near = await service.nearby("soest", Place(lat=51.5711, lon=8.1057))
    assert [each.number for each in near] == ["1"]
    assert await service.nearby("soest", Place("Hellweg")) == ()


async def test_places_use_the_streets_of_the_town(opened):
    service = opened(GeoReportServer())
    assert service.place_in("soest", "Loch am hellweg 3").place == Place("Hellweg 3")
    assert service.place_in("olpe", "am Markt").place == Place()
    assert service.place_answer("soest", "jakobi str").place == Place("Jakobistraße")
    assert service.needs("soest") == service.needs("olpe") == frozenset()


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (TABLE.replace("open311", "open312"), "use one of open311, klarschiff, mail, desk"),
        (TABLE + 'photo = "fax"\n', "[maengel] photo"),
        ('[maengel]\nadapter = "mail"\nurl = "smtps://mail.soest.de"\nto = "x"\n', "[maengel] to"),
        (
            '[maengel]\nadapter = "mail"\nurl = "smtps://mail.example"\nto = "a@b.de"\nsender = "a@b.de"\n',
            "mail.example is not allowed",
        ),
    ],
)
def test_a_wrong_table_is_told_at_start(content: Path, table: str, told: str):
    (content / "municipalities" / "soest" / FILE).write_text(table, encoding="utf-8")
    store = RecordsStore(content)
    endpoints = Endpoints(content, load_records(content))
    with pytest.raises(EndpointsError) as caught:
        open_defects(store, endpoints, httpx.AsyncClient(), clock_of(SUNDAY), None)
    assert told in str(caught.value)


@pytest.mark.parametrize("url", ["smtp://mail.soest.de", "smtps://mail.soest.de:465"])
def test_mail_servers_of_the_town_are_addresses(content: Path, url: str):
    table = (
        f'[maengel]\nadapter = "mail"\nurl = "{url}"\nto = "a@soest.de"\nsender = "b@soest.de"\n'
    )
    (content / "municipalities" / "soest" / FILE).write_text(table, encoding="utf-8")
    store = RecordsStore(content)
    endpoints = Endpoints(content, load_records(content))
    service = open_defects(store, endpoints, httpx.AsyncClient(), clock_of(SUNDAY), None)
    assert service.queue.adapter_of("soest").name == "mail"
