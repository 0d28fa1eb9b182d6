"""Logs of the engine: event names and ids, never a citizen's words.

Rasa logs texts, slot values and the local variables of every frame. So nothing
another library says reaches our output: of a foreign record only the logger's
name, the level, the place in the source and the type of an exception are kept.
Our own records carry an event name and ids (`Log`).
"""

from __future__ import annotations

import json
import logging
import re
import sys
import time
import warnings
from collections.abc import Mapping, MutableMapping
from typing import Any, TextIO

OURS = "bot"
LINE_LIMIT_BYTES = 8_000
FRAME_LIMIT = 12
_EVENT_NAME = re.compile(r"[a-z0-9_.]{1,64}\Z")


class Log:
    """Writes events of one module: a name and plain values such as ids and counts."""

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(f"{OURS}.{name}")

    def info(self, event: str, **values: Any) -> None:
        """Record something that is as it should be."""
        self._logger.info(event, extra={"values": values})

    def warning(self, event: str, **values: Any) -> None:
        """Record something somebody should look at."""
        self._logger.warning(event, extra={"values": values})

    def error(self, event: str, error: BaseException | None = None, **values: Any) -> None:
        """Record a failure; of ``error`` only type and places in the source are kept."""
        self._logger.error(event, exc_info=error, extra={"values": values})


class LineFormatter(logging.Formatter):
    """One JSON object per line, without any text of foreign records."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record, at most `LINE_LIMIT_BYTES` long."""
        line = self._fields(record)
        text = json.dumps(line, ensure_ascii=True, default=lambda value: type(value).__name__)
        if len(text) <= LINE_LIMIT_BYTES:
            return text
        kept = {name: line[name] for name in ("at", "level", "logger", "event") if name in line}
        return json.dumps(kept | {"cut": True}, ensure_ascii=True)

    def _fields(self, record: logging.LogRecord) -> dict[str, Any]:
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        fields: dict[str, Any] = {
            "at": f"{at}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        if record.name == OURS or record.name.startswith(f"{OURS}."):
            fields["event"] = str(record.msg) if _EVENT_NAME.match(str(record.msg)) else "event"
            fields.update(getattr(record, "values", {}))
        else:
            fields["event"] = "foreign"
            fields["place"] = f"{record.module}:{record.lineno}"
        if record.exc_info and record.exc_info[0] is not None:
            fields["error"] = record.exc_info[0].__name__
            fields["frames"] = places(record.exc_info[1])
        return fields


def places(error: BaseException | None) -> list[str]:
    """Return where an error came from: ``module:line`` of its last frames, no values."""
    frames: list[str] = []
    trace = error.__traceback__ if error else None
    while trace is not None:
        frames.append(f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}")
        trace = trace.tb_next
    return frames[-FRAME_LIMIT:]


def configure(level: str = "INFO", stream: TextIO | None = None) -> None:
    """Send every log record and warning of this process through `LineFormatter`.

    Foreign libraries are heard from warnings upwards only, and structlog (which
    Rasa uses) is bound to the same handlers without its renderers.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(LineFormatter())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger(OURS).setLevel(level)
    logging.raiseExceptions = False
    warnings.showwarning = _say_no_warning
    _quiet_structlog()
    _quiet_excepthook()


def quieten_foreign_loggers() -> None:
    """Remove handlers and levels that libraries gave their loggers while being imported."""
    for name, logger in list(logging.Logger.manager.loggerDict.items()):
        foreign = name != OURS and not name.startswith(f"{OURS}.")
        if foreign and isinstance(logger, logging.Logger):
            logger.handlers.clear()
            logger.propagate = True
            logger.setLevel(logging.NOTSET if name.startswith("rasa") else logging.WARNING)
            logger.disabled = name == "sanic.access"


def _say_no_warning(*_: Any, **__: Any) -> None:
    """Drop warnings: Rasa's quote training data and messages."""


def _quiet_structlog() -> None:
    import structlog

    structlog.configure(
        processors=[_drop_everything_but_the_event],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def _drop_everything_but_the_event(
    _logger: Any, _method: str, fields: MutableMapping[str, Any]
) -> Mapping[str, Any]:
    event = str(fields.get("event", ""))
    return {"msg": event if _EVENT_NAME.match(event) else "foreign"}


def _quiet_excepthook() -> None:
    def hook(kind: type[BaseException], error: BaseException, _trace: Any) -> None:
        if issubclass(kind, KeyboardInterrupt):
            return
        Log("process").error("process.crashed", error)

    sys.excepthook = hook
