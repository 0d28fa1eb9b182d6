"""Logs hold event names and ids, never a citizen's words."""

import json

import pytest
import structlog

from service.logs import LINE_LIMIT, configure_logs, drop_words, render_line


@pytest.fixture
def _structlog():
    yield
    structlog.reset_defaults()


@pytest.mark.parametrize("key", ["text", "message", "address", "email", "token", "slots"])
def test_words_become_their_length(key):
    event = drop_words(None, "", {"event": "turn_finished", key: "mein Geheimnis"})
    assert event == {"event": "turn_finished", f"{key}_length": 14}


def test_lines_have_an_end():
    line = render_line(None, "", {"event": "x" * 20_000})
    assert len(line) == LINE_LIMIT + 1


@pytest.mark.usefixtures("_structlog")
def test_an_exception_leaves_its_kind_and_place_but_not_its_words(capsys):
    configure_logs()
    try:
        raise ValueError("mein Geheimnis")
    except ValueError:
        structlog.get_logger("t").exception("turn_crashed", conversation="c_1")
    line = json.loads(capsys.readouterr().err.splitlines()[-1])
    assert line["event"] == "turn_crashed"
    assert line["error"] == "ValueError"
    assert "test_logs.py" in line["place"]
    assert "Geheimnis" not in str(line)
