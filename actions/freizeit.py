"""What is on in the town: answered from the catalogue until there is a calendar to ask."""

from __future__ import annotations

from collections.abc import Mapping

from actions.catalogued import catalogued
from actions.dialogue import Answerer

ANSWERERS: Mapping[str, Answerer] = {
    "veranstaltungen": catalogued("veranstaltungen"),
}
