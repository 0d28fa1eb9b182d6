"""What the region measures, with the age of each value said."""

from __future__ import annotations

import datetime as dt

from actions.answers import bullets
from actions.dialogue import Context
from actions.services.opening_hours import BERLIN
from actions.services.results import Found
from actions.services.sensors import Reading
from actions.spoken import on_day
from german.phrases import time_phrase

OLD = dt.timedelta(minutes=30)
SHOWN = 8
NOT_KNOWN = "Die Messwerte kann ich gerade nicht abrufen."


def readings_text(title: str, found: Found[tuple[Reading, ...]], context: Context) -> str:
    """Return the readings as lines; what is older than 30 minutes says so."""
    lines = bullets(f"{_values(each)} ({age(each, context.now)})" for each in found.data[:SHOWN])
    return f"{title}:\n{lines}"


def _values(reading: Reading) -> str:
    if reading.free is not None:
        spaces = "1 Platz" if reading.free == 1 else f"{reading.free} Plätze"
        of = f" von {reading.total}" if reading.total else ""
        return f"{reading.name}: {spaces} frei{of}" if reading.free else f"{reading.name}: voll"
    values = ", ".join(f"{v.label} {_german(v.value)} {v.unit}" for v in reading.values)
    return f"{reading.name}: {values}"


def _german(value: float) -> str:
    """Return a number with a comma and at most one decimal."""
    return f"{value:.1f}".removesuffix(".0").replace(".", ",")


def age(reading: Reading, now: dt.datetime) -> str:
    """Say when something was measured; old values are named as old."""
    if reading.observed_at is None:
        return "ohne Angabe, von wann"
    local = reading.observed_at.astimezone(BERLIN)
    today = now.astimezone(BERLIN).date()
    day = "" if local.date() == today else f"{on_day(local.date(), today)} "
    if now - reading.observed_at <= OLD:
        return f"gemessen um {time_phrase(local)}"
    return f"alter Wert: gemessen {day}um {time_phrase(local)}"
