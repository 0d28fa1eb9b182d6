"""Current notices of a town and official warnings of its district.

The silence of a source is never an all-clear.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Any

from actions.answers import Answer, Link, bullets, marked, of_found, paragraphs
from actions.dialogue import Answerer, Concern, Context, with_town
from actions.help import help_line
from actions.messwerte import NOT_KNOWN, readings_text
from actions.services.alerts import Alert, DistrictAlerts
from actions.services.opening_hours import BERLIN
from actions.services.records import Notice
from actions.services.results import Found, Nothing, Unavailable
from actions.services.sensors import Kind, Reading
from actions.spoken import on_day
from german.phrases import time_phrase

OFFICIAL = Link("Amtliche Warnungen des Bundes", "https://warnung.bund.de")
EMERGENCY = "Amtliche Warnungen finden Sie auf warnung.bund.de. Im Notfall: 112."

MEASURED: Sequence[tuple[re.Pattern[str], Kind, str]] = (
    (re.compile(r"luftqual|feinstaub|ozon|stickoxid|stickstoff", re.IGNORECASE), "air", "Luft"),
    (
        re.compile(r"wetter|temperatur|\bgrad\b|wie kalt|wie warm", re.IGNORECASE),
        "weather",
        "Wetter",
    ),
)


async def stoerung_warnung(concern: Concern, context: Context, town: str) -> Answer:
    """Read out the notices of the town and the official warnings of its district."""
    found = await context.services.notices.current(town, context.now)
    warned, (measured, readings) = await asyncio.gather(
        _warnings(context, town), _measured(concern.text, context, town)
    )
    used: list[Found[Any]] = [
        each for each in (found, warned, *readings) if isinstance(each, Found)
    ]
    own = _notices_text(found, context, beside=isinstance(warned, Found))
    closing = "" if isinstance(found, Found) else await help_line(context, town)
    text = paragraphs(measured, own, _warnings_text(warned, context), EMERGENCY, closing)
    if not used:
        reach = await context.services.municipality.reach(town)
        used += [reach] if isinstance(reach, Found) else []
    return of_found(text, used, links=(OFFICIAL,))


async def _measured(
    text: str, context: Context, town: str
) -> tuple[str, Sequence[Found[tuple[Reading, ...]]]]:
    """Return what is measured of the things that the words name."""
    sensors = context.services.sensors
    asked = [each for each in MEASURED if sensors.serves(town) and each[0].search(text)]
    answers = await asyncio.gather(*(sensors.readings(town, kind) for _, kind, _ in asked))
    results = [(title, each) for (_, _, title), each in zip(asked, answers, strict=True)]
    found = [(title, each) for title, each in results if isinstance(each, Found)]
    lines = [
        marked(readings_text(f"{title} in {context.town_name}", each, context), each.demo)
        for title, each in found
    ]
    away = NOT_KNOWN if any(isinstance(each, Unavailable) for _, each in results) else ""
    return paragraphs(*lines, away), [each for _, each in found]


async def _warnings(context: Context, town: str) -> Found[DistrictAlerts] | Unavailable | None:
    """Return the official warnings, or None where the town has no source of them."""
    alerts = context.services.alerts
    return await alerts.current(town) if alerts.serves(town) else None


def _notices_text(
    found: Found[tuple[Notice, ...]] | Nothing, context: Context, *, beside: bool
) -> str:
    if isinstance(found, Found):
        lines = bullets(marked(each.text, each.demo) for each in found.data)
        return f"Aktuelle Hinweise für {context.town_name}:\n{lines}"
    name = context.town_name
    none = f"Von der Stadt {name} liegt mir gerade kein Hinweis vor." if beside else ""
    silent = f"Mir liegt für {name} gerade kein Hinweis vor. Das ist keine Entwarnung."
    return none or silent


def _warnings_text(warned: Found[DistrictAlerts] | Unavailable | None, context: Context) -> str:
    """Say what is warned of in the whole district, or that nobody knows."""
    if warned is None:
        return ""
    if isinstance(warned, Unavailable):
        return (
            "Amtliche Warnungen: keine Auskunft möglich. Ich erreiche die Quelle (NINA) gerade "
            "nicht. Das heißt nicht, dass es keine Warnung gibt."
        )
    data = warned.data
    when = f"Stand {time_phrase(data.asked_at.astimezone(BERLIN))}"
    if not data.alerts:
        return (
            f"NINA meldet gerade keine amtliche Warnung im {data.district} ({when}). "
            "Das kann sich schnell ändern."
        )
    lines = bullets(_alert_line(each, context.today) for each in data.alerts)
    more = f"\nDazu {data.more} weitere." if data.more else ""
    scope = f"Sie gelten für den ganzen Kreis oder Teile davon, nicht nur für {context.town_name}."
    return f"Amtliche Warnungen im {data.district} ({when}):\n{lines}{more}\n{scope}"


def _alert_line(alert: Alert, today: dt.date) -> str:
    sent = alert.sent.astimezone(BERLIN)
    since = f"{on_day(sent.date(), today)} {time_phrase(sent)}"
    if alert.cancelled:
        return f"Entwarnung: {alert.headline} ({since})"
    area = f" Gebiet: {alert.area}." if alert.area else ""
    advice = f" {alert.instruction}" if alert.instruction else ""
    return f"{alert.headline} (gemeldet {since}).{area}{advice}"


ANSWERERS: Mapping[str, Answerer] = {"stoerung_warnung": with_town(stoerung_warnung)}
