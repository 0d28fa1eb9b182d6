"""Tokenizer: spaCy's German tokenizer with rules for what towns' citizens write."""

# ruff: noqa: ARG002, ARG003 -- Rasa calls these methods with fixed arguments
from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import spacy
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from spacy.language import Language

from german.normal_form import LONGEST_TEXT, fold

_ABBREVIATIONS = ("Str.", "str.", "Tel.", "tel.", "Nr.", "nr.", "Pers.", "Stk.", "Std.", "Hbf.",
                  "ggf.", "bzw.", "z.B.", "z.b.", "d.h.", "usw.", "evtl.", "inkl.")  # fmt: skip
_FOLDER = "german_tokenizer"
_LONG_RUN = re.compile(r"\S{80,}")
"""Without a space spaCy peels off sign by sign: 10,000 brackets took it 18 seconds."""
_PIECE = re.compile(r"\w+|[^\w\s]")
_LONE_SURROGATES = re.compile("[\ud800-\udfff]")
"""Halves of characters, which spaCy refuses."""


def german_language() -> Language:
    """Build spaCy's blank German pipeline with our tokenizer rules.

    Saved with `to_disk`, its folder is also a valid ``model:`` of Rasa's SpacyNLP,
    so an operator can put ``de_core_news_md`` in its place.
    """
    language = spacy.blank("de")
    tokenizer: Any = language.tokenizer
    for abbreviation in _ABBREVIATIONS:
        tokenizer.add_special_case(abbreviation, [{"ORTH": abbreviation}])
    return language


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=True)
class GermanTokenizer(Tokenizer, GraphComponent):
    """Splits messages with spaCy's German rules, 0.05 ms a sentence.

    Source: spaCy 3.4 (MIT), ``spacy.blank("de")``. The rules are stored inside the
    model; no language model needs to be installed. A token's lemma is its folded form.
    """

    def __init__(self, config: dict[str, Any], language: Language | None = None) -> None:
        super().__init__(config)
        self._language = language or german_language()

    @staticmethod
    def required_packages() -> list[str]:
        """Name the packages that Rasa checks before training."""
        return ["spacy"]

    @staticmethod
    def supported_languages() -> list[str]:
        """Name the languages this component is made for."""
        return ["de"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Give the settings Rasa's tokenizers have."""
        return {
            "intent_tokenization_flag": False,
            "intent_split_symbol": "_",
            "token_pattern": None,
        }

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> GermanTokenizer:
        """Create the tokenizer and store its rules in the model."""
        component = cls(config)
        component._model_storage, component._resource = model_storage, resource
        return component

    def train(self, training_data: TrainingData) -> Resource:
        """Store the rules; nothing is learned from the examples."""
        with self._model_storage.write_to(self._resource) as folder:
            self._language.to_disk(folder / _FOLDER)
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> GermanTokenizer:
        """Load the rules that were stored with the model."""
        with model_storage.read_from(resource) as folder:
            return cls(config, spacy.load(folder / _FOLDER))

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        """Split one attribute of a message into tokens."""
        text = (message.get(attribute) or "")[:LONGEST_TEXT]
        return [
            Token(text[start:end], start, end, lemma=fold(text[start:end]))
            for start, end in self._places(text)
        ]

    def _places(self, text: str) -> Iterator[tuple[int, int]]:
        """Give start and end of every token."""
        position = 0
        for run in _LONG_RUN.finditer(text):
            yield from self._spacy_places(text, position, run.start())
            yield from (piece.span() for piece in _PIECE.finditer(text, *run.span()))
            position = run.end()
        yield from self._spacy_places(text, position, len(text))

    def _spacy_places(self, text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
        if start == end:
            return
        for token in self._language.make_doc(_LONE_SURROGATES.sub("\ufffd", text[start:end])):
            if not token.is_space:
                yield start + token.idx, start + token.idx + len(token)
