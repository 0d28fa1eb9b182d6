from __future__ import annotations

import json

from tests.actions.conftest import TOKEN, ActionServer, action_call


async def test_an_action_gives_one_answer_with_source_and_date(server: ActionServer):
    turn = await server.run(
        "action_oeffnungszeiten",
        "Wann hat das Bürgerbüro morgen auf?",
        {"stadt": "soest", "amt": "buergerbuero", "datum": "2026-11-23"},
    )
    assert turn.text == (
        "Morgen, Montag, 23. November, ist das Bürgerbüro Soest "
        "von 8 bis 12:30 Uhr und von 14 bis 16 Uhr geöffnet."
    )
    assert turn.custom["source"] == {"title": "Stadt Soest", "url": "https://www.soest.de"}
    assert turn.custom["as_of"] == "2026-11-22"
    assert turn.slots == {"stadt": "soest", "fehlversuche": 0.0}


async def test_a_call_without_secret_is_refused(server: ActionServer):
    for path in ("/webhook", "/fallback"):
        assert (await server.http.post(path, json={})).status_code == 401
        assert (await server.post(path, {}, token="wrong")).status_code == 401


async def test_an_unknown_action_is_404_as_rasa_sdk_says_it(server: ActionServer):
    response = await server.post("/webhook", action_call("action_gibt_es_nicht"))
    assert response.status_code == 404
    assert response.json()["action_name"] == "action_gibt_es_nicht"


async def test_a_broken_body_is_400_and_a_long_one_413(server: ActionServer):
    headers = {"Authorization": f"Bearer {TOKEN}"}
    for body in (b"{", b"[1]", b'"x"', b"\xff"):
        response = await server.http.post("/webhook", content=body, headers=headers)
        assert response.status_code == 400
        assert "JSON" in response.json()["error"]
    long = json.dumps({"next_action": "x" * 1_000_001}).encode()
    assert (await server.http.post("/webhook", content=long, headers=headers)).status_code == 413


async def test_a_tracker_without_its_parts_is_a_500_that_names_the_action(server: ActionServer):
    response = await server.post("/webhook", {"next_action": "action_oeffnungszeiten"})
    assert response.status_code == 500
    assert response.json()["action_name"] == "action_oeffnungszeiten"


async def test_the_domain_is_not_required_but_may_come(server: ActionServer):
    call = action_call("action_oeffnungszeiten", entities={"stadt": "soest"})
    call["domain"] = {"intents": ["gruss"]}
    assert (await server.post("/webhook", call)).status_code == 200


async def test_the_town_is_asked_once(server: ActionServer):
    turn = await server.run("action_oeffnungszeiten", "Wann habt ihr auf?")
    assert turn.text == "Für welche Stadt möchten Sie das wissen?"
    assert turn.custom["expects"] == "town"
    assert {b["title"] for b in turn.buttons} == {"Olpe", "Soest"}
    assert turn.slots["anliegen"]["intent"] == "oeffnungszeiten"
    assert turn.slots["anliegen"]["missing"] == "stadt"


async def test_health(server: ActionServer):
    assert (await server.http.get("/health/live")).status_code == 200
    assert (await server.http.get("/health/ready")).json() == {"records": True}


async def test_fallback_gives_hours_and_contact_without_the_engine(server: ActionServer):
    response = await server.post("/fallback", {"text": "Hallo?", "municipality": "soest"})
    (answer,) = response.json()["answers"]
    assert "Bürgerbüro Soest ist jetzt geschlossen" in answer["text"]
    assert "02921 103-0" in answer["text"]
    assert answer["buttons"] == [
        {"title": "Mit einem Menschen sprechen", "payload": "/mensch_sprechen"}
    ]
    assert "handoff" not in answer


async def test_fallback_without_a_town_names_115(server: ActionServer):
    for town in (None, "atlantis", 5):
        response = await server.post("/fallback", {"text": "Hallo?", "municipality": town})
        assert "115" in response.json()["answers"][0]["text"]
