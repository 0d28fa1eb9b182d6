"""What a message asks for and what it does not: refused concerns and several at once.

"Ich ziehe nach Soest und will meinen Hund anmelden" are two concerns, "Mein Hund ist zwei
Jahre alt und ich will ihn anmelden" is one. Grammar finds the places where a second one may
begin (`german.clauses`); the trained model of the classifier decides: only where it is certain
of two different concerns there are two. "Ich will keinen Termin" asks for no appointment:
grammar finds what is refused (`german.negation`), the model says which concern that is.

Figures: docs/adr/0025.
"""

# ruff: noqa: ARG003 -- Rasa calls these methods with fixed arguments
from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME
from rasa.shared.nlu.constants import ENTITIES, INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message

from german.choices import is_choice
from german.clauses import Border, Part, cuts_of, parts_between
from german.concepts import concepts_of
from german.negation import Kind, Negation, find_negations, has_content, without_refusals
from german.normal_form import AlignedText, aligned
from nlu.intent_classifier import MODEL, GermanIntentClassifier
from nlu.linear_model import LinearModel, Prediction
from nlu.out_of_scope import OutOfScopeDetector
from nlu.reading import read

CONCERNS = "concerns"
"""Message key: two or more concerns in their order, each with intent, text, entities."""
REFUSED = "refused"
"""Message key: intents that the citizen does not want."""

VALUE = "inform"
"""The intent of "das erste": the answer to a question with choices."""
OFF = "abbrechen"
"""The intent of a message that only refuses something."""
READ_AS_NO = frozenset({OFF, "nein", "out_of_scope", DEFAULT_NLU_FALLBACK_INTENT_NAME})

LONGEST_TEXT = 600
"""Characters of a message that is looked at; what is longer is a letter with one concern."""
LEAST_CONCERNS = 2
MACHINE = "maschine"
TIMES = frozenset({"datum", "uhrzeit"})

Entity = Mapping[str, Any]
Classify = Callable[[str, Sequence[Entity]], Prediction]


@dataclass(frozen=True)
class Limits:
    """How certain the model must be.

    Attributes:
        added: Of a concern that a word like "außerdem" or a clause behind "und" adds.
        sentence: Of a concern in a sentence of its own.
        joined: Of a concern that only "und" joins to another.
        comma: Of a concern with only a comma before it.
        refused: Of what is refused.
        instead: Of what is wanted instead of something refused.
        most_cuts: Places where a second concern may begin; with more the message is a story.
        most_concerns: Concerns that are answered in one turn.
    """

    added: float = 0.5
    sentence: float = 0.82
    joined: float = 0.87
    comma: float = 0.97
    refused: float = 0.6
    instead: float = 0.5
    most_cuts: int = 5
    most_concerns: int = 3

    def of(self, border: Border) -> float:
        """Return how certain the model must be of what a border sets apart."""
        least: float = getattr(self, border.value)
        return least


@dataclass(frozen=True)
class Found:
    """One concern of a message."""

    intent: str
    confidence: float
    certainty: float
    part: Part
    entities: tuple[Entity, ...]

    def to_output(self) -> dict[str, Any]:
        """Return the concern as actions read it."""
        return {
            "intent": self.intent,
            "confidence": self.confidence,
            "text": self.part.text,
            "entities": [dict(entity) for entity in self.entities],
        }


@dataclass(frozen=True)
class Refusal:
    """What is refused in a message, and what is wanted instead.

    Attributes:
        intents: The refused concerns.
        certainty: How certain the least certain of them is.
        rest: What is left of the text, ``""`` when nothing else is said.
        instead: The ranking of the rest, empty when it is not certain.
    """

    intents: tuple[str, ...] = ()
    certainty: float = 0.0
    rest: str = ""
    instead: Prediction | None = None


class ConcernFinder:
    """Finds concerns and refusals in one text; knows nothing of Rasa.

    Args:
        classify: The trained model for a text with its entities.
        talk: Intents that lead the conversation and are no concerns.
        kindred: Groups of intents that one story often touches; never two concerns.
        lasting: Intents that a refusal asks for: "ich will nicht, dass ihr etwas speichert".
        limits: How certain the model must be.
    """

    def __init__(
        self,
        classify: Classify,
        talk: Iterable[str],
        kindred: Iterable[Iterable[str]] = (),
        lasting: Iterable[str] = (),
        limits: Limits | None = None,
    ) -> None:
        self._classify = classify
        self._talk = frozenset(talk)
        self._kindred = [frozenset(group) for group in kindred]
        self._lasting = frozenset(lasting)
        self._limits = limits or Limits()

    def concerns(
        self, text: AlignedText, entities: Sequence[Entity], negations: Sequence[Negation] = ()
    ) -> list[Found]:
        """Find two or more concerns.

        Returns:
            The concerns in their order; nothing when the message has one or none.
        """
        cuts = cuts_of(text)
        if not 0 < len(cuts) <= self._limits.most_cuts:
            return []
        refused = [each for each in negations if each.kind in (Kind.REFUSED, Kind.WITHOUT)]
        parts = [
            part
            for part in _with_content(parts_between(text, cuts))
            if not _is_within(part, refused)
        ]
        found: list[Found] = []
        for concern in self._certain(parts, entities):
            if not self._is_told_already(concern.intent, found):
                found.append(concern)
        several = 1 < len(found) <= self._limits.most_concerns
        return found if several else []

    def refusal(
        self, text: AlignedText, entities: Sequence[Entity], negations: Sequence[Negation]
    ) -> Refusal:
        """Find what is refused and what is wanted instead."""
        refused = [each for each in negations if each.kind is Kind.REFUSED]
        named = [found for each in refused if (found := self._refused(text, entities, each))]
        if not named:
            return Refusal()
        intents = tuple(dict.fromkeys(each.ranking[0][0] for each in named))
        rest = without_refusals(text.raw, refused)
        instead = self._instead(_with_object(rest, refused[-1].words_in(text.raw)), intents)
        return Refusal(intents, min(each.certainty for each in named), rest, instead)

    def affirmed(self, text: AlignedText, negations: Sequence[Negation]) -> Prediction | None:
        """Read a question or a statement as if it were not negated: it starts nothing off."""
        raw, position, kept = text.raw, 0, []
        for each in negations:
            begin, end = _place_of_word(text, each)
            kept.append(raw[position:begin])
            position = end
        prediction = self._classify("".join([*kept, raw[position:]]), ())
        return prediction if self._is_concern(prediction, self._limits.instead) else None

    def _certain(self, parts: Sequence[Part], entities: Sequence[Entity]) -> list[Found]:
        """Return the parts that are certain concerns, in their order, if there are two.

        The shortest is looked at first: it costs least and is the likeliest to be none, and
        as soon as two are out of reach the rest is not looked at.
        """
        found: list[Found] = []
        for looked_at, part in enumerate(sorted(parts, key=lambda each: len(each.text))):
            if len(found) + len(parts) - looked_at < LEAST_CONCERNS:
                return []
            concern = self._concern(part, entities)
            found += [concern] if concern else []
        return sorted(found, key=lambda each: each.part.start)

    def _concern(self, part: Part, entities: Sequence[Entity]) -> Found | None:
        inside = _shifted(entities, part.start, part.end)
        prediction = self._classify(part.text, inside)
        if not self._is_concern(prediction, self._limits.of(part.border)):
            return None
        intent, confidence = prediction.ranking[0]
        return Found(intent, confidence, prediction.certainty, part, tuple(inside))

    def _refused(
        self, text: AlignedText, entities: Sequence[Entity], negation: Negation
    ) -> Prediction | None:
        if not negation.spans:
            return None
        start, end = negation.spans[0][0], negation.spans[-1][1]
        words = negation.words_in(text.raw)
        if _is_about_machines(words) or any(_is_time(each, start, end) for each in entities):
            return None
        prediction = self._classify(words, _shifted(entities, start, end, words))
        certain = self._is_concern(prediction, self._limits.refused)
        return prediction if certain and prediction.ranking[0][0] not in self._lasting else None

    def _instead(self, rest: str, refused: Sequence[str]) -> Prediction | None:
        if not rest:
            return None
        prediction = self._classify(rest, ())
        wanted = self._is_concern(prediction, self._limits.instead)
        return prediction if wanted and prediction.ranking[0][0] not in refused else None

    def _is_concern(self, prediction: Prediction, least: float) -> bool:
        if not prediction.ranking or prediction.certainty < least:
            return False
        return prediction.ranking[0][0] not in self._talk

    def _is_told_already(self, intent: str, found: Sequence[Found]) -> bool:
        earlier = {each.intent for each in found}
        return intent in earlier or any(
            intent in group and group & earlier for group in self._kindred
        )


@DefaultV1Recipe.register([DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER], is_trainable=False)
class ConcernReader(IntentClassifier, GraphComponent):
    """Marks refused concerns and several concerns of a message; about 0.1 ms where there are none.

    Source: our own; grammar finds places, the classifier's model decides. Stands behind the
    detector of doubt, because two certain concerns make a doubtful message clear. Sets
    `concerns` and `refused`, and the intent where they change it: to the first concern, to
    what is wanted instead, or to `abbrechen` when something is refused and nothing else said.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        self._config = {**self.get_default_config(), **config}
        self._limits = Limits(**{name: self._config[name] for name in asdict(Limits())})

    @classmethod
    def required_components(cls) -> list[type]:
        """Name the components that must stand in front of this one."""
        return [GermanIntentClassifier, OutOfScopeDetector]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Give the settings; measured in docs/adr/0025."""
        return {**asdict(Limits()), "talk": [], "kindred": [], "lasting": [], "ranking_length": 10}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> ConcernReader:
        """Create the reader; it has nothing to train."""
        return cls(config)

    def process(self, messages: list[Message]) -> list[Message]:
        """Mark what each message asks for and refuses."""
        for message in messages:
            model: LinearModel | None = message.get(MODEL)
            short = len(message.get(TEXT) or "") <= LONGEST_TEXT
            if model is not None and short and message.get(INTENT_RANKING_KEY):
                self._read(message, model)
        return messages

    def _read(self, message: Message, model: LinearModel) -> None:
        if is_choice(message.get(TEXT)):
            self._put_first(message, [(VALUE, 1.0)])
            return
        text = aligned(message.get(TEXT))
        entities = message.get(ENTITIES) or []
        finder = self._finder(model)
        negations = find_negations(text)
        refusal = finder.refusal(text, entities, negations)
        if found := finder.concerns(text, entities, negations):
            message.set(CONCERNS, [each.to_output() for each in found], add_to_output=True)
            self._put_first(message, [(each.intent, each.confidence) for each in found])
        elif refusal.intents:
            self._refuse(message, refusal)
        elif self._is_off(message) and all(each.kind is Kind.ASKED for each in negations):
            meant = finder.affirmed(text, negations) if negations else None
            self._put_first(message, meant.ranking[:1] if meant else [])

    def _finder(self, model: LinearModel) -> ConcernFinder:
        def classify(text: str, entities: Sequence[Entity]) -> Prediction:
            reading = read(text, entities)
            return model.predict(reading.text, reading.marks)

        talk, kindred, lasting = (self._config[name] for name in ("talk", "kindred", "lasting"))
        return ConcernFinder(classify, talk, kindred, lasting, self._limits)

    def _refuse(self, message: Message, refusal: Refusal) -> None:
        """Start nothing that is refused, unless more was said and only the whole is clear."""
        whole = message.get(INTENT)["name"]
        refused = list(refusal.intents)
        if whole in refusal.intents or self._is_off(message):
            if refusal.instead is not None:
                self._put_first(message, refusal.instead.ranking[: self._config["ranking_length"]])
            elif not refusal.rest:
                self._put_first(message, [(OFF, refusal.certainty)])
            else:
                refused = [intent for intent in refused if intent != whole]
        ranking = message.get(INTENT_RANKING_KEY)
        kept = [each for each in ranking if each["name"] not in refused]
        message.set(INTENT_RANKING_KEY, kept, add_to_output=True)
        message.set(REFUSED, refused, add_to_output=True)

    def _is_off(self, message: Message) -> bool:
        """Tell whether the message was read as a no, or not at all."""
        return message.get(INTENT)["name"] in READ_AS_NO

    def _put_first(self, message: Message, first: Sequence[tuple[str, float]]) -> None:
        """Put intents in front of the ranking."""
        if not first:
            return
        names = [name for name, _ in first]
        placed = [{"name": name, "confidence": confidence} for name, confidence in first]
        ranking = message.get(INTENT_RANKING_KEY)
        others = [each for each in ranking if each["name"] not in names]
        message.set(INTENT, placed[0], add_to_output=True)
        message.set(INTENT_RANKING_KEY, [*placed, *others], add_to_output=True)


def _shifted(entities: Sequence[Entity], start: int, end: int, words: str = "") -> list[Entity]:
    """Return the entities inside a part, with their places in it.

    With ``words`` only if they are the whole part: gaps would put names in wrong places.
    """
    if words and len(words) != end - start:
        return []
    return [
        {**each, "start": each["start"] - start, "end": each["end"] - start}
        for each in entities
        if _is_inside(each, start, end)
    ]


def _is_inside(entity: Entity, start: int, end: int) -> bool:
    return "start" in entity and bool(entity["start"] >= start and entity["end"] <= end)


def _with_content(parts: Iterable[Part]) -> Iterator[Part]:
    """Leave out "außerdem möchte ich wissen,"; what it announces is added, too."""
    announced = False
    for part in parts:
        if has_content(part.text):
            yield replace(part, border=Border.ADDED) if announced else part
            announced = False
        elif part.border is Border.ADDED:
            announced = True


def _is_time(entity: Entity, start: int, end: int) -> bool:
    """Tell "nicht vor 10 Uhr anrufen": refused is the time, not the call."""
    return entity["entity"] in TIMES and _is_inside(entity, start, end)


def _is_about_machines(words: str) -> bool:
    """Tell "nicht mit einem Roboter": who refuses a machine asks for a human."""
    return any(MACHINE in concepts_of(token.word) for token in aligned(words).tokens)


def _with_object(rest: str, refused: str) -> str:
    """Complete "(den Hund nicht anmelden, sondern) abmelden" with what is to be done it to."""
    return f"{refused.rpartition(' ')[0]} {rest}".strip() if rest and " " not in rest else rest


def _is_within(part: Part, negations: Sequence[Negation]) -> bool:
    """Tell whether a part lies in or around a refused clause."""
    return any(part.start < each.clause[1] and each.clause[0] < part.end for each in negations)


def _place_of_word(text: AlignedText, negation: Negation) -> tuple[int, int]:
    token = next(
        token
        for token in text.tokens
        if token.word == negation.word
        and text.span(token.start, token.end)[0] >= negation.clause[0]
    )
    return text.span(token.start, token.end)
