"""Pages point only to files that are there, and the README names every command."""

import re
from pathlib import Path

import pytest

from cli.__main__ import app

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_to_files(page):
    targets = LINK.findall(page.read_text(encoding="utf-8"))
    assert [each for each in targets if not (page.parent / each).exists()] == []


def test_every_command_is_in_the_readme():
    commands = {each.name or each.callback.__name__ for each in app.registered_commands}
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert {name for name in commands if f"./stadtdraht {name}" not in readme} == set()


def test_every_decision_has_a_page_of_its_own_number():
    numbers = [page.name[:4] for page in (ROOT / "docs" / "adr").glob("*.md")]
    assert len(numbers) == len(set(numbers))
