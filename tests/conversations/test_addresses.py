"""Addresses are hashed with a key and sealed for pushing channels only."""

import pytest

from conversations.addresses import Addresses, AddressUnreadable


@pytest.fixture
def addresses():
    return Addresses("key", frozenset({"telegram"}))


def test_the_hash_depends_on_key_channel_and_address(addresses):
    other = Addresses("other", frozenset())
    hashes = {
        addresses.hashed("telegram", "1"),
        addresses.hashed("matrix", "1"),
        addresses.hashed("telegram", "2"),
        other.hashed("telegram", "1"),
    }
    assert len(hashes) == 4
    assert addresses.hashed("telegram", "1") == addresses.hashed("telegram", "1")


def test_a_sealed_address_opens_for_its_conversation_only(addresses):
    sealed = addresses.sealed("telegram", "Ärger-4711", "c_1")
    assert b"4711" not in sealed
    assert addresses.opened(sealed, "c_1") == "Ärger-4711"
    for conversation, damaged in (("c_2", sealed), ("c_1", sealed[:-1] + b"x"), ("c_1", b"short")):
        with pytest.raises(AddressUnreadable):
            addresses.opened(damaged, conversation)


def test_sealing_twice_looks_different(addresses):
    assert addresses.sealed("telegram", "1", "c") != addresses.sealed("telegram", "1", "c")


def test_channels_that_fetch_leave_no_address(addresses):
    assert addresses.sealed("webchat", "session", "c_1") is None


def test_without_a_key_nothing_starts():
    with pytest.raises(ValueError, match="address_key"):
        Addresses("", frozenset())
