"""Birth, marriage and death: the facts are the catalogue's, the first words depend on the news."""

from __future__ import annotations

import re
from collections.abc import Mapping

from actions.answers import HUMAN_BUTTON, Answer, of_found, paragraphs
from actions.catalogued import catalogue_answer
from actions.dialogue import Answerer, Concern, Context, with_town
from actions.help import help_line
from actions.services.results import Found

CHILD_BORN = "Herzlichen Glückwunsch zum Kind!"
CHILD_LOST = (
    "Es tut mir sehr leid, dass Sie Ihr Kind verloren haben. "
    "Das Standesamt hilft Ihnen behutsam, auch mit einer Bescheinigung für ein Sternenkind."
)
ENGAGED = "Herzlichen Glückwunsch!"
BEREAVED = "Es tut mir sehr leid, dass Sie einen Menschen verloren haben. Mein herzliches Beileid."

FIRST_STEPS_ONLY = (
    "Hier stehen nur die ersten Schritte. Alles Weitere erkläre ich Ihnen, wenn Sie so weit sind."
)
FIRST_STEPS = (
    "sterbefall.arzt",
    "sterbefall.unklar",
    "sterbefall.heim",
    "sterbefall.bestatter",
    "sterbefall.frist",
    "sterbefall.unterlagen",
)

_LOST = re.compile(
    r"sternenkind|fehlgeburt|totgeburt|totgebor|still ?gebor|\btot (?:zur welt|gebor)|"
    r"^(?!.*(?:urkunde|stammbuch|pass\b|ausweis)).*\b(?:baby|kind) (?:\w+ ){0,4}verloren|"
    r"\b(?:baby|kind) ist (?:\w+ ){0,3}(?:gestorben|tot)\b",
    re.IGNORECASE | re.DOTALL,
)
_BORN = re.compile(
    r"eltern geworden|nachwuchs|gerade entbunden|"
    r"(?:baby|kind|tochter|sohn|kleine[rs]?|zwillinge) (?:ist|sind|is) da\b",
    re.IGNORECASE,
)
_ENGAGED = re.compile(
    r"\bwir (?:\w+ ){0,4}(?:heiraten|trauen)|verlobt|antrag gemacht|\bjawort|"
    r"\bja (?:sagen|gesagt)\b",
    re.IGNORECASE,
)
_SAD = re.compile(
    r"scheid|geschieden|witwe|gestorben|verstorb|sterben|krankenhaus|urkunde", re.IGNORECASE
)
_DIED = re.compile(
    r"\b(?:ge|ver)storben|\btot\b|(?:ein|ent)geschlafen|von uns gegangen|heimgegangen|"
    r"nicht (?:mehr aufgewacht|überlebt)|kampf verloren|tödlich verunglückt|friedlich gegangen|"
    r"hat es nicht geschafft|\btodesfall in der familie|"
    r"\b(?:papa|mama|vater|mutter|mann|frau|opa|oma|sohn|tochter|bruder|schwester|ihn|sie) "
    r"verloren",
    re.IGNORECASE,
)
_CERTIFICATE = re.compile(r"urkunde|register|abschrift|stammbuch|ahnen|familienbuch", re.IGNORECASE)
_NEWBORN = re.compile(
    r"\banmeld|angemeldet|neugebor|hausgeburt|entb[iu]nd|\bbaby|zwilling|auf der welt|zur welt|"
    r"nachwuchs|vaterschaft|beurkund|krankenhaus|klinik|vorname",
    re.IGNORECASE,
)
_REGISTERS = re.compile(r"anmeld|unterlagen|papiere|brauche?n? wir|\bheiraten\b", re.IGNORECASE)
_LATER = re.compile(
    r"urkunde|\berb|testament|\bgrab|friedhof|beerdig|bestattung|\burne|kost|bezahl|geld|rente",
    re.IGNORECASE,
)
_LONG_AGO = re.compile(r"\b(?:1[89]\d\d|20[01]\d)\b|ahnen|\bgrab", re.IGNORECASE)


async def geburt_anmelden_urkunde(concern: Concern, context: Context, town: str) -> Answer:
    """Say how a birth is registered or where a certificate comes from, whichever is asked.

    Who lost the child is not congratulated but helped.
    """
    text = concern.text
    if _LOST.search(text):
        return await _child_lost(context, town)
    before = CHILD_BORN if _BORN.search(text) else ""
    return await catalogue_answer(concern.intent, context, before, only=_part_of_birth(text))


def _part_of_birth(text: str) -> tuple[str, ...]:
    """Return which facts on births are told: registering, the certificate, or all."""
    certificate, newborn = _CERTIFICATE.search(text), _NEWBORN.search(text)
    if certificate and not newborn:
        return ("urkunde.", "geburt.kosten")
    return ("geburt.", "urkunde.wo") if newborn and not certificate else ()


async def _child_lost(context: Context, town: str) -> Answer:
    """Give no list of papers, only who helps."""
    reach = await context.services.municipality.reach(town)
    text = paragraphs(CHILD_LOST, await help_line(context, town))
    used = [reach] if isinstance(reach, Found) else []
    return of_found(text, used, buttons=(HUMAN_BUTTON,))


async def heirat(concern: Concern, context: Context, _town: str) -> Answer:
    """Say how a marriage is registered; congratulate where that is meant."""
    text = concern.text
    before = ENGAGED if _ENGAGED.search(text) and not _SAD.search(text) else ""
    certificate = _CERTIFICATE.search(text) and not _REGISTERS.search(text)
    only = ("heirat.urkunde",) if certificate else ()
    return await catalogue_answer(concern.intent, context, before, only=only)


async def sterbefall(concern: Concern, context: Context, _town: str) -> Answer:
    """Say what comes first after a death; condole where somebody has just died."""
    if not mourns(concern.text):
        return await catalogue_answer(concern.intent, context)
    if _LATER.search(concern.text):
        return await catalogue_answer(concern.intent, context, BEREAVED)
    before = f"{BEREAVED} {FIRST_STEPS_ONLY}"
    return await catalogue_answer(concern.intent, context, before, only=FIRST_STEPS)


def mourns(text: str) -> bool:
    """Return whether somebody tells of a death that is still fresh."""
    return bool(_DIED.search(text)) and not _LONG_AGO.search(text)


ANSWERERS: Mapping[str, Answerer] = {
    "geburt_anmelden_urkunde": with_town(geburt_anmelden_urkunde),
    "heirat": with_town(heirat),
    "sterbefall": with_town(sterbefall),
}
