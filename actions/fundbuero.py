"""Lost property: answered from the catalogue."""

from __future__ import annotations

from collections.abc import Mapping

from actions.catalogued import catalogued
from actions.dialogue import Answerer

ANSWERERS: Mapping[str, Answerer] = {
    "fundsache_suchen_melden": catalogued("fundsache_suchen_melden"),
}
