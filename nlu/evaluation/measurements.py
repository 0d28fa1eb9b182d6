"""What can be measured: the town's own content, and files of sentences."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from nlu.evaluation import latency, report
from nlu.evaluation.crossvalidation import Judged, Tell, cross_validate
from nlu.evaluation.examples import (
    OUT_OF_SCOPE,
    Sentence,
    read_content,
    read_content_tests,
    read_lines,
    read_massive,
    read_texts,
)
from nlu.evaluation.latency import Stopwatch
from nlu.evaluation.perturbations import PERTURBATIONS
from nlu.evaluation.pipeline import Part, Pipeline, configured_parts, to_examples

HOME_COMMANDS = Path("hass_intents_de") / "tests_de.jsonl"
OTHER_DOMAINS = Path("massive_de") / "dev.jsonl"
_OWN_DOMAIN = "general"  # MASSIVE's greetings and jokes, which an assistant of a town knows, too
_YARDSTICKS = ("n", "intent_accuracy", "intent_accuracy_interval", "top_3", "entity_f1",
               "exact_match", "entities", "entity_errors", "doubt", "errors")  # fmt: skip


@dataclass(frozen=True)
class Scale:
    """How much is measured.

    Attributes:
        folds: Folds of the cross-validation.
        sentences: Most sentences per intent that take part; None for all.
        perturbed: Sentences that every perturbation is tried with.
        foreign: Most foreign sentences of each source.
        seed: Seed of folds, samples and changes.
    """

    folds: int = 5
    sentences: int | None = None
    perturbed: int = 1000
    foreign: int = 2000
    seed: int = 1

    @classmethod
    def quick(cls, seed: int) -> Scale:
        """Give a small scale that takes a minute."""
        return cls(folds=3, sentences=20, perturbed=150, foreign=300, seed=seed)


@dataclass(frozen=True)
class Workshop:
    """Where things are and how progress is told.

    Attributes:
        config: Rasa's configuration with the pipeline.
        folder: Empty folder for trained components.
        tell: Takes a line of progress.
    """

    config: Path
    folder: Path
    tell: Tell

    def parts(self) -> list[Part]:
        """Read the parts of the pipeline."""
        return configured_parts(self.config)


def measure_content(
    content: Path, public_data: Path, scale: Scale, workshop: Workshop
) -> dict[str, Any]:
    """Cross-validate the example sentences and measure all that goes with it.

    Args:
        content: Folder of the content.
        public_data: Folder with public sentences that belong to no town; may be missing.
        scale: How much is measured.
        workshop: Where things are.

    Raises:
        WrongExamples: there are no sentences.
    """
    every = read_content(content)
    sentences = _sample(every, scale)
    outcome = cross_validate(
        workshop.parts(), sentences, workshop.folder / "folds", folds=scale.folds,
        seed=scale.seed, perturbations=PERTURBATIONS, perturbed=scale.perturbed,
        tell=workshop.tell,
    )  # fmt: skip
    made = report.quality(outcome.judged, municipal=municipal_names(content))
    made["robustness"] = report.robustness(outcome.changes, outcome.sampled)
    whole, seconds = _trained(every, workshop)
    made |= seconds
    made["trained_sentences"] = len(every)
    foreign = foreign_texts(public_data, trained_topics(content))
    skipped = _add_foreign(made, outcome.judged, whole, foreign, scale, workshop.tell)
    _add_tests(made, content, whole, workshop.tell)
    texts = _shuffled([each.text for each in sentences], scale.seed)
    made |= latency.message_times(whole, texts).summary()
    return {"kind": "content", "folds": scale.folds, "skipped": skipped} | made


def measure_file(
    file: Path, model: Path, municipal: frozenset[str], workshop: Workshop
) -> dict[str, Any]:
    """Score a file of sentences with the trained model of the house.

    Args:
        file: Lines of ``{"text", "intents", "entities"}``.
        model: Rasa's model file.
        municipal: Names of the municipal concerns.
        workshop: Where things are.

    Raises:
        WrongExamples: the file is missing or has a wrong line.
    """
    sentences = read_lines(file)
    workshop.tell(f"{len(sentences)} Sätze aus {file.name}; lade das Modell …")
    pipeline = Pipeline.load(model, workshop.folder / "model")
    judged = judge(pipeline, sentences)
    made = report.quality(judged, municipal=municipal)
    made |= {"train_seconds": None, "train_cpu_seconds": None}
    times = latency.message_times(pipeline, [each.text for each in sentences])
    return {"kind": "file", "file": file.name} | made | times.summary()


def judge(pipeline: Pipeline, sentences: Sequence[Sentence]) -> list[Judged]:
    """Let a pipeline understand sentences."""
    return [Judged(each, pipeline.understand(each.text, each.sent_at)) for each in sentences]


def municipal_names(content: Path) -> frozenset[str]:
    """Return the names of the municipal concerns of the content."""
    file = content / "de" / "concerns.yml"
    if not file.exists():
        return frozenset()
    return frozenset(YAML(typ="safe").load(file.read_text(encoding="utf-8"))["concerns"])


def _trained(
    sentences: Sequence[Sentence], workshop: Workshop
) -> tuple[Pipeline, dict[str, float]]:
    """Train the whole pipeline with everything, as a town does, and stop the time."""
    workshop.tell(f"Trainiere mit allen {len(sentences)} Sätzen …")
    examples = to_examples(sentences)
    watch = Stopwatch()
    pipeline = Pipeline.train(workshop.parts(), examples, workshop.folder / "whole")
    return pipeline, watch.training()


def _add_foreign(
    made: dict[str, Any],
    judged: Sequence[Judged],
    whole: Pipeline,
    foreign: Mapping[str, list[str] | None],
    scale: Scale,
    tell: Tell,
) -> list[str]:
    """Add the detection of foreign sentences; returns what had to be skipped."""
    inside = [each.understanding.in_scope for each in judged if not _is_foreign(each.sentence)]
    own = [each.understanding.in_scope for each in judged if _is_foreign(each.sentence)]
    outside, skipped = {"own": own}, []
    for name, texts in foreign.items():
        if texts is None:
            skipped.append(name)
            continue
        tell(f"Fremde Sätze: {name} …")
        sample = _shuffled(texts, scale.seed)[: scale.foreign]
        outside[name] = [whole.understand(text).in_scope for text in sample]
    made["out_of_scope"] = report.out_of_scope(inside, outside)
    for name in skipped:
        tell(f"Übersprungen: {name}, dazu fehlen Sätze (STADTDRAHT_PUBLIC_DATA).")
    return skipped


def foreign_texts(public_data: Path, trained: frozenset[str]) -> dict[str, list[str] | None]:
    """Read sentences that are no concern of a town.

    Args:
        public_data: Folder with public sentences.
        trained: Topics that the classifier was shown as strangers; they prove nothing.

    Returns:
        Source → texts, or None where there are none.
    """
    commands, domains = public_data / HOME_COMMANDS, public_data / OTHER_DOMAINS
    known = trained | {_OWN_DOMAIN}
    return {
        "home_assistant": read_texts(commands) if commands.exists() else None,
        "massive": [each.text for each in read_massive(domains) if each.scenario not in known]
        if domains.exists()
        else None,
    }


def trained_topics(content: Path) -> frozenset[str]:
    """Return the topics of the background sentences that are trained as strangers."""
    yaml = YAML(typ="safe")
    files = sorted((content / "de" / "background").glob("*.yml"))
    documents = (yaml.load(file.read_text(encoding="utf-8")) for file in files)
    return frozenset(topic for document in documents for topic in document["topics"])


def _add_tests(made: dict[str, Any], content: Path, whole: Pipeline, tell: Tell) -> None:
    """Add the figures of the content's test sentences; entities are judged there."""
    tests = read_content_tests(content)
    if not tests:
        return
    tell(f"{len(tests)} Prüfsätze, die nicht trainiert sind …")
    unseen = report.quality(judge(whole, tests))
    made["tests"] = {key: unseen[key] for key in _YARDSTICKS}
    for key in ("entity_f1", "exact_match", "entities", "entity_errors"):
        made[key] = unseen[key]


def _sample(sentences: Sequence[Sentence], scale: Scale) -> list[Sentence]:
    """Take at most so many sentences of each intent."""
    if scale.sentences is None:
        return list(sentences)
    taken: dict[str, int] = {}
    chosen = []
    for each in _shuffled(sentences, scale.seed):
        taken[each.intent] = taken.get(each.intent, 0) + 1
        if taken[each.intent] <= scale.sentences:
            chosen.append(each)
    return chosen


def _shuffled(items: Sequence[Any], seed: int) -> list[Any]:
    ordered = list(items)
    random.Random(seed).shuffle(ordered)  # noqa: S311 -- reproducible
    return ordered


def _is_foreign(sentence: Sentence) -> bool:
    return sentence.intent == OUT_OF_SCOPE
