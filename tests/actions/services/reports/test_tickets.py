from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.services.reports.tickets import (
    ALPHABET,
    check_character,
    idempotency_key,
    looks_like_ticket,
    new_ticket,
    ticket_of,
)

BODIES = st.text(ALPHABET, min_size=7, max_size=7)


def ticket(body: str) -> str:
    whole = body + check_character(body)
    return f"M-{whole[:4]}-{whole[4:]}"


def test_the_alphabet_has_a_prime_number_of_characters_none_of_which_are_confused():
    assert len(set(ALPHABET)) == len(ALPHABET) == 23
    for confused in ("0O", "1IL", "2Z", "5S", "8B", "UV"):
        assert not set(confused) & set(ALPHABET)


def test_new_numbers_are_valid_and_differ():
    numbers = {new_ticket() for _ in range(200)}
    assert len(numbers) == 200
    assert all(ticket_of(number) == number for number in numbers)


@given(BODIES, st.integers(0, 7), st.sampled_from(ALPHABET))
def test_every_single_wrong_character_is_found(body: str, place: int, wrong: str):
    whole = body + check_character(body)
    changed = whole[:place] + wrong + whole[place + 1 :]
    assert (ticket_of(f"M-{changed[:4]}-{changed[4:]}") is None) == (changed != whole)


@given(BODIES)
def test_every_two_exchanged_characters_are_found(body: str):
    whole = body + check_character(body)
    for one, other in itertools.combinations(range(8), 2):
        if whole[one] == whole[other]:
            continue
        changed = list(whole)
        changed[one], changed[other] = changed[other], changed[one]
        assert ticket_of("M" + "".join(changed)) is None


@pytest.mark.parametrize("form", ["m-{0}-{1}", "M {0} {1}", "M{0}{1}", "M.{0}.{1}"])
def test_numbers_are_read_as_people_write_them(form: str):
    number = ticket("7K3F9QX")
    written = form.format(number[2:6].lower(), number[7:].lower())
    assert ticket_of(f"wie steht es um {written}?") == number


def test_what_is_no_number_is_none():
    assert ticket_of("Meldung 12345") is None
    assert not looks_like_ticket("Meldung 12345")
    wrong = ticket("7K3F9QX")[:-1] + "3"
    assert looks_like_ticket(wrong)
    assert ticket_of(wrong) is None


def test_the_key_of_a_write_is_equal_for_a_repeated_call_only():
    one = idempotency_key("c_1", "m_1", "mangel_melden", {"b": 1, "a": 2})
    assert one == idempotency_key("c_1", "m_1", "mangel_melden", {"a": 2, "b": 1})
    others = [
        idempotency_key("c_2", "m_1", "mangel_melden", {"b": 1, "a": 2}),
        idempotency_key("c_1", "m_2", "mangel_melden", {"b": 1, "a": 2}),
        idempotency_key("c_1", "m_1", "termin_buchen", {"b": 1, "a": 2}),
        idempotency_key("c_1", "m_1", "mangel_melden", {"b": 1, "a": 3}),
    ]
    assert len({one, *others}) == 5
