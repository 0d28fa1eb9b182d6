"""What `ask` prints for people and for programs."""

import datetime as dt

from cli.ask import Turn, to_text
from contracts.messages import Button, ConversationState, Delivery, Link, Sender, Source, Status


def turn(**fields) -> Turn:
    delivery = Delivery(
        id="d1", conversation="c_1", number=1, channel="cli", sender=Sender.BOT,
        created_at=dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC),
        **({"text": "Das Bürgerbüro ist offen."} | fields),
    )  # fmt: skip
    state = ConversationState(
        conversation="c_1", status=Status.BOT, municipality="soest", busy=False, last_number=1
    )
    return Turn("a_1", state, (delivery,), 12.345)


def test_json_has_the_promised_keys_and_no_others():
    result = turn(intent="oeffnungszeiten", confidence=0.9).to_json()
    assert list(result) == [
        "conversation", "status", "intent", "confidence", "entities", "answers", "ms",
    ]  # fmt: skip
    assert list(result["answers"][0]) == ["text", "source", "as_of", "buttons", "links"]
    assert result["status"] == "bot"
    assert result["ms"] == 12.3


def test_json_names_source_and_date():
    result = turn(
        source=Source(title="Stadt Soest", url="https://www.soest.de"),
        as_of=dt.date(2026, 11, 22),
        links=(Link(title="Termin", url="https://termine.example"),),
    ).to_json()
    answer = result["answers"][0]
    assert answer["source"] == "Stadt Soest (https://www.soest.de)"
    assert answer["as_of"] == "2026-11-22"
    assert answer["links"] == [{"title": "Termin", "url": "https://termine.example"}]


def test_text_shows_buttons_source_and_how_to_go_on():
    text = to_text(
        turn(
            buttons=(Button(id="b1", title="Termin buchen"),),
            source=Source(title="Stadt Soest"),
            as_of=dt.date(2026, 11, 2),
        )
    )
    assert "[Termin buchen]" in text
    assert "Quelle: Stadt Soest · Stand 02.11.2026" in text
    assert "--conversation a_1" in text
