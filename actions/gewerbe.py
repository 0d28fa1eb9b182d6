"""Starting, changing or ending a business: answered from the catalogue."""

from __future__ import annotations

from collections.abc import Mapping

from actions.catalogued import catalogued
from actions.dialogue import Answerer

ANSWERERS: Mapping[str, Answerer] = {
    "gewerbe_anmelden_ummelden": catalogued("gewerbe_anmelden_ummelden"),
}
