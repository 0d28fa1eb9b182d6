import asyncio

import pytest

from channels.matrix.store import Store
from cli import parts
from cli.environments import SetupProblem
from cli.matrix import matrix_accounts, serve_matrix, serving_matrix
from cli.ports import LOOPBACK, bound_listener
from cli.serving import serving
from tests.channels.matrix.stand_in import BOT, PASSWORD, SERVER, StandIn
from tests.conversations.house import hub_settings, open_hub


@pytest.fixture
async def homeserver():
    """A stand-in with the port that it listens on."""
    server = StandIn()
    with bound_listener(LOOPBACK, 0) as listener:
        async with serving(server.app, listener):
            yield server, listener.getsockname()[1]


def with_account(tmp_path, monkeypatch, port: int = 8008):
    monkeypatch.setenv("MATRIX_SOEST", PASSWORD)
    file = tmp_path / "matrix.toml"
    file.write_text(
        f'[soest]\nhomeserver = "http://127.0.0.1:{port}"\nuser = "{BOT}"\n'
        'secret_env = "MATRIX_SOEST"\nmunicipality = "soest"\n'
    )
    return hub_settings(tmp_path, matrix_accounts=str(file))


async def test_accounts_of_the_settings_are_served(tmp_path, monkeypatch, homeserver):
    server, port = homeserver
    settings = with_account(tmp_path, monkeypatch, port)
    async with open_hub(settings) as hub, serving_matrix(settings, hub.client):
        room = server.room(f"@anna:{SERVER}")
        async with asyncio.timeout(30):
            while not server.heard(room):
                server.say(room, f"@anna:{SERVER}", "Frage")
                await asyncio.sleep(0.2)
    assert (tmp_path / "matrix" / "soest" / "connector.sqlite").exists()


async def test_without_accounts_nothing_is_served(tmp_path):
    settings = hub_settings(tmp_path)
    assert matrix_accounts(settings) == ()
    async with open_hub(settings) as hub, serving_matrix(settings, hub.client):
        pass
    assert not (tmp_path / "matrix").exists()
    with pytest.raises(SetupProblem, match="STADTDRAHT_MATRIX_ACCOUNTS"):
        await serve_matrix(settings)


async def test_a_wrong_file_is_named(tmp_path, monkeypatch):
    settings = with_account(tmp_path, monkeypatch)
    monkeypatch.delenv("MATRIX_SOEST")
    with pytest.raises(SetupProblem, match="MATRIX_SOEST"):
        matrix_accounts(settings)


async def test_a_store_of_another_installation_stops_the_start(tmp_path, monkeypatch):
    settings = with_account(tmp_path, monkeypatch)
    other = Store(tmp_path / "matrix" / "soest" / "connector.sqlite", "another key")
    other.advance("s1")
    other.close()
    async with open_hub(settings) as hub:
        with pytest.raises(SetupProblem, match="STADTDRAHT_ADDRESS_KEY"):
            async with serving_matrix(settings, hub.client):
                pass


def test_matrix_is_a_part_that_can_be_started_alone():
    assert "matrix" in parts._PARTS
