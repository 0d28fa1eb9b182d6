"""What ends on a day is told until that day, never after it: an election, a price."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.actions.conftest import ActionServer

DATA = Path(__file__).resolve().parents[2] / "data"


@pytest.mark.parametrize(
    ("now", "told"),
    [("2027-04-25T09:00+02:00", True), ("2027-04-26T09:00+02:00", False)],
)
async def test_the_election_is_told_until_its_day(
    serve: Callable[..., ActionServer], now: str, told: bool
):
    turn = await serve(DATA, now=now).run("action_wahl_briefwahl", "", {}, {"stadt": "olpe"})
    assert ("25. April 2027" in turn.text) == told
    assert ("Nicht sicher weiß ich: Nächste Wahl" in turn.text) == (not told)
    assert turn.text.startswith("Zuständig: Stadt Olpe, Wahlamt.")


@pytest.mark.parametrize(
    ("now", "told"),
    [("2026-12-31T12:00+01:00", True), ("2027-01-01T12:00+01:00", False)],
)
async def test_the_price_of_the_ticket_ends_with_the_year(
    serve: Callable[..., ActionServer], now: str, told: bool
):
    turn = await serve(DATA, now=now).run("action_oepnv_abfahrt", "", {}, {"stadt": "soest"})
    assert ("63,00 €" in turn.text) == told
    assert any(link["url"] == "https://www.mobil.nrw" for link in turn.custom["links"])
