from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from actions.services.border import Unreadable
from actions.services.reports.georeport import (
    Complaint,
    attributes_of,
    categories_of,
    complaints_of,
    coverage_of,
    receipt_of,
    statuses_of,
)
from actions.services.reports.report import Receipt, State
from actions.services.transport import Body

RECORDED = Path(__file__).parents[5] / "shared" / "data" / "services" / "open311"


def body(content: str | bytes, kind: str = "application/json") -> Body:
    return Body(content.encode() if isinstance(content, str) else content, kind)


def recorded(name: str) -> Body:
    file = RECORDED / f"{name}.json"
    if not file.is_file():
        pytest.skip(f"the recorded answers of a real server are not here: {RECORDED.name}")
    answer = json.loads(file.read_text(encoding="utf-8"))
    return Body(answer["body"].encode(), answer["contentType"])


@pytest.mark.parametrize("name", ["services_json", "services_xml"])
def test_the_recorded_services_are_read_in_both_formats(name: str):
    categories = categories_of(recorded(name))
    assert [each.code for each in categories] == ["5", "1", "4", "2", "6"]
    behaviour = categories[1]
    assert behaviour.name == "Behaviour"
    assert behaviour.keywords == ("cursing", "screaming", "kicking", "beating")
    assert not behaviour.defined


@pytest.mark.parametrize(("name", "number"), [("post_ok", "2"), ("post_xml", "5")])
def test_the_recorded_receipts_are_read_in_both_formats(name: str, number: str):
    assert receipt_of(recorded(name)) == Receipt(number)


def test_the_recorded_list_lacks_services_and_has_false_decimals():
    reports = statuses_of(recorded("list"))
    assert [each.number for each in reports] == ["6", "5", "4", "3", "2", "1"]
    assert reports[0].place.point == (51.396, 8.064)
    assert reports[3].place.point is None
    assert {each.state for each in reports} == {State.RECEIVED}
    assert reports[0].requested_at == dt.datetime(2026, 11, 22, 19, 25, 19, tzinfo=dt.UTC)


@pytest.mark.parametrize("name", ["get_unknown", "get_bad_id", "services_unknown_jurisdiction"])
def test_the_recorded_unknown_is_an_empty_list(name: str):
    assert statuses_of(recorded(name)) == ()


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("post_no_key", Complaint("middleware_26", "Missing API key, contact the developers")),
        (
            "post_bad_service",
            Complaint(
                "403", "ServiceCodeError -- No service_code, or no valid service_code provided"
            ),
        ),
        (
            "service_definition_unknown",
            Complaint("404", "ServiceError -- The requested service isn't available"),
        ),
    ],
)
def test_the_recorded_errors_are_read_as_object_and_as_array(name: str, complaint: Complaint):
    assert complaints_of(recorded(name)) == (complaint,)


STANDARD_XML = """<?xml version="1.0" encoding="utf-8"?>
<service-requests type="array">
  <request>
    <service_request_id>638344</service_request_id>
    <status>closed</status>
    <status_notes>Erledigt, danke.</status_notes>
    <description>Loch in der Lindenstra\u00dfe</description>
    <requested_datetime>2010-04-14T06:37:38-08:00</requested_datetime>
    <address>null</address>
    <lat>51.5711</lat>
    <long>8.1057</long>
    <media_url>http://127.0.0.1/geheim.jpg</media_url>
    <extended_attributes><detailed_status>IN_PROCESS</detailed_status></extended_attributes>
  </request>
</service-requests>"""


def test_standard_xml_with_hyphens_nulls_and_the_detailed_status():
    (report,) = statuses_of(body(STANDARD_XML, "text/xml; charset=utf-8"))
    assert report.number == "638344"
    assert report.state is State.IN_PROCESS
    assert report.place.address is None
    assert report.place.point == (51.5711, 8.1057)
    assert report.description == "Loch in der Lindenstraße"
    assert "geheim" not in repr(report)


@pytest.mark.parametrize("content", ["<services/>", "[]", "<services></services>"])
def test_empty_lists_are_empty(content: str):
    assert categories_of(body(content)) == ()


def test_a_definition_is_read_in_both_formats():
    read = attributes_of(
        body(
            json.dumps(
                {
                    "service_code": 7,
                    "attributes": [
                        {
                            "variable": True,
                            "code": "TYP",
                            "datatype": "singlevaluelist",
                            "required": True,
                            "description": "Welche Lampe?",
                            "values": [{"key": 1, "name": "Mast"}, {"key": "2", "name": "Seil"}],
                        },
                        {"variable": False, "code": "HINWEIS", "description": "Nur zu lesen"},
                    ],
                }
            )
        )
    )
    (question,) = read
    assert (question.code, question.question, question.required) == ("TYP", "Welche Lampe?", True)
    assert question.values == (("1", "Mast"), ("2", "Seil"))
    xml = """<service_definition><service_code>7</service_code><attributes><attribute>
      <variable>true</variable><code>TYP</code><datatype>singlevaluelist</datatype>
      <required>true</required><description>Welche Lampe?</description>
      <values><value><key>1</key><name>Mast</name></value>
      <value><key>2</key><name>Seil</name></value></values></attribute>
      </attributes></service_definition>"""
    assert attributes_of(body(xml)) == read


def test_a_token_stands_for_a_number_that_is_not_known_yet():
    assert receipt_of(body('[{"token": 12, "service_notice": "später"}]')) == Receipt(None, "12")


@pytest.mark.parametrize(("content", "said"), [('{"result": false}', False), ('{"result":true}', True),
                                               ("<coverage><result>false</result></coverage>", False)])  # fmt: skip
def test_coverage(content: str, said: bool):
    assert coverage_of(body(content)) is said


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"garbage",
        b"\xff\xfe\x00",
        b'[{"service_request_id": ',
        b'["text"]',
        b'[{"service_notice": "danke"}]',
        b"<html><body>Wartung</body></html>",
        b"<service_requests><request>",
        b"[" * 200_000,
        b"<a>" * 200_000,
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        "<service_requests/>".encode("utf-16"),
    ],
)
def test_what_cannot_be_read_is_never_a_receipt(content: bytes):
    with pytest.raises(Unreadable):
        receipt_of(body(content))


def test_wrong_charset_is_told_and_not_guessed():
    wrong = '[{"service_code": 1, "service_name": "Straße"}]'.encode("latin-1")
    with pytest.raises(Unreadable):
        categories_of(body(wrong, "application/json; charset=utf-8"))
    named = categories_of(body(wrong, "application/json; charset=iso-8859-1"))
    assert named[0].name == "Straße"


def test_a_missing_field_is_named():
    with pytest.raises(Unreadable, match="service_name"):
        categories_of(body('[{"service_code": 1}]'))


def test_points_that_are_none_are_dropped():
    rows = [
        {"service_request_id": 1, "lat": 0, "long": 0},
        {"service_request_id": 2, "lat": "NaN", "long": 8},
        {"service_request_id": 3, "lat": 91, "long": 8},
        {"service_request_id": 4, "lat": "51.5", "long": "8.1"},
    ]
    points = [each.place.point for each in statuses_of(body(json.dumps(rows)))]
    assert points == [None, None, None, (51.5, 8.1)]
