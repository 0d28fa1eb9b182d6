"""Residence and certificates (registration, conduct, certified copies): from the catalogue."""

from __future__ import annotations

from collections.abc import Mapping

from actions.catalogued import catalogued
from actions.dialogue import Answerer

ANSWERERS: Mapping[str, Answerer] = {
    "wohnsitz_anmelden": catalogued("wohnsitz_anmelden"),
    "wohnsitz_ummelden": catalogued("wohnsitz_ummelden"),
    "meldebescheinigung": catalogued("meldebescheinigung"),
    "fuehrungszeugnis": catalogued("fuehrungszeugnis"),
    "wohnsitz_abmelden": catalogued("wohnsitz_abmelden"),
    "beglaubigung": catalogued("beglaubigung"),
}
