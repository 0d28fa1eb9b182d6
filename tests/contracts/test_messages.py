"""The messages at the hub's door refuse what they do not know."""

import pytest
from pydantic import ValidationError

from contracts.messages import Delivery, Outcome, Status, UserMessage, fitting

MESSAGE = {"channel": "webchat", "address": "a", "message_id": "m", "text": "Hallo"}
DELIVERY = {
    "id": "d_1", "conversation": "c_1", "number": 1, "channel": "webchat", "sender": "bot",
    "text": "Hallo", "created_at": "2026-11-22T10:00:00+01:00",
}  # fmt: skip


def test_a_message_survives_the_way_over_the_wire():
    message = UserMessage.model_validate(MESSAGE | {"sent_at": "2026-11-22T10:00:00+01:00"})
    assert UserMessage.model_validate_json(message.model_dump_json()) == message


@pytest.mark.parametrize(
    "wrong",
    [
        {"channel": "Web Chat"},
        {"channel": ""},
        {"address": ""},
        {"address": "x" * 256},
        {"message_id": "a\nb"},
        {"municipality": "Bad Berleburg"},
        {"sent_at": "2026-11-22T10:00:00"},
        {"text": "x" * 16_001},
        {"text": ["x"]},
        {"unknown": 1},
    ],
)
def test_what_keeps_no_contract_is_refused(wrong):
    with pytest.raises(ValidationError):
        UserMessage.model_validate(MESSAGE | wrong)


def test_messages_do_not_change():
    with pytest.raises(ValidationError):
        UserMessage.model_validate(MESSAGE).text = "anders"


def test_a_delivery_says_nothing_more_than_it_must():
    delivery = Delivery.model_validate(DELIVERY)
    assert (delivery.buttons, delivery.links, delivery.source) == ((), (), None)
    assert delivery.demo is False
    with pytest.raises(ValidationError):
        Delivery.model_validate(DELIVERY | {"sender": "citizen"})


def test_the_words_of_the_state_machine():
    assert [status.value for status in Status] == ["bot", "waiting", "agent", "callback", "closed"]


def test_an_outcome_is_one_of_three():
    with pytest.raises(ValidationError):
        Outcome.model_validate({"result": "lost"})


@pytest.mark.parametrize("sign", ["a", "ä", "😀", "\x00", '"', "\ud83d"])
@pytest.mark.parametrize("count", [1, 2_000, 2_501, 15_000, 100_000])
def test_a_text_of_any_length_fits_through_the_door(sign, count):
    fitted = fitting(sign * count)
    message = UserMessage.model_validate(MESSAGE | {"text": fitted})
    assert len(message.model_dump_json().encode()) <= 16_384
    assert len(fitted) == count or len(fitted) > 2_000, "still answered as too long"


def test_a_text_that_fits_is_not_cut():
    assert fitting("ä" * 7_000) == "ä" * 7_000
