"""Texts of citizens and services that would make careless patterns slow, and any JSON at all."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actions import abfahrt, freizeit, rat
from actions.services import alerts, events, pvog, waste_feeds
from actions.services.border import Unreadable
from actions.services.sensors import KINDS, read_entity

CITIZEN = 2_000
SERVICE = 200_000
PIECES = ["a", " ", "<", "\n", "1.", "1 ", "€ ", "kein", "ab ", "nach ", "haltestelle ", "von der ",
          "<br", "&", "(", "nicht öffentlich", "x-/. ", "straße ", "am "]  # fmt: skip
READERS: dict[str, tuple[int, Callable[[str], Any]]] = {
    "wish": (CITIZEN, lambda text: abfahrt.read_wish(text, ["Soest"])),
    "meeting": (CITIZEN, rat._asks_when),
    "body": (CITIZEN, lambda text: rat._asked(text, ())),
    "kinds": (CITIZEN, freizeit._kinds),
    "alert": (SERVICE, alerts.plain),
    "event": (SERVICE, lambda text: events.step_free(events.plain(text))),
    "service": (SERVICE, lambda text: pvog.without_amounts(pvog.plain(text))),
    "street": (CITIZEN, lambda text: waste_feeds.spelled(text, "slug")),
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("piece", PIECES, ids=repr)
def test_no_text_makes_a_pattern_slow(reader: str, piece: str):
    """Generous: careless patterns need many seconds for these, careful ones milliseconds."""
    longest, read = READERS[reader]
    text = (piece * longest)[:longest]
    begin = time.process_time()
    read(text)
    assert time.process_time() - begin < 2.0


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3)
    ),
    max_leaves=10,
)
NAMES = st.sampled_from(
    ["id", "name", "availableSpotNumber", "totalSpotNumber", "occupiedSpotNumber", "NO2", "temperature",
     "dateObserved", "observedAt", "title"]
)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(NAMES | st.text(max_size=8), JSON | st.fixed_dictionaries({"value": JSON})))
def test_any_entity_is_read_or_left_out(entity: dict[str, Any]):
    for kind in KINDS:
        reading = read_entity(entity, kind)
        assert reading is None or reading.name


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_a_calendar_or_unreadable(text: str):
    import datetime as dt

    day = dt.date(2026, 11, 22)
    for whole in (text, f"BEGIN:VCALENDAR\nBEGIN:VEVENT\n{text}\nEND:VEVENT\nEND:VCALENDAR"):
        try:
            found = events.read_events(whole, day, day)
        except Unreadable:
            continue
        assert isinstance(found, tuple)
