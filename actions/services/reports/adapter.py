"""What every way of handing a report to a town offers; the contract tests hold all to it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Protocol

from actions.services.reports.report import Attribute, Category, Receipt, Report, ReportStatus
from actions.services.results import Found, Nothing, Rejected, Unavailable

NEARBY_METRES = 50.0


@dataclass(frozen=True)
class Unknowable:
    """This way has no state that could be asked, for example mail."""


class DefectReports(Protocol):
    """One back end for defect reports. No method raises what a library raised."""

    name: str
    needs: frozenset[str]
    """What a report must carry beyond category, description and place, for example ``email``."""
    takes_photos: bool

    async def categories(self) -> Found[tuple[Category, ...]] | Unavailable:
        """Return the kinds of defects that are taken; empty when any text is."""
        ...

    async def definition(self, code: str) -> Found[tuple[Attribute, ...]] | Nothing | Unavailable:
        """Return the further questions of a category; ``Nothing`` when it is not known."""
        ...

    async def coverage(self, lat: float, lon: float) -> Found[bool] | Nothing | Unavailable:
        """Tell whether a place (degrees, WGS 84) is covered; ``Nothing`` when nobody says."""
        ...

    async def submit(self, report: Report) -> Found[Receipt] | Rejected | Unavailable:
        """Hand a report over. Never repeated here.

        ``Unavailable.sent`` says that it may have arrived: ask `find` before trying again.
        """
        ...

    async def find(
        self, ticket: str, since: dt.datetime
    ) -> Found[Receipt] | Nothing | Unavailable | Unknowable:
        """Look for a report by our own number, handed over after ``since``."""
        ...

    async def status(self, number: str) -> Found[ReportStatus] | Nothing | Unavailable:
        """Return the state of a report by the back end's number or token."""
        ...

    async def nearby(
        self, lat: float, lon: float, metres: float = NEARBY_METRES
    ) -> Found[tuple[ReportStatus, ...]] | Nothing | Unavailable:
        """Return the open reports around a place, nearest first."""
        ...
