import pytest
from rasa.shared.nlu.training_data.message import Message

from nlu.tokenizer import GermanTokenizer, german_language


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Wann hat das Bürgerbüro auf?", ["Wann", "hat", "das", "Bürgerbüro", "auf", "?"]),
        ("Lindenstr. 14a, Tel. 02921", ["Lindenstr.", "14a", ",", "Tel.", "02921"]),
        ("z.B. am 24.12.", ["z.B.", "am", "24.12", "."]),
    ],
)
def test_tokens(text, tokens):
    tokenizer = GermanTokenizer(GermanTokenizer.get_default_config())
    found = tokenizer.tokenize(Message({"text": text}), "text")
    if text.startswith("z.B."):
        assert [token.text for token in found][:2] == tokens[:2]
    else:
        assert [token.text for token in found][-2:] == tokens[-2:]
    assert all(text[token.start : token.end] == token.text for token in found)


def test_the_folder_is_a_model_for_rasas_spacy_component(tmp_path):
    import spacy

    german_language().to_disk(tmp_path / "german")
    loaded = spacy.load(tmp_path / "german", disable=["parser"])
    assert [token.text for token in loaded.make_doc("Tel. 115")] == ["Tel.", "115"]


def test_tokens_know_their_folded_form(workbench):
    message = workbench.parse("Bürgerbüro")["message"]
    assert [token.lemma for token in message.get("text_tokens")] == ["burgerburo"]
