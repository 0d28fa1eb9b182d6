"""What is on in the town: from its calendar, else from the catalogue."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from itertools import groupby

from actions.aemter import days_of
from actions.answers import Answer, Button, Link, bullets, marked, of_found, paragraphs
from actions.catalogued import catalogue_answer
from actions.dialogue import Answerer, Concern, Context, with_town
from actions.help import town_links
from actions.services.events import Event
from actions.services.names import fold
from actions.services.results import Unavailable
from actions.spoken import capital, on_day
from german.phrases import time_phrase

SHOWN = 6
NEAR_DAYS = 14
AWAY = "Den Veranstaltungskalender erreiche ich gerade nicht."
MORE = "Was es sonst noch gibt, steht im Kalender der Stadt."
BUTTONS = (
    Button("Mit dem Bus hin", "/oepnv_abfahrt"),
    Button("Ist etwas abgesagt?", "/stoerung_warnung"),
)
_STEP_FREE = re.compile(
    r"barrierefrei|stufenlos|ohne\s+(?:treppe|stufe)|rollstuhl|rollator", re.IGNORECASE
)
_KIND = re.compile(
    r"\b(?:[a-zäöüß]{0,40}(?:markt|kirmes|konzert\w*|theater|lesung|flohmarkt|trödelmarkt|ausstellung"
    r"|führung|fest|festival|kino|umzug|tanz|band|musik|kinderprogramm|turnier|feuerwerk|basar))\b",
    re.IGNORECASE,
)
_OWN = re.compile(
    r"anmelden|ankündig|eintragen|eigene|unser\w*\s+\w*fest|veröffentlich", re.IGNORECASE
)
_ALIKE = {"band": ("band", "konzert", "musik"), "musik": ("musik", "konzert", "band")}


async def veranstaltungen(concern: Concern, context: Context, town: str) -> Answer:
    """Say what is on, on the days, of the kind and without steps where that was asked."""
    events = context.services.events
    if not events.serves(town) or _OWN.search(concern.text):
        return await catalogue_answer(concern.intent, context)
    found = await events.ahead(town)
    if isinstance(found, Unavailable):
        return await catalogue_answer(concern.intent, context, AWAY)
    chosen = _chosen(concern, found.data, context.today)
    if not chosen:
        return await catalogue_answer(concern.intent, context, _none(concern, context))
    text = paragraphs(marked(_text(concern, chosen, context), found.demo), MORE)
    links = await town_links(context, town, ("website",))
    own = [
        Link(each.title, each.url)
        for each in chosen[:2]
        if each.url and context.services.municipality.may_link(town, each.url)
    ]
    return of_found(text, [found], links=(*own, *links), buttons=BUTTONS)


def _chosen(concern: Concern, events: Sequence[Event], today: dt.date) -> list[Event]:
    days = days_of(concern.value("datum"))
    kinds = _kinds(concern.text)
    if days:
        chosen = [each for each in events if each.day <= days[-1] and each.until >= days[0]]
    elif kinds:
        chosen = list(events)
    else:
        last = today + dt.timedelta(days=NEAR_DAYS)
        chosen = [each for each in events if each.day <= last]
    if kinds:
        chosen = [each for each in chosen if any(k in fold(each.title + each.text) for k in kinds)]
    if _STEP_FREE.search(concern.text):
        chosen = [each for each in chosen if each.step_free]
    return chosen


def _kinds(text: str) -> tuple[str, ...]:
    """Return the kinds of events that words name, folded, or none."""
    named = [fold(each) for each in _KIND.findall(text)]
    return tuple(other for each in named for other in _ALIKE.get(each, (each,)))


def _none(concern: Concern, context: Context) -> str:
    """Say that the calendar holds nothing of the sort; it is no proof that there is nothing."""
    free = " stufenlosen" if _STEP_FREE.search(concern.text) else ""
    return (
        f"Im Kalender finde ich dazu für {context.town_name} gerade keine{free} Termine. "
        "Es kann trotzdem etwas geben, das dort nicht steht."
    )


def _text(concern: Concern, events: Sequence[Event], context: Context) -> str:
    shown = events[:SHOWN]
    opening = f"Das steht im Veranstaltungskalender für {context.town_name}"
    if _STEP_FREE.search(concern.text):
        opening += " als stufenlos oder barrierefrei"
    days = [
        f"{capital(on_day(day, context.today)).removesuffix(',')}:\n"
        f"{bullets(_line(each, context.today) for each in group)}"
        for day, group in groupby(shown, lambda each: max(each.day, context.today))
    ]
    left = len(events) - len(shown)
    more = f"Dazu {left} weitere in dieser Zeit." if left > 0 else ""
    return paragraphs(f"{opening}:", *days, more)


def _line(event: Event, today: dt.date) -> str:
    time = f", {time_phrase(event.time)}" if event.time else ""
    until = f", bis {on_day(event.until, today).removeprefix('am ')}" if event.last_day else ""
    place = f", {event.place}" if event.place else ""
    off = "Abgesagt: " if event.cancelled else ""
    free = " (stufenlos)" if event.step_free else ""
    return f"{off}{event.title}{time}{until.removesuffix(',')}{place}{free}"


ANSWERERS: Mapping[str, Answerer] = {"veranstaltungen": with_town(veranstaltungen)}
