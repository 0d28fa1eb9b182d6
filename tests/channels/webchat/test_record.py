import datetime as dt

import pytest

from channels.webchat.record import is_safe, to_entries, to_event, to_text
from contracts.messages import Button, Delivery, Link, Source, Transcript, TranscriptEntry

AT = dt.datetime(2026, 11, 22, 9, 30, tzinfo=dt.UTC)


def delivery(number, text, **more):
    return Delivery(
        id=f"d_{number}", conversation="c_1", number=number, channel="webchat", sender="bot",
        text=text, created_at=AT, intent="abfall_abholtermin", confidence=0.9,
        entities=({"entity": "strasse"},), in_reply_to="web_1", **more,
    )  # fmt: skip


def transcript(*entries):
    return Transcript(
        conversation="c_1", channel="webchat", status="bot", municipality="soest", started_at=AT,
        entries=[TranscriptEntry(at=AT, sender=sender, text=text) for sender, text in entries],
    )  # fmt: skip


def said(entries):
    return [(entry["sender"], entry["text"], entry["number"]) for entry in entries]


def test_order_is_the_transcripts_and_answers_keep_their_buttons():
    answers = [delivery(1, "A", buttons=(Button(id="b", title="Ja"),)), delivery(2, "B")]
    entries = to_entries(
        transcript(("user", "a"), ("user", "b"), ("bot", "A"), ("bot", "B")), answers
    )
    assert said(entries) == [
        ("user", "a", None), ("user", "b", None), ("bot", "A", 1), ("bot", "B", 2),
    ]  # fmt: skip
    assert entries[2]["buttons"] == [{"id": "b", "title": "Ja"}]


def test_equal_answers_are_matched_in_turn():
    answers = [delivery(1, "A"), delivery(2, "A")]
    entries = to_entries(transcript(("bot", "A"), ("user", "x"), ("bot", "A")), answers)
    assert [entry["number"] for entry in entries] == [1, None, 2]


def test_answers_newer_than_the_transcript_come_last():
    entries = to_entries(transcript(("user", "a")), [delivery(1, "A")])
    assert said(entries) == [("user", "a", None), ("bot", "A", 1)]


def test_entries_whose_delivery_has_gone_stay_readable():
    entries = to_entries(transcript(("bot", "alt"), ("bot", "neu")), [delivery(7, "neu")])
    assert said(entries) == [("bot", "alt", None), ("bot", "neu", 7)]


def test_event_tells_nothing_about_how_the_answer_was_found():
    event = to_event(delivery(1, "A"))
    assert (
        not {"intent", "confidence", "entities", "conversation", "id", "in_reply_to"} & event.keys()
    )


@pytest.mark.parametrize(
    "url", ["https://www.soest.de/", "http://x.de", "mailto:rathaus@soest.de", "tel:+492921103"]
)
def test_safe_addresses(url):
    assert is_safe(url)


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//x.de", "/pfad", "", "https:", "tel:",
            "http://[x", "ftp://x.de", "JAVASCRIPT:1"]
)  # fmt: skip
def test_unsafe_addresses(url):
    assert not is_safe(url)


def test_unsafe_links_and_sources_are_left_out():
    links = (Link(title="a", url="javascript:1"), Link(title="b", url="https://b.de/"))
    event = to_event(delivery(1, "A", links=links, source=Source(title="Q", url="data:x")))
    assert event["links"] == [{"title": "b", "url": "https://b.de/"}]
    assert event["source"] == {"title": "Q", "url": None}


def test_text_export_is_in_local_time():
    text = to_text(transcript(("user", "Hallo")), "Soest")
    assert "begonnen am 22.11.2026 um 10:30 Uhr" in text
    assert "[22.11.2026 10:30] Sie:\nHallo" in text
