"""Wycheproof's Ed25519 cases: forged, malleable and odd signatures."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from focusmesh.protocol.identity import keys, plain

if TYPE_CHECKING:
    from types import ModuleType

    from tests.conftest import Vectors


@pytest.mark.parametrize("way", [keys, plain], ids=["PyNaCl", "plain"])
def test_ed25519(vectors: Vectors, way: ModuleType) -> None:
    """The cases sign messages of any length, so they go to the function under ``verify``."""
    groups = json.loads((vectors("wycheproof") / "ed25519_test.json").read_text())["testGroups"]
    counted = {"valid": 0, "invalid": 0}
    for group in groups:
        public = bytes.fromhex(group["publicKey"]["pk"])
        for test in group["tests"]:
            message, signature = bytes.fromhex(test["msg"]), bytes.fromhex(test["sig"])
            counted[test["result"]] += 1
            sized = way is keys or len(signature) == 64
            found = sized and way.holds(public, message, signature)
            assert found == (test["result"] == "valid"), test
    assert counted == {"valid": 88, "invalid": 63}
