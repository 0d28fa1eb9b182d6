import base64

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from channels.matrix.signing import canonical, identity, new_seeds, public_key, with_signature

USER = "@assistent:soest.de"


def verify(signed: dict, key: str) -> None:
    """Raise unless ``key`` signed the object, as the specification says it."""
    signature = signed["signatures"][USER][f"ed25519:{key}"]
    bare = {name: value for name, value in signed.items() if name not in {"signatures", "unsigned"}}
    Ed25519PublicKey.from_public_bytes(_raw(key)).verify(_raw(signature), canonical(bare))


def _raw(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4))


def test_canonical_json_is_that_of_the_specification():
    assert canonical({"b": "日", "a": {"d": [1, None], "c": True}}) == (
        '{"a":{"c":true,"d":[1,null]},"b":"日"}'.encode()
    )


def test_a_signature_is_that_of_the_specification():
    """Test vectors of the appendix "Signing JSON"."""
    seed = "YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1"
    signed = with_signature({"one": 1, "two": "Two"}, "domain", seed)
    [signature] = signed["signatures"]["domain"].values()
    assert signature == (
        "KqmLSbO39/Bzb0QIYE82zqLwsA+PDzYIpIRA2sRQ4sL53+sN6/fpNSoqE7BP7vBZhG6kYdD13EIMJpvhJI+6Bw"
    )


def test_the_master_key_signs_the_two_others():
    seeds = new_seeds()
    keys = identity(USER, seeds)
    assert keys.keys() == {"master_key", "self_signing_key", "user_signing_key"}
    for usage in ("self_signing", "user_signing"):
        verify(keys[f"{usage}_key"], public_key(seeds["master"]))
    assert all(seed not in str(keys) for seed in seeds.values())


def test_a_signature_is_added_to_those_that_are_there():
    seeds = new_seeds()
    device = {"device_id": "G", "signatures": {USER: {"ed25519:G": "eigene"}}, "unsigned": {"x": 1}}
    signed = with_signature(device, USER, seeds["self_signing"])
    assert signed["signatures"][USER]["ed25519:G"] == "eigene"
    verify(signed, public_key(seeds["self_signing"]))
    with pytest.raises(InvalidSignature):
        verify(signed | {"device_id": "H"}, public_key(seeds["self_signing"]))
