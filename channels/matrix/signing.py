"""Cross-signing: the account vouches for its own device, as today's clients demand.

Since April 2026 Element leaves out devices that their owner has not signed (MSC4153);
matrix-nio cannot sign. Three Ed25519 keys are made once: the master key signs the other
two, the self-signing key signs the device. Losing them would show every citizen a new
identity, so they are kept sealed with the connector's other secrets.

Source: Matrix specification, Client-Server API, "Cross-signing" and "Signing JSON".
"""

from __future__ import annotations

import base64
import json
from typing import Any

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from channels.matrix.homeserver import API_ROOT, Homeserver, ServerRefused
from channels.matrix.store import Store

USAGES = ("master", "self_signing", "user_signing")
API = f"{API_ROOT}/keys"

log = structlog.get_logger(__name__)

Object = dict[str, Any]


class ForeignIdentity(Exception):
    """Somebody else made an identity for this account; it is not replaced unasked."""


async def sign_device(server: Homeserver, store: Store) -> None:
    """Make sure that the account's identity is published and our device is signed by it.

    Raises:
        MatrixError: the server cannot or will not do it now.
        ForeignIdentity: the account has an identity whose keys we do not have.
    """
    user, device = server.account.user, str(server.client.device_id)
    known = await server.call("POST", f"{API}/query", {"device_keys": {user: []}})
    published = known.get("master_keys", {}).get(user)
    seeds = store.signing_seeds()
    if published is not None and (seeds is None or not _is_ours(published, seeds)):
        raise ForeignIdentity(user)
    if seeds is None:
        seeds = new_seeds()
        store.keep_signing_seeds(seeds)  # before it is published: it must not get lost
    if published is None:
        await _publish(server, identity(user, seeds))
    keys = known.get("device_keys", {}).get(user, {}).get(device)
    if keys is None:
        raise ServerRefused("device keys are not there yet", 404)
    signer = f"ed25519:{public_key(seeds['self_signing'])}"
    if signer not in keys.get("signatures", {}).get(user, {}):
        keys.pop("unsigned", None)
        signed = with_signature(keys, user, seeds["self_signing"])
        answer = await server.call("POST", f"{API}/signatures/upload", {user: {device: signed}})
        if answer.get("failures"):
            raise ServerRefused("signature refused", 400)
        log.info("matrix_device_signed", account=server.account.name)


def new_seeds() -> dict[str, str]:
    """Return three new private keys in unpadded base64, by their usage."""
    return {usage: _base64(Ed25519PrivateKey.generate().private_bytes_raw()) for usage in USAGES}


def identity(user: str, seeds: dict[str, str]) -> Object:
    """Return the public keys of an identity, as ``device_signing/upload`` takes them."""
    keys = {usage: _key_object(user, usage, seeds[usage]) for usage in USAGES}
    for usage in ("self_signing", "user_signing"):
        keys[usage] = with_signature(keys[usage], user, seeds["master"])
    return {f"{usage}_key": key for usage, key in keys.items()}


def public_key(seed: str) -> str:
    """Return the public key of a private one, both in unpadded base64."""
    return _base64(_private(seed).public_key().public_bytes_raw())


def with_signature(signed: Object, user: str, seed: str) -> Object:
    """Return a JSON object with one more signature."""
    bare = {name: value for name, value in signed.items() if name not in {"signatures", "unsigned"}}
    signature = _base64(_private(seed).sign(canonical(bare)))
    signatures = {each: dict(by_key) for each, by_key in signed.get("signatures", {}).items()}
    signatures.setdefault(user, {})[f"ed25519:{public_key(seed)}"] = signature
    return bare | {"signatures": signatures}


def canonical(value: Object) -> bytes:
    """Return canonical JSON: sorted keys, no blanks, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


async def _publish(server: Homeserver, keys: Object) -> None:
    path = f"{API}/device_signing/upload"
    answer = await server.call("POST", path, keys)
    if "session" in answer:  # the server wants the password for this
        account = server.account
        proof = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": account.user},
            "password": account.password,
            "session": answer["session"],
        }
        answer = await server.call("POST", path, keys | {"auth": proof})
        if "session" in answer:
            raise ServerRefused("M_FORBIDDEN", 401)


def _is_ours(published: Object, seeds: dict[str, str]) -> bool:
    return public_key(seeds["master"]) in published.get("keys", {}).values()


def _key_object(user: str, usage: str, seed: str) -> Object:
    key = public_key(seed)
    return {"user_id": user, "usage": [usage], "keys": {f"ed25519:{key}": key}}


def _private(seed: str) -> Ed25519PrivateKey:
    padded = seed + "=" * (-len(seed) % 4)
    return Ed25519PrivateKey.from_private_bytes(base64.b64decode(padded))


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode().rstrip("=")
