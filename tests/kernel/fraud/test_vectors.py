"""The vectors that other implementations are held to are what this one says."""

from __future__ import annotations

import json
from base64 import b64decode

from focusmesh.kernel.fraud.rules.rules import RULES
from tests.kernel.fraud.vectors import PATH, holds, turned

VECTORS = json.loads(PATH.read_text(encoding="utf-8"))


def test_proofs_show_what_they_are_said_to_show() -> None:
    for at, case in enumerate(VECTORS["cases"]):
        assert holds(VECTORS, at, b64decode(case["proof"])) == case["kind"], case["name"]


def test_what_is_no_proof_is_refused() -> None:
    for refused in VECTORS["refused"]:
        proof = b64decode(VECTORS["cases"][refused["proof"]]["proof"])
        bent = turned(proof, refused["bit"]) if "bit" in refused else proof
        assert holds(VECTORS, refused["against"], bent) is None


def test_every_rule_has_a_proof() -> None:
    """The three others are in test_fraud_states and test_rules."""
    elsewhere = {"none", "left-out", "leader-missing"}
    assert {case["kind"] for case in VECTORS["cases"]} | elsewhere == set(RULES)
