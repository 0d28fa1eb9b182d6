"""Answers about offices: opening hours, addresses, contacts and who is responsible."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

from actions.answers import Answer, Button, Link, bullets, marked, of_found, paragraphs
from actions.dialogue import Answerer, Concern, Context, with_town
from actions.help import help_line, not_known, town_links
from actions.services.offices import DEFAULT_KIND, OfficeEntry
from actions.services.opening_hours import BERLIN, DayHours, Timetable
from actions.services.results import Found, Nothing
from actions.spoken import (
    capital,
    end_phrase,
    hours_now,
    hours_on,
    on_day,
    spans_text,
    the_office,
    week_lines,
)
from german.phrases import list_phrase, time_phrase

MAX_DAYS = 7
CONCERN_OF = {
    "abfallberatung": "abfall_sortierung",
    "bauhof": "mangel_melden",
    "datenschutzbeauftragter": "datenschutz_meine_daten",
    "fuehrerscheinstelle": "fuehrerschein_antrag",
    "gewerbeamt": "gewerbe_anmelden_ummelden",
    "jobcenter": "sozialleistungen_lotse",
    "jugendamt": "kita_platz",
    "kfz_zulassung": "kfz_anmelden",
    "schulamt": "schulanmeldung",
    "sozialamt": "sozialleistungen_lotse",
    "stadtkasse": "zahlung_mahnung",
}
"""The concern of an office that the town's records do not list: the map knows who has it."""
ALL_OFFICES = ("welche ämter", "alle ämter", "welche behörde", "was hat", "welche haben")


async def oeffnungszeiten(concern: Concern, context: Context, town: str) -> Answer:
    """Say when an office is open: now, on a day, at a time, in a week."""
    kind = concern.value("amt")
    if kind is None and any(words in concern.text.casefold() for words in ALL_OFFICES):
        return await _all_offices(concern, context, town)
    found = await context.services.offices.find(town, kind or DEFAULT_KIND)
    if isinstance(found, Nothing):
        return await _elsewhere(kind or "", "Die Öffnungszeiten dieser Stelle", context, town)
    entry = found.data
    if entry.timetable is None:
        return await _hours_unknown(found, context, town)
    text = paragraphs(
        marked(_hours(concern, context, entry, entry.timetable), found.demo),
        await help_line(context, town) if found.demo else "",
    )
    return of_found(
        text,
        [found],
        links=await _office_links(context, town, entry),
        buttons=() if kind else await _other_offices(context, town, entry),
    )


async def _elsewhere(kind: str, subject: str, context: Context, town: str) -> Answer:
    """Name the body that has the office where the town itself has none."""
    found = await context.services.responsibility.find(town, CONCERN_OF.get(kind, ""))
    if isinstance(found, Nothing):
        return await not_known(context, town, subject)
    entry = found.data.responsibility
    contact = f" Kontakt: {entry.contact}." if entry.contact else ""
    text = paragraphs(
        f"Zuständig ist hier: {entry.body} ({entry.level}).{contact}",
        f"{subject} kenne ich leider nicht sicher. {await help_line(context, town)}",
    )
    return of_found(text, [found], links=_duty_link(context, town, entry.body, entry.url))


def _hours(concern: Concern, context: Context, entry: OfficeEntry, timetable: Timetable) -> str:
    days = days_of(concern.value("datum"))
    if not days:
        usual = bullets(week_lines(entry, context.today))
        otherwise = f"Sonst {timetable.fallback}." if timetable.fallback else ""
        week = f"Übliche Zeiten:\n{usual}" if usual else ""
        return paragraphs(hours_now(entry, context.now), week, otherwise)
    if len(days) > 1:
        lines = [_day_line(timetable.on(day), context.today) for day in days[:MAX_DAYS]]
        return f"{capital(the_office(entry))}:\n{bullets(lines)}"
    hours = timetable.on(days[0])
    at = time_of(concern.value("uhrzeit"))
    if at is None:
        return hours_on(entry, hours, context.today)
    return f"{_at_time(entry, hours, at)} {hours_on(entry, hours, context.today)}"


def _at_time(entry: OfficeEntry, hours: DayHours, at: dt.time) -> str:
    moment = dt.datetime.combine(hours.day, at)
    opened = any(span.start <= moment < span.end for span in hours.spans)
    word = "Ja" if opened else "Nein"
    state = "geöffnet" if opened else "geschlossen"
    return f"{word}, um {time_phrase(at)} ist {the_office(entry)} {state}."


def _day_line(hours: DayHours, today: dt.date) -> str:
    opened = spans_text(hours.spans) or "geschlossen"
    because = f" ({hours.reason})" if hours.reason else ""
    return f"{capital(on_day(hours.day, today))} {opened}{because}"


async def _all_offices(concern: Concern, context: Context, town: str) -> Answer:
    entries = await context.services.offices.all(town)
    known = [each for each in entries if each.data.timetable is not None]
    if not known:
        return await not_known(context, town, "Die Öffnungszeiten der Ämter")
    days = days_of(concern.value("datum"))
    if days:
        lines = [hours_on(each.data, _on(each.data, days[0]), context.today) for each in known]
        text = bullets(lines)
    else:
        text = _open_now([each.data for each in known], context)
    return of_found(marked(text, any(each.demo for each in known)), known)


def _open_now(entries: Iterable[OfficeEntry], context: Context) -> str:
    """Return which offices are open at this moment, each with its end, and which are not."""
    opened, closed = [], []
    for entry in entries:
        moment = entry.timetable.at(context.now) if entry.timetable else None
        if moment and moment.until:
            opened.append(f"{entry.office.name}: bis {end_phrase(moment.until)}")
        else:
            closed.append(entry.office.short_name or entry.office.name)
    if not opened:
        return f"In {context.town_name} ist gerade keines der Ämter geöffnet, die ich kenne."
    others = f"Geschlossen: {list_phrase(closed)}." if closed else ""
    return paragraphs(f"Jetzt geöffnet in {context.town_name}:\n{bullets(opened)}", others)


def _on(entry: OfficeEntry, day: dt.date) -> DayHours:
    return entry.timetable.on(day) if entry.timetable else DayHours(day, ())


async def _other_offices(context: Context, town: str, shown: OfficeEntry) -> tuple[Button, ...]:
    others = [
        each.data.office
        for each in await context.services.offices.all(town)
        if each.data.office.id != shown.office.id
    ]
    return tuple(
        Button(each.short_name or each.name, f'/oeffnungszeiten{{"amt": "{each.kind}"}}')
        for each in others[:3]
    )


async def _hours_unknown(found: Found[OfficeEntry], context: Context, town: str) -> Answer:
    subject = f"Die Öffnungszeiten ({found.data.office.name})"
    return await not_known(context, town, subject)


async def _office_links(context: Context, town: str, entry: OfficeEntry) -> tuple[Link, ...]:
    url = entry.office.website
    if url and context.services.municipality.may_link(town, url):
        return (Link(entry.office.name, url),)
    return await town_links(context, town, ("oeffnungszeiten", "buergerbuero"))


async def adresse_anfahrt(concern: Concern, context: Context, town: str) -> Answer:
    """Say where an office is and how to get there."""
    found = await context.services.offices.find(town, concern.value("amt") or DEFAULT_KIND)
    if isinstance(found, Nothing):
        kind = concern.value("amt") or ""
        return await _elsewhere(kind, "Die Adresse dieser Stelle", context, town)
    office = found.data.office
    links = await _office_links(context, town, found.data)
    if office.address is None:
        return await not_known(context, town, f"Die Adresse ({office.name})", links)
    lines = [f"Adresse: {marked(office.address, found.demo)}"]
    lines += [office.directions] if office.directions else []
    lines += [hours_now(found.data, context.now)] if found.data.timetable else []
    text = f"Hier finden Sie {the_office(found.data)}:\n{bullets(lines)}"
    return of_found(paragraphs(text, await help_line(context, town)), [found], links=links)


async def ansprechpartner(concern: Concern, context: Context, town: str) -> Answer:
    """Name the office, its phone and mail for a topic. Names of staff are never given."""
    topic = concern.value("leistung")
    if topic and not concern.value("amt"):
        return await zustaendigkeit(concern, context, town)
    found = await context.services.offices.find(town, concern.value("amt") or DEFAULT_KIND)
    if isinstance(found, Nothing):
        kind = concern.value("amt") or ""
        return await _elsewhere(kind, "Die Ansprechpartner dieser Stelle", context, town)
    office = found.data.office
    lines = [f"Telefon: {office.phone}"] if office.phone else []
    lines += [f"E-Mail: {office.mail}"] if office.mail else []
    lines += [marked(hours_now(found.data, context.now), found.demo)]
    opening = f"{capital(the_office(found.data))} hilft Ihnen weiter."
    if not concern.value("amt"):
        opening = f"{opening} Nennen Sie mir ein Thema, dann nenne ich die passende Stelle."
    text = paragraphs(
        opening, bullets(line for line in lines if line), await help_line(context, town)
    )
    links = await _office_links(context, town, found.data)
    return of_found(text, [found], links=links)


async def zustaendigkeit(concern: Concern, context: Context, town: str) -> Answer:
    """Say who does a concern here: town, district, state or federation."""
    topic = concern.value("leistung")
    if topic is None:
        return await _ask_topic()
    found = await context.services.responsibility.find(town, topic)
    if isinstance(found, Nothing):
        return await not_known(context, town, "Wer dafür zuständig ist")
    duty = found.data
    entry = duty.responsibility
    doubt = "" if entry.confirmed else " (noch nicht bestätigt)"
    lines = [f"Zuständig: {entry.body} ({entry.level}){doubt}", entry.reason]
    lines += [f"Kontakt: {entry.contact}"] if entry.contact else []
    opening = f"Sie möchten {duty.title}. In {context.town_name} gilt:"
    links = _duty_link(context, town, entry.body, entry.url)
    text = paragraphs(f"{opening}\n{bullets(lines)}", await help_line(context, town))
    more = await _more(topic, context)
    return of_found(marked(text, found.demo), [found], links=links, buttons=more)


async def _more(topic: str, context: Context) -> tuple[Button, ...]:
    """Offer the answer to the concern itself where the catalogue has one."""
    known = await context.services.catalogue.entry(context.town, topic, context.today)
    return (Button("Mehr dazu", f"/{topic}"),) if isinstance(known, Found) else ()


def _duty_link(context: Context, town: str, title: str, url: str | None) -> tuple[Link, ...]:
    allowed = url and context.services.municipality.may_link(town, url)
    return (Link(title, url),) if url and allowed else ()


async def _ask_topic() -> Answer:
    buttons = (
        Button("Auto anmelden", '/zustaendigkeit{"leistung": "kfz_anmelden"}'),
        Button("Wohngeld", '/zustaendigkeit{"leistung": "wohngeld"}'),
        Button("Führerschein", '/zustaendigkeit{"leistung": "fuehrerschein_antrag"}'),
    )
    text = "Um welches Anliegen geht es? Nennen Sie mir ein Stichwort, zum Beispiel:"
    return Answer(text, buttons=buttons, expects="free", missing="leistung")


def days_of(value: str | None) -> list[dt.date]:
    """Return the days that the entity ``datum`` names (ISO day or ``start/end``)."""
    if not value:
        return []
    first, _, last = value.partition("/")
    try:
        start = dt.date.fromisoformat(first[:10])
        end = dt.date.fromisoformat(last[:10]) if last else start
    except ValueError:
        return []
    count = min(max((end - start).days, 0), 31) + 1
    return [start + dt.timedelta(days=n) for n in range(count)]


def time_of(value: str | None) -> dt.time | None:
    """Return the time that the entity ``uhrzeit`` names, in Berlin, or None."""
    if not value:
        return None
    start = value.partition("/")[0]
    try:
        return dt.time.fromisoformat(start).replace(tzinfo=None)
    except ValueError:
        pass
    try:
        moment = dt.datetime.fromisoformat(start)
    except ValueError:
        return None
    return (moment.astimezone(BERLIN) if moment.tzinfo else moment).time()


ANSWERERS: Mapping[str, Answerer] = {
    "oeffnungszeiten": with_town(oeffnungszeiten),
    "adresse_anfahrt": with_town(adresse_anfahrt),
    "ansprechpartner": with_town(ansprechpartner),
    "zustaendigkeit": with_town(zustaendigkeit),
}
