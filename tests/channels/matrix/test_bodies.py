import datetime as dt
import html
import json
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.matrix.bodies import CONTENT_BYTES, is_safe, to_contents, to_notice
from contracts.messages import Button, Delivery, Expectation, Link, Sender, Source

ALLOWED = {"p", "br", "ol", "ul", "li", "a", "em", "strong"}


def a_delivery(text="Bitte sehr.", **values) -> Delivery:
    return Delivery(
        **{
            "id": "d_1",
            "conversation": "c_1",
            "number": 1,
            "channel": "matrix",
            "sender": Sender.BOT,
            "text": text,
            "created_at": dt.datetime(2026, 11, 22, 9, tzinfo=dt.UTC),
            **values,
        }
    )


class Markup(HTMLParser):
    """What a browser would make of a formatted body."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.links: list[str] = []
        self.said = ""
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        assert dict(attributes).keys() <= {"href"}
        self.links += [value for _, value in attributes]
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.said += data


def checked(markup: str) -> Markup:
    seen = Markup(markup)
    assert not seen.open
    assert set(seen.tags) <= ALLOWED
    assert all(is_safe(link) for link in seen.links)
    return seen


def test_an_answer_says_the_same_plainly_and_marked_up():
    [content] = to_contents(
        a_delivery(
            "Das Bürgerbüro hat bis 18 Uhr offen.\n\nMehr unter https://www.soest.de/zeiten.",
            source=Source(title="Stadt Soest", url="https://www.soest.de"),
            as_of=dt.date(2026, 11, 20),
            demo=True,
            buttons=(Button(id="b1", title="Morgen"), Button(id="b2", title="Samstag")),
            links=(Link(title="Termin", url="https://www.soest.de/termin"),),
        )
    )
    assert content["msgtype"] == "m.text"
    assert content["m.mentions"] == {}
    assert content["body"] == (
        "Das Bürgerbüro hat bis 18 Uhr offen.\n\nMehr unter https://www.soest.de/zeiten.\n\n"
        "1. Morgen\n2. Samstag\nBitte schreiben Sie die Nummer.\n\n"
        "Termin: https://www.soest.de/termin\n\n"
        "Quelle: Stadt Soest · Stand: 20.11.2026 · Demo-Angabe"
    )
    seen = checked(content["formatted_body"])
    assert seen.links == [
        "https://www.soest.de/zeiten",
        "https://www.soest.de/termin",
        "https://www.soest.de",
    ]
    assert "<ol><li>Morgen</li><li>Samstag</li></ol>" in content["formatted_body"]


def test_where_a_number_is_expected_buttons_have_no_numbers():
    buttons = (Button(id="b1", title="Weiß ich nicht"),)
    [content] = to_contents(a_delivery(buttons=buttons, expects=Expectation.NUMBER))
    assert "• Weiß ich nicht" in content["body"]
    assert "Nummer" not in content["body"]


def test_staff_are_told_apart_from_the_bot():
    [content] = to_contents(a_delivery("Guten Tag", sender=Sender.AGENT))
    assert content["body"].startswith("Mitarbeiterin oder Mitarbeiter der Stadt:")


def test_an_answer_in_a_room_points_at_its_question_and_stays_in_its_thread():
    [content] = to_contents(a_delivery(), reply_to="$frage")
    assert content["m.relates_to"] == {"m.in_reply_to": {"event_id": "$frage"}}
    [content] = to_contents(a_delivery(), reply_to="$frage", thread="$anfang")
    relation = content["m.relates_to"]
    assert (relation["rel_type"], relation["event_id"]) == ("m.thread", "$anfang")
    assert relation["m.in_reply_to"] == {"event_id": "$frage"}


def test_a_very_long_answer_is_cut_between_words_and_loses_none():
    text = " ".join(f"Wort{number}" for number in range(12_000))
    contents = to_contents(a_delivery(text))
    assert len(contents) > 1
    assert " ".join(content["body"] for content in contents).split() == text.split()
    assert all(len(json.dumps(content)) <= CONTENT_BYTES for content in contents)


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</p></ol><h1>Stadt Soest</h1>",
    "&lt;b&gt; &amp; &#60;",
    "<a href='javascript:alert(1)'>hier</a>",
    'https://example.org/"onmouseover="alert(1)',
    "https://example.org/<script>",
    "[Text](javascript:alert(1)) **fett** `code`",
    "<mx-reply>wer anderes</mx-reply>",
    "\u202eedrehekrev\u202c",
    "\u2066links\u2069",
    "null\x00byte \x1b[31m",
    "\ud800 halbes Zeichen",
    "👩‍👩‍👧‍👦" * 50,
    "a\u0301" * 200,
    "\u200b\u200b",
    " ",
    "x" * 20_000,
    "@room @assistent:soest.de",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(text):
    delivery = a_delivery(
        text,
        source=Source(title=text or "x", url="javascript:alert(1)"),
        buttons=(Button(id="b", title=text),),
        links=(Link(title=text, url="https://www.soest.de"), Link(title="x", url="data:x,y")),
    )
    check_contents(delivery)


@given(st.text(max_size=400))
def test_no_text_breaks_out(text):
    delivery = a_delivery(text, buttons=(Button(id="b", title=text),))
    check_contents(delivery)


def check_contents(delivery: Delivery) -> None:
    for content in to_contents(delivery):
        json.dumps(content, ensure_ascii=False).encode()
        assert content["body"].strip()
        assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08]", content["body"])
        if "formatted_body" in content:
            checked(content["formatted_body"])
            assert "javascript:" not in html.unescape(
                "".join(re.findall('href="[^"]*"', content["formatted_body"]))
            )


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://www.soest.de/a?b=c&d=e", True),
        ("mailto:buergerbuero@soest.de", True),
        ("tel:+4929211030", True),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("https:///ohne-namen", False),
        ("https://[kaputt", False),
        ("https://soest.de/\u202e", False),
        ("/lokal", False),
    ],
)
def test_only_web_mail_and_telephone_are_linked(url, safe):
    assert is_safe(url) is safe


def test_remarks_are_notices_that_machines_do_not_answer():
    assert to_notice("Hallo", reply_to="$1") == {
        "msgtype": "m.notice",
        "body": "Hallo",
        "m.mentions": {},
        "m.relates_to": {"m.in_reply_to": {"event_id": "$1"}},
    }
