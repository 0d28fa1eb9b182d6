"""Cars, licences, parking, fines, bus and train: facts and the body that decides."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from actions.abfahrt import oepnv_abfahrt
from actions.answers import Answer, Link, marked, of_found, paragraphs, with_source
from actions.catalogued import MAX_LINKS, catalogue_answer
from actions.dialogue import Answerer, Concern, Context, with_town
from actions.help import town_links
from actions.licence import LicenceYears, deadline_words, open_question, read_years
from actions.messwerte import NOT_KNOWN, readings_text
from actions.services.responsibility import Duty
from actions.services.results import Found

_FREE_SPACES = re.compile(
    r"\bfreie?[nr]?\b(?!\s+parken)|\bvoll\b|belegt|plätze|plaetze|auslastung", re.IGNORECASE
)


async def of_body(concern: Concern, context: Context, town: str) -> Answer:
    """Say first who is responsible in this town, then what the catalogue knows.

    Most of these concerns lie with the district: people who go to the town hall lose a day.
    """
    found = await context.services.responsibility.find(town, concern.intent)
    if not isinstance(found, Found):
        return await catalogue_answer(concern.intent, context)
    answer = await catalogue_answer(concern.intent, context, body_line(found.data))
    return with_duty(answer, found, context)


def body_line(duty: Duty) -> str:
    """Return the sentence that names the responsible body, with doubt where there is some."""
    entry = duty.responsibility
    doubt = "" if entry.confirmed else " (noch nicht bestätigt)"
    return f"Zuständig: {entry.body}{doubt}."


def with_duty(answer: Answer, found: Found[Duty], context: Context) -> Answer:
    """Return the answer with the link, source and date of the line about the body."""
    entry = found.data.responsibility
    links = list(answer.links)
    if entry.url and context.services.municipality.may_link(context.town, entry.url):
        links.insert(0, Link(entry.body, entry.url))
    distinct = tuple({link.url: link for link in reversed(links)}.values())[::-1]
    return replace(with_source(answer, found), links=distinct[:MAX_LINKS])


async def fuehrerschein_umtausch(concern: Concern, context: Context, town: str) -> Answer:
    """Say until when an old licence is exchanged, for the year that was named or for all.

    While a year is missing the concern waits for it (``jahr``).
    """
    table = await context.services.catalogue.entry(town, "fuehrerschein_fristen", context.today)
    duty = await context.services.responsibility.find(town, concern.intent)
    years = _named_years(concern)
    before = [body_line(duty.data)] if isinstance(duty, Found) else []
    rows = table.data.facts if isinstance(table, Found) else ()
    if rows:
        before.append(deadline_words(rows, years, context.today))
    answer = await catalogue_answer(concern.intent, context, paragraphs(*before))
    if isinstance(table, Found):
        answer = with_source(answer, table)
    if isinstance(duty, Found):
        answer = with_duty(answer, duty, context)
    waits = bool(rows) and open_question(rows, years)
    return replace(answer, missing="jahr", expects="free") if waits else answer


def _named_years(concern: Concern) -> LicenceYears:
    """Return the years of the sentence and of the answer to the question for them."""
    return read_years(concern.value("jahr") or "").filled_by(read_years(concern.text))


async def parken(concern: Concern, context: Context, town: str) -> Answer:
    """Say how many spaces are free where that is measured and asked, else what is known."""
    sensors = context.services.sensors
    if not (sensors.serves(town) and _FREE_SPACES.search(concern.text)):
        return await catalogue_answer(concern.intent, context)
    found = await sensors.readings(town, "parking")
    if not isinstance(found, Found):
        return await catalogue_answer(concern.intent, context, NOT_KNOWN)
    text = readings_text(f"Freie Parkplätze in {context.town_name}", found, context)
    links = await town_links(context, town, ("website",))
    return of_found(marked(text, found.demo), [found], links=links)


ANSWERERS: Mapping[str, Answerer] = {
    "kfz_anmelden": with_town(of_body),
    "kfz_abmelden_ummelden": with_town(of_body),
    "wunschkennzeichen": with_town(of_body),
    "fuehrerschein_umtausch": with_town(fuehrerschein_umtausch),
    "fuehrerschein_antrag": with_town(of_body),
    "bewohnerparkausweis": with_town(of_body),
    "parken": with_town(parken),
    "knoellchen_bussgeld": with_town(of_body),
    "oepnv_abfahrt": with_town(oepnv_abfahrt),
}
