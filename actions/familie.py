"""Day care and school: answered from the catalogue."""

from __future__ import annotations

from collections.abc import Mapping

from actions.catalogued import catalogued
from actions.dialogue import Answerer

ANSWERERS: Mapping[str, Answerer] = {
    "kita_platz": catalogued("kita_platz"),
    "schulanmeldung": catalogued("schulanmeldung"),
}
