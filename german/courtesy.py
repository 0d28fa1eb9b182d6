"""Greetings and polite frames around a concern.

"Guten Tag, ich hätte mal eine Frage: Wann hat das Rathaus auf? Vielen Dank im Voraus!"
asks when the town hall is open. What is only polite is taken away; a message that is
nothing but a greeting or thanks stays as it is.
"""

# ruff: noqa: E501 -- a pattern is easier to read in one line
from __future__ import annotations

import re

from german.normal_form import words

_ADDRESS = (
    r"(?:sehr geehrte[rn]?|liebe[rs]?|werte[rn]?|verehrte[rn]?)"
    r"(?: (?:damen und herren|frau|herr|stadt|team|leute|stadtverwaltung|rathaus|burgerburo|chatbot|bot"
    r"|assistent|mitarbeiter|alle)(?: und herren)?)*"
)
_GREETING = (
    r"(?:hallo|hallochen|hi|hey|moin moin|moin|servus|gruß gott|grus gott|gruzi|tach|gude|huhu|na"
    r"|(?:einen )?(?:schonen )?guten (?:tag|morgen|abend|mittag)|schonen (?:tag|abend)|nabend"
    r"|guden|mahlzeit|gluck auf)(?: zusammen| auch| allerseits| ihr lieben| leute| liebes team| liebe leute)*"
)
_QUESTION = (
    r"(?:(?:ich|wir) (?:hatte|hatten|habe|hab|haben|hat)(?: da| jetzt)?(?: mal| noch)?(?: eine| ne| nur eine)?"
    r"(?: kurze| kleine| dumme| wichtige)? (?:frage|fragen|anliegen|bitte)(?: an sie| an euch)?"
    r"|(?:eine |ne )?(?:kurze |kleine |dumme )?frage"
    r"|(?:ich|wir) (?:wollte|wollten|mochte|mochten|wurde|wurden)(?: sie| euch)?(?: gern| gerne)?(?: mal| nur| kurz| einfach)*"
    r" (?:fragen|nachfragen|wissen|erfahren)"
    r"|(?:konnen|konnten|kannst|konntest|konnt|wurden|kann) (?:sie|du|ihr|man)? ?(?:mir|uns)?(?: bitte| vielleicht| mal| kurz| eventuell)*"
    r" (?:sagen|verraten|helfen|mitteilen|weiterhelfen|erklaren)"
    r"|(?:sagen|sag|sagt|verraten) (?:sie |mal |ihr )?(?:mir |uns )?(?:bitte |mal |doch )*"
    r"|wissen sie(?: vielleicht)?|weist du(?: vielleicht)?"
    r"|entschuldigung|entschuldigen sie(?: bitte)?(?: die storung)?|sorry|verzeihung|ah|ahm|also|bitte)"
)
_THANKS = (
    r"(?:(?:vielen|herzlichen|besten|lieben|schonen|recht herzlichen|tausend) dank|danke(?:schon)?(?: schon| sehr)?"
    r"|dank|thx|merci)(?: (?:im voraus|vorab|schon mal|schonmal|fur ihre hilfe|fur die hilfe|fur ihre muhe"
    r"|fur ihre antwort|fur die auskunft|ihnen|euch|dir))*"
)
_FAREWELL = (
    r"(?:(?:mit )?(?:freundlichen|freundliche|besten|beste|viele|liebe|schone|herzliche) (?:grusen|gruse|grus|grusse)|mfg|lg|vg|grus"
    r"|ich (?:freue mich|bedanke mich)[\w ]{0,40}|auf wiedersehen|schonen tag(?: noch)?"
    r"|einen schonen tag(?: noch)?|bis dann|tschus|bitte|gell|ne|oder)"
)
_EDGE = r"[\s,.;:!?()\"'-]*"
_BEFORE = re.compile(
    rf"{_EDGE}(?:(?:{_GREETING}|{_ADDRESS}|{_QUESTION})(?![\w]){_EDGE})+(?:(?:und|ob|das)\b ?)?"
)
_AFTER = re.compile(rf"(?:(?:^|(?<=[\s,.;:!?-]))(?:{_THANKS}|{_FAREWELL}){_EDGE})+$")
_ANNOUNCED = re.compile(r"frage|wissen|sagen|helfen|anliegen|geehrte")
_SURELY_POLITE = re.compile(r"voraus|vorab|grus|mfg|\b[lv]g\b")
_THANKFUL = re.compile(
    r"\b(?:super|toll|prima|gut|ok|okay|klar|klasse|spitze|perfekt|hilft|geholfen|geklappt|verstanden"
    r"|bescheid|lieb|nett|freundlich|dat|das|den|reicht|nein|ja|jau|ach|dann|mehr|alles|auch|nun)\b"
)
_LEAST_BEHIND_GREETING = 2
_LONGEST_FRAME = 300
_LEAST_BEFORE_THANKS = 5


def without_courtesy(folded: str) -> str:
    """Take polite frames off a folded text.

    Args:
        folded: Text in folded form (`german.normal_form.fold`).

    Returns:
        The concern. A text that is short without its frame keeps it: there the
        greeting or the thanks may be what was meant.
    """
    front = _BEFORE.match(folded, 0, _LONGEST_FRAME)
    announced = front is not None and _ANNOUNCED.search(front.group()) is not None
    concern = folded[front.end() :] if front else folded
    if len(words(concern)) < (1 if announced else _LEAST_BEHIND_GREETING):
        return folded
    ending = _AFTER.search(concern, max(len(concern) - _LONGEST_FRAME, 0))
    if ending:
        left = concern[: ending.start()]
        if len(words(left)) >= _least_before(left, ending.group(), announced):
            concern = left
    return concern.strip(" ,;:-")


def _least_before(left: str, ending: str, announced: bool) -> int:
    """Say how many words must be left; "super, danke" is thanks, a letter's end is not."""
    if announced:
        return 1
    if _SURELY_POLITE.search(ending) or not _THANKFUL.search(left):
        return _LEAST_BEHIND_GREETING
    return _LEAST_BEFORE_THANKS
