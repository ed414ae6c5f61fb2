"""One row with the names of its links, and what it proves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.kernel.state.links.changes import weights_of
from focusmesh.kernel.state.rows.merge import axon_starts
from focusmesh.kernel.state.rows.proof import AUTHORS, WEIGHTS, RowValue, prove, subtree

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import ByteArray, MassArray
    from focusmesh.kernel.state.rows.merge import Names
    from focusmesh.kernel.state.rows.proof import PageProof
    from focusmesh.kernel.state.rows.records import Links


@dataclass(frozen=True)
class Row:
    """The links of one particle in the order of their keys: keys are target ‖ relation ‖ neuron, uint8 (k, 96)."""

    source: bytes
    keys: ByteArray
    amounts: MassArray
    heights: MassArray
    targets: ByteArray
    weights: MassArray

    @classmethod
    def of(cls, source: bytes, names: Names, links: Links, weight_unit: int) -> Row:
        """Of at least one link, in order."""
        start = axon_starts(links, np.array([0, len(links)]))
        totals = np.add.reduceat(links["amount"], start)
        return cls(
            source,
            names.keys(links),
            links["amount"].astype(np.uint64),
            links["height"].astype(np.uint64),
            names.digests[0][links["target"][start]],
            weights_of(totals, weight_unit),
        )

    def value(self) -> bytes:
        """What the state tree has for this row: 88 bytes. O(links)."""
        weights = subtree(WEIGHTS, self.weight_entries())
        authors = subtree(AUTHORS, self.author_entries())
        total = int.from_bytes(weights[32:], "big")
        counts = len(self.amounts), len(self.weights)
        return RowValue(*counts, total, weights[:32], authors).encode()

    def weight_entries(self) -> bytes:
        """All entries of the weights tree: with the row's value, a proof of every axon (``verify_weights``)."""
        return entries_of(self.targets, self.weights)

    def author_entries(self) -> bytes:
        """All entries of the authors tree: with the row's value, a proof of every link (``verify_authors``)."""
        return entries_of(self.keys, self.amounts, self.heights)

    def prove_axon(self, target: bytes) -> PageProof:
        """The page that shows the axon to ``target``, or that there is none. O(links)."""
        return prove(WEIGHTS, self.weight_entries(), target)

    def prove_link(self, target: bytes, relation: bytes, neuron: bytes) -> PageProof:
        """The page that shows a link (``relation`` zeros for none), or that there is none. O(links)."""
        return prove(AUTHORS, self.author_entries(), target + relation + neuron)


def entries_of(keys: ByteArray, *numbers: MassArray) -> bytes:
    """Entries of a row's tree as bytes: key, then the numbers."""
    columns = [number.astype(">u8").view(np.uint8).reshape(-1, 8) for number in numbers]
    return np.concatenate([keys, *columns], axis=1).tobytes()
