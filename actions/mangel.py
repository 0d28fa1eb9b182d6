"""Reporting a defect: danger first, then what the catalogue knows."""

from __future__ import annotations

from collections.abc import Mapping

from actions.catalogued import catalogued
from actions.dialogue import Answerer

DANGER_FIRST = "Ist jemand in Gefahr? Dann rufen Sie bitte sofort 110 oder 112 an."

ANSWERERS: Mapping[str, Answerer] = {
    "mangel_melden": catalogued("mangel_melden", before=DANGER_FIRST),
}
