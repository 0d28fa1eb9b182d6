"""Cross-validation: every sentence is judged by a pipeline that has not seen it."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rasa.shared.nlu.training_data.message import Message

from nlu.evaluation.examples import Sentence
from nlu.evaluation.perturbations import Perturbation, known_words
from nlu.evaluation.pipeline import (
    Part,
    Pipeline,
    Understanding,
    copied,
    first_classifier,
    to_examples,
    to_understanding,
)

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Judged:
    """A sentence and what the pipeline made of it."""

    sentence: Sentence
    understanding: Understanding

    @property
    def right(self) -> bool:
        """Whether the best intent is one of the accepted ones, doubt or no doubt."""
        return self.understanding.intent in self.sentence.intents


@dataclass(frozen=True)
class Changed:
    """A sentence before and after a change, both unseen by the judging pipeline."""

    text: str
    changed_text: str
    right_before: bool
    right_after: bool


@dataclass(frozen=True)
class CrossValidation:
    """Outcome of all folds, in the order of the sentences.

    Attributes:
        judged: One entry a sentence.
        changes: Name of a perturbation → the sentences that it changed.
        sampled: How many sentences were tried with each perturbation.
    """

    judged: list[Judged]
    changes: dict[str, list[Changed]] = field(default_factory=dict)
    sampled: int = 0


def folds_of(intents: Sequence[str], count: int, seed: int) -> list[int]:
    """Give every sentence a fold; each intent is spread evenly."""
    chance = random.Random(seed)  # noqa: S311 -- reproducible
    places: dict[str, list[int]] = defaultdict(list)
    for place, intent in enumerate(intents):
        places[intent].append(place)
    folds = [0] * len(intents)
    for start, intent in enumerate(sorted(places)):
        members = places[intent]
        chance.shuffle(members)
        for number, place in enumerate(members):
            folds[place] = (start + number) % count
    return folds


def cross_validate(
    parts: Sequence[Part],
    sentences: Sequence[Sentence],
    folder: Path,
    *,
    folds: int,
    seed: int,
    perturbations: Sequence[Perturbation] = (),
    perturbed: int = 0,
    tell: Tell,
) -> CrossValidation:
    """Judge every sentence, and a sample of them changed as well.

    What stands in front of the first classifier reads gazetteers and learns nothing
    from intents; it is prepared once for all folds.

    Args:
        parts: The pipeline's configuration.
        sentences: What to train and judge.
        folder: Empty folder for trained components.
        folds: How many folds.
        seed: Seed of folds, sample and changes.
        perturbations: Changes to try.
        perturbed: With how many sentences the changes are tried.
        tell: Takes a line of progress.
    """
    border = first_classifier(parts)
    examples = to_examples(sentences)
    front = Pipeline.train(parts[:border], examples, folder / "front")
    fold_of = folds_of([each.intent for each in sentences], folds, seed)
    chance = random.Random(seed)  # noqa: S311 -- reproducible
    sample = set(chance.sample(range(len(sentences)), min(perturbed, len(sentences))))
    words = known_words(each.text for each in sentences)
    judged: dict[int, Judged] = {}
    changes: dict[str, list[Changed]] = {each.name: [] for each in perturbations}
    for fold in range(folds):
        tell(f"Kreuzprüfung, Teil {fold + 1} von {folds} …")
        seen = [copied(examples[place]) for place, own in enumerate(fold_of) if own != fold]
        back = Pipeline.train(parts[border:], seen, folder / f"fold{fold}")
        for place in (place for place, own in enumerate(fold_of) if own == fold):
            judged[place] = _judge(sentences[place], examples[place], back)
            for each in perturbations if place in sample else ():
                text = each.apply(sentences[place].text, words, seed)
                if text != sentences[place].text:
                    changes[each.name].append(_change(judged[place], text, front + back))
    ordered = [judged[place] for place in range(len(sentences))]
    return CrossValidation(ordered, changes, len(sample) if perturbations else 0)


def _judge(sentence: Sentence, prepared: Message, back: Pipeline) -> Judged:
    message = copied(prepared)
    message.data.pop("intent", None)
    return Judged(sentence, to_understanding(back.process(message)))


def _change(before: Judged, text: str, pipeline: Pipeline) -> Changed:
    after = Judged(before.sentence, pipeline.understand(text, before.sentence.sent_at))
    return Changed(before.sentence.text, text, before.right, after.right)
