import pytest

from channels.matrix.store import Choices, Store, StoreUnreadable
from contracts.messages import Button

ROOM, EVENT, PERSON = "!raum:soest.de", "$frage", "@anna:soest.de"
CHOICES = Choices(
    "soest $frage", True, (Button(id="b1", title="Ja"), Button(id="b2", title="Nein"))
)


def open_store(tmp_path, key="key of the tests"):
    return Store(tmp_path / "soest" / "connector.sqlite", key)


@pytest.fixture
def store(tmp_path):
    store = open_store(tmp_path)
    yield store
    store.close()


def filled(store):
    store.advance("s1", joined=[ROOM])
    store.keep_login("GERAET", "zugang-geheim")
    store.keep_signing_seeds({"master": "saat-geheim"})
    store.note_event(EVENT, own=True)
    store.note_thread(EVENT, "$anfang")
    store.mark_told(ROOM, "welcome")
    store.keep_choices(f"soest {ROOM} {PERSON}", CHOICES)
    store.keep_late("$spaet", ROOM, {"event_id": "$spaet", "sender": PERSON})


def check_filled(store):
    assert store.since() == "s1"
    assert store.knows(ROOM)
    assert store.login() == ("GERAET", "zugang-geheim")
    assert store.signing_seeds() == {"master": "saat-geheim"}
    assert store.is_own(EVENT)
    assert store.thread_of(EVENT) == "$anfang"
    assert store.was_told(ROOM, "welcome")
    assert store.choices(f"soest {ROOM} {PERSON}") == CHOICES
    [(_, room, event)] = store.late()
    assert (room, event["event_id"]) == (ROOM, "$spaet")


def test_everything_is_there_after_a_restart(tmp_path):
    first = open_store(tmp_path)
    filled(first)
    first.close()
    second = open_store(tmp_path)
    check_filled(second)
    second.close()


def test_nothing_readable_lies_in_the_file(tmp_path, store):
    filled(store)
    raw = b"".join(file.read_bytes() for file in (tmp_path / "soest").iterdir())
    for word in ("anna", "raum", "$frage", "$anfang", "zugang", "saat", "Nein", "GERAET", "spaet"):
        assert word.encode() not in raw, word


def test_only_the_owner_may_read_it(tmp_path, store):
    assert (tmp_path / "soest").stat().st_mode & 0o077 == 0
    assert (tmp_path / "soest" / "connector.sqlite").stat().st_mode & 0o077 == 0


def test_another_key_does_not_open_it(tmp_path, store):
    filled(store)
    with pytest.raises(StoreUnreadable):
        open_store(tmp_path, "another key")


def test_a_room_that_was_left_is_new_again(store):
    filled(store)
    store.advance("s2", left=[ROOM])
    assert not store.knows(ROOM)
    assert not store.was_told(ROOM, "welcome")


def test_what_is_unknown_is_unknown(store):
    assert store.since() is None
    assert store.login() is None
    assert not store.is_done(EVENT)
    assert not store.is_own(EVENT)
    assert store.thread_of(EVENT) is None
    assert store.choices("soest x") is None


def test_events_of_others_are_done_but_not_our_own(store):
    store.note_event(EVENT, own=False)
    assert store.is_done(EVENT)
    assert not store.is_own(EVENT)


def test_dropped_things_are_gone(store):
    filled(store)
    store.drop_choices(f"soest {ROOM} {PERSON}")
    store.drop_late("$spaet")
    assert store.choices(f"soest {ROOM} {PERSON}") is None
    assert store.late() == []


def test_after_thirty_days_events_and_choices_are_forgotten(store, monkeypatch):
    filled(store)
    later = __import__("time").time() + 31 * 86_400
    monkeypatch.setattr("channels.matrix.store.time.time", lambda: later)
    store.advance("s2")
    assert not store.is_done(EVENT)
    assert store.thread_of(EVENT) is None
    assert store.choices(f"soest {ROOM} {PERSON}") is None
    assert store.knows(ROOM)
