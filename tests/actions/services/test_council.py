"""OParl: the next public meeting, with the traps of real servers."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from actions.services.council import ADAPTERS, Council
from actions.services.endpoints import FILE, Endpoints
from actions.services.records import load_records
from actions.services.results import Found, Nothing, Unavailable
from tests.actions.conftest import ActionServer, write
from tests.actions.services.stubs import TROUBLES, StubProvider

NOW = dt.datetime(2026, 11, 22, 9, tzinfo=dt.UTC)
TABLE = '[rat]\nadapter = "oparl"\nurl = "https://ris.soest.de/oparl/body/1"\n'
BODY = {
    "id": "https://ris.soest.de/oparl/body/1",
    "type": "https://schema.oparl.org/1.1/Body",
    "name": "Stadt Soest",
    "meeting": "https://ris.soest.de/oparl/body/1/meeting",
}
RECORDED = Path(__file__).resolve().parents[4] / "shared" / "data" / "services" / "oparl"


def meeting(name: str = "Rat", start: str = "2026-11-25T17:00:00+01:00", **more: Any) -> Any:
    return {
        "id": f"https://ris.soest.de/oparl/meeting/{name}",
        "type": "https://schema.oparl.org/1.1/Meeting",
        "name": name,
        "start": start,
        "end": "2026-11-25T00:00:00+01:00",
    } | more


def item(name: str, number: str = "1", **more: Any) -> dict[str, Any]:
    return {"id": "x", "type": "AgendaItem", "name": name, "number": number} | more


def page(*meetings: Any, following: str | None = None) -> dict[str, Any]:
    links = {"next": following} if following else {}
    return {"data": list(meetings), "pagination": {"totalPages": 1}, "links": links}


def routes(*meetings: Any) -> dict[str, Any]:
    return {"/oparl/body/1": BODY, "/oparl/body/1/meeting": page(*meetings)}


class Watch:
    def __init__(self) -> None:
        self.moment = NOW

    def __call__(self) -> dt.datetime:
        return self.moment


def council_of(
    content: Path, provider: StubProvider, watch: Watch | None = None, table: str = TABLE
) -> Council:
    (content / "municipalities" / "soest" / FILE).write_text(table, encoding="utf-8")
    tables = Endpoints(content, load_records(content)).tables("rat", ADAPTERS)
    return Council(tables, provider.asker(), watch or Watch())


async def names(content: Path, *meetings: Any) -> list[str]:
    found = await council_of(content, StubProvider(routes(*meetings))).meetings("soest")
    return [each.name for each in found.data] if isinstance(found, Found) else []


async def test_the_next_meeting_comes_first_and_past_ones_are_gone(content: Path):
    later = meeting("Bauausschuss", "2026-12-01T18:00:00+01:00")
    past = meeting("Sozialausschuss", "2026-11-20T18:00:00+01:00")
    running = meeting("Jugendrat", "2026-11-22T08:30:00+01:00")
    told = await names(content, later, meeting(), past, running, {"id": "y", "type": "Meeting"})
    assert told == ["Jugendrat", "Rat", "Bauausschuss"]


async def test_only_items_that_say_they_are_public_are_told(content: Path):
    agenda = [
        item("Haushalt", "1", public=True),
        item("Grundstück", "2", public=False),
        item("Ungesagt", "3"),
        item("Gelöscht", "4", public=True, deleted=True),
    ]
    found = await council_of(content, StubProvider(routes(meeting(agendaItem=agenda)))).meetings(
        "soest"
    )
    assert isinstance(found, Found)
    assert [each.name for each in found.data[0].agenda] == ["Haushalt"]


async def test_meetings_that_nobody_may_visit_are_not_told(content: Path):
    told = await names(
        content,
        meeting("Rat (öffentlich/nicht öffentlich)"),
        meeting("Vergabeausschuss (nichtöffentlich)"),
        meeting("Ältestenrat nicht-öffentlich"),
        meeting("Personal", agendaItem=[item("geheim", public=False)]),
        meeting("Weg", deleted=True),
    )
    assert told == ["Rat"]


async def test_cancelled_is_seen_in_both_places(content: Path):
    provider = StubProvider(
        routes(meeting("Rat", cancelled=True), meeting("Bau", meetingState="abgesagt"))
    )
    found = await council_of(content, provider).meetings("soest")
    assert isinstance(found, Found)
    assert [each.cancelled for each in found.data] == [True, True]


async def test_places_may_be_objects_addresses_or_missing(content: Path):
    where = {"description": "Rathaus, Ratssaal", "room": "Saal 1", "type": "Location"}
    provider = StubProvider(
        routes(
            meeting("A", location=where),
            meeting("B", location="https://ris.soest.de/oparl/location/1"),
            meeting("C"),
        )
    )
    found = await council_of(content, provider).meetings("soest")
    assert isinstance(found, Found)
    assert [each.place for each in found.data] == ["Saal 1, Rathaus, Ratssaal", "", ""]


async def test_all_pages_are_read_and_only_what_changed_lately_is_asked(content: Path):
    second = "https://ris.soest.de/oparl/body/1/meeting/2?page=2"
    provider = StubProvider(
        {
            "/oparl/body/1": BODY,
            "/oparl/body/1/meeting": page(meeting("Zweite"), following=second),
            "/oparl/body/1/meeting/2": page(meeting("Erste", "2026-11-23T17:00:00+01:00")),
        }
    )
    found = await council_of(content, provider).meetings("soest")
    assert isinstance(found, Found)
    assert [each.name for each in found.data] == ["Erste", "Zweite"]
    asked = httpx.URL(provider.asked[1]).params["modified_since"]
    assert asked == "2025-10-18T09:00:00+00:00"


async def test_half_a_list_is_no_answer(content: Path):
    foreign = StubProvider(
        {
            "/oparl/body/1": BODY,
            "/oparl/body/1/meeting": page(meeting(), following="https://boese.example/2"),
        }
    )
    assert isinstance(await council_of(content, foreign).meetings("soest"), Unavailable)
    own = "https://ris.soest.de/oparl/body/1/meeting"
    endless = StubProvider(
        {"/oparl/body/1": BODY, "/oparl/body/1/meeting": page(meeting(), following=own)}
    )
    found = await council_of(content, endless).meetings("soest")
    assert found == Unavailable(reason="the list has too many pages")


@pytest.mark.parametrize("path", ["", "/bodies", "/body/1", "/body/1/meeting"])
async def test_the_table_may_point_to_system_bodies_body_or_list(content: Path, path: str):
    table = TABLE.replace("/oparl/body/1", f"/oparl{path}")
    system = {
        "type": "https://schema.oparl.org/1.1/System",
        "body": "https://ris.soest.de/oparl/bodies",
    }
    every = routes(meeting()) | {"/oparl": system, "/oparl/bodies": {"data": [BODY], "links": {}}}
    council = council_of(content, StubProvider(every), table=table)
    found = await council.meetings("soest")
    assert isinstance(found, Found), found


async def test_none_is_nothing_and_trouble_gives_the_last_copy(content: Path):
    provider, watch = StubProvider(routes()), Watch()
    council = council_of(content, provider, watch)
    assert await council.meetings("soest") == Nothing()
    provider.routes |= routes(meeting())
    watch.moment += dt.timedelta(hours=2)
    assert isinstance(await council.meetings("soest"), Found)
    provider.trouble = TROUBLES["500"]
    watch.moment += dt.timedelta(days=1)
    stale = await council.meetings("soest")
    assert isinstance(stale, Found)
    assert stale.stale
    assert stale.as_of == dt.date(2026, 11, 22)
    watch.moment += dt.timedelta(days=7)
    assert isinstance(await council.meetings("soest"), Unavailable)


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize(
    "table", [TABLE, '[rat]\nadapter = "ics"\nurl = "https://ris.soest.de/x"\n']
)
async def test_every_trouble_is_unavailable(content: Path, table: str, trouble: str):
    provider = StubProvider({})
    provider.trouble = TROUBLES[trouble]
    council = council_of(content, provider, table=table)
    for _ in range(7):
        assert isinstance(await council.meetings("soest"), Unavailable)


@pytest.mark.skipif(not RECORDED.is_dir(), reason="the examples of the OParl text are not here")
async def test_the_examples_of_the_oparl_text_are_read(content: Path):
    example = json.loads((RECORDED / "examples_Meeting-01.json").read_text(encoding="utf-8"))
    watch = Watch()
    watch.moment = dt.datetime(2013, 1, 2, tzinfo=dt.UTC)
    found = await council_of(content, StubProvider(routes(example)), watch).meetings("soest")
    assert isinstance(found, Found)
    assert found.data[0].place.startswith("Rathaus der Beispielstadt")
    assert found.data[0].agenda[0].name == "Satzungsänderung für Ausschreibungen"


CALENDAR = """BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VEVENT
DTSTART:20261201T160000Z
SUMMARY:Rat der Stadt (öffentlich/nicht öffentlich)
LOCATION:Rathaus
END:VEVENT
BEGIN:VEVENT
DTSTART:20261130T160000Z
SUMMARY:Vergabe (nichtöffentlich)
END:VEVENT
BEGIN:VEVENT
DTSTART;VALUE=DATE:20261129
SUMMARY:Klausurtagung
END:VEVENT
END:VCALENDAR
"""
ICS = '[rat]\nadapter = "ics"\nurl = "https://ris.soest.de/sitzungen.ics"\n'


async def test_a_calendar_of_meetings_has_no_agenda(content: Path):
    provider = StubProvider({"/sitzungen.ics": CALENDAR.encode()})
    found = await council_of(content, provider, table=ICS).meetings("soest")
    assert isinstance(found, Found)
    (only,) = found.data
    assert (only.name, only.place, only.agenda) == ("Rat der Stadt", "Rathaus", None)
    assert only.start.isoformat() == "2026-12-01T17:00:00+01:00"


# --- the answer ---------------------------------------------------------------------------


async def ask(
    serve: Callable[..., ActionServer], content: Path, provider: StubProvider, text: str = ""
) -> Any:
    (content / "municipalities" / "soest" / FILE).write_text(TABLE, encoding="utf-8")
    write(content / "de" / "answers" / "rat.yml", "ratssitzung: {opening: So erfahren Sie es}")
    server = serve(content, transport=httpx.MockTransport(provider))
    return await server.run("action_ratssitzung", text, {}, {"stadt": "soest"})


async def test_the_answer_names_day_place_and_public_agenda(
    serve: Callable[..., ActionServer], content: Path
):
    agenda = [item(f"Punkt {n}", f"{n}", public=True) for n in range(1, 11)]
    provider = StubProvider(
        routes(
            meeting("Rat der Stadt Soest", agendaItem=agenda, location={"description": "Rathaus"}),
            meeting("Sportausschuss", "2026-11-24T18:00:00+01:00"),
        )
    )
    turn = await ask(serve, content, provider, "Wann ist die nächste Ratssitzung?")
    assert turn.text.startswith(
        "Die nächste Sitzung: Rat der Stadt Soest, am Mittwoch, 25. November, 17 Uhr. Ort: Rathaus."
    )
    assert "• 8 Punkt 8\nund 2 weitere Punkte" in turn.text
    turn = await ask(serve, content, provider, "wann tagt der sportausschuss")
    assert "Sportausschuss, übermorgen, Dienstag, 24. November, 18 Uhr" in turn.text
    assert "Den Ort nennt das Ratsinfo." in turn.text
    assert "noch nicht veröffentlicht" in turn.text
    turn = await ask(serve, content, provider, "und der Kulturausschuss?")
    assert turn.text.startswith("Für „Kulturausschuss“ finde ich keine Sitzung")


async def test_other_questions_get_the_catalogue_below_the_next_meeting(
    serve: Callable[..., ActionServer], content: Path
):
    turn = await ask(serve, content, StubProvider(routes(meeting())), "wird das live gezeigt")
    assert turn.text.startswith("Die nächste Sitzung: Rat, am Mittwoch")
    assert "So erfahren Sie es" in turn.text
    assert "Tagesordnung" not in turn.text


async def test_a_source_that_is_away_is_not_no_meeting(
    serve: Callable[..., ActionServer], content: Path
):
    provider = StubProvider({})
    provider.trouble = TROUBLES["500"]
    turn = await ask(serve, content, provider)
    assert turn.text.startswith("Den Sitzungskalender erreiche ich gerade nicht.")
    turn = await ask(serve, content, StubProvider(routes()))
    assert turn.text.startswith("Im Sitzungskalender steht gerade keine öffentliche Sitzung.")
