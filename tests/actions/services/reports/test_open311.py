"""The quirks of real GeoReport servers and of the CitySDK dialect."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from actions.services.reports.adapter import Unknowable
from actions.services.reports.open311 import Open311, Open311Table
from actions.services.reports.report import Contact, Photo, Place, Receipt, Report, State
from actions.services.reports.tickets import new_ticket
from actions.services.results import Found, Nothing, Rejected, Unavailable
from actions.services.transport import Transport
from tests.actions.services.reports.conftest import report
from tests.actions.services.reports.georeport_server import KEY, GeoReportServer
from tests.actions.services.reports.test_contract import NOW, URL, key, klarschiff, open311
from tests.actions.services.reports.test_georeport import RECORDED
from tests.actions.services.stubs import TROUBLES, StubProvider

__all__ = ["key"]

PHOTO = Photo(b"\xff\xd8\xff jpeg")


def ready(**changes: Any) -> Report:
    return replace(report(**changes), ticket=new_ticket())


async def test_the_form_carries_what_the_standard_names():
    server = GeoReportServer()
    sent = ready(attributes=(("TIEFE", "10 cm"),))
    await open311(server, jurisdiction="soest.de").submit(sent)
    form = server.reports[0]["form"]
    assert form == {
        "api_key": KEY,
        "service_code": "1",
        "description": f"[{sent.ticket}] Tiefes Loch vor dem Haus",
        "lat": "51.5711",
        "long": "8.1057",
        "address_string": "Lindenstraße 12",
        "email": "erika@example.org",
        "phone": "02921 103-0",
        "first_name": "Erika",
        "last_name": "Muster",
        "attribute[TIEFE]": "10 cm",
    }


async def test_a_photo_goes_only_where_the_server_takes_it():
    plain, taking = GeoReportServer(), GeoReportServer()
    await open311(plain).submit(ready(photo=PHOTO))
    assert not open311(plain).takes_photos
    assert "media" not in plain.reports[0]["form"]
    adapter = open311(taking, photo="multipart")
    assert adapter.takes_photos
    await adapter.submit(ready(photo=PHOTO))
    assert taking.reports[0]["form"]["media"] == PHOTO.content
    assert taking.reports[0]["form"]["address_string"] == "Lindenstraße 12"


async def test_klarschiff_gets_mail_keyword_consent_and_the_photo_as_text():
    server = GeoReportServer(klarschiff=True)
    await klarschiff(server).submit(ready(photo=PHOTO))
    form = server.reports[0]["form"]
    assert form["keyword"] == "problem"
    assert form["privacy_policy_accepted"] == "true"
    assert base64.b64decode(form["media"]) == PHOTO.content
    assert "extended_attributes" in server.reports[0]


async def test_klarschiff_without_mail_is_asked_for_it_unless_the_town_lends_its_own():
    server = GeoReportServer(klarschiff=True)
    anonymous = ready(contact=Contact())
    refused = await klarschiff(server).submit(anonymous)
    assert isinstance(refused, Rejected)
    assert server.calls == []
    lent = klarschiff(server, email="assistent@soest.de")
    assert lent.needs == frozenset()
    assert isinstance(await lent.submit(anonymous), Found)
    assert server.reports[0]["form"]["email"] == "assistent@soest.de"


async def test_coverage_is_asked_of_klarschiff_and_read_from_the_frame_elsewhere():
    dialect = klarschiff(GeoReportServer(klarschiff=True))
    inside, outside = await dialect.coverage(51.57, 8.1), await dialect.coverage(48.1, 11.5)
    assert isinstance(inside, Found)
    assert isinstance(outside, Found)
    assert (inside.data, outside.data) == (True, False)
    framed = open311(GeoReportServer(), frame=(51.5, 8.0, 51.6, 8.2))
    assert (await framed.coverage(51.57, 8.1)).data is True  # type: ignore[union-attr]
    assert (await framed.coverage(51.4, 8.1)).data is False  # type: ignore[union-attr]
    assert isinstance(await open311(GeoReportServer()).coverage(51.4, 8.1), Nothing)


async def test_klarschiffs_list_proves_nothing_so_nothing_is_sent_twice():
    server = GeoReportServer(klarschiff=True)
    server.hidden = True
    adapter = klarschiff(server)
    sent = ready()
    await adapter.submit(sent)
    assert isinstance(await adapter.find(sent.ticket, NOW()), Unknowable)
    server.hidden = False
    found = await adapter.find(sent.ticket, NOW())
    assert isinstance(found, Found)
    assert found.data == Receipt("1")


async def test_a_list_that_filters_the_wrong_way_round_still_finds_the_report():
    server = GeoReportServer()
    adapter = open311(server)
    sent = ready()
    await adapter.submit(sent)
    assert isinstance(await adapter.find(sent.ticket, NOW()), Found)
    assert server.calls[-2:] == ["GET requests", "GET requests"]


async def test_a_token_is_exchanged_for_the_number():
    server = GeoReportServer(tokens=True)
    adapter = open311(server)
    result = await adapter.submit(ready())
    assert isinstance(result, Found)
    assert result.data == Receipt(None, "t1")
    resolved = await adapter.resolve("t1")
    assert isinstance(resolved, Found)
    assert resolved.data.number == "1"


async def test_xml_is_spoken_where_json_is_missing():
    server = GeoReportServer(json=False)
    adapter = open311(server)
    result = await adapter.submit(ready())
    assert isinstance(result, Found)
    assert result.data == Receipt("1")
    status = await adapter.status("1")
    assert isinstance(status, Found)
    assert status.data.place.point == (51.5711, 8.1057)


async def test_categories_are_mapped_by_table_then_by_name_then_to_the_rest():
    server = GeoReportServer()
    await open311(server, codes={"ampel": "2"}).submit(ready(category="ampel", title="Ampel"))
    await open311(server).submit(ready(category="wilder_muell", title="Wilder Müll"))
    await open311(server, other_code="1").submit(ready(category="ratten", title="Ratten"))
    assert [each["form"]["service_code"] for each in server.reports] == ["2", "2", "1"]
    refused = await open311(server).submit(ready(category="ratten", title="Ratten"))
    assert isinstance(refused, Rejected)
    assert set(refused.fields) == {"category"}


async def test_a_refused_key_is_our_fault_and_not_the_citizens(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("TEST_OPEN311_KEY")
    result = await open311(GeoReportServer()).submit(ready())
    assert isinstance(result, Unavailable)
    assert not result.sent


async def test_a_code_that_the_server_does_not_know_is_the_category():
    result = await open311(GeoReportServer(), codes={"schlagloch": "77"}).submit(ready())
    assert result == Rejected({"category": "nimmt der Dienst so nicht an"})


async def test_a_point_that_is_none_is_rejected_before_anything_is_asked():
    server = GeoReportServer()
    for place in (Place(lat=0.0, lon=0.0), Place(lat=float("nan"), lon=8.0), Place(lat=95, lon=8)):
        result = await open311(server).submit(ready(place=place))
        assert isinstance(result, Rejected)
        assert set(result.fields) == {"place"}
    assert server.calls == []


async def test_closed_reports_are_not_nearby_whatever_the_server_lists():
    server = GeoReportServer()
    adapter = open311(server)
    await adapter.submit(ready())
    server.reports[0]["status"] = "closed"
    nearby = await adapter.nearby(51.5711, 8.1057)
    assert isinstance(nearby, Found)
    assert nearby.data == ()
    status = await adapter.status("1")
    assert isinstance(status, Found)
    assert status.data.state is State.DONE


async def test_a_foreign_report_in_the_answer_is_not_the_asked_one():
    provider = StubProvider(
        {
            "/georeport/v2/services.json": [],
            "/georeport/v2/requests/5.json": [{"service_request_id": 6}],
        }
    )
    adapter = Open311(provider.transport(), Open311Table(adapter="open311", url=URL), "Soest", NOW)
    assert isinstance(await adapter.status("5"), Nothing)


def recorded_answer(name: str) -> httpx.Response:
    file = RECORDED / f"{name}.json"
    if not file.is_file():
        pytest.skip("the recorded answers of a real server are not here")
    answer = json.loads(file.read_text(encoding="utf-8"))
    kind = {"content-type": answer["contentType"]}
    return httpx.Response(answer["status"], content=answer["body"].encode(), headers=kind)


def recorded_server(post: str) -> Callable[[httpx.Request], httpx.Response]:
    answers = {
        "/georeport/v2/services.json": "services_json",
        "/georeport/v2/services/2.json": "service_definition_none",
        "/georeport/v2/services/999.json": "service_definition_unknown",
        "/georeport/v2/requests.json": "list",
        "/georeport/v2/requests/99999.json": "get_unknown",
        "/georeport/v2/requests/abc.json": "get_bad_id",
    }

    def answer(request: httpx.Request) -> httpx.Response:
        path = urlsplit(str(request.url)).path
        return recorded_answer(post if request.method == "POST" else answers[path])

    return answer


def recorded(post: str = "post_ok") -> Open311:
    transport = httpx.MockTransport(recorded_server(post))
    table = Open311Table(adapter="open311", url=URL, other_code="6")
    return Open311(
        Transport(httpx.AsyncClient(transport=transport), "maengel"), table, "Soest", NOW
    )


async def test_the_recorded_server_is_understood():
    adapter = recorded()
    assert len((await adapter.categories()).data) == 5  # type: ignore[union-attr]
    assert (await adapter.definition("2")).data == ()  # type: ignore[union-attr]
    assert isinstance(await adapter.definition("999"), Nothing)
    assert isinstance(await adapter.status("99999"), Nothing)
    assert isinstance(await adapter.status("abc"), Nothing)
    near = await adapter.nearby(51.396, 8.064)
    assert isinstance(near, Found)
    assert {each.number for each in near.data} == {"1", "2", "4", "5", "6"}


@pytest.mark.parametrize(
    ("post", "kind"),
    [
        ("post_ok", Found),
        ("post_long", Found),
        ("post_photo", Found),
        ("post_anonymous", Found),
        ("post_no_location", Found),
        ("post_no_key", Unavailable),
        ("post_bad_service", Rejected),
    ],
)
async def test_the_recorded_answers_to_a_report(post: str, kind: type):
    assert isinstance(await recorded(post).submit(ready()), kind)


# F10: what servers do when they are broken


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_trouble_with_a_report_is_unavailable_and_may_have_arrived(trouble: str):
    provider = StubProvider(
        {"/georeport/v2/services.json": [{"service_code": 1, "service_name": "Schlagloch"}]}
    )
    table = Open311Table(adapter="open311", url=URL, format="json", codes={"schlagloch": "1"})
    adapter = Open311(provider.transport(), table, "Soest", NOW)
    provider.trouble = TROUBLES[trouble]
    result = await adapter.submit(ready())
    assert isinstance(result, Unavailable), result
    assert result.sent is (trouble != "expired TLS")
    assert len(provider.asked) == 1


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_trouble_with_a_question_is_unavailable(trouble: str):
    for ask in ("categories", "status", "find", "nearby", "coverage"):
        provider = StubProvider({})
        provider.trouble = TROUBLES[trouble]
        adapter = klarschiff(GeoReportServer(), format="json")
        adapter._transport = provider.transport()
        arguments = {"status": ("1",), "find": ("M-1", NOW())}.get(ask, (51.5, 8.1))
        result = await getattr(adapter, ask)(*(() if ask == "categories" else arguments))
        assert isinstance(result, Unavailable), (ask, result)


@pytest.mark.parametrize("trouble", ["hang", "500", "10 MB", "redirect", "expired TLS"])
async def test_fifty_times_the_same_trouble_opens_the_breaker(trouble: str):
    provider = StubProvider({})
    provider.trouble = TROUBLES[trouble]
    table = Open311Table(adapter="open311", url=URL, format="json", codes={"schlagloch": "1"})
    adapter = Open311(provider.transport(), table, "Soest", NOW)
    for _ in range(50):
        assert isinstance(await adapter.submit(ready()), Unavailable)
    assert len(provider.asked) == 5


# A real server, by choice

REAL = os.environ.get("STADTDRAHT_TEST_OPEN311_URL", "")


@pytest.fixture
async def real(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Callable[..., Open311]]:
    """Adapters for a real server. It is written to, so it must be on this machine."""
    if not REAL:
        pytest.skip("STADTDRAHT_TEST_OPEN311_URL is not set")
    if urlsplit(REAL).hostname not in {"127.0.0.1", "localhost"}:
        pytest.fail("STADTDRAHT_TEST_OPEN311_URL is written to and must be on this machine")
    monkeypatch.setenv("TEST_OPEN311_KEY", os.environ.get("STADTDRAHT_TEST_OPEN311_KEY", KEY))

    def adapter(**table: Any) -> Open311:
        read = Open311Table(adapter="open311", url=REAL, secret_env="TEST_OPEN311_KEY", **table)
        return Open311(Transport(http, "maengel"), read, "Soest", NOW)

    async with httpx.AsyncClient() as http:
        yield adapter


@pytest.mark.parametrize("form", ["json", "xml"])
async def test_real_life_of_a_report(real: Callable[..., Open311], form: str):
    known = await real(format=form).categories()
    assert isinstance(known, Found)
    assert known.data
    adapter = real(format=form, other_code=known.data[0].code)
    sent = ready(description="Prüfung – Straße, 3 Säcke")
    assert isinstance(await adapter.find(sent.ticket, NOW()), Nothing)
    made = await adapter.submit(sent)
    assert isinstance(made, Found), made
    found = await adapter.find(sent.ticket, NOW())
    assert isinstance(found, Found), found
    if made.data.number:
        assert found.data.number == made.data.number
        status = await adapter.status(made.data.number)
        assert isinstance(status, Found)
        assert status.data.state is State.RECEIVED
        assert "Straße, 3 Säcke" in status.data.description
    near = await adapter.nearby(51.5711, 8.1057)
    assert isinstance(near, Found)
    assert any(f"[{sent.ticket}]" in each.description for each in near.data)


async def test_real_photo(real: Callable[..., Open311]):
    from actions.services.reports.photos import cleaned
    from tests.actions.services.reports.test_photos import picture

    photo = cleaned(picture())
    assert isinstance(photo, Photo)
    known = await real().categories()
    assert isinstance(known, Found)
    adapter = real(photo="multipart", other_code=known.data[0].code)
    made = await adapter.submit(ready(photo=photo))
    assert isinstance(made, Found), made


async def test_real_errors(real: Callable[..., Open311], monkeypatch: pytest.MonkeyPatch):
    adapter = real()
    for unknown in ("99999999", "abc"):
        assert isinstance(await adapter.status(unknown), Nothing)
    assert isinstance(await adapter.definition("999999"), Nothing)
    wrong = await real(codes={"schlagloch": "999999"}).submit(ready())
    assert isinstance(wrong, Rejected), wrong
    nowhere = await adapter.submit(ready(place=Place()))
    assert isinstance(nowhere, Rejected)
    monkeypatch.setenv("TEST_OPEN311_KEY", "")
    without_key = await real(other_code="1").submit(ready())
    assert isinstance(without_key, Unavailable | Found)
