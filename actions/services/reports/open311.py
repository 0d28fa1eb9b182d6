"""Reports over Open311 GeoReport v2, and over its CitySDK dialect (klarschiff).

The server is believed as little as possible: filters of its lists are applied again
here, the place is checked before it is asked, an empty list counts as not found, its
notices and ``media_url`` are never passed on. A report carries our own number in front of
its description; by that number it is found again when an answer was lost.
"""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Callable, Mapping
from typing import Annotated, Literal, TypeVar
from urllib.parse import quote, urlencode

import httpx
from pydantic import Field

from actions.services.border import Unreadable
from actions.services.breaker import Breaker
from actions.services.endpoints import Endpoint
from actions.services.names import match
from actions.services.reports.adapter import NEARBY_METRES, Unknowable
from actions.services.reports.georeport import (
    Complaint,
    attributes_of,
    categories_of,
    complaints_of,
    coverage_of,
    receipt_of,
    statuses_of,
)
from actions.services.reports.report import (
    Attribute,
    Category,
    Receipt,
    Report,
    ReportStatus,
    State,
    metres_between,
    point_problem,
)
from actions.services.results import Found, Nothing, Provenance, Rejected, Unavailable
from actions.services.transport import GET_SECONDS, Answer, Body, Transport

POST_SECONDS = 6.0
LIST_WINDOW = dt.timedelta(days=1)
"""The list is first asked for this time around a report, then as a whole."""
_NOT_THERE = {400, 404, 410}
_NO_SUCH_FORMAT = {404, 406, 415}
_MADE = {200, 201, 202}
_CLOSED = {State.DONE, State.REJECTED}
_FIELDS = (
    ("service_code", "category"),
    ("mail", "email"),
    ("media", "photo"),
    ("latitude", "place"),
    ("lat ", "place"),
    ("longitude", "place"),
    ("address", "place"),
    ("location", "place"),
    ("description", "description"),
)
T = TypeVar("T")


class Open311Table(Endpoint):
    """``[maengel]`` with ``adapter = "open311"``.

    ``codes`` maps our categories to the server's, ``other_code`` takes the rest.
    ``lists_new_reports = false`` stands for a server whose list shows a report only
    after a person has released it: it is then never sent a second time.
    """

    format: Literal["auto", "json", "xml"] = "auto"
    jurisdiction: str | None = None
    codes: Mapping[str, str] = Field(default_factory=dict)
    other_code: str | None = None
    photo: Literal["none", "multipart"] = "none"
    lists_new_reports: bool = True
    frame: tuple[float, float, float, float] | None = None
    """South, west, north, east of the town in degrees; a place outside is not covered."""


class KlarschiffTable(Open311Table):
    """``[maengel]`` with ``adapter = "klarschiff"``; ``email`` stands in for anonymous reports."""

    email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")] | None = None
    keyword: Literal["problem", "idee", "tipp"] = "problem"
    lists_new_reports: bool = False


class Open311:
    """One GeoReport server.

    Args:
        transport: asks it.
        table: its address and dialect.
        town: name of the town, for the source of answers.
        now: aware present moment.
    """

    name = "open311"

    def __init__(
        self, transport: Transport, table: Open311Table, town: str, now: Callable[[], dt.datetime]
    ) -> None:
        self._transport = transport
        self._table = table
        self._source = Provenance(table.title or f"Mängelmelder {town}", table.page)
        self._now = now
        self._format = None if table.format == "auto" else table.format
        self._unreadable = Breaker()
        self.needs: frozenset[str] = frozenset()
        self.takes_photos = table.photo != "none"

    async def categories(self) -> Found[tuple[Category, ...]] | Unavailable:
        """See `DefectReports`."""
        answer = await self._get("services")
        read = self._read(answer, categories_of)
        return Unavailable(reason="no list of services") if isinstance(read, Nothing) else read

    async def definition(self, code: str) -> Found[tuple[Attribute, ...]] | Nothing | Unavailable:
        """See `DefectReports`; a server says 400 when a category has no further questions."""
        answer = await self._get(f"services/{quote(code, safe='')}")
        if isinstance(answer, Answer) and answer.status == 400:
            return self._found(())
        return self._read(answer, attributes_of)

    async def coverage(self, lat: float, lon: float) -> Found[bool] | Nothing | Unavailable:
        """See `DefectReports`; the standard has no such call, so the table's frame decides."""
        if self._table.frame is None:
            return Nothing()
        south, west, north, east = self._table.frame
        return self._found(south <= lat <= north and west <= lon <= east)

    async def submit(self, report: Report) -> Found[Receipt] | Rejected | Unavailable:
        """See `DefectReports`."""
        problems = self._problems(report)
        if problems:
            return Rejected(problems)
        code = await self._code(report)
        if not isinstance(code, str):
            return code
        answer = await self._post(self._form(report, code), self._files(report))
        return self._receipt(answer)

    async def find(
        self, ticket: str, since: dt.datetime
    ) -> Found[Receipt] | Nothing | Unavailable | Unknowable:
        """See `DefectReports`. Nobody's filters are trusted: the whole list has the last word."""
        window = {
            "start_date": _moment(since - LIST_WINDOW),
            "end_date": _moment(self._now() + LIST_WINDOW),
        }
        for narrowed in (window, {}):
            listed = await self._list(narrowed)
            if isinstance(listed, Found):
                for each in listed.data:
                    if f"[{ticket}]" in each.description:
                        return self._found(Receipt(each.number))
        if not isinstance(listed, Found):
            return listed
        return Nothing() if self._table.lists_new_reports else Unknowable()

    async def status(self, number: str) -> Found[ReportStatus] | Nothing | Unavailable:
        """See `DefectReports`; an unknown number is an empty list, a foreign one is dropped."""
        answer = await self._get(f"requests/{quote(number, safe='')}", self._extensions())
        read = self._read(answer, statuses_of)
        if not isinstance(read, Found):
            return read
        own = next((each for each in read.data if each.number == number), None)
        return self._found(own) if own else Nothing()

    async def resolve(self, token: str) -> Found[Receipt] | Nothing | Unavailable:
        """Exchange a token for the number; a receipt without number means "not yet"."""
        return self._read(await self._get(f"tokens/{quote(token, safe='')}"), receipt_of)

    async def nearby(
        self, lat: float, lon: float, metres: float = NEARBY_METRES
    ) -> Found[tuple[ReportStatus, ...]] | Nothing | Unavailable:
        """See `DefectReports`; distance and state are checked here."""
        listed = await self._list({"status": "open"})
        if not isinstance(listed, Found):
            return listed
        ranked = [
            (metres_between((lat, lon), each.place.point), each)
            for each in listed.data
            if each.place.point and each.state not in _CLOSED
        ]
        near = sorted((pair for pair in ranked if pair[0] <= metres), key=lambda pair: pair[0])
        return self._found(tuple(each for _, each in near))

    def _problems(self, report: Report) -> dict[str, str]:
        """Return what is wrong with a report: servers take reports without any place."""
        problems = {}
        if not report.place.known:
            problems["place"] = "fehlt"
        elif report.place.point and (wrong := point_problem(*report.place.point)):
            problems["place"] = wrong
        if not report.description.strip():
            problems["description"] = "fehlt"
        return problems

    async def _code(self, report: Report) -> str | Rejected | Unavailable:
        code = self._table.codes.get(report.category)
        if code is not None:
            return code
        known = await self.categories()
        if not isinstance(known, Found):
            return self._table.other_code or known
        names = {each.name: each.code for each in known.data}
        meant = match(report.title, names).name
        code = names[meant] if meant else self._table.other_code
        return code or Rejected({"category": "nimmt dieser Dienst nicht an"})

    def _form(self, report: Report, code: str) -> dict[str, str]:
        place, contact = report.place, report.contact
        point = place.point
        values = {
            "service_code": code,
            "description": report.marked_description,
            "lat": str(point[0]) if point else None,
            "long": str(point[1]) if point else None,
            "address_string": place.words() or None,
            "email": contact.email,
            "phone": contact.phone,
            "first_name": contact.first_name,
            "last_name": contact.last_name,
        }
        values |= {f"attribute[{name}]": value for name, value in report.attributes}
        return {key: value for key, value in values.items() if value}

    def _files(self, report: Report) -> dict[str, tuple[str, bytes, str]]:
        if report.photo is None or self._table.photo != "multipart":
            return {}
        return {"media": ("foto.jpg", report.photo.content, report.photo.content_type)}

    def _extensions(self) -> dict[str, str]:
        return {}

    async def _list(
        self, query: Mapping[str, str]
    ) -> Found[tuple[ReportStatus, ...]] | Unavailable:
        read = self._read(await self._get("requests", {**query, **self._extensions()}), statuses_of)
        return Unavailable(reason="no list of requests") if isinstance(read, Nothing) else read

    async def _get(self, path: str, query: Mapping[str, str] | None = None) -> Answer | Unavailable:
        """Ask for a resource; the first call finds out whether the server speaks JSON."""
        if self._format is None and path != "services":
            await self._get("services")
        answer = await self._get_as(self._format or "json", path, query or {})
        if self._format is None and isinstance(answer, Answer):
            self._format = "xml" if answer.status in _NO_SUCH_FORMAT else "json"
            if self._format == "xml":
                return await self._get_as("xml", path, query or {})
        return answer

    async def _get_as(self, form: str, path: str, query: Mapping[str, str]) -> Answer | Unavailable:
        return await self._ask("GET", self._url(f"{path}.{form}", query), GET_SECONDS)

    async def _ask(
        self,
        method: str,
        url: str,
        seconds: float,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> Answer | Unavailable:
        """Ask, unless the last answers could not be read."""
        if not self._unreadable.allows():
            wait = self._unreadable.retry_after_seconds()
            return Unavailable(wait, "answers could not be read")
        self._unreadable.gave_up()  # whoever reads the answer says how it went
        hosts = self._table.call_hosts
        return await self._transport.request(
            method, url, hosts, seconds=seconds, headers=headers, content=content
        )

    async def _post(
        self, form: Mapping[str, str], files: dict[str, tuple[str, bytes, str]]
    ) -> Answer | Unavailable:
        if self._format is None:
            await self._get("services")
        secret = self._table.secret()
        whole = {**form, "api_key": secret} if secret else dict(form)
        url = self._url(f"requests.{self._format or 'json'}", self._extensions())
        encoded = httpx.Request("POST", url, data=whole, files=files or None)
        headers = {"content-type": encoded.headers["content-type"]}
        return await self._ask("POST", url, POST_SECONDS, headers, encoded.read())

    def _url(self, path: str, query: Mapping[str, str]) -> str:
        whole = dict(query)
        if self._table.jurisdiction:
            whole["jurisdiction_id"] = self._table.jurisdiction
        address = self._table.address(path)
        return f"{address}?{urlencode(whole)}" if whole else address

    def _receipt(self, answer: Answer | Unavailable) -> Found[Receipt] | Rejected | Unavailable:
        if isinstance(answer, Unavailable):
            return answer
        if answer.status not in _MADE:
            return _refusal(answer)
        try:
            receipt = receipt_of(_body(answer))
        except Unreadable as error:
            self._unreadable.failed()
            return Unavailable(reason=str(error), sent=True)
        self._unreadable.succeeded()
        return self._found(receipt)

    def _read(
        self, answer: Answer | Unavailable, read: Callable[[Body], T]
    ) -> Found[T] | Nothing | Unavailable:
        if isinstance(answer, Unavailable):
            return answer
        if answer.status in _NOT_THERE:
            return Nothing()
        if answer.status != 200:
            return Unavailable(reason=f"status {answer.status}")
        try:
            data = read(_body(answer))
        except Unreadable as error:
            self._unreadable.failed()
            return Unavailable(reason=str(error))
        self._unreadable.succeeded()
        return self._found(data)

    def _found(self, data: T) -> Found[T]:
        as_of = self._now().date()
        return Found(data, self._source, as_of, self._table.licence, demo=self._table.demo)


class Klarschiff(Open311):
    """The CitySDK dialect: mail address required, photo as base64, a call for coverage."""

    name = "klarschiff"

    def __init__(
        self,
        transport: Transport,
        table: KlarschiffTable,
        town: str,
        now: Callable[[], dt.datetime],
    ) -> None:
        super().__init__(transport, table, town, now)
        self._dialect = table
        self.needs = frozenset() if table.email else frozenset({"email"})
        self.takes_photos = True

    async def coverage(self, lat: float, lon: float) -> Found[bool] | Nothing | Unavailable:
        """See `DefectReports`; the server is asked, and the frame where one is given."""
        framed = await super().coverage(lat, lon)
        if isinstance(framed, Found) and not framed.data:
            return framed
        return self._read(
            await self._get("coverage", {"lat": str(lat), "long": str(lon)}), coverage_of
        )

    def _problems(self, report: Report) -> dict[str, str]:
        problems = super()._problems(report)
        if "email" in self.needs and not report.contact.email:
            problems["email"] = "fehlt"
        return problems

    def _form(self, report: Report, code: str) -> dict[str, str]:
        form = super()._form(report, code)
        form.setdefault("email", self._dialect.email or "")
        form |= {"keyword": self._dialect.keyword, "privacy_policy_accepted": "true"}
        if report.photo is not None:
            form["media"] = base64.b64encode(report.photo.content).decode()
        return form

    def _extensions(self) -> dict[str, str]:
        return {"extensions": "true"}


def _body(answer: Answer) -> Body:
    return Body(answer.content, answer.content_type)


def _refusal(answer: Answer) -> Rejected | Unavailable:
    """Return why a report was refused: by the citizen's fault, or by ours (key, address)."""
    complaints = complaints_of(_body(answer))
    fields = {field: "nimmt der Dienst so nicht an" for field in map(_field, complaints) if field}
    if fields:
        return Rejected(fields)
    if answer.status == 413:
        return Rejected({"photo": "ist dem Dienst zu groß"})
    if answer.status in {401, 403, 404, 405, 406, 408, 415, 429}:
        return Unavailable(reason=f"status {answer.status}")
    return Rejected({"report": "nimmt der Dienst so nicht an"})


def _field(complaint: Complaint) -> str | None:
    """Return the part of a report that a complaint names."""
    told = complaint.text.lower()
    return next((field for word, field in _FIELDS if word in told), None)


def _moment(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
