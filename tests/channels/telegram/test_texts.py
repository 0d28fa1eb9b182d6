from hypothesis import given
from hypothesis import strategies as st

from channels.telegram.limits import Limits
from channels.telegram.texts import PART_UNITS, is_safe, split, units, visible


def test_length_is_counted_in_utf_16_units():
    assert (units("ä"), units("😀")) == (1, 2)


def test_a_part_ends_at_a_paragraph_then_a_line_then_a_word():
    assert split("eins zwei\n\ndrei vier", 16) == ["eins zwei", "drei vier"]
    assert split("eins zwei\ndrei vier", 16) == ["eins zwei", "drei vier"]
    assert split("eins zwei drei", 10) == ["eins zwei", "drei"]


def test_an_emoji_of_several_signs_is_not_torn():
    family = "👨\u200d👩\u200d👧"
    assert split("a" * 12 + family, 16) == ["a" * 12, family]


@given(st.text(max_size=300), st.integers(min_value=8, max_value=60))
def test_no_part_is_too_long_and_nothing_but_space_is_lost(text, limit):
    shown = visible(text)
    parts = split(shown, limit)
    assert all(0 < units(part) <= limit for part in parts)
    assert "".join("".join(parts).split()) == "".join(shown.split())


def test_only_web_addresses_become_links():
    assert is_safe("https://www.soest.de/abfall")
    assert not any(map(is_safe, ("javascript:alert(1)", "tg://user?id=1", "https://", "a b")))


def test_the_4097th_unit_begins_a_new_part():
    assert [units(part) for part in split("x" * (PART_UNITS + 1))] == [PART_UNITS, 1]


def test_one_chat_waits_alone_and_two_make_the_bot_wait():
    now = [0.0]
    limits = Limits(lambda: now[0])
    limits.put_off(1, 10)
    assert (limits.wait_seconds(1), limits.wait_seconds(2)) == (10, 0)
    limits.put_off(2, 5)
    assert limits.wait_seconds(3) == 5
    now[0] = 6.0
    assert (limits.wait_seconds(1), limits.wait_seconds(3)) == (4, 0)
