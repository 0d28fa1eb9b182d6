"""What is stored about a citizen and how to have it deleted: answered from the catalogue."""

from __future__ import annotations

from collections.abc import Mapping

from actions.catalogued import catalogued
from actions.dialogue import Answerer

ANSWERERS: Mapping[str, Answerer] = {
    "datenschutz_meine_daten": catalogued("datenschutz_meine_daten", needs_town=False),
}
