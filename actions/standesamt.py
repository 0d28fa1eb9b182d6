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
    r"nicht mehr aufgewacht|hat es nicht geschafft|\btodesfall in der familie|"
    r"\b(?:papa|mama|vater|mutter|mann|frau|opa|oma|sohn|tochter|bruder|schwester|ihn|sie) "
    r"verloren",
    re.IGNORECASE,
)
_LONG_AGO = re.compile(r"\b(?:1[89]\d\d|20[01]\d)\b|ahnen|\bgrab", re.IGNORECASE)


async def geburt_anmelden_urkunde(concern: Concern, context: Context, town: str) -> Answer:
    """Say how a birth is registered; who lost the child is not congratulated but helped."""
    if _LOST.search(concern.text):
        return await _child_lost(context, town)
    before = CHILD_BORN if _BORN.search(concern.text) else ""
    return await catalogue_answer(concern.intent, context, before)


async def _child_lost(context: Context, town: str) -> Answer:
    """Give no list of papers, only who helps."""
    reach = await context.services.municipality.reach(town)
    text = paragraphs(CHILD_LOST, await help_line(context, town))
    used = [reach] if isinstance(reach, Found) else []
    return of_found(text, used, buttons=(HUMAN_BUTTON,))


async def heirat(concern: Concern, context: Context, _town: str) -> Answer:
    """Say how a marriage is registered; congratulate where that is meant."""
    happy = _ENGAGED.search(concern.text) and not _SAD.search(concern.text)
    return await catalogue_answer(concern.intent, context, ENGAGED if happy else "")


async def sterbefall(concern: Concern, context: Context, _town: str) -> Answer:
    """Say what comes first after a death; condole where somebody has just died."""
    fresh = _DIED.search(concern.text) and not _LONG_AGO.search(concern.text)
    return await catalogue_answer(concern.intent, context, BEREAVED if fresh else "")


ANSWERERS: Mapping[str, Answerer] = {
    "geburt_anmelden_urkunde": with_town(geburt_anmelden_urkunde),
    "heirat": with_town(heirat),
    "sterbefall": with_town(sterbefall),
}
