"""Nothing a library says and no value of a frame reaches the log (test S12)."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
from typing import Any

import pytest

from bot.logs import LINE_LIMIT_BYTES, LineFormatter, places

from .conftest import HERE

CANARY = "Kanarienvogel-4711"


def lines_of(code: str) -> list[dict[str, Any]]:
    """Run ``code`` in a process with our logging and return what it logged."""
    program = (
        "import logging, sys, warnings\nfrom bot import logs\nlogs.configure('INFO')\n"
        f"import structlog\nCANARY = {CANARY!r}\n{code}\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=HERE.parent.parent, capture_output=True, text=True
    )
    assert CANARY not in done.stdout + done.stderr
    assert done.stdout == ""
    return [json.loads(line) for line in done.stderr.splitlines()]


@pytest.mark.parametrize(
    "code",
    [
        "logging.getLogger('rasa.core').error('failed for %s', CANARY)",
        "logging.getLogger('rasa.core').warning(CANARY, extra={'text': CANARY})",
        "structlog.get_logger().error('event.name', user_text=CANARY)",
        "structlog.get_logger().warning(CANARY)",
        "structlog.get_logger().exception('event.name', exc_info=ValueError(CANARY))",
        "logging.getLogger('bot.x').error(CANARY)",
        (
            "try:\n    secret = CANARY\n    raise ValueError(CANARY)\nexcept ValueError:\n"
            "    logging.getLogger('rasa').exception('x')"
        ),
    ],
)
def test_words_are_not_logged(code: str) -> None:
    assert len(lines_of(code)) == 1


def test_warnings_are_not_logged_and_a_crash_tells_only_its_place() -> None:
    assert lines_of("warnings.warn(CANARY)") == []
    (line,) = lines_of("secret = CANARY\nraise ValueError(CANARY)")
    assert (line["event"], line["error"]) == ("process.crashed", "ValueError")
    assert line["frames"] == ["__main__:7"]


def test_our_events_keep_their_ids() -> None:
    (line,) = lines_of("logs.Log('agent').info('turn.answered', message='m1', duplicate=False)")
    assert (line["event"], line["message"], line["duplicate"]) == ("turn.answered", "m1", False)
    assert (line["logger"], line["level"]) == ("bot.agent", "info")


def test_lines_are_short() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(LineFormatter())
    record = logging.LogRecord("bot.x", logging.INFO, "f", 1, "big.event", None, None)
    record.values = {"ids": ["c" * 100] * 1_000}
    handler.emit(record)
    assert len(stream.getvalue()) <= LINE_LIMIT_BYTES
    assert json.loads(stream.getvalue())["event"] == "big.event"


def test_places_hold_no_values() -> None:
    def fails(secret: str) -> None:
        raise ValueError(secret)

    with pytest.raises(ValueError, match=CANARY) as problem:
        fails(CANARY)
    assert all(":" in place and CANARY not in place for place in places(problem.value))
