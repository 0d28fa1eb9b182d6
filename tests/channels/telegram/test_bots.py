import pytest

from channels.telegram.bots import BotsError, load_bots
from tests.channels.telegram.stand_in import TOKEN


def written(folder, text: str):
    file = folder / "telegram.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_bot_is_read_and_its_token_not_shown(tmp_path):
    file = written(tmp_path, '[soest]\nsecret_env = "T"\nmunicipality = "soest"\n')
    [bot] = load_bots(file, {"T": TOKEN})
    assert (bot.name, bot.municipality, bot.token) == ("soest", "soest", TOKEN)
    assert TOKEN not in repr(bot)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[soest]\nsecret_env = "LEER"\n', "LEER"),
        (f'[soest]\nsecret_env = "T"\ntoken = "{TOKEN}"\n', "weder name noch token"),
        ('[soest]\nsecret_env = "T"\nwebchat = "http://soest.de"\n', "webchat"),
        ('[soest]\nsecret_env = "T"\nstadt = "soest"\n', "stadt"),
        ('[a]\nsecret_env = "T"\n[b]\nsecret_env = "T"\n', "dasselbe Token"),
        ('[soest]\nsecret_env = "WRONG"\n', "token"),
    ],
)
def test_what_is_wrong_is_named_without_the_token(tmp_path, text, told):
    with pytest.raises(BotsError) as raised:
        load_bots(written(tmp_path, text), {"T": TOKEN, "WRONG": "kein-token-geheim"})
    assert told in str(raised.value)
    assert TOKEN not in str(raised.value)
    assert "geheim" not in str(raised.value)
