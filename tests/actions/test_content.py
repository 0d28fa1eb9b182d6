"""The real records: every intent in every town has an answer with source and date."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from actions.app import create_app
from actions.registry import answerers
from actions.services.records import Records, hints, host_allowed, load_records
from actions.services.waste_calendar import read_schedule
from actions.standesamt import FIRST_STEPS
from german.public_holidays import public_holiday
from service.clock import clock_of
from service.settings import Settings
from tests.actions.conftest import SUNDAY, TOKEN, ActionServer

DATA = Path(__file__).resolve().parents[2] / "data"
TOWNS = ("arnsberg", "bad-berleburg", "olpe", "soest")
STREETS = {
    "arnsberg": "Steinweg",
    "bad-berleburg": "Poststraße",
    "olpe": "Martinstraße",
    "soest": "Jakobistraße",
}
NEEDED = {
    "abfall_sortierung": {"gegenstand": "Pizzakarton"},
    "zustaendigkeit": {"leistung": "kfz_anmelden"},
}
INTENTS = (
    "personalausweis_beantragen", "personalausweis_verloren", "personalausweis_status",
    "reisepass_beantragen", "kinderausweis_reisepass", "wohnsitz_anmelden", "wohnsitz_ummelden",
    "meldebescheinigung", "fuehrungszeugnis", "termin_buchen", "oeffnungszeiten",
    "adresse_anfahrt", "ansprechpartner", "kontakt_rueckruf", "mensch_sprechen", "zustaendigkeit",
    "abfall_abholtermin", "abfall_sortierung", "sperrmuell_anmelden", "mangel_melden",
    "hund_anmelden", "fundsache_suchen_melden", "ratssitzung", "stoerung_warnung",
    "datenschutz_meine_daten", "wohnsitz_abmelden", "beglaubigung", "eid_pin_aktivierung",
    "wohngeld", "sozialleistungen_lotse", "schwerbehinderung_ausweis", "kita_platz",
    "schulanmeldung", "termin_aendern_absagen", "wartezeit_jetzt",
    "kfz_anmelden", "kfz_abmelden_ummelden", "wunschkennzeichen",
    "fuehrerschein_umtausch", "fuehrerschein_antrag",
    "bewohnerparkausweis", "parken", "knoellchen_bussgeld", "oepnv_abfahrt", "veranstaltungen",
    "wahl_briefwahl",
    "grundsteuer_gebuehren", "zahlung_mahnung", "gewerbe_anmelden_ummelden",
    "geburt_anmelden_urkunde", "heirat", "sterbefall",
)  # fmt: skip


@pytest.fixture(scope="module")
def records() -> Records:
    return load_records(DATA)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Starlette:
    home = tmp_path_factory.mktemp("home")
    settings = Settings(content=DATA, home=home, actions_token=TOKEN)
    return create_app(settings, clock=clock_of(SUNDAY))


@pytest.fixture
async def real(app: Starlette) -> AsyncIterator[ActionServer]:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
        yield ActionServer(http)


def test_every_intent_has_an_action():
    assert set(INTENTS) <= answerers().keys()
    assert len(set(INTENTS)) == len(INTENTS)


def test_every_action_of_the_rules_exists():
    rules = "".join(file.read_text("utf-8") for file in DATA.glob("de/rules/*.yml"))
    named = set(re.findall(r"action: action_([a-z_]+)", rules)) - {"listen"}
    assert named <= answerers().keys()


@pytest.mark.parametrize("town", TOWNS)
@pytest.mark.parametrize("intent", INTENTS)
async def test_every_intent_is_answered_with_source_and_date(
    real: ActionServer, records: Records, intent: str, town: str
):
    entities = NEEDED.get(intent, {})
    if intent == "abfall_abholtermin":
        entities = {"strasse": STREETS[town]}
    turn = await real.run(f"action_{intent}", "", entities, {"stadt": town})
    assert turn.text
    assert len(turn.buttons) <= 4
    assert turn.custom["source"]["title"]
    assert dt.date.fromisoformat(turn.custom["as_of"]) <= dt.date(2026, 11, 22)
    assert ("Demo-Angabe" in turn.text) == turn.custom["demo"]
    hosts = records.hosts_of(town)
    assert all(host_allowed(link["url"], hosts) for link in turn.custom["links"])


@pytest.mark.parametrize(
    ("town", "named", "told"),
    [
        ("soest", "standesamt", "Standesamt Soest"),
        ("soest", None, "Bürgerbüro Soest"),
        ("bad-berleburg", "jugendamt", "Bürgerbüro Bad Berleburg"),
    ],
)
async def test_waiting_tells_of_the_named_office_that_the_town_has(
    real: ActionServer, town: str, named: str | None, told: str
):
    entities = {"amt": named} if named else {}
    turn = await real.run("action_wartezeit_jetzt", "", entities, {"stadt": town})
    assert told in turn.text


@pytest.mark.parametrize(
    ("action", "text", "first"),
    [
        ("zahlung_mahnung", "kann ich das in raten zahlen", "Über Raten oder einen Aufschub"),
        ("zahlung_mahnung", "wo steht das kassenzeichen", "So klären Sie"),
        ("geburt_anmelden_urkunde", "unser baby ist da", "Herzlichen Glückwunsch"),
        ("geburt_anmelden_urkunde", "geburtsurkunde vom kind verloren", "Das gilt für Geburt"),
        ("heirat", "wir wollen im mai heiraten", "Herzlichen Glückwunsch"),
        ("heirat", "heiratsurkunde nach der scheidung", "Das gilt rund um"),
        ("heirat", "mein vater liegt im sterben und wir wollen heiraten", "Das gilt rund um"),
        ("sterbefall", "meine mutter ist gestorben", "Es tut mir sehr leid"),
        ("sterbefall", "papa ist heute gestorben, woher kommt die urkunde", "Es tut mir sehr"),
        ("sterbefall", "er hat die operation nicht überlebt", "Es tut mir sehr leid"),
        ("sterbefall", "das grab der verstorbenen verlängern", "Das ist jetzt wichtig"),
        ("sterbefall", "sterbeurkunde eines 1985 gestorbenen", "Das ist jetzt wichtig"),
    ],
)
async def test_what_moves_people_comes_first(
    real: ActionServer, action: str, text: str, first: str
):
    turn = await real.run(f"action_{action}", text, {}, {"stadt": "soest"})
    assert turn.text.startswith(first)


async def test_the_treasury_hears_details_not_the_chat(real: ActionServer):
    turn = await real.run("action_zahlung_mahnung", "", {}, {"stadt": "olpe"})
    assert "keine Beträge, Kontonummern oder Aktenzeichen" in turn.text
    assert turn.buttons[0]["payload"] == "/mensch_sprechen"
    assert turn.custom["expects"] is None


@pytest.mark.parametrize(
    "text",
    [
        "sternenkind bescheinigung",
        "unser Kind wurde tot geboren",
        "Wir haben unser Baby im siebten Monat verloren",
    ],
)
async def test_who_lost_a_child_reads_no_list_of_papers(real: ActionServer, text: str):
    turn = await real.run("action_geburt_anmelden_urkunde", text, {}, {"stadt": "olpe"})
    assert turn.text.startswith("Es tut mir sehr leid")
    assert "Glückwunsch" not in turn.text
    assert "•" not in turn.text
    assert turn.buttons[0]["payload"] == "/mensch_sprechen"


async def test_after_a_death_a_human_is_offered_and_the_steps_stand_in_order(real: ActionServer):
    turn = await real.run("action_sterbefall", "mein mann ist tot", {}, {"stadt": "soest"})
    assert turn.buttons[0]["payload"] == "/mensch_sprechen"
    doctor, undertaker = turn.text.index("116 117"), turn.text.index("Bestattungshaus")
    assert doctor < undertaker < turn.text.index("Geburtsurkunde")
    assert "112" in turn.text
    assert "!" not in turn.text


@pytest.mark.parametrize(
    ("action", "text", "told", "silent"),
    [
        ("sterbefall", "mein mann ist tot", "Hier stehen nur die ersten Schritte", "Urne"),
        ("sterbefall", "mein mann ist tot, wer bezahlt das", "Sozialamt", "ersten Schritte"),
        ("sterbefall", "wie lange bis zur beerdigung", "zehn Tagen", "sehr leid"),
        ("geburt_anmelden_urkunde", "neue geburtsurkunde bestellen", "10,00 €", "Hausgeburt"),
        ("geburt_anmelden_urkunde", "hausgeburt anmelden", "einer Woche", "110 Jahren"),
        ("geburt_anmelden_urkunde", "standesamt", "Hausgeburt", "Glückwunsch"),
        ("heirat", "eheurkunde verloren", "10,00 €", "Trauzeugen"),
        ("heirat", "wir wollen uns trauen lassen", "Trauzeugen", "Beileid"),
    ],
)
async def test_only_what_is_asked_is_told(
    real: ActionServer, action: str, text: str, told: str, silent: str
):
    turn = await real.run(f"action_{action}", text, {}, {"stadt": "soest"})
    assert told in turn.text
    assert silent not in turn.text


def test_the_first_steps_are_steps_of_the_answer(records: Records):
    assert set(FIRST_STEPS) < set(records.recipes["sterbefall"].facts)


def test_records_are_valid_and_leave_no_hints(records: Records):
    assert set(records.towns) == set(TOWNS)
    assert len(records.concerns) == 57
    assert hints(records) == []


@pytest.mark.parametrize("town", TOWNS)
def test_invented_values_are_marked(records: Records, town: str):
    known = records.towns[town]
    assert all(office.demo for office in known.offices if office.hours)
    assert all(office.phone is None and office.address is None for office in known.offices)
    assert known.waste is not None
    assert known.waste.demo
    assert known.streets.demo


@pytest.mark.parametrize("feed", sorted(DATA.glob("municipalities/*/waste/*.ics")), ids=str)
def test_demo_calendars_avoid_sundays_and_holidays(feed: Path):
    schedule = read_schedule(feed.read_bytes(), dt.date(2026, 11, 22))
    assert not schedule.damaged
    assert schedule.years == {2026, 2027}
    days = [pickup.day for pickup in schedule.pickups]
    assert [day for day in days if day.weekday() == 6 or public_holiday(day)] == []
    assert {p.bin for p in schedule.pickups} == {
        "restmuell", "biomuell", "gelbe_tonne", "papier", "weihnachtsbaum", "schadstoffe",
    }  # fmt: skip


@pytest.mark.parametrize("town", TOWNS)
def test_streets_of_the_gazetteer_are_those_of_the_calendars(records: Records, town: str):
    waste = records.towns[town].waste
    assert waste is not None
    known = {name for each in waste.districts for name in each.streets}
    known |= {part.street for each in waste.districts for part in each.parts}
    assert {entry.value for entry in records.towns[town].streets.entries} == known
    assert 15 <= len(known) <= 25
