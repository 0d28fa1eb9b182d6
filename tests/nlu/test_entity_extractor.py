"""Entities of the questions the product must answer."""

import json

import pytest

from nlu.entity_extractor import GermanEntityExtractor, Knowledge

from .conftest import ROOT


@pytest.mark.parametrize(
    ("text", "entities"),
    [
        (
            "wann hat das bürgerbüro in soest morgen auf",
            {"amt": "buergerbuero", "stadt": "soest", "datum": "2026-11-23"},
        ),
        (
            "wann hat das bürgerbüro in soest an Fronleichnam auf",
            {"amt": "buergerbuero", "stadt": "soest", "datum": "2027-05-27"},
        ),
        ("hat das Rathaus am 24.12. auf", {"amt": "rathaus", "datum": "2026-12-24"}),
        (
            "perso weg was nun",
            {"dokument": "personalausweis", "leistung": "personalausweis_verloren"},
        ),
        ("Ich bin nach Olpe gezogen", {"stadt": "olpe"}),
        (
            "wer ist in Bad Berleburg für KFZ zuständig",
            {"stadt": "bad-berleburg", "leistung": "kfz_anmelden"},
        ),
        ("couch loswerden arnsberg", {"stadt": "arnsberg", "gegenstand": None}),
        ("wann tagt der rat", {"leistung": "ratssitzung"}),
        ("wie wird das Wetter", {}),
        ("ICH WILL EINEN MENSCHEN", {}),
        ("was wisst ihr über mich", {}),
        (
            "Rückruf morgen zwischen 8 und 12 unter 0171 2345678",
            {
                "datum": "2026-11-23",
                "uhrzeit": "08:00/12:00",
                "telefon": "+491712345678",
                "leistung": "kontakt_rueckruf",
            },
        ),
    ],
)
def test_entities_of_questions(workbench, text, entities):
    found = workbench.parse(text)["entities"]
    optional = {name for name, value in entities.items() if value is None}
    wanted = {name: value for name, value in entities.items() if value is not None}
    assert {name: value for name, value in found.items() if name not in optional} == wanted


def test_streets_come_from_the_towns_gazetteers(workbench):
    streets = Knowledge.read(ROOT / "data" / "gazetteers").towns_of_street
    assert streets
    name, towns = next(iter(streets.items()))
    message = workbench.parse(f"wann kommt die gelbe tonne in {name} 12b")["message"]
    entities = {entity["entity"]: entity for entity in message.get("entities")}
    assert entities["strasse"]["value"] == name
    assert entities["strasse"]["staedte"] == towns
    assert entities["hausnummer"]["value"] == "12b"
    assert entities["abfallart"]["value"] == "gelbe_tonne"


def test_every_entity_says_where_it_is_and_who_found_it(workbench):
    text = "Wann hat das Bu\u0308rgerbüro  in Soest am 24.12. um 9 Uhr auf?"
    message = workbench.parse(text)["message"]
    words = {
        entity["entity"]: text[entity["start"] : entity["end"]]
        for entity in message.get("entities")
    }
    assert words == {
        "amt": "Bu\u0308rgerbüro",
        "stadt": "Soest",
        "datum": "24.12.",
        "uhrzeit": "um 9 Uhr",
    } | {"uhrzeit": words["uhrzeit"]}
    assert words["uhrzeit"].endswith("9 Uhr")
    for entity in message.get("entities"):
        assert entity["extractor"] == "GermanEntityExtractor"
        assert 0 < entity["confidence"] <= 1
        assert "processors" not in entity or entity["processors"]
    grains = {e["entity"]: e["grain"] for e in message.get("entities") if "grain" in e}
    assert grains == {"datum": "day", "uhrzeit": "hour"}


@pytest.mark.parametrize("sent_at", [None, "", "gestern", 5, "2026-11-22T10:00:00"])
def test_a_broken_time_of_the_message_is_no_accident(workbench, sent_at):
    from rasa.shared.nlu.training_data.message import Message

    (extractor,) = (c for c in workbench.components if isinstance(c, GermanEntityExtractor))
    (message,) = extractor.process([Message({"text": "morgen", "metadata": {"sent_at": sent_at}})])
    assert message.get("entities")[0]["entity"] == "datum"


def test_knowledge_survives_json():
    knowledge = Knowledge.read(ROOT / "data" / "gazetteers")
    copy = Knowledge.from_json(knowledge.to_json())
    assert copy.towns_of_street == knowledge.towns_of_street
    assert json.loads(copy.to_json()) == json.loads(knowledge.to_json())


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        Knowledge.read(tmp_path / "nowhere")


def test_a_changed_gazetteer_asks_for_training(tmp_path):
    folder = tmp_path / "de"
    folder.mkdir()
    file = folder / "amt.yml"
    file.write_text("source: a\n", encoding="utf-8")
    before = GermanEntityExtractor.fingerprint_addon({"gazetteers": str(tmp_path)})
    file.write_text("source: b\n", encoding="utf-8")
    assert GermanEntityExtractor.fingerprint_addon({"gazetteers": str(tmp_path)}) != before
