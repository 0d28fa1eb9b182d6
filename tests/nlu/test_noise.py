# ruff: noqa: S311 -- chance for tests, no secrets
import random

import pytest

from nlu.noise import misspell


@pytest.mark.parametrize("errors", [1, 2])
def test_errors_are_small_and_repeatable(errors):
    text = "wann hat das burgerburo auf"
    made = [misspell(text, errors, random.Random(seed)) for seed in range(50)]
    assert made == [misspell(text, errors, random.Random(seed)) for seed in range(50)]
    assert all(abs(len(noisy) - len(text)) <= errors for noisy in made)
    assert sum(noisy != text for noisy in made) > 40


def test_short_texts_stay_as_they_are():
    assert misspell("ja", 2, random.Random(1)) == "ja"
    assert misspell("", 1, random.Random(1)) == ""
