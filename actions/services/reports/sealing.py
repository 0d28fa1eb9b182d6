"""Reports at rest: encrypted, because they hold names, addresses and what somebody saw."""

from __future__ import annotations

import base64
import json
import os
from dataclasses import replace

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import TypeAdapter

from actions.services.reports.report import Photo, Report

_NONCE_BYTES = 12
_REPORT = TypeAdapter(Report)


class SealBroken(Exception):
    """What is stored was sealed with another key or was changed."""


class Seal:
    """Seals and opens reports with AES-256-GCM; the ticket is bound to its content.

    Args:
        secret: any secret of the installation; the key is derived from it (HKDF-SHA-256).

    Raises:
        ValueError: the secret is too short to protect anything.
    """

    def __init__(self, secret: str) -> None:
        if len(secret) < 16:
            raise ValueError("the secret for stored reports needs at least 16 characters")
        derived = HKDF(hashes.SHA256(), 32, None, b"stadtdraht reports 1").derive(secret.encode())
        self._cipher = AESGCM(derived)

    def seal(self, report: Report) -> bytes:
        """Return a report as encrypted bytes."""
        photo = base64.b64encode(report.photo.content).decode() if report.photo else None
        plain = _REPORT.dump_python(replace(report, photo=None), mode="json")
        told = json.dumps({"report": plain, "photo": photo}).encode()
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, told, report.ticket.encode())

    def open(self, sealed: bytes, ticket: str) -> Report:
        """Return the report of a ticket.

        Raises:
            SealBroken: the bytes are not what was sealed for this ticket.
        """
        nonce, content = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            told = json.loads(self._cipher.decrypt(nonce, content, ticket.encode()))
        except (InvalidTag, ValueError) as error:
            raise SealBroken(ticket) from error
        report = _REPORT.validate_python(told["report"])
        photo = Photo(base64.b64decode(told["photo"])) if told["photo"] else None
        return replace(report, photo=photo)
