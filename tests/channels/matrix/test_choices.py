import datetime as dt

import pytest

from channels.matrix.choices import choices_after, chosen_button, reacted_button
from channels.matrix.store import Choices
from contracts.messages import Button
from tests.channels.matrix.test_bodies import a_delivery

BUTTONS = (Button(id="b1", title="Bad Berleburg"), Button(id="b2", title="Olpe"))
NUMBERED = Choices("soest $1", True, BUTTONS)
UNNUMBERED = Choices("soest $1", False, BUTTONS)


@pytest.mark.parametrize(
    ("text", "button"),
    [
        ("1", "b1"), (" 2. ", "b2"), ("2)", "b2"), ("(1)", "b1"), ("Nummer 2", "b2"), ("2️⃣", "b2"),
        ("bad  berleburg", "b1"), ("OLPE!", "b2"), ("3", None), ("0", None), ("12", None),
        ("2 Ausweise", None), ("Soest", None), ("", None), ("２", None),
    ],
)  # fmt: skip
def test_a_number_or_the_words_choose(text, button):
    assert chosen_button(text, NUMBERED) == button


def test_where_a_number_is_the_answer_only_words_choose():
    assert chosen_button("2", UNNUMBERED) is None
    assert chosen_button("Olpe", UNNUMBERED) == "b2"


def test_without_choices_nothing_is_chosen():
    assert chosen_button("1", None) is None


def test_only_keycaps_choose_as_reactions():
    assert reacted_button("1️⃣", NUMBERED) == "b1"
    assert reacted_button("👍", NUMBERED) is None
    assert reacted_button("Olpe", NUMBERED) is None
    assert reacted_button("1️⃣", UNNUMBERED) is None


def test_choices_last_until_the_next_answer():
    first = a_delivery(buttons=BUTTONS, in_reply_to="soest $1")
    second_part = a_delivery(in_reply_to="soest $1", created_at=dt.datetime.now(dt.UTC))
    next_answer = a_delivery(in_reply_to="soest $2")
    choices = choices_after(first, None)
    assert choices == NUMBERED
    assert choices_after(second_part, choices) == NUMBERED
    assert choices_after(next_answer, choices) is None
    assert choices_after(a_delivery(), Choices(None, True, BUTTONS)) is None
