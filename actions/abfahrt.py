"""Bus and train: the next departures at a stop, else where to look them up."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from actions.answers import Answer, Button, bullets, marked, of_found, paragraphs
from actions.catalogued import catalogue_answer
from actions.dialogue import Concern, Context
from actions.services.names import fold
from actions.services.opening_hours import BERLIN
from actions.services.results import Found, Unavailable
from actions.services.transit import Board, Departure, Stop
from actions.spoken import on_day
from german.phrases import list_phrase, time_phrase

SHOWN = 5
ASK_STOP = (
    "Von welcher Haltestelle möchten Sie fahren? Dann nenne ich Ihnen die nächsten Abfahrten."
)
NOT_LOOKED_UP = "Die nächste Abfahrt kann ich selbst noch nicht nachsehen."
AWAY = (
    "Die Abfahrten kann ich gerade nicht nachsehen. Ob etwas fährt, weiß ich deshalb nicht; "
    "bitte schauen Sie selbst nach."
)
_END = (
    r"(?=\s+(?:nach|richtung|zum|zur|in\s+die|bis|ab|von|um|heute|morgen|abends?|fährt|faehrt|fahren"
    r"|geht|kommt|mit|und|wann|bitte|in|am|nächste\w*|sonntags?|samstags?|jetzt|noch)\b|[?.!,;]|$)"
)
_NAME = rf"([\wäöüß][\wäöüß.\-/ ]{{1,40}}?){_END}"
_AT_STOP = re.compile(rf"\bhaltestelle\s+{_NAME}", re.IGNORECASE)
_FROM = re.compile(
    r"\b(?:abfahrt(?:en)?(?:\s+(?:ab|von|an|am|vom))?|ab|vom|von(?:\s+(?:der|dem))?"
    rf"|an\s+(?:der|dem)|steh\w*\s+(?:hier\s+)?am)\s+{_NAME}",
    re.IGNORECASE,
)
_TO = re.compile(
    rf"\b(?:nach|richtung|zum|zur|bis(?:\s+(?:zum|zur|nach))?)\s+{_NAME}", re.IGNORECASE
)
_DEPARTURE = re.compile(
    r"\b(?:wann|nächste\w*|naechste\w*|abfahr\w*|fährt|faehrt|fahrplan|busfahrplan|fahrzeiten|letzte\w*"
    r"|kommt|geht|haltestelle|zeiten)\b",
    re.IGNORECASE,
)
_OTHER = re.compile(
    r"ticket|kost\w*|preis|rollstuhl|rollator|stufenlos|barriere|fahrrad|hund|anrufsammel|verloren|verlegt"
    r"|garantie|abo\b",
    re.IGNORECASE,
)
_NO_STOP = {
    "hier", "jetzt", "heute", "morgen", "uhr", "der", "die", "das", "da", "dort", "wo", "mir",
    "am", "an", "in", "ist", "und", "es", "ab", "einer", "welcher", "zuhause", "bus", "zug",
    "linie", "haltestelle", "wochenende", "abend", "montag", "dienstag", "mittwoch", "donnerstag",
    "freitag", "samstag", "sonntag",
}  # fmt: skip


@dataclass(frozen=True)
class Wish:
    """What a sentence says of a trip."""

    stop: str | None
    destination: str | None
    departure: bool


def read_wish(text: str, towns: Sequence[str]) -> Wish:
    """Return stop, destination and whether departures are asked for at all."""
    plain = "" if text.startswith("/") else text
    stop = _named(_AT_STOP, plain) or _named(_FROM, plain)
    destination = _named(_TO, plain)
    if stop and fold(stop) in {fold(each) for each in towns}:
        stop = None  # "von Olpe": which stop there is still open
    asked = bool(stop) or (bool(_DEPARTURE.search(plain)) and not _OTHER.search(plain))
    return Wish(stop, destination, asked)


def _named(pattern: re.Pattern[str], text: str) -> str | None:
    found = pattern.search(text)
    words = found.group(1).strip(" .-/") if found else ""
    return None if not words or words.casefold().split()[0] in _NO_STOP else words


async def oepnv_abfahrt(concern: Concern, context: Context, town: str) -> Answer:
    """Tell the next departures of the stop that was named; asks for it where it is open."""
    transit = context.services.transit
    if not transit.serves(town):
        return await catalogue_answer(concern.intent, context, NOT_LOOKED_UP)
    wish = read_wish(concern.text, list(context.services.municipality.towns().values()))
    words = concern.value("haltestelle") or wish.stop
    if words is None:
        return await _without_stop(concern, context, wish)
    stops = await transit.stops(town, words)
    if isinstance(stops, Unavailable):
        return await catalogue_answer(concern.intent, context, AWAY)
    if len(stops) != 1:
        return _which(words, stops, context)
    found = await transit.board(town, stops[0])
    if not isinstance(found, Found):
        return await catalogue_answer(concern.intent, context, AWAY)
    told = marked(_board_text(found.data, wish.destination, context), found.demo)
    return of_found(told, [found], buttons=(Button("Fällt etwas aus?", "/stoerung_warnung"),))


async def _without_stop(concern: Concern, context: Context, wish: Wish) -> Answer:
    """Say where times are found and, where departures are meant, ask for the stop."""
    if not wish.departure:
        return await catalogue_answer(concern.intent, context)
    answer = await catalogue_answer(concern.intent, context, ASK_STOP)
    return replace(answer, missing="haltestelle", expects="free")


def _which(words: str, stops: Sequence[Stop], context: Context) -> Answer:
    if stops:
        names = list_phrase([each.name for each in stops], "oder")
        text = f"Welche Haltestelle meinen Sie: {names}?"
    else:
        text = (
            f"Die Haltestelle „{words}“ finde ich in {context.town_name} nicht. "
            "Wie heißt sie auf dem Schild?"
        )
    return Answer(text, missing="haltestelle", expects="free")


def _board_text(board: Board, destination: str | None, context: Context) -> str:
    """Return the departures; times without live data are called planned."""
    chosen, opening = _towards(board.departures, destination)
    if not chosen:
        return (
            f"Ab {board.stop.name} sehe ich in den nächsten 24 Stunden keine Abfahrt. "
            "Das kann auch an der Auskunft liegen."
        )
    lines = bullets(_line(each, context) for each in chosen[:SHOWN])
    live = (
        "Zeiten ohne den Zusatz „voraussichtlich“ sind Plan, ohne Echtzeit."
        if board.live
        else "Das sind die Planzeiten, ohne Echtzeit. Verspätungen sehe ich nicht."
    )
    when = time_phrase(board.asked_at.astimezone(BERLIN))
    return paragraphs(
        f"{opening}Die nächsten Abfahrten ab {board.stop.name} (Stand {when}):\n{lines}", live
    )


def _towards(
    departures: Sequence[Departure], destination: str | None
) -> tuple[Sequence[Departure], str]:
    if not destination:
        return departures, ""
    wanted = fold(destination)
    chosen = [each for each in departures if wanted in fold(each.destination)]
    if chosen or not departures:
        return chosen, ""
    return departures, (
        f"Ob eine Fahrt bis „{destination}“ führt, sehe ich nicht; ich kenne nur die Endziele. "
    )


def _line(departure: Departure, context: Context) -> str:
    planned = departure.planned.astimezone(BERLIN)
    day = "" if planned.date() == context.today else f"{on_day(planned.date(), context.today)} "
    towards = f" nach {departure.destination}" if departure.destination else ""
    platform = f", Steig {departure.platform}" if departure.platform else ""
    text = f"{day}{time_phrase(planned)}: {departure.line}{towards}{platform}"
    if departure.cancelled:
        return f"{text}, fällt aus"
    return f"{text}{_delay(departure)}"


def _delay(departure: Departure) -> str:
    if departure.expected is None:
        return ""
    minutes = round((departure.expected - departure.planned).total_seconds() / 60)
    if minutes < 1:
        return ", voraussichtlich pünktlich"
    return f", voraussichtlich {minutes} {'Minute' if minutes == 1 else 'Minuten'} später"
