"""What the connector itself must remember of one account: its place, its login, its choices.

A small SQLite file per account. What names a person or a room is kept as a keyed hash
or sealed, as in the hub; the words of a conversation are not kept at all.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from contracts.messages import Button

NONCE_BYTES = 12
KEPT_SECONDS = 30 * 86_400

_SCHEMA = """
CREATE TABLE IF NOT EXISTS memory (name TEXT PRIMARY KEY, sealed BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS rooms (room TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS notes (
    room TEXT NOT NULL, note TEXT NOT NULL, PRIMARY KEY (room, note));
CREATE TABLE IF NOT EXISTS late (event TEXT PRIMARY KEY, sealed BLOB NOT NULL, at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS events (
    event TEXT PRIMARY KEY, own INTEGER NOT NULL, at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS threads (event TEXT PRIMARY KEY, sealed BLOB NOT NULL, at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS choices (
    address TEXT PRIMARY KEY, sealed BLOB NOT NULL, at REAL NOT NULL);
"""
_FORGETTING = (
    "DELETE FROM events WHERE at < ?",
    "DELETE FROM threads WHERE at < ?",
    "DELETE FROM choices WHERE at < ?",
)


class StoreUnreadable(Exception):
    """The store was sealed with another key (``address_key`` of the installation)."""


@dataclass(frozen=True)
class Choices:
    """The buttons that a person sees last, and whether a number chooses."""

    answers: str | None
    """Message id that the delivery answered."""
    numbered: bool
    buttons: tuple[Button, ...]


class Store:
    """The memory of one account.

    Args:
        file: the SQLite file; its folder is made.
        key: the installation's secret.

    Raises:
        StoreUnreadable: what is there was sealed with another key.
    """

    def __init__(self, file: Path, key: str) -> None:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._key = HKDF(SHA256(), 32, salt=None, info=b"stadtdraht matrix").derive(key.encode())
        self._cipher = AESGCM(self._key)
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
        self._connection = sqlite3.connect(file, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        self._connection.executescript(_SCHEMA)
        self._memory("since")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def pickle_key(self) -> str:
        """Return the key with which matrix-nio encrypts the keys of encrypted rooms."""
        return hmac.new(self._key, b"pickle", hashlib.sha256).hexdigest()

    # ---- place ----------------------------------------------------------------

    def since(self) -> str | None:
        """Return the sync token up to which everything is in the hub, None at the start."""
        return self._memory("since")

    def advance(self, since: str, *, joined: Iterable[str] = (), left: Iterable[str] = ()) -> None:
        """Remember in one transaction the place, the rooms we are in and those we left."""
        with self._transaction() as connection:
            connection.executemany(
                "INSERT OR IGNORE INTO rooms (room) VALUES (?)",
                [(self._hashed(room),) for room in joined],
            )
            for room in left:
                connection.execute("DELETE FROM rooms WHERE room = ?", (self._hashed(room),))
                connection.execute("DELETE FROM notes WHERE room = ?", (self._hashed(room),))
            self._remember("since", since)
            for statement in _FORGETTING:
                connection.execute(statement, (time.time() - KEPT_SECONDS,))

    def knows(self, room: str) -> bool:
        """Tell whether we were in a room at the last place."""
        query = "SELECT 1 FROM rooms WHERE room = ?"
        return self._connection.execute(query, (self._hashed(room),)).fetchone() is not None

    def was_told(self, room: str, note: str) -> bool:
        """Tell whether a note was given in a room already."""
        return note in self._notes(room)

    def mark_told(self, room: str, note: str) -> None:
        """Remember that a note was given in a room."""
        self._connection.execute(
            "INSERT INTO notes (room, note) VALUES (?, ?) ON CONFLICT DO NOTHING",
            (self._hashed(room), note),
        )

    # ---- messages whose key is not there yet --------------------------------------

    def keep_late(self, event: str, room: str, source: dict[str, Any]) -> None:
        """Keep an encrypted event until its key comes."""
        hashed = self._hashed(event)
        self._connection.execute(
            "INSERT OR IGNORE INTO late VALUES (?, ?, ?)",
            (hashed, self._sealed(hashed, json.dumps([room, source])), time.time()),
        )

    def late(self) -> list[tuple[float, str, dict[str, Any]]]:
        """Return what waits for its key, oldest first: since when, room and event."""
        rows = self._connection.execute("SELECT event, sealed, at FROM late ORDER BY at, rowid")
        return [(at, *json.loads(self._opened(event, sealed))) for event, sealed, at in rows]

    def drop_late(self, event: str) -> None:
        """Forget an event that waited for its key."""
        self._connection.execute("DELETE FROM late WHERE event = ?", (self._hashed(event),))

    # ---- login ----------------------------------------------------------------

    def login(self) -> tuple[str, str] | None:
        """Return device id and access token of the last login."""
        known = self._memory("login")
        return tuple(json.loads(known)) if known else None

    def keep_login(self, device: str, access_token: str) -> None:
        """Remember a login."""
        self._remember("login", json.dumps([device, access_token]))

    def signing_seeds(self) -> dict[str, str] | None:
        """Return the private cross-signing keys in base64 by their usage."""
        known = self._memory("signing")
        return json.loads(known) if known else None

    def keep_signing_seeds(self, seeds: dict[str, str]) -> None:
        """Remember the private cross-signing keys."""
        self._remember("signing", json.dumps(seeds))

    # ---- events and choices ------------------------------------------------------

    def note_event(self, event: str, *, own: bool) -> None:
        """Remember an event that was dealt with, or that we sent."""
        self._connection.execute(
            "INSERT OR REPLACE INTO events VALUES (?, ?, ?)",
            (self._hashed(event), int(own), time.time()),
        )

    def note_thread(self, event: str, root: str) -> None:
        """Remember the root of the thread that an event was written in."""
        hashed = self._hashed(event)
        self._connection.execute(
            "INSERT OR REPLACE INTO threads VALUES (?, ?, ?)",
            (hashed, self._sealed(hashed, root), time.time()),
        )

    def is_done(self, event: str) -> bool:
        """Tell whether an event was dealt with."""
        return self._own(event) is not None

    def is_own(self, event: str) -> bool:
        """Tell whether we sent an event."""
        return self._own(event) is True

    def thread_of(self, event: str) -> str | None:
        """Return the root of the thread that an event was written in."""
        hashed = self._hashed(event)
        query = "SELECT sealed FROM threads WHERE event = ?"
        row = self._connection.execute(query, (hashed,)).fetchone()
        return self._opened(hashed, row[0]) if row else None

    def keep_choices(self, address: str, choices: Choices) -> None:
        """Remember which buttons a person sees last."""
        hashed = self._hashed(address)
        pairs = [[button.id, button.title] for button in choices.buttons]
        sealed = self._sealed(hashed, json.dumps([choices.answers, choices.numbered, pairs]))
        self._connection.execute(
            "INSERT OR REPLACE INTO choices VALUES (?, ?, ?)", (hashed, sealed, time.time())
        )

    def choices(self, address: str) -> Choices | None:
        """Return the buttons that a person sees last."""
        hashed = self._hashed(address)
        query = "SELECT sealed FROM choices WHERE address = ?"
        row = self._connection.execute(query, (hashed,)).fetchone()
        if row is None:
            return None
        answers, numbered, pairs = json.loads(self._opened(hashed, row[0]))
        return Choices(
            answers, numbered, tuple(Button(id=id_, title=title) for id_, title in pairs)
        )

    def drop_choices(self, address: str) -> None:
        """Forget the buttons of a person."""
        self._connection.execute("DELETE FROM choices WHERE address = ?", (self._hashed(address),))

    # ---- below -------------------------------------------------------------------

    def _notes(self, room: str) -> set[str]:
        query = "SELECT note FROM notes WHERE room = ?"
        return {row[0] for row in self._connection.execute(query, (self._hashed(room),))}

    def _own(self, event: str) -> bool | None:
        query = "SELECT own FROM events WHERE event = ?"
        row = self._connection.execute(query, (self._hashed(event),)).fetchone()
        return bool(row[0]) if row else None

    def _hashed(self, name: str) -> str:
        return hmac.new(self._key, name.encode(), hashlib.sha256).hexdigest()

    def _sealed(self, name: str, value: str) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, value.encode(), name.encode())

    def _opened(self, name: str, sealed: bytes) -> str:
        nonce, hidden = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        try:
            return self._cipher.decrypt(nonce, hidden, name.encode()).decode()
        except InvalidTag as error:
            raise StoreUnreadable("the Matrix store was sealed with another key") from error

    def _memory(self, name: str) -> str | None:
        query = "SELECT sealed FROM memory WHERE name = ?"
        row = self._connection.execute(query, (name,)).fetchone()
        return self._opened(name, row[0]) if row else None

    def _remember(self, name: str, value: str) -> None:
        self._connection.execute(
            "INSERT OR REPLACE INTO memory VALUES (?, ?)", (name, self._sealed(name, value))
        )

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield self._connection
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")
