from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.actions.conftest import ICS_MITTE, ActionServer

SOEST = {"stadt": "soest"}
ACTION = "action_abfall_abholtermin"


async def test_town_then_street_then_dates(server: ActionServer):
    first = await server.run(ACTION, "Wann kommt der Müll?")
    assert first.custom["expects"] == "town"
    second = await server.run(
        "action_fortsetzen", "Soest", {"stadt": "soest"}, {"anliegen": first.slots["anliegen"]}
    )
    assert second.text == "In welcher Straße in Soest wohnen Sie?"
    assert second.custom["expects"] == "street"
    assert second.slots["stadt"] == "soest"
    slots = {"anliegen": second.slots["anliegen"], "stadt": "soest"}
    third = await server.run("action_fortsetzen", "jakobi str.", {}, slots)
    assert "Übermorgen, Dienstag, 24. November: Restmüll" in third.text
    assert "Am Donnerstag, 26. November: Papiertonne" in third.text
    assert "Demo-Angabe" in third.text
    assert third.slots["strasse"] == "Jakobistraße"
    assert third.slots["anliegen"] is None


async def test_a_day_and_a_bin(server: ActionServer):
    street = {"strasse": "Hellweg"}
    turn = await server.run(ACTION, "", {**street, "datum": "2026-11-23"}, SOEST)
    assert turn.text.startswith("Morgen, Montag, 23. November, wird hier nichts abgeholt")
    assert "Als Nächstes: übermorgen, Dienstag, 24. November: Restmüll." in turn.text
    turn = await server.run(ACTION, "", {**street, "datum": "2026-11-24"}, SOEST)
    assert "Übermorgen, Dienstag, 24. November: Restmüll" in turn.text
    turn = await server.run(ACTION, "", {**street, "abfallart": "restmuell"}, SOEST)
    assert (
        "Die Restmülltonne wird das nächste Mal übermorgen, Dienstag, 24. November, abgeholt"
        in turn.text
    )
    assert "22. Dezember" not in turn.text, "excluded by EXDATE"


async def test_no_calendar_for_next_year_is_not_no_collection(
    serve: Callable[..., ActionServer], content: Path
):
    file = content / "municipalities" / "soest" / "waste" / "mitte.ics"
    file.write_text(ICS_MITTE.replace("UNTIL=20271231", "UNTIL=20261231"), encoding="utf-8")
    january = serve(content, now="2027-01-03T10:00+01:00")
    turn = await january.run(ACTION, "", {"strasse": "Hellweg"}, SOEST)
    assert "Für 2027 liegt mir noch kein Abfallkalender vor" in turn.text
    december = serve(content, now="2026-12-31T10:00+01:00")
    turn = await december.run(ACTION, "", {"strasse": "Hellweg", "abfallart": "papier"}, SOEST)
    assert "für 2027 liegt noch kein Kalender vor" in turn.text


async def test_an_unclear_street_is_offered_as_buttons(server: ActionServer):
    turn = await server.run(ACTION, "", {"strasse": "Lindenalle"}, SOEST)
    assert {b["title"] for b in turn.buttons} <= {"Lindenstraße", "Lindenplatz"}
    assert turn.buttons[0]["payload"].startswith("/inform{")
    assert turn.slots["anliegen"]["missing"] == "strasse"


async def test_an_unknown_street_names_the_provider(server: ActionServer):
    turn = await server.run(ACTION, "", {"strasse": "Xyzzygasse"}, SOEST)
    assert "kenne ich in Soest nicht" in turn.text
    assert turn.custom["links"] == [
        {"title": "Abfallkalender Soest (Demo)", "url": "https://www.soest.de/abfallkalender"}
    ]


async def test_the_number_is_asked_only_where_it_matters(server: ActionServer):
    turn = await server.run(ACTION, "", {"strasse": "Lindenstraße"}, SOEST)
    assert turn.custom["expects"] == "number"
    slots = {"anliegen": turn.slots["anliegen"], **SOEST}
    wrong = await server.run("action_fortsetzen", "999", {}, slots)
    assert "Diese Hausnummer finde ich nicht" in wrong.text
    done = await server.run("action_fortsetzen", "12a", {}, slots)
    assert "Restmüll" in done.text
    assert done.slots["hausnummer"] == "12a"
    at_once = await server.run(ACTION, "", {"strasse": "Lindenstr. 12a"}, SOEST)
    assert "Restmüll" in at_once.text


async def test_street_and_number_are_remembered(server: ActionServer):
    slots = {**SOEST, "strasse": "Lindenstraße", "hausnummer": "12a"}
    assert "Restmüll" in (await server.run(ACTION, "", {}, slots)).text
    other = await server.run(ACTION, "", {"strasse": "Lindenstraße"}, slots)
    assert other.custom["expects"] == "number", "an old number never goes with a new street"


async def test_a_street_of_another_town_is_asked_again(
    serve: Callable[..., ActionServer], content: Path
):
    turn = await serve(content).run(ACTION, "", {}, {**SOEST, "strasse": "Am Markt in Olpe"})
    assert turn.text == "In welcher Straße in Soest wohnen Sie?"


async def test_a_town_without_calendar_is_said_honestly(server: ActionServer):
    turn = await server.run(ACTION, "", {}, {"stadt": "olpe"})
    assert "Die Abholtermine kenne ich für Olpe leider nicht sicher" in turn.text


class Provider:
    """The provider of the distant feed behind httpx's own seam."""

    def __init__(self) -> None:
        self.answer: httpx.Response | Exception = httpx.Response(200, content=ICS_MITTE.encode())
        self.calls = 0

    async def __call__(self, _request: httpx.Request) -> httpx.Response:
        self.calls += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


async def test_a_distant_calendar_is_fetched_once_and_used_while_away(
    serve: Callable[..., ActionServer], content: Path
):
    provider = Provider()
    transport = httpx.MockTransport(provider)
    at = {"strasse": "Lindenplatz"}
    server = serve(content, transport=transport)
    assert "Restmüll" in (await server.run(ACTION, "", at, SOEST)).text
    assert "Restmüll" in (await server.run(ACTION, "", at, SOEST)).text
    assert provider.calls == 1
    provider.answer = httpx.ConnectError("down")
    later = serve(content, now="2026-12-20T10:00+01:00", transport=transport)
    turn = await later.run(ACTION, "", at, SOEST)
    assert "Abholungen" in turn.text
    assert "letzte gespeicherte Stand" in turn.text
    assert turn.custom["as_of"] == "2026-11-22"
    too_late = serve(content, now="2026-12-28T10:00+01:00", transport=transport)
    turn = await too_late.run(ACTION, "", at, SOEST)
    assert "gerade nicht nachsehen" in turn.text
    assert turn.custom["links"]


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(500),
        httpx.Response(404),
        httpx.Response(200, content=b"<html>Wartung</html>"),
        httpx.Response(200, content=b"x" * 2_000_000),
        httpx.Response(302, headers={"location": "https://boese.example/x.ics"}),
        httpx.ReadTimeout("slow"),
    ],
    ids=["500", "404", "html", "2 MB", "redirect", "timeout"],
)
async def test_a_provider_in_trouble_is_never_no_collection(
    serve: Callable[..., ActionServer], content: Path, answer: httpx.Response | Exception
):
    provider = Provider()
    provider.answer = answer
    server = serve(content, transport=httpx.MockTransport(provider))
    turn = await server.run(ACTION, "", {"strasse": "Lindenplatz"}, SOEST)
    assert "gerade nicht nachsehen" in turn.text
    assert "nichts abgeholt" not in turn.text


async def test_a_broken_calendar_does_not_replace_the_good_copy(
    serve: Callable[..., ActionServer], content: Path
):
    provider = Provider()
    transport = httpx.MockTransport(provider)
    await serve(content, transport=transport).run(ACTION, "", {"strasse": "Lindenplatz"}, SOEST)
    provider.answer = httpx.Response(200, content=b"<html>Wartung</html>")
    later = serve(content, now="2026-11-24T10:00+01:00", transport=transport)
    turn = await later.run(ACTION, "", {"strasse": "Lindenplatz"}, SOEST)
    assert "Heute, Dienstag, 24. November: Restmüll" in turn.text
    assert "letzte gespeicherte Stand" in turn.text


async def test_a_damaged_calendar_is_used_with_a_warning(
    serve: Callable[..., ActionServer], content: Path
):
    file = content / "municipalities" / "soest" / "waste" / "mitte.ics"
    broken = "BEGIN:VEVENT\nUID:k@x\nDTSTART:20261124T\nSUMMARY:Bio\nEND:VEVENT\nEND:VCALENDAR"
    file.write_text(ICS_MITTE.replace("END:VCALENDAR", broken), encoding="utf-8")
    turn = await serve(content).run(ACTION, "", {"strasse": "Hellweg"}, SOEST)
    assert "nicht ganz lesbar" in turn.text


SORT = "action_abfall_sortierung"


@pytest.mark.parametrize(
    ("entities", "text"),
    [
        ({"gegenstand": "pizzakarton"}, ""),
        ({"gegenstand": "Pizza-Karton"}, ""),
        ({"gegenstand": "Pizzakartn"}, ""),
        ({}, "Wohin mit der Pizzaschachtel?"),
        ({}, "pizzakarton"),
    ],
)
async def test_an_item_has_its_bin(server: ActionServer, entities: dict[str, str], text: str):
    turn = await server.run(SORT, text, entities)
    assert turn.text == (
        "Pizzakarton gehört in die Papiertonne. Hinweis: ohne Essensreste (Demo-Angabe)"
    )
    assert turn.custom["source"]["title"] == "Sortierliste (Demo)"


async def test_an_unknown_item_is_not_guessed(server: ActionServer):
    turn = await server.run(SORT, "", {"gegenstand": "Quantencomputer"}, SOEST)
    assert "nicht sicher" in turn.text
    assert "02921 103-0" in turn.text


async def test_the_item_is_asked_for_and_then_found(server: ActionServer):
    asked = await server.run(SORT, "wohin damit?")
    assert asked.slots["anliegen"]["missing"] == "gegenstand"
    slots = {"anliegen": asked.slots["anliegen"]}
    turn = await server.run("action_nicht_verstanden", "joghurtbecher", {}, slots)
    assert "Joghurtbecher gehört in die Gelbe Tonne" in turn.text
