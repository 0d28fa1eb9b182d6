"""Appointments and waiting: answered from the catalogue."""

from __future__ import annotations

from collections.abc import Mapping

from actions.catalogued import catalogued
from actions.dialogue import Answerer

ANSWERERS: Mapping[str, Answerer] = {
    "termin_buchen": catalogued("termin_buchen"),
    "termin_aendern_absagen": catalogued("termin_aendern_absagen", any_office=True),
    "wartezeit_jetzt": catalogued("wartezeit_jetzt", any_office=True),
}
