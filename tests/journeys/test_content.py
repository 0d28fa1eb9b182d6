"""The content tests of `data/de/tests`: sentence → intent, entities, answer.

Every sentence goes through all real processes. The sentences were written apart
from the examples, so not all of them can be right; in every topic at least
`FLOOR` of them are, and none is left without an answer. What is wrong is printed.
"""

import asyncio
import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from cli.ask import ask

FILES = sorted((Path(__file__).resolve().parents[2] / "data" / "de" / "tests").glob("*.yml"))
AT_ONCE = 4
FLOOR = 0.75


@dataclass
class Case:
    """One sentence and what is expected of it."""

    text: str
    intent: str
    entities: dict = field(default_factory=dict)
    town: str | None = None
    answer_contains: list = field(default_factory=list)
    answer_lacks: list = field(default_factory=list)


def cases_of(file: Path) -> list[Case]:
    return [Case(**raw) for raw in YAML(typ="safe").load(file.read_text("utf-8"))["tests"]]


def problems(case: Case, result: dict) -> list[str]:
    """Return what is wrong with a result, nothing when it is as expected."""
    found = []
    text = "\n".join(answer["text"] for answer in result["answers"])
    if result["intent"] == "notfall" and not re.search("11[02]|116", text):
        found.append("danger without a number to call")
    if result["intent"] != case.intent:
        found.append(f"intent is {result['intent']}")
    known = {(each["entity"], str(each["value"])) for each in result["entities"]}
    found += [
        f"entity {name}={value} is missing"
        for name, value in case.entities.items()
        if (name, str(value)) not in known
    ]
    if not text:
        found.append("no answer")
    found += [f"answer lacks {part!r}" for part in case.answer_contains if part not in text]
    found += [f"answer has {part!r}" for part in case.answer_lacks if part in text]
    return found


@pytest.mark.timeout(600)
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
async def test_sentences_are_understood_and_answered(house, file):
    client, room = house.client(), asyncio.Semaphore(AT_ONCE)

    async def checked(case: Case) -> list[str]:
        async with room:
            turn = await ask(client, case.text, conversation=None, town=case.town)
        return problems(case, turn.to_json())

    cases = cases_of(file)
    results = await asyncio.gather(*(checked(case) for case in cases))
    await client.close()
    wrong = {case.text: found for case, found in zip(cases, results, strict=True) if found}
    for text, found in wrong.items():
        print(f"{text}: {found}")
    assert not any("no answer" in found for found in wrong.values())
    assert 1 - len(wrong) / len(cases) >= FLOOR, wrong
