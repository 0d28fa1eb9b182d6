"""Structured logs: event names and ids, never a citizen's words.

Calls log an event name in the past tense (``turn_finished``) and ids or
numbers. The processor ``drop_words`` removes keys that could hold words, so a
slip in one place does not become a leak.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

FORBIDDEN_KEYS = frozenset(
    {"text", "message", "body", "address", "entities", "slots", "name", "email", "phone", "token"}
)
LINE_LIMIT = 8_000


def drop_words(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Replace values that may hold a citizen's words by their length."""
    for key in FORBIDDEN_KEYS & event.keys():
        value = event.pop(key)
        event[f"{key}_length"] = len(value) if hasattr(value, "__len__") else 1
    return event


def render_line(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> str:
    """Render an event as one line of JSON of at most ``LINE_LIMIT`` characters."""
    line = json.dumps(event, ensure_ascii=False, default=repr)
    return line if len(line) <= LINE_LIMIT else line[:LINE_LIMIT] + "…"


def configure_logs(level: str = "INFO") -> None:
    """Send structlog and the standard library's logs to stderr as JSON lines."""
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    logging.basicConfig(
        stream=sys.stderr, level=max(number, logging.WARNING), format="%(name)s %(levelname)s"
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            drop_words,
            _render_exception_place,
            render_line,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )


def _render_exception_place(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Keep the type and the place of an exception, not its message nor its locals."""
    if not event.pop("exc_info", None):
        return event
    kind, _, trace = sys.exc_info()
    if kind is not None:
        event["error"] = kind.__name__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is not None:
        event["place"] = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
    return event
