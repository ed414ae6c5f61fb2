"""ML-KEM-768 as Wycheproof has it, through the keys of envelopes; both libraries run every case they can.

``cryptography`` cannot be told its coins, so kyber-py recomputes the ciphertexts of the encapsulation cases; there
``cryptography`` says which keys it refuses. No case is left out.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.errors import InputError
from focusmesh.protocol.identity.envelope_keys import EnvelopeKey, split_public

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Needs, Vectors

CURVE = b"\x09" + bytes(31)


def cases(vectors: Vectors, name: str) -> Iterator[dict[str, Any]]:
    groups = json.loads((vectors("wycheproof") / name).read_text())["testGroups"]
    return (case for group in groups for case in group["tests"])


def decapsulated(case: dict[str, Any]) -> str:
    key = EnvelopeKey(bytes.fromhex(case["seed"]) + CURVE)
    assert key.public[:-32].hex() == case["ek"]
    return bytes(key.kem.decapsulate(bytes.fromhex(case["c"]))).hex()


def test_decapsulation(vectors: Vectors) -> None:
    """Wrong lengths of seeds and ciphertexts are refused; changed ciphertexts give the other secret."""
    results: Counter[str] = Counter()
    for case in cases(vectors, "mlkem_768_test.json"):
        results[case["result"]] += 1
        if case["result"] == "valid":
            assert decapsulated(case) == case["K"], case["tcId"]
        else:
            with pytest.raises(ValueError, match=r"ciphertext|secret bytes"):
                decapsulated(case)
    assert results == {"valid": 153, "invalid": 40}


def test_public_keys(vectors: Vectors) -> None:
    """Keys of a wrong length and keys whose coefficients are not reduced are refused before use."""
    results: Counter[str] = Counter()
    for case in cases(vectors, "mlkem_768_encaps_test.json"):
        results[case["result"]] += 1
        public = bytes.fromhex(case["ek"]) + CURVE
        if case["result"] == "valid":
            assert split_public(public)[0].public_bytes_raw().hex() == case["ek"]
        else:
            with pytest.raises(InputError, match="public key"):
                split_public(public)
    assert results == {"valid": 133, "invalid": 132}


def test_encapsulation_by_a_second_library(vectors: Vectors, needs: Needs) -> None:
    """With the coins of the vector the ciphertext is the vector's; invalid keys are refused there too."""
    kem = needs("kyber_py.ml_kem").ML_KEM_768
    for case in cases(vectors, "mlkem_768_encaps_test.json"):
        public, coins = bytes.fromhex(case["ek"]), bytes.fromhex(case["m"])
        if case["result"] == "valid":
            secret, ciphertext = kem._encaps_internal(public, coins)
            assert (secret.hex(), ciphertext.hex()) == (case["K"], case["c"]), case["tcId"]
        else:
            with pytest.raises(ValueError, match="encapsulation key failed"):
                kem._encaps_internal(public, coins)
