"""A channel's name for a person: known to the hub by a keyed hash only.

Channels that push (messengers) must learn where to send, so for them alone the
address is kept as well, sealed with AES-GCM. Whoever has the database without the
key learns neither; a new key makes all old conversations nobody's.
"""

from __future__ import annotations

import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE_BYTES = 12


class AddressUnreadable(Exception):
    """A sealed address cannot be opened: it was sealed with another key."""


class Addresses:
    """Hashes and seals addresses.

    Args:
        key: the secret of this installation.
        pushing: names of the channels whose addresses are kept sealed.

    Raises:
        ValueError: the key is empty.
    """

    def __init__(self, key: str, pushing: frozenset[str]) -> None:
        if not key:
            raise ValueError("address_key is empty: the hub needs a secret to hash addresses")
        self._key = key.encode()
        self._pushing = pushing
        derived = HKDF(SHA256(), 32, salt=None, info=b"stadtdraht address seal").derive(self._key)
        self._cipher = AESGCM(derived)

    def hashed(self, channel: str, address: str) -> str:
        """Return the keyed hash (HMAC-SHA-256, hexadecimal) of an address of a channel."""
        named = f"{channel}\x00{address}".encode()
        return hmac.new(self._key, named, hashlib.sha256).hexdigest()

    def sealed(self, channel: str, address: str, conversation: str) -> bytes | None:
        """Return the address readable for the holder of the key, None when nobody needs it."""
        if channel not in self._pushing:
            return None
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, address.encode(), conversation.encode())

    def opened(self, sealed: bytes, conversation: str) -> str:
        """Return the address that `sealed` hid.

        Raises:
            AddressUnreadable: another key, another conversation or damaged.
        """
        nonce, hidden = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        try:
            return self._cipher.decrypt(nonce, hidden, conversation.encode()).decode()
        except (InvalidTag, ValueError) as error:
            raise AddressUnreadable(conversation) from error
