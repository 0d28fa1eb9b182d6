"""Answers about waste: when it is collected, which bin is right, bulky waste."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Mapping, Sequence

from actions.aemter import days_of
from actions.answers import (
    HUMAN_BUTTON,
    UNREACHABLE,
    Answer,
    Button,
    Link,
    bullets,
    marked,
    of_found,
    paragraphs,
)
from actions.catalogued import catalogued
from actions.dialogue import Answerer, Concern, Context, with_town
from actions.help import help_line, not_known, town_links
from actions.services.results import Found, Nothing, Rejected
from actions.services.sorting import Item
from actions.services.waste import StreetSchedule, StreetWords
from actions.services.waste_calendar import Pickup
from actions.spoken import capital, on_day
from german.phrases import list_phrase

BINS = {
    "restmuell": "die Restmülltonne",
    "biomuell": "die Biotonne",
    "gelbe_tonne": "die Gelbe Tonne",
    "papier": "die Papiertonne",
    "schadstoffe": "die Schadstoffsammlung",
    "altglas": "der Altglascontainer",
    "weihnachtsbaum": "die Weihnachtsbaumabfuhr",
    "sperrmuell": "der Sperrmüll",
}
INTO = {
    "restmuell": "in die Restmülltonne",
    "biomuell": "in die Biotonne",
    "gelbe_tonne": "in die Gelbe Tonne",
    "papier": "in die Papiertonne",
    "schadstoffe": "zur Schadstoffsammlung",
    "altglas": "in den Altglascontainer",
    "sperrmuell": "zum Sperrmüll",
    "wertstoffhof": "zum Wertstoffhof",
    "elektroschrott": "zum Elektroschrott, also zum Wertstoffhof oder in den Handel zurück",
    "bauschutt": "zum Bauschutt, also zum Wertstoffhof",
    "altkleider": "in den Altkleidercontainer",
    "batterien": "in die Sammelbox für Batterien im Laden oder zum Wertstoffhof",
    "gruenabfall": "zum Grünabfall",
    "pfand": "zurück in den Laden, es ist meist Pfand darauf",
    "weihnachtsbaum": "zur Weihnachtsbaumabfuhr",
}
COLLECTED = {"restmuell", "biomuell", "gelbe_tonne", "papier", "schadstoffe"}
NEXT_DATES = 3
_WORDS = re.compile(r"[A-Za-zÄÖÜäöüß-]+")


async def abfall_abholtermin(concern: Concern, context: Context, town: str) -> Answer:
    """Say when which bin is collected in a street; asks for the street and rarely the number."""
    waste = context.services.waste
    if waste.provider(town) is None:
        return await not_known(context, town, "Die Abholtermine")
    asked = concern.value("strasse")
    words = asked or context.slot("strasse")
    if words is None:
        return _ask_street(context)
    street = await waste.street(town, words)
    if street.name is None:
        return await _street_unknown(context, town, street) if asked else _ask_street(context)
    number = concern.value("hausnummer") or street.number
    number = number or (None if asked else context.slot("hausnummer"))
    found = await waste.schedule(town, street.name, number, context.today)
    if isinstance(found, Rejected):
        return _ask_number(street.name, given=number is not None)
    if isinstance(found, Nothing):
        return await _street_unknown(context, town, StreetWords(None))
    if not isinstance(found, Found):
        return await _calendar_away(context, town)
    return await _dates(concern, context, town, found, number)


def _ask_street(context: Context) -> Answer:
    text = f"In welcher Straße in {context.town_name} wohnen Sie?"
    return Answer(text, expects="street", missing="strasse")


def _ask_number(street: str, *, given: bool) -> Answer:
    opening = "Diese Hausnummer finde ich nicht. " if given else ""
    text = f"{opening}Welche Hausnummer haben Sie ({street})? Davon hängt der Abholtag ab."
    return Answer(text, expects="number", missing="hausnummer", values={"strasse": street})


async def _street_unknown(context: Context, town: str, street: StreetWords) -> Answer:
    """Offer near names as buttons, or name the provider's own calendar."""
    if street.choices:
        buttons = tuple(
            Button(name, f"/inform{json.dumps({'strasse': name}, ensure_ascii=False)}")
            for name in street.choices
        )
        text = "Diese Straße finde ich so nicht. Meinen Sie eine von diesen?"
        return Answer(text, buttons=buttons, expects="street", missing="strasse")
    links = await _provider_links(context, town)
    where = " Alle Straßen stehen im Kalender des Anbieters." if links else ""
    text = (
        f"Diese Straße kenne ich in {context.town_name} nicht.{where} "
        "Nennen Sie mir gern eine andere Schreibweise."
    )
    return Answer(text, links=links, buttons=(HUMAN_BUTTON,), expects="street", missing="strasse")


async def _provider_links(context: Context, town: str) -> tuple[Link, ...]:
    """Return where citizens find the provider's own calendar."""
    linked = await town_links(context, town, ("abfall",))
    provider = context.services.waste.provider(town)
    url = provider.calendar_url if provider else None
    if linked or provider is None or not url:
        return linked
    allowed = context.services.municipality.may_link(town, url)
    return (Link(provider.provider, url),) if allowed else ()


async def _calendar_away(context: Context, town: str) -> Answer:
    return Answer(UNREACHABLE, links=await _provider_links(context, town), buttons=(HUMAN_BUTTON,))


async def _dates(
    concern: Concern,
    context: Context,
    town: str,
    found: Found[StreetSchedule],
    number: str | None,
) -> Answer:
    text = paragraphs(
        marked(_dates_text(concern, context, found.data), found.demo),
        "Der Kalender ist nicht ganz lesbar; bitte schauen Sie auch beim Anbieter nach."
        if found.data.schedule.damaged
        else "",
    )
    remembered = {"strasse": found.data.street} | ({"hausnummer": number} if number else {})
    links = await _provider_links(context, town)
    return of_found(text, [found], links=links, values=remembered)


def _dates_text(concern: Concern, context: Context, data: StreetSchedule) -> str:
    kind = concern.value("abfallart")
    days = days_of(concern.value("datum"))
    missing = _missing_year(data, days, context.today)
    if missing:
        return missing
    if days:
        return _on_days(data, days, kind, context)
    ahead = data.schedule.after(context.today, kind)
    if not ahead:
        return _nothing_ahead(data, kind, context)
    if kind:
        return _of_kind(data, kind, ahead, context.today)
    return _next_of_each(data, ahead, context.today)


def _missing_year(data: StreetSchedule, days: Sequence[dt.date], today: dt.date) -> str:
    """Say that the calendar has no data for the year that is asked about, or ``""``."""
    year = days[0].year if days else today.year
    if year in data.schedule.years:
        return ""
    return f"Für {year} liegt mir noch kein Abfallkalender vor ({data.street})."


def _on_days(
    data: StreetSchedule, days: Sequence[dt.date], kind: str | None, context: Context
) -> str:
    hits = [each for each in data.schedule.after(days[0], kind) if each.day <= days[-1]]
    place = f"{data.street} in {context.town_name}"
    if hits:
        return f"{place}:\n{bullets(_day_lines(hits, context.today))}"
    when = on_day(days[0], context.today) if len(days) == 1 else "in dieser Zeit"
    opening = f"{capital(when)} wird hier nichts abgeholt ({place})."
    following = data.schedule.after(days[-1], kind)
    more = _day_lines(following, context.today)[:1]
    return f"{opening} Als Nächstes: {more[0][:1].lower()}{more[0][1:]}." if more else opening


def _nothing_ahead(data: StreetSchedule, kind: str | None, context: Context) -> str:
    next_year = context.today.year + 1
    subject = BINS.get(kind or "", "eine Abholung").removeprefix("die ").removeprefix("der ")
    text = f"Im Kalender steht für {data.street} bis Ende {context.today.year} kein Termin mehr"
    later = (
        f"; für {next_year} liegt noch kein Kalender vor"
        if next_year not in data.schedule.years
        else ""
    )
    return f"{text} ({subject}){later}." if kind else f"{text}{later}."


def _of_kind(data: StreetSchedule, kind: str, ahead: Sequence[Pickup], today: dt.date) -> str:
    name = capital(BINS.get(kind, ahead[0].title))
    days = [on_day(each.day, today).removesuffix(",") for each in ahead[:NEXT_DATES]]
    text = f"{name} wird das nächste Mal {days[0]}, abgeholt ({data.street})."
    return f"{text} Danach: {list_phrase(days[1:])}." if days[1:] else text


def _next_of_each(data: StreetSchedule, ahead: Iterable[Pickup], today: dt.date) -> str:
    nearest: dict[str, Pickup] = {}
    for pickup in ahead:
        nearest.setdefault(pickup.bin or pickup.title, pickup)
    lines = _day_lines(sorted(nearest.values()), today)
    return f"Die nächsten Abholungen ({data.street}):\n{bullets(lines)}"


def _day_lines(pickups: Iterable[Pickup], today: dt.date) -> list[str]:
    days: dict[dt.date, list[str]] = {}
    for each in pickups:
        days.setdefault(each.day, []).append(each.title)
    return [
        f"{capital(on_day(day, today)).removesuffix(',')}: {list_phrase(titles)}"
        for day, titles in days.items()
    ]


async def abfall_sortierung(concern: Concern, context: Context) -> Answer:
    """Say into which bin an item belongs."""
    named = concern.values("gegenstand")
    asked = named[-1:] or _nouns(concern.text)
    if not asked:
        return _ask_item()
    for words in asked:
        found = await context.services.sorting.find(words, exact=not named)
        if isinstance(found, Found) and found.data.item is not None:
            return _sorted(found.data.item, found, context)
        if isinstance(found, Found):
            return _choose_item(found.data.choices)
    return await _item_unknown(context)


def _nouns(text: str) -> list[str]:
    """Return the words that may name an item, longest first; payloads hold none."""
    words = [] if text.startswith("/") else _WORDS.findall(text)
    nouns = [word for word in words if word[:1].isupper() or len(words) == 1]
    return sorted(nouns, key=len, reverse=True)[:8]


def _ask_item() -> Answer:
    text = "Was möchten Sie wegwerfen? Nennen Sie mir den Gegenstand."
    return Answer(text, expects="free", missing="gegenstand")


def _sorted(item: Item, found: Found[object], context: Context) -> Answer:
    where = INTO.get(item.bin, item.bin)
    hint = f" Hinweis: {item.hint}" if item.hint else ""
    text = marked(f"{item.name} gehört {where}.{hint}", found.demo)
    buttons: tuple[Button, ...] = ()
    if context.town and item.bin in COLLECTED:
        payload = f'/abfall_abholtermin{{"abfallart": "{item.bin}"}}'
        buttons = (Button("Wann wird abgeholt?", payload),)
    return of_found(text, [found], buttons=buttons)


def _choose_item(choices: Sequence[Item]) -> Answer:
    buttons = tuple(
        Button(
            item.name,
            f"/abfall_sortierung{json.dumps({'gegenstand': item.name}, ensure_ascii=False)}",
        )
        for item in choices
    )
    text = "Meinen Sie einen von diesen Gegenständen?"
    return Answer(text, buttons=buttons, expects="free", missing="gegenstand")


async def _item_unknown(context: Context) -> Answer:
    subject = "Wohin dieser Gegenstand gehört, weiß ich leider nicht sicher."
    if context.town is None:
        text = f"{subject} Auskunft gibt die Behördennummer 115."
        return Answer(text, buttons=(HUMAN_BUTTON,))
    text = f"{subject} {await help_line(context, context.town)}"
    links = await _provider_links(context, context.town)
    reach = await context.services.municipality.reach(context.town)
    used = [reach] if isinstance(reach, Found) else []
    return of_found(text, used, links=links, buttons=(HUMAN_BUTTON,))


ANSWERERS: Mapping[str, Answerer] = {
    "abfall_abholtermin": with_town(abfall_abholtermin),
    "abfall_sortierung": abfall_sortierung,
    "sperrmuell_anmelden": catalogued("sperrmuell_anmelden"),
}
