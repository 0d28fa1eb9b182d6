"""Fetched calendars, kept in memory and in a folder so that a restart does not lose them."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import structlog

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Copy:
    """The last good copy of a feed and when it was fetched (aware, UTC)."""

    content: bytes
    fetched_at: dt.datetime


class FeedCopies:
    """The last good copy of each feed.

    Args:
        folder: where copies are kept over a restart; None keeps them in memory only.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._copies: dict[str, Copy] = {}

    def get(self, url: str) -> Copy | None:
        """Return the copy of a feed, or None when there is none that can be read."""
        if url not in self._copies and (read := self._read(url)) is not None:
            self._copies[url] = read
        return self._copies.get(url)

    def put(self, url: str, content: bytes, fetched_at: dt.datetime) -> None:
        """Keep a copy. A folder that cannot be written costs the copy on disk only."""
        self._copies[url] = Copy(content, fetched_at)
        if self._folder is None:
            return
        file = self._file(self._folder, url)
        record = {"fetched_at": fetched_at.isoformat(), "content": content.decode("latin-1")}
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            fresh = file.with_suffix(".new")
            fresh.write_text(json.dumps(record), encoding="utf-8")
            fresh.replace(file)
        except OSError as error:
            _log.warning("feed_copy_not_kept", error=type(error).__name__)

    def _read(self, url: str) -> Copy | None:
        if self._folder is None:
            return None
        try:
            record = json.loads(self._file(self._folder, url).read_text(encoding="utf-8"))
            fetched_at = dt.datetime.fromisoformat(record["fetched_at"])
            return Copy(record["content"].encode("latin-1"), fetched_at)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    @staticmethod
    def _file(folder: Path, url: str) -> Path:
        return folder / f"{hashlib.sha256(url.encode()).hexdigest()[:32]}.json"
