import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.matrix.events import (
    Incoming,
    Kind,
    addressed_text,
    is_own_join,
    redacted_event,
    to_incoming,
)

US = "@assistent:soest.de"


def an_event(kind="m.room.message", **content):
    return {
        "type": kind,
        "event_id": "$1",
        "sender": "@anna:soest.de",
        "origin_server_ts": 1_795_000_000_000,
        "content": content,
    }


def text(body, **content):
    return an_event(msgtype="m.text", body=body, **content)


def test_a_text_is_taken_with_its_time():
    incoming = to_incoming(text("Wann kommt die Müllabfuhr?"))
    assert (incoming.kind, incoming.text) == (Kind.TEXT, "Wann kommt die Müllabfuhr?")
    assert incoming.at.isoformat() == "2026-11-18T11:06:40+00:00"


@pytest.mark.parametrize(
    ("msgtype", "kind"),
    [
        ("m.image", Kind.IMAGE),
        ("m.audio", Kind.VOICE),
        ("m.file", Kind.FILE),
        ("m.video", Kind.FILE),
    ],
)
def test_other_media_are_told_apart(msgtype, kind):
    assert to_incoming(an_event(msgtype=msgtype, body="x", url="mxc://a/b")).kind is kind


def test_a_sticker_is_a_file():
    assert to_incoming(an_event("m.sticker", body="x")).kind is Kind.FILE


@pytest.mark.parametrize(
    "event",
    [
        text(" \n"),
        an_event(msgtype="m.notice", body="ich bin auch eine Maschine"),
        text("* neu", **{"m.relates_to": {"rel_type": "m.replace", "event_id": "$0"}}),
        an_event(),  # redacted
        an_event("m.room.topic", topic="x") | {"state_key": ""},
        an_event("m.room.member", membership="join") | {"state_key": "@anna:soest.de"},
        an_event("m.call.invite"),
        an_event("m.poll.start"),
    ],
)
def test_what_is_no_message_starts_no_turn(event):
    assert to_incoming(event) is None


def test_a_location_becomes_coordinates():
    place = {"msgtype": "m.location", "body": "hier", "geo_uri": "geo:51.5711,8.10575;u=12"}
    assert to_incoming(an_event(**place)).text == "Mein Standort: 51.57110, 8.10575"


@pytest.mark.parametrize("geo", ["geo:91,8", "geo:51,181", "geo:x,y", "51,8", None, 3, "geo:٣,٤"])
def test_a_location_that_is_none_says_nothing(geo):
    assert to_incoming(an_event(msgtype="m.location", body="hier", geo_uri=geo)) is None


def test_the_quotation_of_a_reply_is_not_said_again():
    relation = {"m.relates_to": {"m.in_reply_to": {"event_id": "$0"}}}
    incoming = to_incoming(text("> <@x:y> In welcher Stadt?\n> Bitte\n\nIn Soest", **relation))
    assert (incoming.text, incoming.reply_to) == ("In Soest", "$0")
    assert to_incoming(text("> das meine ich so")).text == "> das meine ich so"


def test_threads_and_mentions_are_noticed():
    relation = {"rel_type": "m.thread", "event_id": "$0", "is_falling_back": True}
    incoming = to_incoming(
        text("x", **{"m.relates_to": relation, "m.mentions": {"user_ids": [US, 3]}})
    )
    assert (incoming.thread, incoming.mentions) == ("$0", frozenset({US}))


def test_a_reaction_names_what_it_is_about():
    relation = {"rel_type": "m.annotation", "event_id": "$0", "key": "2️⃣"}
    incoming = to_incoming(an_event("m.reaction", **{"m.relates_to": relation}))
    assert (incoming.kind, incoming.text, incoming.reply_to) == (Kind.REACTION, "2️⃣", "$0")


def test_redactions_of_old_and_new_rooms_are_recognised():
    assert redacted_event(an_event("m.room.redaction") | {"redacts": "$0"}) == "$0"
    assert redacted_event(an_event("m.room.redaction", redacts="$0")) == "$0"
    assert redacted_event(text("x")) is None


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("Stadtdraht: Wann ist auf?", "Wann ist auf?"),
        ("@Stadtdraht, wann ist auf?", "wann ist auf?"),
        ("stadtdraht wann ist auf?", "wann ist auf?"),
        (f"{US} wann ist auf?", "wann ist auf?"),
        ("@assistent wann ist auf?", "wann ist auf?"),
        ("Stadtdraht! Wann ist auf?", "Wann ist auf?"),
        ("Stadtdraht !daten", "!daten"),
        ("Stadtdraht", "Stadtdraht"),
        ("Stadtdrahtzaun kaputt", None),
        ("Der Stadtdraht weiß das", None),
        ("Wann ist auf?", None),
    ],
)
def test_among_many_only_what_is_said_to_us_counts(said, heard):
    incoming = Incoming(Kind.TEXT, "$1", "@anna:soest.de", said)
    assert addressed_text(incoming, US, "Stadtdraht") == heard


def test_a_mention_anywhere_speaks_to_us():
    incoming = Incoming(Kind.TEXT, "$1", "@a:b", "weiß das jemand?", mentions=frozenset({US}))
    assert addressed_text(incoming, US, None) == "weiß das jemand?"


def test_only_coming_in_is_a_join():
    joined = an_event("m.room.member", membership="join") | {"state_key": US}
    renamed = joined | {"unsigned": {"prev_content": {"membership": "join"}}}
    invited = joined | {"unsigned": {"prev_content": {"membership": "invite"}}}
    assert is_own_join(joined, US)
    assert is_own_join(invited, US)
    assert not is_own_join(renamed, US)
    assert not is_own_join(joined, "@anna:soest.de")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=6,
)
FIELDS = ["type", "event_id", "sender", "content", "origin_server_ts", "state_key", "unsigned",
          "redacts", "msgtype", "body", "m.relates_to", "rel_type", "m.in_reply_to", "geo_uri",
          "m.mentions", "user_ids", "key", "membership", "prev_content"]  # fmt: skip
TYPES = st.sampled_from(["m.room.message", "m.reaction", "m.room.encrypted", "m.room.member",
                         "m.room.redaction", "m.sticker"])  # fmt: skip
CONTENT = st.dictionaries(
    st.sampled_from(FIELDS),
    VALUES | st.sampled_from(["m.text", "m.location", "m.thread", "m.annotation", "$1"]),
)


@given(
    st.fixed_dictionaries(
        {"type": TYPES | VALUES, "content": CONTENT | VALUES},
        optional={name: VALUES for name in FIELDS if name not in {"type", "content"}},
    )
)
def test_no_event_breaks_the_mapping(event):
    incoming = to_incoming(event)
    assert incoming is None or (incoming.event and incoming.sender)
    redacted_event(event)
    is_own_join(event, US)
