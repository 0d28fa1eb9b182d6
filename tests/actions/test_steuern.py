"""Payments: a human comes first for those who cannot pay at once; nobody is asked for details."""

from __future__ import annotations

import pytest

from actions.steuern import TIME_TO_PAY, asks_for_time


@pytest.mark.parametrize(
    "text",
    [
        "kann ich in Raten zahlen",
        "Ratenzahlung für die Mahnung?",
        "Ich bitte um Stundung.",
        "geht ein Zahlungsaufschub",
        "kann man das abstottern",
        "Ich kann das nicht bezahlen",
        "ich kann nicht alles auf einmal zahlen",
        "in monatlichen Teilbeträgen bitte",
        "Auf einen Schlag hab ich das Geld nicht",
        "kann ich die Zahlungsfrist verlängern",
    ],
)
def test_asking_for_time_to_pay_is_heard(text: str):
    assert asks_for_time(text)


@pytest.mark.parametrize(
    "text",
    [
        "Mahnung trotz Zahlung bekommen",
        "wo steht das Kassenzeichen",
        "Ich habe vor zwei Stunden überwiesen",
        "können Sie mir raten, was ich tun soll?",
        "auf welches Konto zahle ich",
        "auf einmal war alles abgebucht, ich verstehe das nicht",
    ],
)
def test_other_payments_are_not_taken_for_it(text: str):
    assert not asks_for_time(text)


def test_the_sentence_offers_a_human():
    assert "Menschen" in TIME_TO_PAY
