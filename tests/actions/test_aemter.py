from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from actions.aemter import days_of, time_of
from tests.actions.conftest import ActionServer

SOEST = {"stadt": "soest"}
ACTION = "action_oeffnungszeiten"


@pytest.mark.parametrize(
    ("now", "entities", "sentence"),
    [
        (
            "2026-11-22T10:00+01:00",
            {},
            (
                "Das Bürgerbüro Soest ist jetzt geschlossen. Es öffnet wieder morgen, Montag, "
                "23. November, von 8 bis 12:30 Uhr und von 14 bis 16 Uhr."
            ),
        ),
        (
            "2026-11-23T09:00+01:00",
            {},
            "Das Bürgerbüro Soest ist jetzt geöffnet, heute bis 12:30 Uhr.",
        ),
        (
            "2026-11-23T13:00+01:00",
            {},
            "Das Bürgerbüro Soest ist jetzt geschlossen. Es öffnet heute um 14 Uhr.",
        ),
        (
            "2026-06-01T10:00+02:00",
            {"datum": "2026-06-04"},
            (
                "Am Donnerstag, 4. Juni, ist Feiertag (Fronleichnam). Das Bürgerbüro Soest ist "
                "geschlossen. Wieder geöffnet ist es am Freitag, 5. Juni, von 8 bis 12:30 Uhr."
            ),
        ),
        (
            "2026-11-22T10:00+01:00",
            {"datum": "2026-12-24"},
            (
                "Am Donnerstag, 24. Dezember, ist das Bürgerbüro Soest geschlossen (Heiligabend). "
                "Wieder geöffnet ist es am Montag, 28. Dezember, von 9 bis 12 Uhr."
            ),
        ),
        (
            "2026-11-22T10:00+01:00",
            {"datum": "2026-12-29"},
            (
                "Am Dienstag, 29. Dezember, ist das Bürgerbüro Soest von 9 bis 12 Uhr geöffnet "
                "(zwischen den Jahren)."
            ),
        ),
        (
            "2026-11-22T10:00+01:00",
            {"datum": "2027-01-01"},
            (
                "Am Freitag, 1. Januar 2027, ist Feiertag (Neujahr). Das Bürgerbüro Soest ist "
                "geschlossen. Wieder geöffnet ist es am Montag, 4. Januar 2027, "
                "von 8 bis 12:30 Uhr und von 14 bis 16 Uhr."
            ),
        ),
        (
            "2026-11-22T10:00+01:00",
            {"datum": "2026-11-23", "uhrzeit": "13:00"},
            "Nein, um 13 Uhr ist das Bürgerbüro Soest geschlossen.",
        ),
        (
            "2026-11-22T10:00+01:00",
            {"datum": "2026-11-26", "uhrzeit": "17:00"},
            "Ja, um 17 Uhr ist das Bürgerbüro Soest geöffnet.",
        ),
        (
            "2026-11-22T10:00+01:00",
            {"datum": "2026-11-23/2026-11-29"},
            "• Am Sonntag, 29. November, geschlossen",
        ),
        (
            "2026-11-22T10:00+01:00",
            {"amt": "stadtbuecherei", "datum": "2026-11-23"},
            (
                "Morgen, Montag, 23. November, ist die Stadtbücherei Soest geschlossen. Wieder "
                "geöffnet ist sie übermorgen, Dienstag, 24. November, von 10 bis 18 Uhr."
            ),
        ),
    ],
)
async def test_opening_hours_are_said_in_german(
    serve: Callable[..., ActionServer],
    content: Path,
    now: str,
    entities: dict[str, str],
    sentence: str,
):
    turn = await serve(content, now=now).run(ACTION, "", entities, SOEST)
    assert sentence in turn.text
    assert turn.custom["source"]


async def test_invented_hours_are_marked_in_words_and_in_the_field(server: ActionServer):
    turn = await server.run(ACTION, "", {"amt": "stadtbuecherei"}, SOEST)
    assert "Demo-Angabe" in turn.text
    assert turn.custom["demo"] is True
    assert (await server.run(ACTION, "", {}, SOEST)).custom["demo"] is False


async def test_unknown_hours_are_not_guessed(server: ActionServer):
    for kind in ("bauamt", "jugendamt"):
        turn = await server.run(ACTION, "", {"amt": kind}, SOEST)
        assert "nicht sicher" in turn.text
        assert "02921 103-0" in turn.text
        assert turn.buttons[0]["payload"] == "/mensch_sprechen"


async def test_an_unconfirmed_phone_number_is_not_spoken(server: ActionServer):
    turn = await server.run(ACTION, "", {"amt": "bauamt"}, {"stadt": "olpe"})
    assert "02921" not in turn.text
    assert "115" in turn.text


async def test_an_office_of_the_kreis_is_named_with_its_body(server: ActionServer):
    for action in (ACTION, "action_adresse_anfahrt", "action_ansprechpartner"):
        turn = await server.run(action, "", {"amt": "kfz_zulassung"}, SOEST)
        assert "Zuständig ist hier: Kreis Soest, Zulassungsstelle (Kreis)" in turn.text
        assert "nicht sicher" in turn.text


async def test_all_offices_that_are_open_now(serve: Callable[..., ActionServer], content: Path):
    server = serve(content, now="2026-11-24T15:00+01:00")
    turn = await server.run(ACTION, "Welche Ämter haben jetzt offen?", {}, SOEST)
    assert "• Bürgerbüro Soest: bis 16 Uhr" in turn.text
    assert "• Stadtbücherei Soest: bis 18 Uhr" in turn.text
    closed = serve(content, now="2026-11-22T15:00+01:00")
    turn = await closed.run(ACTION, "Welche Ämter haben jetzt offen?", {}, SOEST)
    assert "gerade keines der Ämter geöffnet" in turn.text


async def test_the_town_comes_from_message_slot_or_metadata_in_this_order(server: ActionServer):
    turn = await server.run(ACTION, "", {"stadt": "olpe"}, SOEST)
    assert "Olpe" in turn.text
    assert turn.slots["stadt"] == "olpe"
    turn = await server.run(ACTION, "", {}, {}, metadata={"municipality": "olpe"})
    assert "Olpe" in turn.text
    turn = await server.run(ACTION, "", {}, SOEST, metadata={"municipality": "olpe"})
    assert "Soest" in turn.text
    turn = await server.run(ACTION, "", {"stadt": "dortmund"}, {})
    assert turn.custom["expects"] == "town"


async def test_who_is_responsible(server: ActionServer):
    turn = await server.run("action_zustaendigkeit", "", {"leistung": "kfz_anmelden"}, SOEST)
    assert "Zuständig: Kreis Soest, Zulassungsstelle (Kreis) (noch nicht bestätigt)" in turn.text
    assert turn.custom["links"] == [
        {"title": "Kreis Soest, Zulassungsstelle", "url": "https://www.kreis-soest.de/kfz"}
    ]
    assert turn.custom["as_of"] == "2026-11-02"


@pytest.mark.parametrize(
    ("topic", "offered"),
    [
        (
            "personalausweis_beantragen",
            [{"title": "Mehr dazu", "payload": "/personalausweis_beantragen"}],
        ),
        ("kfz_anmelden", []),
    ],
)
async def test_who_is_responsible_leads_on_to_what_is_known(
    server: ActionServer, topic: str, offered: list[dict[str, str]]
):
    turn = await server.run("action_zustaendigkeit", "", {"leistung": topic}, SOEST)
    assert turn.buttons == offered


async def test_the_topic_is_asked_for(server: ActionServer):
    turn = await server.run("action_zustaendigkeit", "Wer ist zuständig?", {}, SOEST)
    assert turn.slots["anliegen"]["missing"] == "leistung"
    assert len(turn.buttons) == 3


async def test_an_unknown_address_is_said_to_be_unknown(server: ActionServer):
    turn = await server.run("action_adresse_anfahrt", "", {}, SOEST)
    assert "Die Adresse (Bürgerbüro Soest) kenne ich leider nicht sicher" in turn.text


async def test_a_contact_without_names_of_staff(server: ActionServer):
    turn = await server.run("action_ansprechpartner", "", {"leistung": "kfz_anmelden"}, SOEST)
    assert "Kreis Soest" in turn.text
    turn = await server.run("action_ansprechpartner", "", {}, SOEST)
    assert "Das Bürgerbüro Soest hilft Ihnen weiter" in turn.text


@pytest.mark.parametrize(
    ("value", "first", "count"),
    [
        ("2026-11-23", "2026-11-23", 1),
        ("2026-11-23T10:00:00+01:00", "2026-11-23", 1),
        ("2026-11-23/2026-11-29", "2026-11-23", 7),
        ("2026-11-29/2026-11-23", "2026-11-29", 1),
        ("2026-01-01/2027-01-01", "2026-01-01", 32),
    ],
)
def test_days_of_an_entity(value: str, first: str, count: int):
    days = days_of(value)
    assert (days[0].isoformat(), len(days)) == (first, count)


def test_what_is_no_day_or_time_is_none():
    for value in (None, "", "bald", "2026-13-01", "/", "x/y"):
        assert days_of(value) == []
        assert time_of(value) is None
    assert str(time_of("15:30")) == "15:30:00"
    assert str(time_of("2026-11-23T14:30:00+00:00")) == "15:30:00"
