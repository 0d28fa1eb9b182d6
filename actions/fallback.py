"""What can still be said when the engine is down: hours and contacts, and a human."""

from __future__ import annotations

import datetime as dt

from actions.answers import HUMAN_BUTTON, Answer, Link, marked, of_found, paragraphs
from actions.dialogue import Context
from actions.help import PHONE_115, help_line
from actions.services.access import Services
from actions.services.results import Found
from actions.spoken import hours_now

OPENING = "Ich kann Ihre Frage gerade nicht verstehen, weil ein Teil von mir ausgefallen ist."


async def fallback_answer(services: Services, now: dt.datetime, town: str | None) -> Answer:
    """Return the degraded answer for a town, or the general one where none is known."""
    if town not in services.municipality.towns():
        text = f"{OPENING} Auskunft gibt die {PHONE_115}."
        return Answer(text, buttons=(HUMAN_BUTTON,))
    context = Context(services, now, town)
    office = await services.offices.find(town)
    reach = await services.municipality.reach(town)
    hours = marked(hours_now(office.data, now), office.demo) if isinstance(office, Found) else ""
    used = [each for each in (office, reach) if isinstance(each, Found)]
    links = (
        (Link(f"Stadt {context.town_name}", reach.data.website),)
        if isinstance(reach, Found)
        else ()
    )
    text = paragraphs(OPENING, hours, await help_line(context, town))
    return of_found(text, used, links=links, buttons=(HUMAN_BUTTON,))
