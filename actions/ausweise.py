"""Identity cards, their online function and passports: answered from the catalogue."""

from __future__ import annotations

from collections.abc import Mapping

from actions.catalogued import catalogued
from actions.dialogue import Answerer

ANSWERERS: Mapping[str, Answerer] = {
    "personalausweis_beantragen": catalogued("personalausweis_beantragen"),
    "personalausweis_verloren": catalogued("personalausweis_verloren"),
    "personalausweis_status": catalogued("personalausweis_status"),
    "reisepass_beantragen": catalogued("reisepass_beantragen"),
    "kinderausweis_reisepass": catalogued("kinderausweis_reisepass"),
    "eid_pin_aktivierung": catalogued("eid_pin_aktivierung"),
}
