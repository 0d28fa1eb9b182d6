"""Meetings of the council: from the information system where the town has one open."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from actions.answers import (
    HUMAN_BUTTON,
    Answer,
    Link,
    bullets,
    marked,
    of_found,
    paragraphs,
    with_source,
)
from actions.catalogued import catalogue_answer
from actions.dialogue import Answerer, Concern, Context, with_town
from actions.help import town_links
from actions.services.council import Meeting
from actions.services.names import fold
from actions.services.opening_hours import BERLIN
from actions.services.results import Found, Nothing
from actions.spoken import on_day
from german.phrases import time_phrase

ITEMS = 8
FOLLOWING = 2
NOT_KNOWN = "Den nächsten Sitzungstermin kenne ich nicht sicher."
_BODY = re.compile(
    r"\b[a-zäöüß-]{0,40}(?:ausschuss|ausschuß|beirat|ortsrat|bezirksausschuss|kommission)",
    re.IGNORECASE,
)
_MEETING = re.compile(
    r"\bwann\b|nächste|naechste|termin|datum|uhr\b|\btagt|zusammen|heute|morgen|woche|dezember"
    r"|tagesordnung|bespricht|\bsitzung\w* (?:vom|des|der|am)\b|^/|\bim \w+",
    re.IGNORECASE,
)
_PAST = re.compile(r"entschieden|beschlossen|letzte\w*\b|protokoll|abgestimmt", re.IGNORECASE)
_COUNCIL = re.compile(r"\b(?:stadt)?rat(?:es|s)?(?:sitzung\w*)?\b|stadtverordnet", re.IGNORECASE)


async def ratssitzung(concern: Concern, context: Context, town: str) -> Answer:
    """Say when the next meeting is and what is on its public agenda."""
    council = context.services.council
    if not council.serves(town):
        return await catalogue_answer(concern.intent, context, NOT_KNOWN)
    found = await council.meetings(town)
    if isinstance(found, Found):
        return await _next(concern, context, town, found)
    before = (
        "Im Sitzungskalender steht gerade keine öffentliche Sitzung."
        if isinstance(found, Nothing)
        else "Den Sitzungskalender erreiche ich gerade nicht. Ob und wann getagt wird, "
        "kann ich Ihnen deshalb jetzt nicht sagen."
    )
    return await catalogue_answer(concern.intent, context, before)


async def _next(
    concern: Concern, context: Context, town: str, found: Found[tuple[Meeting, ...]]
) -> Answer:
    asked, chosen = _asked(concern.text, found.data)
    missing = f"Für „{asked}“ finde ich keine Sitzung im Kalender." if asked and not chosen else ""
    meetings = chosen or found.data
    if not meetings:
        return await catalogue_answer(concern.intent, context)
    first = next((each for each in meetings if not each.cancelled), None)
    off = bullets(_line(each, context) for each in meetings if each.cancelled)
    following = [each for each in meetings if each is not first and not each.cancelled]
    if concern.text and not _asks_when(concern.text):
        before = marked(_announced(first, context), found.demo) if first else ""
        return with_source(await catalogue_answer(concern.intent, context, before), found)
    text = paragraphs(
        missing,
        f"Abgesagt:\n{off}" if off else "",
        _announced(first, context) if first else "",
        _agenda(first) if first else "",
        "Danach:\n" + bullets(_line(each, context) for each in following[:FOLLOWING])
        if following
        else "",
        "Zum öffentlichen Teil dürfen Sie einfach kommen." if first else "",
    )
    links = list(await town_links(context, town, ("ratsinfo",)))
    if first and first.page and context.services.municipality.may_link(town, first.page):
        links.insert(0, Link(first.name, first.page))
    text = marked(text, found.demo)
    return of_found(text, [found], links=tuple(links), buttons=(HUMAN_BUTTON,))


def _asks_when(text: str) -> bool:
    """Tell whether words ask for a meeting ahead, and not how things go or what was decided."""
    return not _PAST.search(text) and bool(_MEETING.search(text) or _BODY.search(text))


def _asked(text: str, meetings: Sequence[Meeting]) -> tuple[str, tuple[Meeting, ...]]:
    """Return the body that the words name and its meetings."""
    named = _BODY.search(text)
    if named:
        wanted = fold(named.group())
        return named.group(), tuple(each for each in meetings if wanted in fold(each.name))
    if _COUNCIL.search(text):
        return "Rat", tuple(each for each in meetings if _COUNCIL.search(each.name))
    return "", ()


def _when(meeting: Meeting, context: Context) -> str:
    start = meeting.start.astimezone(BERLIN)
    return f"{on_day(start.date(), context.today)} {time_phrase(start)}"


def _line(meeting: Meeting, context: Context) -> str:
    return f"{meeting.name}, {_when(meeting, context)}"


def _announced(meeting: Meeting, context: Context) -> str:
    place = f" Ort: {meeting.place}." if meeting.place else " Den Ort nennt das Ratsinfo."
    return f"Die nächste Sitzung: {_line(meeting, context)}.{place}"


def _agenda(meeting: Meeting) -> str:
    if meeting.agenda is None:
        return "Die Tagesordnung steht im Ratsinformationssystem der Stadt."
    if not meeting.agenda:
        return "Die öffentliche Tagesordnung ist noch nicht veröffentlicht."
    lines = bullets(f"{each.number} {each.name}".strip() for each in meeting.agenda[:ITEMS])
    left = len(meeting.agenda) - ITEMS
    more = f"\nund {left} weitere Punkte" if left > 1 else "\nund ein weiterer Punkt"
    return f"Öffentliche Tagesordnung:\n{lines}{more if left > 0 else ''}"


ANSWERERS: Mapping[str, Answerer] = {"ratssitzung": with_town(ratssitzung)}
