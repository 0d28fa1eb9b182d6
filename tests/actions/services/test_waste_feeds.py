"""The contract of all waste providers, run over each of them, and their own quirks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from actions.services.endpoints import FILE, Endpoints, EndpointsError
from actions.services.feeds import FeedCopies
from actions.services.records import load_records
from actions.services.results import Found, Nothing, Rejected, Unavailable
from actions.services.store import RecordsStore
from actions.services.waste import FRESH, USABLE, Waste
from actions.services.waste_feeds import ADAPTERS, WasteFeed, spelled, waste_feed
from tests.actions.conftest import ActionServer
from tests.actions.services.stubs import TROUBLES, StubProvider

TODAY = dt.date(2026, 11, 22)
NOW = dt.datetime(2026, 11, 22, 9, tzinfo=dt.UTC)
EVENT = "BEGIN:VEVENT\nDTSTART;VALUE=DATE:{day}\nSUMMARY:Abfuhr: {title}\nEND:VEVENT\n"


def ics(*events: tuple[str, str]) -> bytes:
    body = "".join(EVENT.format(day=day, title=title) for day, title in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{body}END:VCALENDAR\n".encode()


DATES = (("20261124", "Restmüll"), ("20261126", "Papiertonne"))
SESSION = "(S(r3bme50igdgsp2lstgxxhvs2))"


def lobbe(query: Mapping[str, str]) -> Any:
    match query["action"], query.get("id"):
        case "state", _:
            return [{"id": 1, "text": "Hessen"}, {"id": 2, "text": "Nordrhein-Westfalen"}]
        case "place", "2":
            return [{"id": 31, "text": "Altena"}, {"id": 32, "text": "Bad Berleburg"}]
        case "street", "32":
            return [{"id": 701, "text": "Jakobistraße"}, {"id": 702, "text": "Hellweg"}]
        case "create_ical", _:
            name = f"{query['street[id]']}-{query['year[text]']}"
            return {"url": f"https://lobbe.soest.de/files/{name}.ics", "ok": 1}
    return httpx.Response(400)


def navi_dates(query: Mapping[str, str]) -> Any:
    assert query["fraktion"], "the bins are asked for by name"
    return [
        {"id": 9, "datum": "2026-11-24", "bezirk": {"id": 5, "fraktionId": 1}},
        {"id": 10, "datum": "2026-11-26", "bezirk": {"id": 6, "fraktionId": 4}},
    ]


NAVI = "/abfall-app-soest/rest"


@dataclass(frozen=True)
class Case:
    """One provider: its table and the routes of its stub server."""

    table: str
    routes: Mapping[str, Any]
    listed: tuple[str, ...] = ()
    number: str | None = None


CASES = {
    "ics": Case(
        'adapter = "ics"\nurl = "https://ics.soest.de/{jahr}/{strasse}.ics"\n'
        '[abfall.streets]\n"Jakobistraße" = 1\n"Hellweg" = 2',
        {"/2026/Jakobistraße.ics": ics(*DATES)},
        ("Jakobistraße", "Hellweg"),
    ),
    "esg": Case(
        'adapter = "esg"\nurl = "https://www.soest.de/abfallkalender/soest"',
        {"/abfallkalender/soest/jakobistrasse/herunterladen": ics(*DATES)},
    ),
    "abfuhrtermine": Case(
        'adapter = "abfuhrtermine"\nurl = "https://olpe.soest.de"\n'
        '[abfall.streets]\n"Jakobistraße" = 58\n"Hellweg" = 59',
        {"/dates/exportDates/58/Ics": ics(*DATES)},
        ("Jakobistraße", "Hellweg"),
    ),
    "c-trace": Case(
        'adapter = "c-trace"\nurl = "https://web.soest.de/soest-abfallkalender"\nplace = "Soest"',
        {
            "/soest-abfallkalender/Abfallkalender": httpx.Response(
                302, headers={"location": f"/soest-abfallkalender/{SESSION}/Abfallkalender"}
            ),
            f"/soest-abfallkalender/{SESSION}/Abfallkalender": b"<html>Kalender</html>",
            f"/soest-abfallkalender/{SESSION}/abfallkalender/cal": lambda q: (
                b"\xef\xbb\xbf" + ics(*DATES) if q["Strasse"] == "Jakobistraße" else ics()
            ),
        },
        number="7",
    ),
    "lobbe": Case(
        'adapter = "lobbe"\nurl = "https://lobbe.soest.de/wp-admin/admin-ajax.php"\n'
        'place = "Bad Berleburg"',
        {
            "/wp-admin/admin-ajax.php": lobbe,
            "/files/701-2026.ics": ics(*DATES),
            "/files/701-2027.ics": ics(("20270105", "Restmüll")),
            "/files/702-2026.ics": ics(),
        },
        ("Jakobistraße", "Hellweg"),
    ),
    "abfallnavi": Case(
        f'adapter = "abfallnavi"\nurl = "https://navi.soest.de{NAVI}"\nplace = "Soest"',
        {
            f"{NAVI}/orte": [{"id": 3, "name": "Soest"}, {"id": 4, "name": "Werl"}],
            f"{NAVI}/orte/3/strassen": [
                {"id": 11, "name": "Jakobistraße", "staticId": "x"},
                {"id": 12, "name": "Hellweg"},
                {"id": 13, "name": "Lange Straße"},
                {"id": 14, "name": "Lange Straße"},
            ],
            f"{NAVI}/fraktionen": [{"id": 1, "name": "Restmüll"}, {"id": 4, "name": "Papiertonne"}],
            f"{NAVI}/strassen/11": {"id": 11, "name": "Jakobistraße", "hausNrList": []},
            f"{NAVI}/strassen/11/termine": navi_dates,
            f"{NAVI}/strassen/12": {"id": 12, "name": "Hellweg"},
            f"{NAVI}/strassen/12/termine": [],
            f"{NAVI}/strassen/13": {
                "hausNrList": [{"id": 131, "nr": "1"}, {"id": 132, "nr": "3a"}]
            },
            f"{NAVI}/strassen/14": {
                "hausNrList": [{"id": 141, "nr": "20"}, {"id": 142, "nr": "22"}]
            },
            f"{NAVI}/hausnummern/132/termine": navi_dates,
            f"{NAVI}/hausnummern/141/termine": [],
        },
        ("Jakobistraße", "Hellweg", "Lange Straße"),
    ),
}


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


def feed_of(content: Path, case: Case, provider: StubProvider) -> WasteFeed:
    file = content / "municipalities" / "soest" / FILE
    file.write_text(f"[abfall]\n{case.table}\n", encoding="utf-8")
    table = Endpoints(content, load_records(content)).tables("abfall", ADAPTERS)["soest"]
    return waste_feed(table, provider.asker())


class Watch:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.moment = NOW

    def __call__(self) -> dt.datetime:
        return self.moment


def waste_of(content: Path, case: Case, provider: StubProvider, watch: Watch) -> Waste:
    feed = feed_of(content, case, provider)
    store = RecordsStore(content)
    return Waste(store, provider.asker(), FeedCopies(), watch, {"soest": feed})


# --- the contract -------------------------------------------------------------------------


async def test_dates_come_with_the_titles_of_the_bins(content: Path, case: Case):
    provider = StubProvider(case.routes)
    feed = feed_of(content, case, provider)
    raw = await feed.fetch("Jakobistraße", case.number, TODAY)
    assert isinstance(raw, bytes)
    schedule = feed.read(raw, TODAY)
    assert [(each.day.day, each.title, each.bin) for each in schedule.pickups] == [
        (24, "Restmüll", "restmuell"),
        (26, "Papiertonne", "papier"),
    ]
    assert schedule.years == {2026}
    assert not schedule.damaged


async def test_the_provider_lists_its_streets(content: Path, case: Case):
    feed = feed_of(content, case, StubProvider(case.routes))
    assert await feed.streets() == case.listed


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_every_trouble_is_unavailable_and_never_an_empty_calendar(
    content: Path, case: Case, trouble: str
):
    provider = StubProvider(case.routes)
    waste = waste_of(content, case, provider, Watch())
    provider.trouble = TROUBLES[trouble]
    for _ in range(7):
        found = await waste.schedule("soest", "Jakobistraße", case.number, TODAY)
        assert isinstance(found, Unavailable), found
    assert "boese.example" not in " ".join(provider.asked)


@pytest.mark.parametrize("trouble", ["hang", "500", "10 MB", "redirect", "garbage", "cut"])
async def test_the_breaker_stops_asking(content: Path, case: Case, trouble: str):
    provider = StubProvider(case.routes)
    waste = waste_of(content, case, provider, Watch())
    provider.trouble = TROUBLES[trouble]
    for _ in range(6):
        await waste.schedule("soest", "Jakobistraße", case.number, TODAY)
    count = len(provider.asked)
    for _ in range(10):
        await waste.schedule("soest", "Jakobistraße", case.number, TODAY)
    assert len(provider.asked) == count


async def test_a_calendar_is_kept_for_a_day_and_given_for_35_days(content: Path, case: Case):
    provider, watch = StubProvider(case.routes), Watch()
    waste = waste_of(content, case, provider, watch)
    fresh = await waste.schedule("soest", "Jakobistraße", case.number, TODAY)
    assert isinstance(fresh, Found)
    assert not fresh.stale
    assert fresh.as_of == TODAY
    count = len(provider.asked)
    watch.moment = NOW + FRESH - dt.timedelta(minutes=1)
    assert await waste.schedule("soest", "Jakobistraße", case.number, TODAY) == fresh
    assert len(provider.asked) == count
    provider.trouble = TROUBLES["500"]
    watch.moment = NOW + dt.timedelta(days=20)
    stale = await waste.schedule("soest", "Jakobistraße", case.number, TODAY)
    assert isinstance(stale, Found)
    assert stale.stale
    assert stale.as_of == TODAY, "the day of the copy"
    watch.moment = NOW + USABLE
    gone = await waste.schedule("soest", "Jakobistraße", case.number, TODAY)
    assert isinstance(gone, Unavailable)


async def test_an_unknown_street_is_never_unavailable(content: Path, case: Case):
    feed = feed_of(content, case, StubProvider(case.routes))
    raw = await feed.fetch("Mondstraße", case.number, TODAY)
    if isinstance(raw, bytes):  # C-Trace answers an empty calendar
        assert feed.read(raw, TODAY).years == frozenset()
    else:
        assert raw == Nothing()


async def test_streets_are_found_fuzzily_in_the_providers_list(content: Path, case: Case):
    provider = StubProvider(case.routes)
    waste = waste_of(content, case, provider, Watch())
    found = await waste.street("soest", "jakobi str. 7")
    assert (found.name, found.number) == ("Jakobistraße", "7")
    if case.listed:
        assert (await waste.street("soest", "Lindenplatz")).name is None, "not in the list"
        provider.trouble = TROUBLES["500"]
        assert (await waste.street("soest", "Hellweg")).name == "Hellweg", "kept"


# --- quirks -------------------------------------------------------------------------------


async def test_without_any_list_the_streets_of_the_gazetteer_serve(content: Path):
    provider = StubProvider({})
    provider.trouble = TROUBLES["500"]
    waste = waste_of(content, CASES["lobbe"], provider, Watch())
    assert (await waste.street("soest", "Lindenplatz")).name == "Lindenplatz"


async def test_c_trace_needs_the_number_and_carries_the_session(content: Path):
    provider = StubProvider(CASES["c-trace"].routes)
    feed = feed_of(content, CASES["c-trace"], provider)
    assert await feed.fetch("Jakobistraße", None, TODAY) == Rejected({"hausnummer": "fehlt"})
    assert provider.asked == []
    await feed.fetch("Jakobistraße", "7a", TODAY)
    assert f"/{SESSION}/abfallkalender/cal?Ort=Soest&Gemeinde=Soest" in provider.asked[-1]
    assert "Hausnr=7a&Abfall=0%7C1%7C2" in provider.asked[-1]


async def test_c_trace_works_without_a_session_segment(content: Path):
    base = "/soest-abfallkalender"
    routes = {f"{base}/Abfallkalender": b"<html/>", f"{base}/abfallkalender/cal": ics(*DATES)}
    feed = feed_of(content, CASES["c-trace"], StubProvider(routes))
    assert isinstance(await feed.fetch("Jakobistraße", "7", TODAY), bytes)


async def test_c_trace_redirecting_somewhere_else_is_unavailable(content: Path):
    base = "/soest-abfallkalender"
    login = httpx.Response(302, headers={"location": "/login"})
    routes = {f"{base}/Abfallkalender": login, "/login": b"<html/>"}
    feed = feed_of(content, CASES["c-trace"], StubProvider(routes))
    found = await feed.fetch("Jakobistraße", "7", TODAY)
    assert found == Unavailable(reason="the redirect holds no session")


async def test_an_empty_calendar_is_no_data_for_this_year(content: Path):
    waste = waste_of(content, CASES["c-trace"], StubProvider(CASES["c-trace"].routes), Watch())
    found = await waste.schedule("soest", "Hellweg", "7", TODAY)
    assert isinstance(found, Found)
    assert found.data.schedule.years == frozenset()


async def test_lobbe_gives_next_year_in_december_as_far_as_it_has_it(content: Path):
    december = dt.date(2026, 12, 28)
    provider = StubProvider(CASES["lobbe"].routes)
    feed = feed_of(content, CASES["lobbe"], provider)
    raw = await feed.fetch("Jakobistraße", None, december)
    assert isinstance(raw, bytes)
    assert feed.read(raw, december).years == {2026, 2027}
    del provider.routes["/files/701-2027.ics"]
    raw = await feed.fetch("Jakobistraße", None, december)
    assert isinstance(raw, bytes)
    assert feed.read(raw, december).years == {2026}


async def test_lobbe_names_state_place_street_and_bins(content: Path):
    provider = StubProvider(CASES["lobbe"].routes)
    await feed_of(content, CASES["lobbe"], provider).fetch("Jakobistraße", None, TODAY)
    minted = httpx.URL(provider.asked[-2]).params
    assert minted["state[text]"] == "Nordrhein-Westfalen"
    assert minted["place[id]"] == "32"
    assert minted["street[text]"] == "Jakobistraße"
    assert minted["biobfall"] == "1", "the provider's own spelling"


async def test_lobbe_may_not_send_us_to_another_host(content: Path):
    routes = {
        "/wp-admin/admin-ajax.php": lambda q: (
            {"url": "https://boese.example/x.ics"} if q["action"] == "create_ical" else lobbe(q)
        )
    }
    provider = StubProvider(routes)
    found = await feed_of(content, CASES["lobbe"], provider).fetch("Hellweg", None, TODAY)
    assert isinstance(found, Unavailable)
    assert "boese" not in " ".join(provider.asked)


async def test_abfallnavi_looks_in_all_entries_of_a_street(content: Path):
    feed = feed_of(content, CASES["abfallnavi"], StubProvider(CASES["abfallnavi"].routes))
    assert await feed.fetch("Lange Straße", None, TODAY) == Rejected({"hausnummer": "fehlt"})
    unknown = Rejected({"hausnummer": "liegt in keinem Bezirk"})
    assert await feed.fetch("Lange Straße", "99", TODAY) == unknown
    first = await feed.fetch("Lange Straße", "3 A", TODAY)
    assert isinstance(first, bytes)
    assert len(feed.read(first, TODAY).pickups) == 2
    second = await feed.fetch("Lange Straße", "20", TODAY)
    assert isinstance(second, bytes)
    assert feed.read(second, TODAY).years == frozenset()


def test_streets_are_written_as_the_address_wants_them():
    assert spelled("Rathausstraße", "slug") == "rathausstrasse"
    assert spelled("Am Großen Teich", "slug") == "am-grossen-teich"
    assert spelled("Jakobistr.", "slug") == "jakobistrasse"
    assert spelled("St.-Ägidius-Weg", "joined") == "staegidiusweg"


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ('adapter = "awido"\nurl = "https://soest.de"', "'awido' is none: use one of ics, esg"),
        ('adapter = "lobbe"\nurl = "https://soest.de"', "place: is missing"),
        ('adapter = "abfuhrtermine"\nurl = "https://soest.de"', "streets: is missing"),
        (
            'adapter = "c-trace"\nurl = "https://soest.de"\nplace = "Soest"\ncalendar = "../x"',
            "calendar: String should match",
        ),
    ],
)
def test_wrong_tables_are_told(content: Path, table: str, told: str):
    with pytest.raises(EndpointsError, match=told):
        feed_of(content, Case(table, {}), StubProvider({}))


# --- the answer ---------------------------------------------------------------------------


async def test_the_answer_carries_provider_date_and_licence_of_the_table(
    serve: Callable[..., ActionServer], content: Path
):
    case = CASES["c-trace"]
    table = f'[abfall]\n{case.table}\ntitle = "Abfallkalender Soest"\n'
    (content / "municipalities" / "soest" / FILE).write_text(table, encoding="utf-8")
    server = serve(content, transport=httpx.MockTransport(StubProvider(case.routes)))
    asked = await server.run(
        "action_abfall_abholtermin", "", {"strasse": "Jakobistraße"}, {"stadt": "soest"}
    )
    assert asked.custom["expects"] == "number"
    assert "Welche Hausnummer haben Sie (Jakobistraße)?" in asked.text
    slots = {"stadt": "soest"} | asked.slots
    turn = await server.run("action_fortsetzen", "7", {"hausnummer": "7"}, slots)
    assert "Übermorgen, Dienstag, 24. November: Restmüll" in turn.text
    assert "Demo" not in turn.text
    assert turn.custom["source"]["title"] == "Abfallkalender Soest"
    assert turn.custom["as_of"] == "2026-11-22"
