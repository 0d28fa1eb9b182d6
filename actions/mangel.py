"""Reporting a defect and asking how far a report is.

A report is gathered step by step: what is broken, which kind, where, then it is read
back, and only a yes hands it over. The waiting concern is the list of what was said, in its
order; every turn reads it anew, so that a later word corrects an earlier one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from actions.answers import HUMAN_BUTTON, UNREACHABLE, Answer, Button, Link, of_found, paragraphs
from actions.catalogued import catalogued
from actions.choices import payload_of
from actions.dialogue import CONFIRMATION, Answerer, Concern, Context, with_town
from actions.help import help_line
from actions.services.names import match
from actions.services.reports.kinds import Kind
from actions.services.reports.report import (
    DESCRIPTION_CHARACTERS,
    Place,
    Report,
    ReportStatus,
    State,
)
from actions.services.reports.tickets import idempotency_key, looks_like_ticket, ticket_of
from actions.services.results import Found, Nothing, Unavailable
from german.normal_form import fold, words

INTENT = "mangel_melden"
STATUS = "mangel_status"
DANGER_FIRST = "Ist jemand in Gefahr? Dann rufen Sie bitte sofort 110 oder 112 an."
WHAT, KIND, PLACE, SPOT = "mangel_text", "mangel_art", "mangel_ort", "mangel_stelle"
"""What a report waits for; answers in words lie in the concern under these names."""
CHOSEN = "gegenstand"
"""Entity of buttons: a kind, ``ganze_strasse``, or what is to be changed."""
WHOLE_STREET = "ganze_strasse"
NOWHERE = Place()
OTHER_KIND = Kind("sonstiges", "Sonstiger Mangel")
NEARBY_SHOWN = 3
ASK_WHAT = "Was ist kaputt oder stört, und wo? Schreiben Sie es einfach in einem Satz."
_PARTS = ("Ort", "Art", "Text")
_HOUSE_NUMBER = re.compile(
    r"(?:die |in |bei |vor )?(?:haus)?(?:nummer|nr\.?)?\s*(\d{1,3}\s?[a-h]?)", re.IGNORECASE
)
_STREET_AND_NUMBER = re.compile(r"(.*?)\s+\d{1,3}\s?[a-h]?", re.IGNORECASE)
_YES = frozenset(
    ("ja", "jo", "jep", "klar", "ok", "okay", "passt", "stimmt", "genau", "richtig", "senden",
     "absenden", "melden", "gerne", "gern")
)  # fmt: skip
_SAYS_LITTLE = frozenset(
    ("ich", "will", "mochte", "wurde", "gern", "gerne", "was", "etwas", "einen", "ein", "eine",
     "mangel", "mangelmelder", "schaden", "defekt", "melden", "meldung", "bitte", "ist", "kaputt",
     "hier", "da", "bei", "uns", "wo", "wie", "kann", "man", "dass", "hallo", "guten", "tag")
)  # fmt: skip


@dataclass(frozen=True)
class Draft:
    """What is known of a report so far; ``streets`` are names when the street is not clear."""

    description: str = ""
    kind: Kind | None = None
    kinds: tuple[Kind, ...] = ()
    place: Place = NOWHERE
    spot: str | None = None
    streets: tuple[str, ...] = ()

    @property
    def needs_spot(self) -> bool:
        """Tell whether only a street is known, which may be long."""
        place = self.place
        vague = place.address is not None and not any(map(str.isdigit, place.address))
        return vague and not (place.lamp or place.point or self.spot)

    def whole_place(self) -> Place:
        """Return the place with what was said about the spot."""
        if not self.spot or self.spot == WHOLE_STREET:
            return self.place
        return replace(self.place, address=f"{self.place.address or ''}, {self.spot}".strip(", "))


async def mangel_melden(concern: Concern, context: Context, town: str) -> Answer:
    """Take one step towards a report, or hand it over; a number of a report asks for its state."""
    if concern.missing is None and ticket_of(concern.text):
        return await mangel_status(concern, context, town)
    said = _continued(concern, context, town)
    draft = _drafted(said, context, town)
    last = said.entities[-1] if said.entities else {}
    if last.get("entity") == CONFIRMATION and not _missing(draft):
        return await _confirmed(said, draft, str(last.get("value")), context, town)
    if not draft.description:
        return await _ask_what(said, context)
    return await _next_question(said, draft, context, town)


def _continued(concern: Concern, context: Context, town: str) -> Concern:
    """Return everything that was said so far, with the newest message at its end."""
    if concern.missing == "stadt":
        return _begun(replace(concern, missing=None))
    if concern.missing is not None:
        return concern
    waiting = context.waiting
    if waiting is None or waiting.intent != INTENT or waiting.missing in (None, "stadt"):
        return _begun(concern)
    return _answered(waiting, concern, context, town)


def _answered(waiting: Concern, concern: Concern, context: Context, town: str) -> Concern:
    """Return the waiting report with a message that reads like a report itself."""
    merged = waiting.with_entities(concern.entities)
    if not concern.text.strip() or concern.text.startswith("/"):
        return merged
    if waiting.missing in (PLACE, SPOT, KIND):
        return merged.with_value(waiting.missing, concern.text)
    if waiting.missing == WHAT:
        return merged.with_value(WHAT, concern.text) if _says_something(concern.text) else merged
    corrected = context.services.defects.place_in(town, concern.text).place.known
    return merged.with_value(PLACE, concern.text) if corrected else _begun(concern)


def _begun(concern: Concern) -> Concern:
    if not _says_something(concern.text):
        return concern
    described = {"entity": WHAT, "value": concern.text[:DESCRIPTION_CHARACTERS]}
    return replace(concern, text="", entities=(described, *concern.entities))


def _says_something(text: str) -> bool:
    return not text.startswith("/") and bool(set(words(fold(text))) - _SAYS_LITTLE)


def _drafted(said: Concern, context: Context, town: str) -> Draft:
    """Return the report that the words make, read from the first to the last."""
    draft = Draft()
    for each in said.entities:
        name, value = str(each.get("entity")), str(each.get("value") or "").strip()
        if value:
            draft = _heard(draft, name, value, context, town)
    return draft


def _heard(draft: Draft, name: str, value: str, context: Context, town: str) -> Draft:
    """Return the draft after one more thing was said."""
    if name == WHAT:
        return _with_description(draft, value, context, town)
    if name == CHOSEN:
        return _with_choice(draft, value, context)
    if name == KIND:
        return _with_kind(draft, value, context)
    if name == SPOT:
        return _with_spot(draft, value, context, town)
    if name == PLACE:
        found = context.services.defects.place_answer(town, value)
        return replace(
            draft, place=_merged(draft.place, found.place), streets=found.choices, spot=None
        )
    if name == "strasse":
        return replace(draft, place=replace(draft.place, address=value), streets=(), spot=None)
    if name == "hausnummer" and draft.place.address:
        numbered = _STREET_AND_NUMBER.fullmatch(draft.place.address)
        street = numbered.group(1) if numbered else draft.place.address
        return replace(draft, place=replace(draft.place, address=f"{street} {value}"))
    return draft


def _with_spot(draft: Draft, value: str, context: Context, town: str) -> Draft:
    """Take "Nummer 12" and "Laterne 47" as what they are, anything else in its own words."""
    lamp = context.services.defects.place_in(town, value).place
    if lamp.lamp or lamp.point:
        return replace(draft, place=_merged(draft.place, lamp))
    number = _HOUSE_NUMBER.fullmatch(value)
    if number and draft.place.address:
        address = f"{draft.place.address} {number.group(1)}"
        return replace(draft, place=replace(draft.place, address=address))
    return replace(draft, spot=value)


def _merged(old: Place, new: Place) -> Place:
    lat, lon = new.point or old.point or (None, None)
    return Place(new.address or old.address, lat, lon, new.lamp or old.lamp)


def _with_description(draft: Draft, text: str, context: Context, town: str) -> Draft:
    defects = context.services.defects
    guess = defects.kinds.guess(text)
    found = defects.place_in(town, text)
    return replace(
        draft,
        description=text,
        kind=guess.kind,
        kinds=guess.choices,
        place=_merged(draft.place, found.place),
        streets=found.choices,
    )


def _with_choice(draft: Draft, value: str, context: Context) -> Draft:
    if value == WHOLE_STREET:
        return replace(draft, spot=WHOLE_STREET)
    if value == "ort":
        return replace(draft, place=Place(), spot=None, streets=())
    if value == "art":
        return replace(draft, kind=None, kinds=())
    if value == "text":
        return replace(draft, description="")
    kind = OTHER_KIND if value == OTHER_KIND.key else context.services.defects.kinds.kind(value)
    return replace(draft, kind=kind) if kind else draft


def _with_kind(draft: Draft, words_said: str, context: Context) -> Draft:
    kinds = context.services.defects.kinds
    by_title = {each.title: each for each in kinds.kinds}
    named = match(words_said, by_title).name
    guess = kinds.guess(words_said)
    kind = by_title[named] if named else guess.kind
    return replace(draft, kind=kind or OTHER_KIND, kinds=guess.choices)


def _missing(draft: Draft) -> bool:
    return not (draft.description and draft.kind and draft.place.known) or draft.needs_spot


async def _ask_what(said: Concern, context: Context) -> Answer:
    """Begin: say what the catalogue knows and ask what is broken."""
    if said.entities and any(each.get("entity") == CHOSEN for each in said.entities):
        return _asks(said, WHAT, "Gut. Beschreiben Sie es bitte noch einmal in einem Satz.")
    known = await _CATALOGUED(replace(said, entities=()), context)
    return replace(
        known,
        text=paragraphs(known.text, ASK_WHAT),
        expects="free",
        missing=WHAT,
        values={**known.values, "anliegen": replace(said, missing=WHAT).to_slot()},
    )


async def _next_question(said: Concern, draft: Draft, context: Context, town: str) -> Answer:
    warning = _warning(said, draft, context)
    if draft.kind is None:
        return _ask_kind(said, draft, warning, context)
    if draft.streets and not draft.place.known:
        buttons = tuple(_button(each, strasse=each) for each in draft.streets)
        return _asks(said, PLACE, "Welche Straße meinen Sie?", warning, buttons, "street")
    if not draft.place.known:
        return _asks(said, PLACE, f"{draft.kind.title}, verstanden. {_where(draft.kind)}", warning)
    if draft.needs_spot:
        question = (
            f"Wo genau: {draft.place.address}? Eine Hausnummer oder „gegenüber der Schule“ "
            "hilft den Leuten vor Ort."
        )
        buttons = (_button("Auf der ganzen Länge", gegenstand=WHOLE_STREET),)
        return _asks(said, SPOT, question, warning, buttons)
    return await _read_back(said, draft, warning, context, town)


def _warning(said: Concern, draft: Draft, context: Context) -> Answer:
    """Return what is said first: the emergency number when the words tell of danger."""
    if said.missing is not None:
        return Answer("")
    danger = context.services.defects.danger(draft.description)
    if isinstance(danger, Found):
        return of_found(danger.data.text, [danger])
    return Answer(DANGER_FIRST)


def _where(kind: Kind) -> str:
    lamp = ", oder die Nummer am Mast" if kind.key == "strassenlaterne" else ""
    return f"Wo ist das? Nennen Sie bitte Straße und Hausnummer{lamp}."


def _ask_kind(said: Concern, draft: Draft, warning: Answer, context: Context) -> Answer:
    offered = draft.kinds or context.services.defects.kinds.kinds[:3]
    buttons = tuple(_button(each.title, gegenstand=each.key) for each in (*offered[:3], OTHER_KIND))
    return _asks(said, KIND, "Was trifft es am besten?", warning, buttons, "choice")


def _asks(
    said: Concern,
    missing: str,
    question: str,
    warning: Answer | None = None,
    buttons: tuple[Button, ...] = (),
    expects: str = "free",
) -> Answer:
    """Return a question of the dialogue; what was said waits for its answer."""
    first = warning or Answer("")
    return replace(
        first,
        text=paragraphs(first.text, question),
        buttons=buttons,
        expects=expects,
        missing=missing,
        values={"anliegen": replace(said, missing=missing).to_slot()},
    )


async def _read_back(
    said: Concern, draft: Draft, warning: Answer, context: Context, town: str
) -> Answer:
    """Say the whole report once more and ask for a yes."""
    place = draft.whole_place()
    if await context.services.defects.covered(town, place) is False:
        return await _outside(context, town)
    if "email" in context.services.defects.needs(town):
        return await _elsewhere(context, town)
    near = await context.services.defects.nearby(town, place)
    read = paragraphs(
        "Ich habe notiert:",
        f"• Was: {draft.kind.title if draft.kind else ''}\n"
        f"• Ort: {place.words()}, {context.town_name}\n"
        f"• Ihre Worte: {draft.description}",
        _near_lines(near),
        "Soll ich das so melden? Ihr Name ist nicht dabei.",
    )
    buttons = (
        Button("Ja, so melden", "/ja"),
        _button("Ort ändern", gegenstand="ort"),
        _button("Text ändern", gegenstand="text"),
        Button("Abbrechen", "/abbrechen"),
    )
    return _asks(said, CONFIRMATION, read, warning, buttons, "yes_no")


def _near_lines(near: tuple[ReportStatus, ...]) -> str:
    if not near:
        return ""
    lines = [f"• {each.category or each.description[:60]}" for each in near[:NEARBY_SHOWN]]
    return "\n".join(("Ganz in der Nähe ist schon gemeldet:", *lines))


async def _confirmed(
    said: Concern, draft: Draft, words_said: str, context: Context, town: str
) -> Answer:
    """Hand the report over after a yes; after a no ask what to change."""
    spoken = set(words(fold(words_said)))
    if "nein" in spoken or "nicht" in spoken:
        buttons = (
            *(_button(f"{part} ändern", gegenstand=part.lower()) for part in _PARTS),
            Button("Abbrechen", "/abbrechen"),
        )
        return _asks(said, CONFIRMATION, "Was soll ich ändern?", None, buttons, "choice")
    if not spoken & _YES:
        return await _read_back(said, draft, Answer(""), context, town)
    return await _handed_over(draft, context, town)


async def _handed_over(draft: Draft, context: Context, town: str) -> Answer:
    place, kind = draft.whole_place(), draft.kind or OTHER_KIND
    report = Report("", town, kind.key, kind.title, draft.description, place)
    args = {"town": town, "kind": kind.key, "place": place.words(), "text": draft.description}
    key = idempotency_key(context.conversation, context.message_id, INTENT, args)
    defects = context.services.defects
    entry = await defects.submit(report, key, context.conversation)
    if isinstance(entry, Unavailable):
        text = paragraphs(
            "Ihre Meldung konnte ich gerade nicht speichern; sie ist nicht abgeschickt.",
            await help_line(context, town),
        )
        return Answer(text, buttons=(HUMAN_BUTTON,))
    arrived = entry.state in ("delivered", "desk")
    outcome = (
        "Ihre Meldung ist aufgenommen."
        if arrived
        else "Ihre Meldung ist aufgenommen. Der Dienst der Stadt antwortet gerade nicht; "
        "ich schicke sie ab, sobald er wieder da ist."
    )
    demo = defects.demo(town)
    text = paragraphs(
        f"Danke! {outcome} Ihre Nummer: {entry.ticket}",
        "Mit dieser Nummer sage ich Ihnen, wie weit es ist.",
        "(Demo-Angabe: Diese Vorführung leitet nichts an eine echte Stadt weiter.)" if demo else "",
    )
    button = _button("Wie weit ist es?", vorgang=entry.ticket)
    return Answer(text, demo=demo, buttons=(button,))


async def _outside(context: Context, town: str) -> Answer:
    text = paragraphs(
        f"Dieser Ort liegt nicht in {context.town_name}. Dort ist eine andere Stadt zuständig, "
        "ich habe nichts abgeschickt.",
        await help_line(context, town),
    )
    return Answer(text, buttons=(HUMAN_BUTTON,))


async def _elsewhere(context: Context, town: str) -> Answer:
    """Send citizens of a town whose service wants a mail address, which is never asked here."""
    link = await context.services.municipality.link(town, "mangel")
    text = paragraphs(
        "Der Mängelmelder dieser Stadt verlangt eine Mailadresse; die nehme ich hier nicht auf. "
        "Bitte melden Sie es direkt dort.",
        await help_line(context, town),
    )
    links = () if link is None else (Link(link.title, link.url),)
    return Answer(text, links=links, buttons=(HUMAN_BUTTON,))


async def mangel_status(concern: Concern, context: Context, town: str) -> Answer:
    """Say how far a report is."""
    said = [*concern.values("vorgang")[::-1], concern.text]
    number = next(filter(None, map(ticket_of, said)), None)
    if number is None and any(map(looks_like_ticket, said)):
        return replace(_ASK_NUMBER, text=f"Diese Nummer hat einen Tippfehler. {_ASK_NUMBER.text}")
    number = number or concern.value("vorgang")
    if number is None:
        return await _ask_number(concern, context)
    result = await context.services.defects.status(town, number)
    if isinstance(result, Unavailable):
        return Answer(UNREACHABLE, buttons=(HUMAN_BUTTON,))
    if isinstance(result, Nothing):
        text = paragraphs(
            f"Zu der Nummer {number} finde ich keine Meldung. Bitte prüfen Sie die Nummer.",
            await help_line(context, town),
        )
        return Answer(text, buttons=(HUMAN_BUTTON,))
    notes = f"Die Stadt schreibt: {result.data.notes}" if result.data.notes else ""
    told = f"Ihre Meldung {number}: {_STATES[result.data.state]}"
    return of_found(paragraphs(told, notes), [result])


async def _ask_number(concern: Concern, context: Context) -> Answer:
    """Say what the catalogue knows, where it knows something, and ask for the number."""
    if STATUS not in context.services.store.current().recipes:
        return _ASK_NUMBER
    known = await catalogued(STATUS)(concern, context)
    text = paragraphs(known.text, _ASK_NUMBER.text)
    return replace(known, text=text, expects="code", missing="vorgang")


_ASK_NUMBER = Answer(
    "Wie lautet die Nummer Ihrer Meldung? Zum Beispiel: M-7K3F-9QXA",
    expects="code",
    missing="vorgang",
)
_STATES = {
    State.QUEUED: "aufgenommen, aber noch nicht zugestellt. Der Dienst der Stadt antwortet gerade "
    "nicht; sie geht von selbst weiter.",
    State.RECEIVED: "Die Stadt hat sie, sie ist noch nicht bearbeitet.",
    State.IN_PROCESS: "Die Stadt ist dran.",
    State.DONE: "Erledigt.",
    State.REJECTED: "Die Stadt kann sie nicht bearbeiten.",
    State.UNKNOWN: "Die Stadt hat sie; wie weit sie ist, sagt der Dienst nicht.",
}
_CATALOGUED = catalogued(INTENT, before=DANGER_FIRST)


def _button(title: str, **values: str) -> Button:
    return Button(title, payload_of(INTENT, values))


ANSWERERS: Mapping[str, Answerer] = {
    INTENT: with_town(mangel_melden),
    STATUS: with_town(mangel_status),
}
