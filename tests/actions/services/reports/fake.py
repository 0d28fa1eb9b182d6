"""A back end for defect reports in memory, with the troubles of real ones."""

from __future__ import annotations

import datetime as dt
from typing import Any

from actions.services.reports.adapter import NEARBY_METRES, Unknowable
from actions.services.reports.report import (
    Category,
    Receipt,
    Report,
    ReportStatus,
    State,
    metres_between,
)
from actions.services.results import Found, Nothing, Provenance, Rejected, Unavailable

TODAY = dt.date(2026, 11, 22)


def found(data: Any) -> Found[Any]:
    return Found(data, Provenance("Fake"), TODAY)


class FakeReports:
    """Takes reports; ``answers`` are given instead, one for each `submit`, oldest first."""

    name = "fake"
    needs: frozenset[str] = frozenset()
    takes_photos = True

    def __init__(self) -> None:
        self.taken: list[Report] = []
        self.answers: list[str] = []
        self.asked: list[str] = []
        self.find_answer: Any = None

    async def categories(self) -> Any:
        return found((Category("1", "Schlagloch"),))

    async def definition(self, code: str) -> Any:
        return found(()) if code == "1" else Nothing()

    async def coverage(self, lat: float, lon: float) -> Any:
        return found(51.3 < lat < 51.7 and 7.5 < lon < 8.5)

    async def submit(self, report: Report) -> Any:
        if not report.place.known or not report.description.strip():
            return Rejected({"description" if report.place.known else "place": "fehlt"})
        trouble = self.answers.pop(0) if self.answers else ""
        if trouble == "rejected":
            return Rejected({"category": "gibt es nicht"})
        if trouble == "refused":
            return Unavailable(reason="connection refused")
        if trouble == "lost before":
            return Unavailable(reason="no answer in time", sent=True)
        self.taken.append(report)
        if trouble == "lost after":
            return Unavailable(reason="no answer in time", sent=True)
        return found(Receipt(str(len(self.taken))))

    async def find(self, ticket: str, since: dt.datetime) -> Any:
        self.asked.append(ticket)
        if isinstance(self.find_answer, Unavailable | Unknowable):
            return self.find_answer
        for number, report in enumerate(self.taken, start=1):
            if report.ticket == ticket:
                return found(Receipt(str(number)))
        return Nothing()

    async def status(self, number: str) -> Any:
        if not number.isdigit() or not 0 < int(number) <= len(self.taken):
            return Nothing()
        report = self.taken[int(number) - 1]
        return found(
            ReportStatus(number, State.RECEIVED, report.marked_description, place=report.place)
        )

    async def nearby(self, lat: float, lon: float, metres: float = NEARBY_METRES) -> Any:
        near = [
            ReportStatus(str(number), State.RECEIVED, each.description, place=each.place)
            for number, each in enumerate(self.taken, start=1)
            if each.place.point and metres_between((lat, lon), each.place.point) <= metres
        ]
        return found(tuple(near))
