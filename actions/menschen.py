"""Talking to a human, now or by a call back. The hub decides what happens then."""

from __future__ import annotations

from collections.abc import Mapping

from actions.answers import Answer, marked, of_found, paragraphs
from actions.dialogue import Answerer, Concern, Context
from actions.help import PHONE_115
from actions.services.offices import OfficeEntry
from actions.services.results import Found
from actions.spoken import hours_now

SERVICE_OFFICE = "buergerbuero"
HANDED_OVER = "Gern, ein Mensch soll sich darum kümmern."
CALL_BACK = (
    "Gern, ein Mensch ruft Sie zurück. Bitte schreiben Sie, worum es geht, "
    "unter welcher Nummer und wann Sie gut zu erreichen sind."
)


async def mensch_sprechen(_concern: Concern, context: Context) -> Answer:
    """Hand the conversation over and say honestly whether somebody is there now."""
    return await _handed_over(HANDED_OVER, "citizen", context)


async def kontakt_rueckruf(_concern: Concern, context: Context) -> Answer:
    """Take the wish for a call back; number and time go to staff, never into a slot."""
    return await _handed_over(CALL_BACK, "callback", context)


async def _handed_over(opening: str, reason: str, context: Context) -> Answer:
    urgent = f"Eilig? Dann hilft Ihnen auch die {PHONE_115}."
    expects = "phone" if reason == "callback" else None
    found = await _service_office(context)
    if found is None:
        return Answer(paragraphs(opening, urgent), handoff=reason, expects=expects)
    hours = marked(hours_now(found.data, context.now), found.demo)
    text = paragraphs(opening, hours, urgent)
    return of_found(text, [found], handoff=reason, expects=expects)


async def _service_office(context: Context) -> Found[OfficeEntry] | None:
    if context.town is None:
        return None
    found = await context.services.offices.find(context.town, SERVICE_OFFICE)
    return found if isinstance(found, Found) and found.data.timetable else None


ANSWERERS: Mapping[str, Answerer] = {
    "mensch_sprechen": mensch_sprechen,
    "kontakt_rueckruf": kontakt_rueckruf,
}
