"""Citizens' questions through every real process, and what a right answer contains.

The clock stands at Monday, 23 November 2026, ten o'clock in Berlin.
"""

import re

import pytest

QUESTIONS = [
    ("wann hat das bürgerbüro in soest morgen auf", None, "oeffnungszeiten",
     ["Bürgerbüro", "Dienstag, 24. November"]),
    ("wann hat das bürgerbüro in soest an Fronleichnam auf", None, "oeffnungszeiten",
     ["Fronleichnam", "geschlossen"]),
    ("wann hat das bürgerbüro in soest am 24.12. auf", None, "oeffnungszeiten",
     ["24. Dezember"]),
    ("perso weg was nun", "soest", "personalausweis_verloren", ["116 116"]),
    ("Ich bin nach Olpe gezogen", None, "wohnsitz_anmelden", ["zwei Wochen|2 Wochen", "Olpe"]),
    ("wer ist in Bad Berleburg für KFZ zuständig", None, "zustaendigkeit",
     ["Siegen-Wittgenstein"]),
    ("ich brauch nen führungszeugnis fürn verein", "arnsberg", "fuehrungszeugnis",
     ["erweitert|Ehrenamt|ehrenamtlich"]),
    ("couch loswerden arnsberg", None, "sperrmuell_anmelden", ["Sperrmüll"]),
    ("wann tagt der rat", "olpe", "ratssitzung", ["Rat"]),
    ("wie wird das Wetter", "soest", "out_of_scope", []),
    ("ICH WILL EINEN MENSCHEN", "soest", "mensch_sprechen", []),
    ("was wisst ihr über mich", "soest", "datenschutz_meine_daten", ["Stunden", "lösch"]),
]  # fmt: skip


@pytest.mark.parametrize(("question", "town", "intent", "words"), QUESTIONS)
async def test_question_gets_a_true_answer(house, question, town, intent, words):
    turn = await house.ask(question, town=town)
    result = turn.to_json()
    text = " ".join(answer["text"] for answer in result["answers"])
    assert result["intent"] == intent
    assert text
    for word in words:
        assert re.search(word, text), text


@pytest.mark.parametrize(("question", "town", "intent", "words"), QUESTIONS[:8])
async def test_facts_carry_source_and_date(house, question, town, intent, words):
    answers = (await house.ask(question, town=town)).to_json()["answers"]
    assert any(answer["source"] and answer["as_of"] for answer in answers), answers


async def test_town_is_asked_for_once_and_remembered(house):
    first = await house.ask("wann hat das bürgerbüro auf")
    assert first.deliveries[0].expects == "town"
    assert {"Arnsberg", "Bad Berleburg", "Olpe", "Soest"} == {
        button.title for button in first.deliveries[0].buttons
    }
    second = await house.ask("Olpe", conversation=first.conversation)
    assert "Olpe" in second.deliveries[0].text
    assert "Bürgerbüro" in second.deliveries[0].text
    third = await house.ask("und wann tagt der Rat?", conversation=first.conversation)
    assert third.deliveries[0].expects != "town"


async def test_bin_day_of_a_street(house):
    first = await house.ask("wann kommt die gelbe tonne in der Jakobistraße", town="soest")
    text = first.deliveries[0].text
    assert re.search(r"\d{1,2}\. (November|Dezember)", text), text
    assert first.deliveries[0].demo


async def test_unclear_words_lead_to_a_human(house):
    conversation, offered = None, []
    for words in ("blorf wixel trump frotz", "krabumsel hogwurtz", "quastel brumpf zick"):
        turn = await house.ask(words, conversation=conversation, town="soest")
        conversation = turn.conversation
        offered += [button.title for button in turn.deliveries[0].buttons]
    assert any("Mensch" in title for title in offered), offered


async def test_wish_for_a_human_silences_the_bot(house):
    first = await house.ask("ICH WILL EINEN MENSCHEN", town="soest")
    assert first.state.status == "waiting"
    second = await house.ask("was kostet ein perso", conversation=first.conversation)
    assert second.to_json()["intent"] is None
    back = await house.ask("zurück zum Bot", conversation=first.conversation)
    assert back.state.status == "bot"


async def test_danger_is_answered_before_anything_else(house):
    turn = await house.ask("Hilfe, mein Mann atmet nicht mehr", town="soest")
    assert "112" in turn.deliveries[0].text
    assert (turn.to_json()["intent"], turn.to_json()["confidence"]) == ("notfall", None)
