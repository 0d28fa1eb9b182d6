from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from actions.services.reports.database import ReportDatabase
from actions.services.reports.report import Contact, Place, Report
from actions.services.reports.sealing import Seal
from tests.postgres import emptied, postgres_server

__all__ = ["postgres_server"]

SECRET = "a secret of the installation"


def report(**changes: object) -> Report:
    values: dict[str, object] = {
        "ticket": "",
        "town": "soest",
        "category": "schlagloch",
        "title": "Schlagloch",
        "description": "Tiefes Loch vor dem Haus",
        "place": Place("Lindenstraße 12", 51.5711, 8.1057),
        "contact": Contact("erika@example.org", "02921 103-0", "Erika", "Muster"),
    }
    return Report(**{**values, **changes})  # type: ignore[arg-type]


@pytest.fixture
def seal() -> Seal:
    return Seal(SECRET)


@pytest.fixture
async def sqlite(tmp_path: Path) -> AsyncIterator[ReportDatabase]:
    database = ReportDatabase(f"sqlite:///{tmp_path / 'reports.sqlite'}")
    yield database
    await database.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ReportDatabase]:
    """An empty database of each kind."""
    url = f"sqlite:///{tmp_path / 'reports.sqlite'}"
    if request.param == "postgresql":
        url = await emptied(request.getfixturevalue("postgres_server"), "hub")
    opened = ReportDatabase(url)
    yield opened
    await opened.close()
