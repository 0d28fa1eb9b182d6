"""Danger to life: everything on the list is recognised, everyday sentences are not."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from contracts.messages import Sender
from conversations.crisis import CrisisLayer
from conversations.responses import ContentError
from tests.conversations.house import CONTENT
from tests.conversations.test_handoffs import wait_for_human

SENTENCES = YAML(typ="safe").load(
    (Path(__file__).parent / "crisis_sentences.yml").read_text(encoding="utf-8")
)
CRISES = [(kind, text) for kind, texts in SENTENCES["crisis"].items() for text in texts]


@pytest.fixture(scope="module")
def layer():
    return CrisisLayer(CONTENT)


@pytest.mark.parametrize(("kind", "text"), CRISES)
def test_danger_is_recognised(layer, kind, text):
    found = layer.recognise(text)
    assert found is not None
    assert found.kind == kind


@pytest.mark.parametrize("text", SENTENCES["harmless"])
def test_everyday_sentences_are_no_danger(layer, text):
    assert layer.recognise(text) is None


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("ES BRENNT", "feuer"),
        ("es breeeennt", "feuer"),
        ("e\u200bs bren\u200bnt", "feuer"),
        ("Hallo,\n\nwas soll ich tun? es   brennt", "feuer"),
        ("ich moechte sterben", "suizid"),
        ("ich mochte sterben", "suizid"),
        ("Ich bringe mich um.", "suizid"),
        ("Hier riecht's nach Gas", "gas"),
    ],
)
def test_spelling_hides_nothing(layer, text, kind):
    found = layer.recognise(text)
    assert found is not None
    assert found.kind == kind


def test_a_real_danger_beside_a_figure_of_speech_is_seen(layer):
    assert layer.recognise("ich sterbe vor Langeweile, und außerdem brennt es im Keller")


@pytest.mark.parametrize(
    ("kind", "numbers"),
    [
        ("suizid", ["112", "0800 1110111", "0800 1110222", "116 123"]),
        ("gas", ["112", "Fenster", "Erst draußen"]),
        ("vergiftung", ["112", "0228 19240"]),
        ("feuer", ["112"]),
        ("gewalt", ["110", "112", "116 016"]),
        ("medizin", ["112", "116 117"]),
    ],
)
def test_the_hint_names_the_help(layer, kind, numbers):
    text = SENTENCES["crisis"][kind][0]
    answer = layer.recognise(text).answer
    assert [number for number in numbers if number not in answer.text] == []
    assert answer.source.url
    assert answer.as_of is not None
    assert answer.sender is Sender.SYSTEM


async def test_the_hint_comes_with_the_engine_down_and_asks_nobody(hub):
    hub.stub.down = hub.stub.fallback_down = True
    [hint] = await hub.ask("Es brennt!")
    assert "112" in hint.text
    assert hub.stub.calls == []


async def test_the_hint_does_not_wait_for_an_answer_that_is_being_thought_of(hub):
    hub.stub.faults = ["hang"]
    first = await hub.say("Wann habt ihr auf?")
    await hub.stub.called()
    receipt = await hub.say("Hier riecht es nach Gas")
    [hint] = await hub.answers_to(receipt)
    assert "Fenster" in hint.text
    assert (await hub.client.state(first.conversation)).busy


async def test_the_hint_comes_while_somebody_waits_and_staff_see_the_message(hub):
    bot, _ = await wait_for_human(hub)
    [hint] = await hub.ask("Ich will nicht mehr leben")
    assert "0800 1110111" in hint.text
    transcript = await hub.client.transcript(bot.conversation)
    assert "Ich will nicht mehr leben" in [entry.text for entry in transcript.entries]


async def test_a_repeated_message_is_hinted_at_once(hub):
    for _ in range(3):
        receipt = await hub.say("Es brennt", message_id="m-1")
    assert len(await hub.answers_to(receipt)) == 1


def test_the_examples_of_other_topics_are_hardly_ever_mistaken(layer):
    """A false alarm costs a citizen the answer: at most 1 in 1,000 of all examples."""
    texts, alarms = 0, []
    for file in sorted((CONTENT / "de" / "nlu").glob("*.yml")):
        for topic in YAML(typ="safe").load(file.read_text(encoding="utf-8"))["nlu"]:
            if topic.get("intent") in {None, "notfall"}:
                continue
            for line in topic["examples"].splitlines():
                texts += 1
                alarms += [line] if layer.recognise(line.removeprefix("- ")) else []
    assert len(alarms) <= max(5, texts / 1000), alarms


def test_a_wrong_content_file_is_named(tmp_path):
    (tmp_path / "de").mkdir()
    (tmp_path / "de" / "crisis.yml").write_text("exceptions: []\nkinds: {feuer: {}}")
    with pytest.raises(ContentError, match=r"crisis.yml"):
        CrisisLayer(tmp_path)
    with pytest.raises(ContentError):
        CrisisLayer(tmp_path / "nowhere")
