import pytest

from channels.matrix.accounts import AccountsError, load_accounts

GOOD = """
[soest]
homeserver = "https://matrix.soest.de"
user = "@assistent:soest.de"
secret_env = "MATRIX_SOEST"
municipality = "soest"
"""
SECRETS = {"MATRIX_SOEST": "geheim", "MATRIX_OLPE": "auch geheim"}


def written(tmp_path, text):
    file = tmp_path / "matrix.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_an_account_takes_its_password_from_the_environment(tmp_path):
    [account] = load_accounts(written(tmp_path, GOOD), SECRETS)
    assert (account.name, account.password) == ("soest", "geheim")
    assert "geheim" not in repr(account)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (GOOD.replace("https://matrix.soest.de", "http://matrix.soest.de"), "homeserver"),
        (GOOD.replace("https://", "ftp://"), "homeserver"),
        (GOOD.replace("@assistent:soest.de", "assistent"), "user"),
        (GOOD.replace("MATRIX_SOEST", "MATRIX_ANDERSWO"), "MATRIX_ANDERSWO"),
        (GOOD + 'password = "geheim"\n', "password"),
        (GOOD + 'raeume = "alle"\n', "raeume"),
        (GOOD.replace("[soest]", '["Bad Soest"]'), "name"),
        (GOOD + GOOD.replace("[soest]", "[olpe]"), "@assistent:soest.de"),
        ("soest = 3", "soest"),
        ("[soest", "matrix.toml"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, text, named):
    with pytest.raises(AccountsError, match=named) as caught:
        load_accounts(written(tmp_path, text), SECRETS)
    assert "geheim" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(AccountsError, match=r"nirgends\.toml"):
        load_accounts(tmp_path / "nirgends.toml", SECRETS)


@pytest.mark.parametrize(
    ("servers", "person", "admitted"),
    [
        ("", "@anna:soest.de", True),
        ("", "@anna:SOEST.de", True),
        ("", "@anna:olpe.de", False),
        ("", "@anna:soest.de.evil.example", False),
        ("", "@anna:evil.example:soest.de", False),
        ("", "anna", False),
        ('servers = ["olpe.de", "soest.de"]', "@anna:olpe.de", True),
        ('servers = ["olpe.de"]', "@anna:soest.de", False),
        ('servers = ["*"]', "@anna:irgendwo.example:8448", True),
    ],
)
def test_only_people_of_the_named_servers_are_admitted(tmp_path, servers, person, admitted):
    [account] = load_accounts(written(tmp_path, GOOD + servers), SECRETS)
    assert account.admits(person) is admitted
