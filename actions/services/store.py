"""Holds the records and notices when an author has changed a file."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import structlog

from actions.services.records import FileCache, Records, RecordsError, fingerprint, load_records

LOOK_EVERY_SECONDS = 5.0

_log = structlog.get_logger(__name__)


_FILES = FileCache()
"""Shared by all stores of a process: reading a whole country's files takes seconds."""


class RecordsStore:
    """The records of the folder ``data``, read at start and again after a change.

    Args:
        root: the folder with ``municipalities``, ``gazetteers`` and ``de``.
        monotonic: seconds for the pause between two looks at the files.

    Raises:
        RecordsError: the records are wrong at start. A later wrong change keeps
            the last good records and is logged.
    """

    def __init__(self, root: Path, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._root = root.resolve()
        self._monotonic = monotonic
        self._seen = fingerprint(self._root)
        self._looked = monotonic()
        self._records = load_records(self._root, _FILES)

    def current(self) -> Records:
        """Return the newest records that are valid."""
        if self._monotonic() - self._looked >= LOOK_EVERY_SECONDS:
            self._looked = self._monotonic()
            self._look()
        return self._records

    def _look(self) -> None:
        seen = fingerprint(self._root)
        if seen == self._seen:
            return
        self._seen = seen
        try:
            self._records = load_records(self._root, _FILES)
        except RecordsError as error:
            _log.error("records_rejected", problems=len(error.problems), first=error.problems[0])
        else:
            _log.info("records_reloaded", files=seen[0])
