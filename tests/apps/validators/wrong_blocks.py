"""Blocks of a small network that are wrong in one thing, votes for them, and the proofs against them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from focusmesh.kernel.availability import BadEncoding
from focusmesh.kernel.block import dry_run_block
from focusmesh.kernel.consensus import Ballot, Proposal, Vote, VoteSlots
from focusmesh.kernel.focus import Delta, insert_particles
from focusmesh.kernel.fraud import FOCUS, WrongBlock, prosecute
from tests.apps.validators.paying import Paying
from tests.kernel.availability.test_repair import Evil, K, changed, committed, repaired, taken
from tests.kernel.block.voted import VALIDATORS
from tests.kernel.fraud.liar import lie_of, signal
from tests.kernel.fraud.lies import LIES
from tests.kernel.fraud.test_fraud import HUB, drawn

if TYPE_CHECKING:
    import pytest

    from focusmesh.kernel.availability import Roots
    from focusmesh.kernel.block import Block, Header
    from focusmesh.protocol.identity import SigningKey

NEXT = drawn(20, 2)


class Wronged(Paying):
    """A network with some links, and what may come next."""

    def __init__(self, **rules: int) -> None:
        super().__init__([10_000] * 4, VALIDATORS, **rules)
        for links in (drawn(100, 1), HUB):
            self.block(signal(self, links, VALIDATORS[0]))

    def lied(self, name: str, patch: pytest.MonkeyPatch) -> tuple[Header, bytes]:
        """The header of a next block with a focus that is wrong in one thing, and the proof of that."""
        block = self._next()
        with dry_run_block(self.chain, block) as made:
            after = made.focus.ahead(made.edits)
            read = Delta.decode(made.body.focus, len(after.order))
            vector = read.apply_to(insert_particles(after.vector, after.places, read.start))
        stage: Any = SimpleNamespace(chain=self.chain)
        lie = lie_of(stage, block, after.with_vector(vector))
        with patch.context() as patched:
            tell, _ = LIES[name]
            tell(lie, patched)
            told, liar = lie.told()
        proof = prosecute(self.chain, told, None, liar)
        assert proof is not None
        return told.header, proof

    def coded_badly(self) -> tuple[Header, Roots, bytes]:
        """The header of a next block with a line that is coded badly, the roots of its square, and the proof."""
        shares = changed((2, K + 1, 7))
        roots, known = committed(shares), np.ones((2 * K, 2 * K), dtype=bool)
        given = taken(Evil(shares), known, 1)
        proof = BadEncoding.of(repaired(Evil(shares), known, roots), given)
        header = msgspec.structs.replace(self._next().header, data_root=roots.data_root)
        return header, roots, proof.encode()

    def _next(self) -> Block:
        """The next block, right and undecided."""
        nonce = self.nonces[VALIDATORS[0].public]
        block = self.made(signal(self, NEXT, VALIDATORS[0]))
        self.nonces[VALIDATORS[0].public] = nonce
        return block

    def accused(
        self,
        key: SigningKey,
        header: Header,
        proof: bytes,
        beside: bytes | None = None,
        kind: str = FOCUS,
        step: str = "quorum/notarise",
    ) -> WrongBlock:
        """Evidence that a key voted for a block."""
        nothing = bytes(32)
        proposal = Proposal(header.epoch, 7, header.height, nothing, header.id, nothing)
        slot = VoteSlots(header.network, header.epoch, "quorum").notarise(7)._replace(step=step)
        vote = Vote.sign(Ballot(slot, proposal.digest(header.network)), key)
        parent = self.chain.tip.encode() if beside is None else beside
        return WrongBlock.of(kind, vote, proposal, header, parent, proof)
