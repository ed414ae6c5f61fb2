"""Proofs of fraud as a file that other implementations are held to: ``fraud_vectors.json``.

Bytes are in base64. All blocks have the same parameters (dag-cbor) and the same ``parent``; a case has the header of
one, the proof against it, and what that shows. ``refused`` are proofs of cases with a bit turned, or held against the
block of another case: they show nothing.
Written anew by ``python -m tests.kernel.fraud.vectors``; the explorer's verifier is tested on it too.
"""

from __future__ import annotations

import json
import random
from base64 import b64decode, b64encode
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from focusmesh.errors import ProofError
from focusmesh.kernel.block import Header
from focusmesh.kernel.fraud import prosecute, verify_fraud
from focusmesh.kernel.state import Parameters
from focusmesh.protocol.codec import decode, encode
from tests.kernel.fraud.liar import ledger_of, lie_about
from tests.kernel.fraud.lies import LIES

if TYPE_CHECKING:
    from tests.kernel.block.ledger import Ledger

PATH = Path(__file__).with_name("fraud_vectors.json")
ALIKE = {f"page of tree {tree}" for tree in range(5)} | {
    "D",
    "Q1",
    "Q8",
    "limit",
    "parameters",
    "height",
}
NAMES = [f"name {at}" for at in range(24)]


def ledger() -> Ledger:
    """A small one, with a particle of more links than a page has."""
    hub = [*(("hub", name, 3) for name in NAMES), *((name, "hub", 2) for name in NAMES[5:])]
    ring = [(one, other, 7) for one, other in zip(NAMES, NAMES[3:], strict=False)]
    return ledger_of([ring, [*hub, ("hub", "dangling", 4)]])


def cases(made: Ledger) -> list[dict[str, Any]]:
    """One for each lie, of those that are alike for one of them."""
    found = []
    for name, (tell, kind) in LIES.items():
        if name in ALIKE:
            continue
        lie = lie_about(made, [(NAMES[1], NAMES[9], 2), (NAMES[4], "new", 5)])
        with pytest.MonkeyPatch.context() as patch:
            tell(lie, patch)
            block, liar = lie.told()
        proof = prosecute(made.chain, block, None, liar)
        assert proof is not None
        found.append(
            {
                "name": name,
                "kind": kind,
                "header": _text(block.header.encode()),
                "proof": _text(proof),
            }
        )
    return found


def holds(file: dict[str, Any], at: int, proof: bytes) -> str | None:
    """The rule that the block of a case is shown to break, None where nothing is shown."""
    head = Header.decode(b64decode(file["cases"][at]["header"]))
    parent = Header.decode(b64decode(file["parent"]))
    fields = decode(b64decode(file["parameters"]))
    parameters = msgspec.convert(fields, Parameters, builtin_types=(bytes,))
    try:
        return verify_fraud(proof, head, parent, parameters).kind
    except ProofError:
        return None


def turned(proof: bytes, bit: int) -> bytes:
    """A proof with one bit the other way."""
    bent = bytearray(proof)
    bent[bit // 8] ^= 1 << bit % 8
    return bytes(bent)


def written() -> dict[str, Any]:
    """The whole file."""
    made, chance = ledger(), random.Random(4)
    parameters = _text(encode(made.chain.parameters.as_fields()))
    file: dict[str, Any] = {
        "parameters": parameters,
        "parent": _text(made.chain.tip.encode()),
        "cases": cases(made),
    }
    refused = []
    for at, case in enumerate(file["cases"]):
        proof = b64decode(case["proof"])
        bits = [chance.randrange(8 * len(proof)) for _ in range(6)]
        refused += [
            {"proof": at, "against": at, "bit": bit}
            for bit in bits
            if holds(file, at, turned(proof, bit)) is None
        ]
        refused.append({"proof": at, "against": at - 1 if at else 1})
    return {**file, "refused": refused}


def _text(data: bytes) -> str:
    return b64encode(data).decode()


if __name__ == "__main__":
    PATH.write_text(json.dumps(written(), indent=1) + "\n", encoding="utf-8")
