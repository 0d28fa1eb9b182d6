"""Help with money and disability: answered from the catalogue."""

from __future__ import annotations

from collections.abc import Mapping

from actions.catalogued import catalogued
from actions.dialogue import Answerer

ANSWERERS: Mapping[str, Answerer] = {
    "wohngeld": catalogued("wohngeld"),
    "sozialleistungen_lotse": catalogued("sozialleistungen_lotse"),
    "schwerbehinderung_ausweis": catalogued("schwerbehinderung_ausweis"),
}
