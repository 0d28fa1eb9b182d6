"""The grammars on corpora of expressions; known failures must stay listed there."""

from datetime import datetime
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from german.contact_details import find_details
from german.dates import day_value, parse_dates, time_value
from german.streets import StreetIndex

CORPORA = Path(__file__).parent / "corpora"
KNOWN_FAILURE = "! "


def sections(name):
    return YAML(typ="safe").load((CORPORA / name).read_text(encoding="utf-8"))


def lines(text):
    """Split a table; lines that are known failures must fail."""
    for line in text.strip().splitlines():
        failing = line.startswith(KNOWN_FAILURE)
        cells = tuple(cell.strip() for cell in line.removeprefix(KNOWN_FAILURE).split("|"))
        marks = [pytest.mark.xfail(strict=True, raises=AssertionError)] if failing else []
        yield cells, marks


def date_cases():
    for section in sections("dates.yml"):
        now = datetime.fromisoformat(section["now"])
        for cells, marks in lines(section["expressions"]):
            yield pytest.param(now, *cells, marks=marks, id=cells[0])


@pytest.mark.parametrize(("now", "text", "days", "moment", "grain"), list(date_cases()))
def test_dates(now, text, days, moment, grain):
    found = [
        (day_value(match) or "", time_value(match) or "", match.grain)
        for match in parse_dates(text, now)
    ]
    assert found == [(days, moment, grain)]


def test_nearly_all_dates_are_right():
    cases = list(date_cases())
    right = sum(not case.marks for case in cases)
    assert len(cases) >= 200
    assert right / len(cases) >= 0.95


def street_cases():
    for section in sections("streets.yml"):
        index = StreetIndex(section["streets"])
        for cells, marks in lines(section["expressions"]):
            yield pytest.param(index, *cells, marks=marks, id=cells[0])


@pytest.mark.parametrize(("index", "text", "name", "number"), list(street_cases()))
def test_streets(index, text, name, number):
    found = [(match.name, match.house_number or "") for match in index.find(text)]
    assert found == ([(name, number)] if name else [])


def test_nearly_all_streets_are_right():
    cases = list(street_cases())
    right = sum(not case.marks for case in cases)
    assert len(cases) >= 120
    assert right / len(cases) >= 0.95


def detail_cases():
    for section in sections("details.yml"):
        for cells, marks in lines(section["expressions"]):
            yield pytest.param(*cells, marks=marks, id=cells[0])


@pytest.mark.parametrize(("text", "kind", "value"), list(detail_cases()))
def test_details(text, kind, value):
    found = [(detail.kind, detail.value) for detail in find_details(text)]
    assert found == ([(kind, value)] if kind else [])
