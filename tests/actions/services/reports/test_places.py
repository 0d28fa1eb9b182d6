from __future__ import annotations

import pytest

from actions.services.reports.places import DefectPlaces
from actions.services.reports.report import Place

PLACES = DefectPlaces(
    ["Lindenstraße", "Lindenplatz", "Bahnhofstraße", "Jakobistraße", "Hellweg", "Kölner Straße"]
)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("In der Lindenstraße 12 ist ein Loch", Place("Lindenstraße 12")),
        ("loch lindenstr. 12a", Place("Lindenstraße 12a")),
        ("Schlagloch in der kölner strasse", Place("Kölner Straße")),
        ("Laterne Nr. 1132 geht nicht", Place(lamp="1132")),
        ("lampe 47 in der jakobistraße", Place("Jakobistraße", lamp="47")),
        ("Laternennummer: AB-17, Bahnhofstraße 3", Place("Bahnhofstraße 3", lamp="AB-17")),
        ("Straßenlaterne mit der Nummer 88", Place(lamp="88")),
        ("hier: 51.57112, 8.10574", Place(lat=51.57112, lon=8.10574)),
        ("51,57112 8,10574", Place(lat=51.57112, lon=8.10574)),
        ("Standort 51.57112/8.10574 Hellweg", Place("Hellweg", 51.57112, 8.10574)),
        ("da ist ein Loch", Place()),
        ("seit dem 12.11.2026, 14.30 Uhr", Place()),
        ("95.00000, 8.10574", Place()),
        ("0.0000, 0.0000", Place()),
        ("Die Lampe ist seit 3 Wochen aus", Place()),
        ("laterne 3 wochen aus", Place()),
    ],
)
def test_places_in_a_message(text: str, place: Place):
    assert PLACES.find(text).place == place


def test_an_answer_is_taken_as_it_is_when_no_street_is_known():
    assert PLACES.answer("am Teich hinter der Grundschule").place == Place(
        "am Teich hinter der Grundschule"
    )
    assert PLACES.answer("Hellweg").place == Place("Hellweg")
    assert PLACES.answer("  ").place == Place()


def test_streets_that_are_nearly_as_likely_are_offered():
    similar = DefectPlaces(["Bachstraße", "Buchstraße", "Hellweg"])
    found = similar.answer("Bechstraße")
    assert not found.place.known
    assert set(found.choices) == {"Bachstraße", "Buchstraße"}
