"""What a German sentence says no to.

"Ich will keinen Termin" refuses an appointment. "Warum ist die Tonne nicht geleert?" and
"Ich habe noch keinen Ausweis" refuse nothing: they tell of something that is missing, and
that is the concern. "Brauche ich keinen Termin?" asks for it. The finder therefore looks
at the clause around a negating word: is it a question, is it subordinate, and does
somebody want, need or ask for something in it?

Source: our own rules over folded text; what they find on our sentences is measured in
docs/adr/0025.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from german.clauses import QUESTION_WORDS, Clause, clauses_of
from german.normal_form import AlignedText, Token, aligned, fold


class Kind(Enum):
    """What a negating word does to its clause."""

    REFUSED = "refused"
    """The citizen does not want it: "ich will keinen Termin"."""
    ASKED = "asked"
    """The citizen asks whether it is so: "brauche ich keinen Termin?"."""
    STATED = "stated"
    """Something is not so: "die Tonne wurde nicht geleert"."""
    WITHOUT = "without"
    """Something goes without it: "ohne Termin"."""


@dataclass(frozen=True)
class Negation:
    """One negating word.

    Attributes:
        kind: What it does.
        word: The negating word in folded form.
        spans: Start and end, in the raw text, of the words that are negated.
        clause: Start and end, in the raw text, of what a refusal takes away.
    """

    kind: Kind
    word: str
    spans: tuple[tuple[int, int], ...]
    clause: tuple[int, int]

    def words_in(self, raw: str) -> str:
        """Return the negated words of the raw text."""
        return " ".join(raw[start:end] for start, end in self.spans)


def _folded(names: str) -> frozenset[str]:
    return frozenset(map(fold, names.split()))


_NONE = _folded("kein keine keinen keinem keiner keines keins keene koin")
_NOT = _folded("nicht nich nich't nit net ned nie niemals")
_NOTHING = _folded("nichts nix nüscht")
_WITHOUT = _folded("ohne")
_MEANS = _folded("fall umständen")
_NEGATING = _NONE | _NOT | _NOTHING | _WITHOUT
_HARMLESS_BEFORE = _folded("noch ob warum wieso weshalb oder leider")
_HARMLESS_AFTER = _folded(
    "nur wahr sicher genau ganz so klar zuletzt einmal mal schlecht gut neu älter später "
    "ahnung plan zeit problem sorge idee chance wunder"
)
_NOBODY = _folded("keiner keins keines")
_WANTING = _folded(
    "will wollen wollte wollten willst wolln möchte möchten möcht mag mögen brauch brauche "
    "brauchen brauchts benötige benötigen wünsche wünschen bitte bestehe verzichte"
)
_WANTING_STRONGLY = _WANTING - _folded("bitte")
_PERSONS = _folded("ich wir")
_ADDRESSED = _folded("sie du ihr")
_SUBORDINATE = _folded("weil wenn ob obwohl falls damit bevor nachdem als sobald solange sodass")
_RELATIVE = _folded("der die das den dem deren dessen was")
_VERB_FIRST = _folded(
    "brauche brauch brauchen braucht muss müssen kann können könnte könnten darf dürfen soll "
    "sollen sollte ist sind hat haben habt gibt geht wird werden will wollen möchten möchte "
    "kommt kommen war waren wurde wurden bekomme kriege bekommt macht machen stimmt wäre"
)
_INTERJECTIONS = _folded(
    "nein nee nö ne nä nope ja bitte danke ach gut ok okay halt stopp stop na sorry moment hallo "
    "und aber"
)
_POLITE = _INTERJECTIONS - {"und"} | _folded("also doch eigentlich lieber jetzt dann so")
_FRAME = (
    _WANTING
    | _PERSONS
    | _POLITE
    | _ADDRESSED
    | _folded(
        "gar überhaupt mehr einfach gerade heute schon auch da mir mich uns nun erstmal "
        "erst mal fall umständen für dafür dazu es das den die der ein eine einen sondern nur "
        "habe hab haben würde würden gern gerne nötig notwendig erforderlich wirklich auf "
        "jeden fall keinen wieder wohl eben ja nämlich stattdessen aber und oder zu in am um im "
        "bei vom von zum zur mit dem einem einer wissen wüsste fragen erfahren frage"
    )
)
_CONTRAST = _folded("sondern stattdessen lieber aber nur bloß")
_DETERMINERS = _folded("den die das dem der einen eine ein meinen meine mein")
_PREPOSITIONS = _folded("für mit von zu bei auf an in um aus nach über wegen zum zur vom")
_INDEFINITE = frozenset({"ein", "eine", "einen", "einem", "einer"})
_GENDERS = (("müll", "keinen"), ("fall", "keinen"), ("geld", "kein"))
_FAILING = _folded("weiß kann konnte finde gefunden bekommen gekriegt")
_TELLING = _folded(
    "ist sind war waren wurde wurden wird werden hat habe hatte kommt kam geht ging gibt gab frei "
    "komme kommen funktioniert klappt geleert abgeholt gefunden bekommen da"
)
_DOING = _folded(
    "melde beantrage buche zeige verlängere hole gebe mache nehme reserviere vereinbare kaufe "
    "unterschreibe bezahle zahle bestelle spreche rede sage nenne"
)
_LONGEST_WITHOUT = 4


def find_negations(text: AlignedText) -> list[Negation]:
    """Find what a text says no to.

    Args:
        text: What the citizen wrote, folded by `german.normal_form.aligned`.

    Returns:
        One negation for each negating word that means something, in their order.
    """
    if not any(token.word in _NEGATING for token in text.tokens):
        return []
    return [found for clause in clauses_of(text) for found in _in_clause(text, clause)]


def refusals(text: AlignedText) -> list[Negation]:
    """Find only what the citizen does not want."""
    return [found for found in find_negations(text) if found.kind is Kind.REFUSED]


def without_refusals(raw: str, refused: Sequence[Negation]) -> str:
    """Give what is left of a text when the refused parts are taken away.

    Args:
        raw: What the citizen wrote.
        refused: What `refusals` found in it.

    Returns:
        The rest, or ``""`` when nothing is left that could be a concern.
    """
    rest, position = [], 0
    for each in refused:
        rest.append(raw[position : max(each.clause[0], position)])
        position = max(position, each.clause[1])
    left = _without_opening(" ".join([*rest, raw[position:]]))
    return left if has_content(left) else ""


def has_content(raw: str) -> bool:
    """Tell whether a text has words beyond "nein, ich möchte bitte" and "wo und wann"."""
    return any(token.word not in _FRAME | QUESTION_WORDS for token in aligned(raw).tokens)


def declined(wish: str) -> str:
    """Negate what completes "Sie möchten ...".

    Args:
        wish: For example "einen Termin buchen" or "mit einem Menschen sprechen".

    Returns:
        "keinen Termin buchen", "nicht mit einem Menschen sprechen".
    """
    first, _, rest = wish.partition(" ")
    if first in _INDEFINITE:
        return f"k{wish}"
    if first == "etwas":
        return f"nichts {rest}"
    if first.endswith("e") and first not in _DETERMINERS:
        return f"keine {first}n {rest}"
    return f"{_no_for(first)} {wish}" if first[:1].isupper() else f"nicht {wish}"


def _no_for(noun: str) -> str:
    """Return "kein" with the ending that fits a noun without an article, as far as it shows."""
    for ending, word in _GENDERS:
        if noun.endswith(ending):
            return word
    return "keine"


def _without_opening(left: str) -> str:
    """Cut "nein," and "sondern" in front of what is wanted instead."""
    text = aligned(left)
    first = next((t for t in text.tokens if t.word not in _INTERJECTIONS | _CONTRAST), None)
    return left[text.origin[first.start] :].strip(" ,;:-–") if first else ""


def _in_clause(text: AlignedText, clause: Clause) -> Iterator[Negation]:
    tokens = clause.tokens
    for place, token in enumerate(tokens):
        if token.word in _WITHOUT:
            yield _negation(text, Kind.WITHOUT, token, tokens[place + 1 :][:_LONGEST_WITHOUT])
        elif token.word in _NEGATING:
            kind = _kind(clause, place)
            scope = _scope(clause, place)
            taken = _taken(clause, place, scope)
            yield _negation(text, kind, token, scope, taken)


def _negation(
    text: AlignedText,
    kind: Kind,
    token: Token,
    scope: Sequence[Token],
    taken: Sequence[Token] = (),
) -> Negation:
    whole = [*taken, token, *scope]
    first, last = min(each.start for each in whole), max(each.end for each in whole)
    spans = tuple(text.span(each.start, each.end) for each in scope)
    return Negation(kind, token.word, spans, text.span(first, last))


def _kind(clause: Clause, place: int) -> Kind:
    """Say what the negating word at ``place`` does."""
    words = [token.word for token in clause.tokens]
    if _harmless(words, place):
        return Kind.STATED
    if _is_subordinate(words):
        return Kind.STATED
    if _is_question(clause, words):
        return Kind.ASKED
    return Kind.REFUSED if _wants(words, place) else Kind.STATED


def _harmless(words: Sequence[str], place: int) -> bool:
    """Tell whether "noch nicht", "nicht nur", "nicht sicher" stands there."""
    before = words[place - 1] if place else ""
    after = words[place + 1] if place + 1 < len(words) else ""
    last = place + 1 == len(words)
    return (
        before in _HARMLESS_BEFORE
        or after in _HARMLESS_AFTER
        or words[place] in _NOBODY
        or "als" in words[place:]
        or (last and place == 0)
        or (after == "mehr" and words[place] in _NOT and not _WANTING_STRONGLY.intersection(words))
    )


def _is_subordinate(words: Sequence[str]) -> bool:
    """Tell "weil ich nicht will" and "die ich nicht brauche" from "die brauche ich nicht"."""
    if words[0] in _SUBORDINATE:
        return True
    return len(words) > 1 and words[0] in _RELATIVE and words[1] in _PERSONS | {"man", "sie"}


def _is_question(clause: Clause, words: Sequence[str]) -> bool:
    """Tell a question by its mark, its question word or its verb in front."""
    start = next((n for n, word in enumerate(words) if word not in _INTERJECTIONS), 0)
    leading = words[start] if words else ""
    if leading in QUESTION_WORDS:
        return True
    asked = leading in _VERB_FIRST and len(words) > start + 1
    if asked and words[start + 1] in _PERSONS | {"man", "es", "das", "sie", "ihr", "du", "der",
                                                 "die", "denn", "da"}:  # fmt: skip
        return True
    return clause.asks and leading not in _NEGATING


def _wants(words: Sequence[str], place: int) -> bool:
    """Tell whether the clause wants something, or is nothing but "nicht den Pass"."""
    others = [word for number, word in enumerate(words) if number != place]
    wanting = _WANTING_STRONGLY if words[place] in _NOTHING else _WANTING
    if wanting.intersection(others):
        return not _FAILING.intersection(others) and not _TELLING.intersection(words[:place])
    before = [word for word in words[:place] if word not in _POLITE]
    if before:
        return _is_order(words, place)
    if place + 1 == len(words) or words[place] in _NOTHING or "mehr" in words:
        return False
    return not _TELLING.intersection(words)


def _is_order(words: Sequence[str], place: int) -> bool:
    """Tell "rufen Sie mich nicht an", "den Hund melde ich nicht an" from "er hält nicht an"."""
    if _DOING.intersection(words[:place]) and _PERSONS.intersection(words[:place]):
        return True
    start = next((n for n, word in enumerate(words) if word not in _POLITE), 0)
    addressed = words[start + 1 : start + 2] == ["sie"] and words[start].endswith("n")
    return addressed and start + 1 < place and words[start] not in _VERB_FIRST


def _scope(clause: Clause, place: int) -> list[Token]:
    """Return the words that are negated, without the frame around them."""
    tokens = clause.tokens
    after = _until_contrast(tokens[place + 1 :])
    if tokens[place].word in _NONE | _NOTHING and not _is_by_no_means(after):
        return _trimmed(after)
    wanting = any(token.word in _WANTING_STRONGLY | _DOING for token in tokens)
    in_front = all(token.word in _POLITE for token in tokens[:place])
    if in_front or not wanting:
        return _trimmed(_one_phrase(after))
    before = [token for token in tokens[:place] if token.word not in _FRAME | _DOING]
    return [*_article(tokens[:place], before), *_trimmed(after)]


def _is_by_no_means(after: Sequence[Token]) -> bool:
    """Tell "auf keinen Fall", which negates the clause and not the noun behind it."""
    return bool(after) and after[0].word in _MEANS


def _article(tokens: Sequence[Token], kept: list[Token]) -> list[Token]:
    """Put the article back in front of a noun that stands before "nicht"."""
    if not kept:
        return kept
    place = tokens.index(kept[0])
    if place and tokens[place - 1].word in _DETERMINERS | _PREPOSITIONS:
        return [tokens[place - 1], *kept]
    return kept


def _trimmed(tokens: Sequence[Token]) -> list[Token]:
    """Cut polite words at the ends; without a word of content nothing is left."""
    edges = (
        _POLITE | _PERSONS | _WANTING | _folded("mehr nötig notwendig erforderlich haben machen")
    )
    kept = list(tokens)
    while kept and kept[-1].word in edges:
        kept.pop()
    while kept and kept[0].word in edges:
        kept.pop(0)
    return kept if any(token.word not in _FRAME for token in kept) else []


def _until_contrast(tokens: Sequence[Token]) -> list[Token]:
    """Cut "Reisepass bitte nur den Ausweis" where the wish begins."""
    end = next((n for n, each in enumerate(tokens) if n and each.word in _CONTRAST), len(tokens))
    return list(tokens[:end])


def _one_phrase(tokens: Sequence[Token]) -> list[Token]:
    """Cut "den Personalausweis den Reisepass" before the second article."""
    for place, token in enumerate(tokens):
        second = place >= 2 and token.word in _DETERMINERS
        if second and tokens[place - 1].word not in _PREPOSITIONS:
            return list(tokens[:place])
    return list(tokens)


def _taken(clause: Clause, place: int, scope: Sequence[Token]) -> list[Token]:
    """Return the words before the negation that go with a refusal: frame and object."""
    before = clause.tokens[:place]
    words = [token.word for token in clause.tokens]
    framed = all(word in _FRAME for word in words[:place])
    if framed or words[place] in _NOT or _is_order(words, place):
        return list(before)
    return [token for token in before if token in scope]
