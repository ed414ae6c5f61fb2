"""Wycheproof's Ed25519 cases: forged, malleable and odd signatures."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from focusmesh.protocol.identity.keys import holds

if TYPE_CHECKING:
    from tests.conftest import Vectors


def test_ed25519(vectors: Vectors) -> None:
    """The cases sign messages of any length, so they go to the function under ``verify``."""
    groups = json.loads((vectors("wycheproof") / "ed25519_test.json").read_text())["testGroups"]
    counted = {"valid": 0, "invalid": 0}
    for group in groups:
        public = bytes.fromhex(group["publicKey"]["pk"])
        for test in group["tests"]:
            message, signature = bytes.fromhex(test["msg"]), bytes.fromhex(test["sig"])
            counted[test["result"]] += 1
            assert holds(public, message, signature) == (test["result"] == "valid"), test
    assert counted == {"valid": 88, "invalid": 63}
