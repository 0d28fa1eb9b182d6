"""Elections and the postal vote: answered from the catalogue, for the town's election office."""

from __future__ import annotations

from collections.abc import Mapping

from actions.dialogue import Answerer, with_town
from actions.verkehr import of_body

ANSWERERS: Mapping[str, Answerer] = {
    "wahl_briefwahl": with_town(of_body),
}
