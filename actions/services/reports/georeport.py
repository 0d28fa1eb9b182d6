"""Open311 GeoReport v2 as bytes: JSON or XML in, our own types out.

Real servers answer with objects and with arrays, say null as the text ``null``, nest
``service_requests`` in itself, write hyphens for underscores and give numbers for
identifiers. XML is turned into the same plain data as JSON, and one set of checked
models reads both. Sources: services.md section 5, the frozen standard at
https://wiki.open311.org/GeoReport_v2/ and recorded answers of a real server.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar
from xml.etree import ElementTree

from pydantic import BeforeValidator, Field, ValidationError

from actions.services.border import Foreign, Unreadable, decoded
from actions.services.reports.report import (
    Attribute,
    Category,
    Place,
    Receipt,
    ReportStatus,
    State,
    point_problem,
)
from actions.services.transport import Body

DEGREES_PLACES = 5
"""Decimal places of degrees that are kept (1 m): servers give float32 with false ones."""
_LISTS = {"services", "service_requests", "errors", "attributes", "values"}
_LONGEST_TEXT = 4000
_DEPTH = 20
F = TypeVar("F", bound=Foreign)


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _lenient_moment(value: Any) -> dt.datetime | None:
    try:
        moment = dt.datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo else None


def _lenient_degrees(value: Any) -> float | None:
    try:
        return round(float(value), DEGREES_PLACES) if value not in (None, "") else None
    except (TypeError, ValueError):
        return None


def _lenient_line(value: Any) -> str:
    return value[:_LONGEST_TEXT] if isinstance(value, str) else ""


Code = Annotated[str, BeforeValidator(_text), Field(min_length=1)]
OptionalCode = Annotated[str | None, BeforeValidator(_text)]
Text = Annotated[str, BeforeValidator(_lenient_line)]
Moment = Annotated[dt.datetime | None, BeforeValidator(_lenient_moment)]
Degrees = Annotated[float | None, BeforeValidator(_lenient_degrees)]
Flag = Annotated[bool, BeforeValidator(lambda value: str(value).lower() == "true")]


class _Service(Foreign):
    service_code: Code
    service_name: str = Field(min_length=1)
    description: Text = ""
    group: Text = ""
    keywords: Text = ""
    metadata: Flag = False


class _Value(Foreign):
    key: Code
    name: Annotated[str, BeforeValidator(_text)] = ""


class _Attribute(Foreign):
    variable: Flag = True
    code: Code
    datatype: Text = "string"
    required: Flag = False
    description: Text = ""
    datatype_description: Text = ""
    values: tuple[_Value, ...] | None = None


class _Definition(Foreign):
    attributes: tuple[_Attribute, ...] = ()


class _Extended(Foreign):
    detailed_status: Text = ""


class _Request(Foreign):
    service_request_id: Code
    status: Text = ""
    status_notes: Text = ""
    service_name: Text = ""
    service_code: OptionalCode = None
    description: Text = ""
    requested_datetime: Moment = None
    updated_datetime: Moment = None
    address: Text = ""
    lat: Degrees = None
    long: Degrees = None
    extended_attributes: _Extended | None = None


class _Made(Foreign):
    service_request_id: OptionalCode = None
    token: OptionalCode = None


@dataclass(frozen=True)
class Complaint:
    """An error that a server names."""

    code: str
    text: str


def categories_of(body: Body) -> tuple[Category, ...]:
    """Return the kinds of defects that a server takes.

    Raises:
        Unreadable: see `plain` and `Unreadable`; the same for the functions below.
    """
    return tuple(_category(each) for each in _checked(_Service, _rows(body)))


def attributes_of(body: Body) -> tuple[Attribute, ...]:
    """Return the further questions of a category that a citizen can answer."""
    rows = _rows(body)
    definition = _checked(_Definition, rows[:1])
    read = definition[0].attributes if definition else ()
    return tuple(_attribute(each) for each in read if each.variable)


def statuses_of(body: Body) -> tuple[ReportStatus, ...]:
    """Return the reports of a list; one that is asked for by number is a list, too."""
    return tuple(_status(each) for each in _checked(_Request, _rows(body)))


def receipt_of(body: Body) -> Receipt:
    """Return what the server says after taking a report.

    Raises:
        Unreadable: also when it names neither a number nor a token.
    """
    made = _checked(_Made, _rows(body))
    if not made or not (made[0].service_request_id or made[0].token):
        raise Unreadable("neither service_request_id nor token")
    return Receipt(made[0].service_request_id, made[0].token)


def coverage_of(body: Body) -> bool:
    """Return whether the server takes reports for a place (CitySDK dialect)."""
    plain_body = plain(body)
    if isinstance(plain_body, Mapping) and str(plain_body.get("result")).lower() == "true":
        return True
    if isinstance(plain_body, Mapping) and str(plain_body.get("result")).lower() == "false":
        return False
    raise Unreadable("result: neither true nor false")


def complaints_of(body: Body) -> tuple[Complaint, ...]:
    """Return the errors that a refusal names: an object or an array, nothing when unreadable."""
    try:
        rows = _rows(body)
    except Unreadable:
        return ()
    return tuple(
        Complaint(str(row.get("code") or ""), _first_text(row, ("description", "message")))
        for row in rows
    )


def plain(body: Body) -> Any:
    """Return a body as plain lists, objects and texts, whether it is JSON or XML.

    Raises:
        Unreadable: wrong charset, neither JSON nor XML, or XML with a document type.
    """
    text = decoded(body).strip()
    if text.startswith("<"):
        return _of_xml(text)
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable("neither JSON nor XML") from error


def _of_xml(text: str) -> Any:
    if re.search(r"<!(?:DOCTYPE|ENTITY)", text, re.IGNORECASE):
        raise Unreadable("XML with a document type")
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - without document type, at most 1 MB
    except (ElementTree.ParseError, ValueError) as error:
        raise Unreadable("broken XML") from error
    if _tag(root) == "html":
        raise Unreadable("an HTML page")
    return _of_element(root, _DEPTH)


def _of_element(element: ElementTree.Element, depth: int) -> Any:
    if depth == 0:
        raise Unreadable("XML is nested too deeply")
    children = list(element)
    if _tag(element) in _LISTS and all(len(child) for child in children):
        return [_of_element(child, depth - 1) for child in children]
    if not children:
        words = (element.text or "").strip()
        return None if words in ("", "null") else words
    return {_tag(child): _of_element(child, depth - 1) for child in children}


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2].replace("-", "_")


def _rows(body: Body) -> list[Mapping[str, Any]]:
    """Return the records of a body: an array of objects, or one object alone."""
    found = plain(body)
    rows = found if isinstance(found, list) else [found]
    if not all(isinstance(row, Mapping) for row in rows):
        raise Unreadable("no list of objects")
    return rows


def _checked(model: type[F], rows: Iterable[Mapping[str, Any]]) -> list[F]:
    told = [{key: value for key, value in row.items() if value is not None} for row in rows]
    try:
        return [model.model_validate(row) for row in told]
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise Unreadable(f"{place}: {first['msg']}") from error


def _category(read: _Service) -> Category:
    keywords = tuple(word.strip() for word in read.keywords.split(",") if word.strip())
    name, group = read.service_name, read.group
    return Category(read.service_code, name, read.description, group, keywords, read.metadata)


def _attribute(read: _Attribute) -> Attribute:
    values = tuple((each.key, each.name or each.key) for each in read.values or ())
    question = read.description or read.code
    return Attribute(read.code, question, read.required, read.datatype, values)


def _status(read: _Request) -> ReportStatus:
    place = Place(read.address or None)
    if read.lat is not None and read.long is not None and not point_problem(read.lat, read.long):
        place = Place(read.address or None, read.lat, read.long)
    detailed = read.extended_attributes.detailed_status if read.extended_attributes else ""
    return ReportStatus(
        number=read.service_request_id,
        state=_state(read.status, detailed),
        description=read.description,
        category=read.service_name,
        place=place,
        requested_at=read.requested_datetime,
        updated_at=read.updated_datetime,
        notes=read.status_notes,
    )


_DETAILED = {
    "pending": State.RECEIVED,
    "received": State.RECEIVED,
    "in_process": State.IN_PROCESS,
    "processed": State.DONE,
    "rejected": State.REJECTED,
    "duplicate": State.REJECTED,
}
_PLAIN = {"open": State.RECEIVED, "closed": State.DONE}


def _state(status: str, detailed: str) -> State:
    known = _DETAILED.get(detailed.lower()) or _PLAIN.get(status.lower())
    return known or State.UNKNOWN


def _first_text(row: Mapping[str, Any], keys: Iterable[str]) -> str:
    return next((str(row[key]) for key in keys if row.get(key)), "")
