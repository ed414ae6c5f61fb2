"""A ledger whose operator changes between two turns of the focus, and what is said of its next block."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.kernel.fraud.forms import FraudProof
from tests.kernel.block.changing import Solo, copies
from tests.kernel.block.ledger import KEYS, PROPOSER, particle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.kernel.block import Block


def changed_operator(links: Sequence[tuple[str, str, int]]) -> tuple[Solo, Block]:
    """A ledger with a focus every fourth block, and the first one under another operator, which it has not taken in."""
    ledger = Solo(focus_interval=4)
    listed = [["link/1", particle(a), particle(b), b"", amount] for a, b, amount in links]
    for _ in range(4):
        ledger.block(ledger.signed(KEYS[1], *listed))
    assert ledger.change(("alpha", ledger.chain.parameters.alpha * 3 // 2)) == "ok"
    maker = ledger.follower()
    copies(ledger.chain, maker)
    made = maker.propose([ledger.links(KEYS[1], ("p3", "p9"))], maker.tip.time + 1, PROPOSER)
    assert made.block is not None
    return ledger, made.block


def certificate_proof(block: Block) -> bytes:
    """Says that the certificate of a block is wrong; it shows nothing besides the headers."""
    return FraudProof(block.header.id, "certificate", (), b"", (), (), (), ()).encode()
