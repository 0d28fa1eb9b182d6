"""Reporting a defect in several turns, with corrections, and asking how far it is."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from actions.app import create_app
from actions.services.reports.tickets import ticket_of
from service.clock import clock_of
from service.settings import Settings
from tests.actions.conftest import SUNDAY, TOKEN, ActionServer, Turn
from tests.actions.services.reports.georeport_server import KEY, GeoReportServer

CONTENT = Path(__file__).parents[2] / "data" / "de" / "maengel.yml"
TABLE = """
[maengel]
adapter = "open311"
url = "https://maengel.soest.de/georeport/v2"
secret_env = "TEST_OPEN311_KEY"
other_code = "1"
frame = [51.5, 8.0, 51.6, 8.2]
"""


class Talk:
    """A conversation: keeps the slots and counts the messages."""

    def __init__(self, server: ActionServer, town: str | None = "soest") -> None:
        self.server = server
        self.slots: dict[str, Any] = {"stadt": town} if town else {}
        self.number = 0
        self.last: Turn | None = None

    async def say(
        self, intent: str, text: str = "", message_id: str | None = None, **entities: str
    ) -> str:
        self.number += 1
        self.last = await self.server.run(
            f"action_{intent}",
            text,
            entities,
            self.slots,
            metadata={"message_id": message_id or f"m{self.number}"},
        )
        self.slots.update(self.last.slots)
        return self.last.text

    @property
    def waits_for(self) -> str | None:
        waiting = self.slots.get("anliegen")
        return waiting["missing"] if waiting else None

    def titles(self) -> list[str]:
        assert self.last is not None
        return [each["title"] for each in self.last.buttons]

    async def press(self, title: str) -> str:
        assert self.last is not None
        payload = next(each["payload"] for each in self.last.buttons if each["title"] == title)
        intent, _, values = payload[1:].partition("{")
        entities = dict(
            part.replace('"', "").split(": ", 1) for part in values.rstrip("}").split(", ") if part
        )
        return await self.say(intent, payload, **entities)


@pytest.fixture
def town(content: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TEST_OPEN311_KEY", KEY)
    shutil.copy(CONTENT, content / "de" / "maengel.yml")
    (content / "municipalities" / "soest" / "services.toml").write_text(TABLE, encoding="utf-8")
    return content


@pytest.fixture
def maengel() -> GeoReportServer:
    return GeoReportServer()


@pytest.fixture
def talk(town: Path, maengel: GeoReportServer, serve: Callable[..., ActionServer]) -> Talk:
    return Talk(serve(town, transport=httpx.MockTransport(maengel)))


async def test_a_whole_report_in_one_sentence_is_read_back_and_made_after_a_yes(
    talk: Talk, maengel: GeoReportServer
):
    text = await talk.say("mangel_melden", "Schlagloch vor der Jakobistraße 12")
    assert "110 oder 112" in text
    for part in ("Schlagloch oder Straßenschaden", "Jakobistraße 12", "Soest", "so melden?"):
        assert part in text
    assert maengel.reports == []
    text = await talk.say("ja", "ja")
    ticket = ticket_of(text)
    assert ticket
    (made,) = maengel.reports
    assert made["description"] == f"[{ticket}] Schlagloch vor der Jakobistraße 12"
    assert made["address"] == "Jakobistraße 12"
    assert talk.slots["anliegen"] is None
    text = await talk.press("Wie weit ist es?")
    assert "noch nicht bearbeitet" in text


async def test_step_by_step_with_a_long_place_and_a_lamp(talk: Talk, maengel: GeoReportServer):
    text = await talk.say("mangel_melden", "ich möchte einen mangel melden")
    assert "Was ist kaputt" in text
    text = await talk.say(
        "nicht_verstanden", "da leuchtet seit einer Woche die Laterne gar nicht mehr"
    )
    assert "Nummer am Mast" in text
    assert "112" not in text
    text = await talk.say("fortsetzen", "Hellweg", strasse="Hellweg")
    assert "Wo genau: Hellweg?" in text
    text = await talk.say(
        "out_of_scope", "gegenüber der alten Post, gleich neben dem kleinen Brunnen"
    )
    assert "Hellweg, gegenüber der alten Post" in text
    await talk.press("Ja, so melden")
    assert maengel.reports[0]["address"].startswith("Hellweg, gegenüber")


@pytest.mark.parametrize(
    ("answer", "place"),
    [
        ("12a", "Hellweg 12a"),
        ("vor Hausnummer 3", "Hellweg 3"),
        ("Laterne Nr. 47", "Hellweg, Laterne 47"),
    ],
)
async def test_numbers_make_a_street_exact(talk: Talk, answer: str, place: str):
    await talk.say("mangel_melden", "die laterne am hellweg ist aus", strasse="Hellweg")
    assert talk.waits_for == "mangel_stelle"
    assert f"Ort: {place}, Soest" in await talk.say("fortsetzen", answer)


async def test_the_whole_street_is_a_place_when_that_is_meant(talk: Talk):
    await talk.say("mangel_melden", "die laternen am hellweg sind aus", strasse="Hellweg")
    assert "Ort: Hellweg, Soest" in await talk.press("Auf der ganzen Länge")


async def test_a_correction_is_read_back_again(talk: Talk, maengel: GeoReportServer):
    await talk.say("mangel_melden", "Schlagloch Jakobistraße 12")
    text = await talk.say("nein", "nein, Hellweg 14", strasse="Hellweg", hausnummer="14")
    assert "Ort: Hellweg 14, Soest" in text
    text = await talk.say("ja", "ja, aber Hausnummer 15", hausnummer="15")
    assert "Ort: Hellweg 15, Soest" in text
    text = await talk.say("mangel_melden", "das Schlagloch ist in der Bahnhofstraße 2")
    assert "Ort: Bahnhofstraße 2, Soest" in text
    assert maengel.reports == []
    await talk.say("ja", "ja")
    assert maengel.reports[0]["address"] == "Bahnhofstraße 2"


async def test_a_no_asks_what_to_change(talk: Talk, maengel: GeoReportServer):
    await talk.say("mangel_melden", "Schlagloch Jakobistraße 12")
    assert await talk.say("nein", "nein") == "Was soll ich ändern?"
    await talk.press("Art ändern")
    assert "Graffiti" in await talk.say("nicht_verstanden", "Graffiti")
    await talk.say("nein", "nein")
    text = await talk.press("Text ändern")
    assert talk.waits_for == "mangel_text"
    text = await talk.say("mangel_melden", "Jemand hat die Haltestelle beschmiert")
    assert "Ihre Worte: Jemand hat die Haltestelle beschmiert" in text
    assert "Jakobistraße 12" in text
    text = await talk.press("Ort ändern")
    assert "Wo ist das?" in text
    assert "Hellweg 3" in await talk.say(
        "fortsetzen", "Hellweg 3", strasse="Hellweg", hausnummer="3"
    )
    assert maengel.reports == []


@pytest.mark.parametrize("stage", [1, 2, 3])
async def test_abbrechen_drops_everything(talk: Talk, maengel: GeoReportServer, stage: int):
    await talk.say("mangel_melden", "mangel melden")
    if stage > 1:
        await talk.say("mangel_melden", "Schlagloch")
    if stage > 2:
        await talk.say("fortsetzen", "Hellweg 3")
    assert "breche das ab" in await talk.say("abbrechen", "abbrechen")
    assert talk.slots["anliegen"] is None
    assert "Gut. Was kann ich" in await talk.say("ja", "ja")
    assert maengel.reports == []


async def test_an_unclear_kind_is_asked_about(talk: Talk):
    text = await talk.say("mangel_melden", "am Hellweg 3 stimmt was mit dem Dings nicht")
    assert "Was trifft es am besten?" in text
    assert "Sonstiger Mangel" in talk.titles()
    assert "Was: Sonstiger Mangel" in await talk.press("Sonstiger Mangel")


async def test_danger_comes_first_and_with_its_source(talk: Talk):
    text = await talk.say("mangel_melden", "Der Gullydeckel fehlt, Hellweg 3")
    assert text.startswith("In einen offenen Schacht")
    assert "110" in text
    assert talk.last is not None
    assert talk.last.custom["source"]["title"].startswith("Notfallnummern")
    assert "Ich habe notiert" in text


async def test_the_same_message_again_makes_no_second_report(talk: Talk, maengel: GeoReportServer):
    await talk.say("mangel_melden", "Schlagloch Jakobistraße 12")
    slots = dict(talk.slots)
    first = await talk.say("ja", "ja", message_id="m7")
    talk.slots = slots
    again = await talk.say("ja", "ja", message_id="m7")
    assert ticket_of(first) == ticket_of(again)
    assert len(maengel.reports) == 1


async def test_two_reports_of_one_conversation_are_two(talk: Talk, maengel: GeoReportServer):
    for _ in range(2):
        await talk.say("mangel_melden", "Schlagloch Jakobistraße 12")
        await talk.say("ja", "ja")
    assert len(maengel.reports) == 2


async def test_a_place_outside_is_said_before_anybody_types_more(talk: Talk):
    text = await talk.say("mangel_melden", "Schlagloch bei 48.13710, 11.57540")
    assert "liegt nicht in Soest" in text
    assert talk.slots.get("anliegen") is None


async def test_what_is_reported_nearby_is_shown(talk: Talk):
    await talk.say("mangel_melden", "Schlagloch bei 51.57110, 8.10570")
    await talk.say("ja", "ja")
    text = await talk.say("mangel_melden", "Tiefes Schlagloch bei 51.57112, 8.10572")
    assert "in der Nähe ist schon gemeldet" in text


async def test_a_service_that_is_away_still_gives_a_number(
    town: Path, serve: Callable[..., ActionServer]
):
    def away(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    talk = Talk(serve(town, transport=httpx.MockTransport(away)))
    await talk.say("mangel_melden", "Schlagloch Jakobistraße 12")
    text = await talk.say("ja", "ja")
    assert ticket_of(text)
    assert "sobald er wieder da ist" in text
    assert "noch nicht zugestellt" in await talk.press("Wie weit ist es?")


async def test_nothing_is_promised_without_a_store(town: Path, tmp_path: Path):
    (tmp_path / "home" / "reports.sqlite").mkdir(parents=True)
    settings = Settings(content=town, home=tmp_path / "home", actions_token=TOKEN)
    app = create_app(
        settings, clock=clock_of(SUNDAY), transport=httpx.MockTransport(GeoReportServer())
    )
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
        talk = Talk(ActionServer(http))
        await talk.say("mangel_melden", "Schlagloch Jakobistraße 12")
        text = await talk.say("ja", "ja")
        assert ticket_of(text) is None
        assert "nicht abgeschickt" in text
        answer = await http.delete(
            "/conversations/c_01", headers={"Authorization": f"Bearer {TOKEN}"}
        )
        assert answer.status_code == 503


async def test_the_town_is_asked_first_and_nothing_said_is_lost(
    town: Path, maengel: GeoReportServer, serve: Callable[..., ActionServer]
):
    talk = Talk(serve(town, transport=httpx.MockTransport(maengel)), town=None)
    assert "Für welche Stadt" in await talk.say("mangel_melden", "Schlagloch Jakobistraße 12")
    text = await talk.say("fortsetzen", "Soest", stadt="soest")
    assert "Jakobistraße 12" in text
    assert talk.waits_for == "bestaetigung"


async def test_a_town_that_wants_a_mail_address_is_said_to_do_so(
    town: Path, serve: Callable[..., ActionServer]
):
    table = TABLE.replace('"open311"', '"klarschiff"').replace('other_code = "1"\n', "")
    (town / "municipalities" / "soest" / "services.toml").write_text(table, encoding="utf-8")
    server = GeoReportServer(klarschiff=True)
    talk = Talk(serve(town, transport=httpx.MockTransport(server)))
    text = await talk.say("mangel_melden", "Schlagloch Jakobistraße 12")
    assert "Mailadresse" in text
    assert server.reports == []


async def test_numbers_of_reports(talk: Talk):
    assert "Wie lautet die Nummer" in await talk.say("mangel_status", "wie weit ist meine meldung")
    assert talk.waits_for == "vorgang"
    assert "finde ich keine Meldung" in await talk.say("nicht_verstanden", "4711")
    assert "Tippfehler" in await talk.say("mangel_status", "M-3333-3334")


async def test_forgetting_needs_the_secret(talk: Talk):
    http = talk.server.http
    assert (await http.delete("/conversations/c_01")).status_code == 401
    header = {"Authorization": f"Bearer {TOKEN}"}
    assert (await http.delete("/conversations/c_01", headers=header)).status_code == 204


@pytest.mark.parametrize("first", [True, False])
async def test_a_report_beside_another_concern_loses_neither(
    talk: Talk, maengel: GeoReportServer, first: bool
):
    report = {
        "intent": "mangel_melden",
        "text": "die laterne ist kaputt und flackert",
        "entities": [],
    }
    hours = {
        "intent": "oeffnungszeiten",
        "text": "wann hat das Bürgerbüro auf",
        "entities": [{"entity": "amt", "value": "buergerbuero"}],
    }
    concerns = [report, hours] if first else [hours, report]
    intent = concerns[0]["intent"]
    turn = await talk.server.run_several(
        f"action_{intent}", "beides", {}, talk.slots, concerns=concerns
    )
    talk.slots.update(turn.slots)
    assert talk.waits_for == "mangel_ort"
    turn = await talk.server.run_several("action_fortsetzen", "Hellweg 3", {}, talk.slots)
    talk.slots.update(turn.slots)
    assert "Ort: Hellweg 3" in turn.texts[0]
    assert "die laterne ist kaputt und flackert" in turn.texts[0]
    turn = await talk.server.run_several("action_ja", "ja", {}, talk.slots)
    assert ticket_of(turn.texts[0])
    assert len(maengel.reports) == 1
    assert ("Bürgerbüro" in turn.texts[-1]) is first


async def test_the_demonstration_says_that_nobody_reads_it(
    town: Path, serve: Callable[..., ActionServer]
):
    table = '[maengel]\nadapter = "desk"\nurl = "embedded:desk"\ndemo = true\n'
    (town / "municipalities" / "soest" / "services.toml").write_text(table, encoding="utf-8")
    talk = Talk(serve(town))
    await talk.say("mangel_melden", "Schlagloch Jakobistraße 12")
    text = await talk.say("ja", "ja")
    assert ticket_of(text)
    assert "Demo-Angabe" in text
    assert talk.last is not None
    assert talk.last.custom["demo"]
