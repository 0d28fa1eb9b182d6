"""Driving licences: the deadline that holds for a year, on the day of the question."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from actions.licence import LicenceYears, read_years
from actions.services.records import load_records
from tests.actions.conftest import ActionServer

DATA = Path(__file__).resolve().parents[2] / "data"
ACTION = "action_fuehrerschein_umtausch"
SOEST = {"stadt": "soest"}


@pytest.mark.parametrize(
    ("text", "birth", "issued"),
    [
        ("ich bin 1962 geboren", 1962, None),
        ("Jahrgang 58", 1958, None),
        ("baujahr '64, was nun", 1964, None),
        ("der 71er Jahrgang", 1971, None),
        ("jahrgang fünfundsechzig", 1965, None),
        ("geboren am 12.03.1969", 1969, None),
        ("1962", 1962, None),
        ("2003", None, 2003),
        ("mein Führerschein ist von 1985", None, 1985),
        ("ausgestellt 2004", None, 2004),
        ("zweitausendneun ausgestellt", None, 2009),
        ("1980 geboren, Führerschein 1998 gemacht", 1980, 1998),
        ("Den Führerschein habe ich 1988 bekommen, ich bin Jahrgang 1970", 1970, 1988),
        ("mein alter Lappen", None, None),
        ("ich bin 61 Jahre alt", None, None),
        ("Rufen Sie mich an: 02921 19650", None, None),
    ],
)
def test_years_are_read_from_what_people_write(text: str, birth: int | None, issued: int | None):
    assert read_years(text) == LicenceYears(birth, issued)


@pytest.mark.parametrize(
    ("text", "deadline"),
    [
        ("geboren 1940", "2033"),
        ("geboren 1952, Karte von 2003", "2033"),
        ("geboren 1953", "2022"),
        ("geboren 1958", "2022"),
        ("geboren 1964", "2023"),
        ("geboren 1970", "2024"),
        ("geboren 1971", "2025"),
        ("ausgestellt 1999", "2026"),
        ("ausgestellt 2002", "2027"),
        ("ausgestellt 2007", "2028"),
        ("ausgestellt 2008", "2029"),
        ("ausgestellt 2009", "2030"),
        ("ausgestellt 2010", "2031"),
        ("ausgestellt 2011", "2032"),
        ("ausgestellt 2012", "2033"),
        ("geboren 1960, Führerschein 2005 ausgestellt", "2028"),
        ("geboren 1972, Führerschein 1992 ausgestellt", "2025"),
    ],
)
async def test_the_deadline_of_a_year(serve: Callable[..., ActionServer], text: str, deadline: str):
    turn = await serve(DATA).run(ACTION, text, {}, SOEST)
    told = turn.text.split("So tauschen Sie")[0]
    assert f"Umtausch bis 19. Januar {deadline}." in told
    assert told.count("Umtausch bis") == 1


@pytest.mark.parametrize(
    ("now", "over", "soon"),
    [
        ("2026-03-01T10:00+01:00", False, False),
        ("2026-11-22T10:00+01:00", False, True),
        ("2027-01-19T10:00+01:00", False, True),
        ("2027-01-20T10:00+01:00", True, False),
    ],
)
async def test_the_day_decides_whether_the_deadline_is_over(
    serve: Callable[..., ActionServer], now: str, over: bool, soon: bool
):
    turn = await serve(DATA, now=now).run(ACTION, "ausgestellt 2003", {}, SOEST)
    assert ("Diese Frist ist vorbei." in turn.text) == over
    assert ("Das ist bald." in turn.text) == soon


async def test_without_a_year_the_open_deadlines_are_told_and_the_year_is_asked(
    serve: Callable[..., ActionServer],
):
    turn = await serve(DATA).run(ACTION, "alter Führerschein", {}, SOEST)
    running, over = turn.text.split("Schon vorbei ist die Frist für:")
    assert "Karte, ausgestellt 2002 bis 2004: Umtausch bis 19. Januar 2027." in running
    assert "ausgestellt 1999 bis 2001" not in running
    assert "Karte, ausgestellt 1999 bis 2001" in over
    assert turn.slots["anliegen"]["missing"] == "jahr"
    later = await serve(DATA, now="2027-02-01T10:00+01:00").run(ACTION, "", {}, SOEST)
    assert "ausgestellt 2002 bis 2004" in later.text.split("Schon vorbei")[1]


async def test_the_named_year_completes_the_waiting_concern(serve: Callable[..., ActionServer]):
    server = serve(DATA)
    first = await server.run(ACTION, "ich bin 1962 geboren", {}, SOEST)
    assert "19. Januar 2023" in first.text
    assert "zählt das Jahr, in dem sie ausgestellt wurde" in first.text
    second = await server.run("action_fortsetzen", "2003", {}, SOEST | first.slots)
    assert "19. Januar 2027" in second.text.split("So tauschen Sie")[0]
    assert second.slots["anliegen"] is None


async def test_paper_without_a_year_of_birth_shows_the_rows_for_paper(
    serve: Callable[..., ActionServer],
):
    turn = await serve(DATA).run(ACTION, "mein Führerschein ist von 1985", {}, SOEST)
    told = turn.text.split("So tauschen Sie")[0]
    assert told.count("Umtausch bis") == 5
    assert "zählt Ihr Geburtsjahr" in told


async def test_a_new_licence_is_not_concerned(serve: Callable[..., ActionServer]):
    turn = await serve(DATA).run(ACTION, "ausgestellt 2016", {}, SOEST)
    assert "neu genug" in turn.text
    assert turn.slots.get("anliegen") is None


@pytest.mark.parametrize(
    ("town", "body"),
    [
        ("arnsberg", "Hochsauerlandkreis"),
        ("bad-berleburg", "Kreis Siegen-Wittgenstein"),
        ("olpe", "Kreis Olpe"),
        ("soest", "Kreis Soest"),
    ],
)
@pytest.mark.parametrize("intent", ["kfz_anmelden", "fuehrerschein_umtausch"])
async def test_the_district_of_the_town_comes_first(
    serve: Callable[..., ActionServer], intent: str, town: str, body: str
):
    turn = await serve(DATA).run(f"action_{intent}", "", {}, {"stadt": town})
    assert turn.text.startswith(f"Zuständig: {body}, Straßenverkehrsamt.")
    assert turn.custom["links"][0]["title"].startswith(body)


@pytest.mark.parametrize(("town", "known"), [("soest", True), ("arnsberg", False), ("olpe", False)])
async def test_the_fee_for_residents_is_told_only_where_it_is_known(
    serve: Callable[..., ActionServer], town: str, known: bool
):
    turn = await serve(DATA).run("action_bewohnerparkausweis", "", {}, {"stadt": town})
    assert ("30,70 €" in turn.text) == known
    assert ("Nicht sicher weiß ich: Zonen, Gebühr." in turn.text) == (not known)


async def test_a_body_that_is_not_confirmed_is_named_with_doubt(
    serve: Callable[..., ActionServer],
):
    turn = await serve(DATA).run("action_bewohnerparkausweis", "", {}, {"stadt": "bad-berleburg"})
    first = turn.text.partition("\n")[0]
    assert first == (
        "Zuständig: Kreis Siegen-Wittgenstein, Straßenverkehrsbehörde (noch nicht bestätigt)."
    )


async def test_without_a_town_it_is_asked_for(serve: Callable[..., ActionServer]):
    turn = await serve(DATA).run(ACTION, "ausgestellt 2003", {}, {})
    assert turn.custom["expects"] == "town"
    answered = await serve(DATA).run("action_fortsetzen", "Soest", {"stadt": "soest"}, turn.slots)
    assert "19. Januar 2027" in answered.text


def test_each_deadline_is_a_day_for_a_range_of_years():
    facts = load_records(DATA).facts["_bund"]
    table = [versions[0] for versions in facts.values() if versions[0].years]
    assert len(table) == 13
    assert all(isinstance(row.value, dt.date) for row in table)
    for kind, first, last in (("birth", 1900, 2010), ("issue", 1999, 2013)):
        rows = [row.years for row in table if row.years and row.years.of == kind]
        for year in range(first, last + 1):
            assert sum(row.hold(year) for row in rows) == 1, (kind, year)
