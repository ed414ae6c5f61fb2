"""A run of blocks under one decision, one of them with a wrong focus, and who has its pages."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import msgspec

from focusmesh.kernel.block import SignedHeader, dry_run_block
from focusmesh.kernel.focus import Delta, insert_particles
from tests.kernel.block.ledger import sealed
from tests.kernel.block.voted import VALIDATORS, Voted, agreed
from tests.kernel.fraud.liar import lie_of, signal
from tests.kernel.fraud.lies import cell

if TYPE_CHECKING:
    from focusmesh.kernel.block import Block, Chain, Header
    from tests.kernel.fraud.liar import Liar, Lie

LINKS = [(f"p{at}", f"p{at + 1}", 3) for at in range(20)]
MORE = [[("p3", "p9", 1)], [("p4", "p1", 2)], [("p7", "p2", 5)]]
LENGTH = len(MORE)


class LiedRun:
    """A run of blocks after the first, the one at ``at`` with a wrong focus; its validators decide the last alone."""

    def __init__(self, at: int) -> None:
        self.voted = Voted(began=agreed(epoch_blocks=100))
        self.voted.block(signal(self.voted, LINKS, VALIDATORS[0]))
        self.blocks: list[Block] = []
        self.liar: Liar
        self._made: list[Header] = []
        for number, links in enumerate(MORE):
            block = self._next(links)
            if number == at:
                lie = self._lie(block)
                cell(lie, 3, "Q5", 1)
                block, self.liar = lie.told()
            elif number > at:
                # What follows a wrong block is of its parent, and of nobody's making.
                header = msgspec.structs.replace(block.header, parent=self.blocks[-1].id)
                block = sealed(header, block.body, VALIDATORS[0])
            self.blocks.append(block)
        self.decision = self.voted.decision(self.blocks[-1].header)
        self.wrong = self.blocks[at]

    @property
    def chain(self) -> Chain:
        return self.voted.chain

    def parent(self) -> Header:
        """The header before the wrong one."""
        at = self.blocks.index(self.wrong)
        return self.blocks[at - 1].header if at else self.chain.tip

    def signed(self) -> list[SignedHeader]:
        """The run as peers are given it."""
        decisions = [b""] * (LENGTH - 1) + [self.decision]
        return [
            SignedHeader(block.header_bytes, block.proof, b"", decision)
            for block, decision in zip(self.blocks, decisions, strict=True)
        ]

    def _next(self, links: Any) -> Block:
        candidates = self.voted.candidates
        made = self._made[-1] if self._made else candidates.final
        proposed = candidates.make(
            made.id, [signal(self.voted, links, VALIDATORS[0])], made.time + 1, VALIDATORS[0]
        )
        assert proposed.block is not None
        self._made.append(proposed.block.header)
        return proposed.block

    def _lie(self, block: Block) -> Lie:
        """The block with its particles, axons and vector, as its parent's chain has them."""
        before = self.blocks
        count, chain = self.voted.candidates.beyond([(each, None) for each in before])
        assert count == len(before)
        with dry_run_block(chain, block) as made:
            after = made.focus.ahead(made.edits)
            read = Delta.decode(made.body.focus, len(after.order))
            vector = read.apply_to(insert_particles(after.vector, after.places, read.start))
        stage: Any = SimpleNamespace(chain=chain)
        return lie_of(stage, block, after.with_vector(vector))
