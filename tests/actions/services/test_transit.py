"""Departures from an EFA: planned and live told apart, old ones dropped."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from actions.services.endpoints import FILE, Endpoints
from actions.services.records import load_records
from actions.services.results import Found, Unavailable
from actions.services.transit import ADAPTERS, Stop, Transit
from tests.actions.conftest import ActionServer, write
from tests.actions.services.stubs import TROUBLES, StubProvider
from tests.actions.services.test_gtfs import FILES

NOW = dt.datetime(2026, 11, 22, 9, tzinfo=dt.UTC)
TABLE = '[oepnv]\nadapter = "efa"\nurl = "https://efa.soest.de/nwl-efa"\nplace = "Soest"\n'
BAHNHOF = Stop("de:05974:1", "Bahnhof")


def location(name: str, short: str, number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "id": f"de:05974:{number}",
        "isGlobalId": True,
        "name": name,
        "disassembledName": short,
        "type": "stop",
        "matchQuality": 900,
        "isBest": False,
        "parent": {"name": "Soest", "type": "locality"},
    } | more


def event(planned: str, line: str = "R51", **more: Any) -> dict[str, Any]:
    return {
        "realtimeStatus": ["MONITORED"],
        "location": {"id": "x", "name": "Bahnhof", "properties": {"platform": "3"}},
        "departureTimePlanned": f"2026-11-22T{planned}:00Z",
        "transportation": {
            "id": "nwl:1",
            "name": f"Regionalbus {line}",
            "number": line,
            "product": {"class": 6, "name": "Regionalbus"},
            "destination": {"id": "y", "name": "Werl, Bahnhof", "type": "stop"},
        },
        "infos": [],
    } | more


def routes(*events: Any, stops: Any = None) -> dict[str, Any]:
    best = [location("Soest, Bahnhof", "Bahnhof", isBest=True)]
    return {
        "/nwl-efa/XML_STOPFINDER_REQUEST": {"version": "10", "locations": stops or best},
        "/nwl-efa/XML_DM_REQUEST": {"version": "10", "stopEvents": list(events)},
    }


class Watch:
    def __init__(self) -> None:
        self.moment = NOW

    def __call__(self) -> dt.datetime:
        return self.moment


def transit_of(content: Path, provider: StubProvider, watch: Watch | None = None) -> Transit:
    (content / "municipalities" / "soest" / FILE).write_text(TABLE, encoding="utf-8")
    tables = Endpoints(content, load_records(content)).tables("oepnv", ADAPTERS)
    return Transit(tables, provider.asker(), watch or Watch())


async def test_planned_and_live_times_are_told_apart(content: Path):
    late = event("09:10", departureTimeEstimated="2026-11-22T09:14:00Z")
    out = event("09:20", "R52", isCancelled=True)
    gone = event("09:30", "R53", realtimeStatus=["DEPARTURE_CANCELLED"])
    provider = StubProvider(routes(gone, event("09:15", "C1"), late, out))
    found = await transit_of(content, provider).board("soest", BAHNHOF)
    assert isinstance(found, Found)
    assert found.data.live
    told = [(e.line, e.expected is None, e.cancelled) for e in found.data.departures]
    assert told == [
        ("R51", False, False),
        ("C1", True, False),
        ("R52", True, True),
        ("R53", True, True),
    ]
    assert found.data.departures[0].platform == "3"
    asked = httpx.URL(provider.asked[0]).params
    assert (asked["outputFormat"], asked["useRealtime"]) == ("RapidJSON", "1")
    assert (asked["itdDate"], asked["itdTime"]) == ("20261122", "1000"), "Berlin time"


async def test_what_left_more_than_two_minutes_ago_is_dropped(content: Path):
    late = event("08:50", "L", departureTimeEstimated="2026-11-22T09:01:00Z")
    provider = StubProvider(routes(event("08:57", "A"), event("08:58", "B"), late))
    watch = Watch()
    transit = transit_of(content, provider, watch)
    found = await transit.board("soest", BAHNHOF)
    assert isinstance(found, Found)
    assert [each.line for each in found.data.departures] == ["B", "L"]
    watch.moment += dt.timedelta(seconds=59)
    found = await transit.board("soest", BAHNHOF)
    assert isinstance(found, Found)
    assert [each.line for each in found.data.departures] == ["L"], "also of a kept board"
    assert len(provider.asked) == 1
    watch.moment += dt.timedelta(seconds=2)
    provider.trouble = TROUBLES["500"]
    assert isinstance(await transit.board("soest", BAHNHOF), Unavailable), "nothing old is given"


async def test_stops_carry_their_town_only_where_it_is_another(content: Path):
    stops = [
        location("Soest, Markt", "Markt", 1),
        location("Werl, Markt", "Markt", 2, parent={"name": "Werl"}),
        location("Marktstraße 1", "", 3, type="address"),
    ]
    provider = StubProvider(routes(stops=stops))
    found = await transit_of(content, provider).stops("soest", "Markt")
    assert found == (Stop("de:05974:1", "Markt"), Stop("de:05974:2", "Werl, Markt"))
    assert httpx.URL(provider.asked[0]).params["name_sf"] == "Soest Markt"


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_every_trouble_is_unavailable(content: Path, trouble: str):
    provider = StubProvider({})
    provider.trouble = TROUBLES[trouble]
    transit = transit_of(content, provider)
    for _ in range(7):
        assert isinstance(await transit.stops("soest", "Markt"), Unavailable)
        assert isinstance(await transit.board("soest", BAHNHOF), Unavailable)


# --- the answer ---------------------------------------------------------------------------


async def ask(
    serve: Callable[..., ActionServer],
    content: Path,
    provider: StubProvider | None,
    text: str,
    slots: dict[str, Any] | None = None,
    action: str = "action_oepnv_abfahrt",
    table: str = TABLE,
) -> Any:
    (content / "municipalities" / "soest" / FILE).write_text(table, encoding="utf-8")
    write(content / "de" / "answers" / "verkehr.yml", "oepnv_abfahrt: {opening: Auf mobil.nrw}")
    reached = httpx.MockTransport(provider) if provider else None
    server = serve(content, transport=reached)
    return await server.run(action, text, {}, {"stadt": "soest"} | (slots or {}))


@pytest.mark.parametrize(
    "text",
    [
        "Wann fährt der nächste Bus ab Bahnhof?",
        "nächste abfahrt haltestelle bahnhof",
        "bus vom bahnhof nach werl",
        "ich steh hier an der haltestelle bahnhof und es kommt nix",
        "Abfahrten von der Haltestelle Bahnhof heute",
    ],
)
async def test_the_stop_is_read_from_the_sentence(
    serve: Callable[..., ActionServer], content: Path, text: str
):
    provider = StubProvider(
        routes(
            event("09:10", departureTimeEstimated="2026-11-22T09:14:00Z"),
            event("09:12", "C1"),
            event("09:30", "R53", isCancelled=True),
        )
    )
    turn = await ask(serve, content, provider, text)
    assert "Die nächsten Abfahrten ab Bahnhof (Stand 10 Uhr):" in turn.text
    assert (
        "• 10:10 Uhr: R51 nach Werl, Bahnhof, Steig 3, voraussichtlich 4 Minuten später"
        in turn.text
    )
    assert "• 10:12 Uhr: C1 nach Werl, Bahnhof, Steig 3\n" in turn.text
    assert "R53 nach Werl, Bahnhof, Steig 3, fällt aus" in turn.text
    assert "ohne Echtzeit" in turn.text
    assert httpx.URL(provider.asked[0]).params["name_sf"].lower() == "soest bahnhof"


async def test_the_stop_is_asked_for_and_taken_from_the_answer(
    serve: Callable[..., ActionServer], content: Path
):
    provider = StubProvider(routes(event("09:10")))
    first = await ask(serve, content, provider, "Wann fährt der nächste Bus?")
    assert first.text.startswith("Von welcher Haltestelle möchten Sie fahren?")
    assert first.slots["anliegen"]["missing"] == "haltestelle"
    second = await ask(serve, content, provider, "Bahnhof", first.slots, "action_fortsetzen")
    assert "Die nächsten Abfahrten ab Bahnhof" in second.text
    assert second.slots["anliegen"] is None


@pytest.mark.parametrize(
    "text",
    ["was kostet das deutschlandticket", "nimmt der bus rollstühle mit", "von soest nach werl"],
)
async def test_other_questions_are_not_held_up(
    serve: Callable[..., ActionServer], content: Path, text: str
):
    turn = await ask(serve, content, StubProvider(routes()), text)
    assert "mobil.nrw" in turn.text
    assert turn.slots.get("anliegen") is None


async def test_unclear_and_unknown_stops_are_asked_again(
    serve: Callable[..., ActionServer], content: Path
):
    two = [location("Soest, Markt", "Markt", 1), location("Soest, Marktstraße", "Marktstraße", 2)]
    turn = await ask(serve, content, StubProvider(routes(stops=two)), "bus ab Markt")
    assert turn.text == "Welche Haltestelle meinen Sie: Markt oder Marktstraße?"
    provider = StubProvider(routes())
    provider.routes["/nwl-efa/XML_STOPFINDER_REQUEST"] = {"locations": []}
    turn = await ask(serve, content, provider, "bus ab Mondbasis")
    assert "„Mondbasis“ finde ich in Soest nicht" in turn.text


async def test_a_source_that_is_away_is_said(serve: Callable[..., ActionServer], content: Path):
    provider = StubProvider({})
    provider.trouble = TROUBLES["hang"]
    turn = await ask(serve, content, provider, "bus ab Markt")
    assert turn.text.startswith("Die Abfahrten kann ich gerade nicht nachsehen.")
    assert "mobil.nrw" in turn.text


async def test_a_timetable_without_live_data_says_so(
    serve: Callable[..., ActionServer], content: Path
):
    for name, text in FILES.items():
        file = content / "municipalities" / "soest" / "transit" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    table = '[oepnv]\nadapter = "gtfs"\nfile = "transit"\nplace = "Soest"\ndemo = true\n'
    turn = await ask(serve, content, None, "nächster bus ab Markt", table=table)
    assert "• am Montag, 23. November" not in turn.text
    assert "morgen, Montag, 23. November, 8:05 Uhr: R51 nach Werl" in turn.text
    assert "Das sind die Planzeiten, ohne Echtzeit." in turn.text
    assert "Demo-Angabe" in turn.text
    assert turn.custom["as_of"] == "2026-11-01"
