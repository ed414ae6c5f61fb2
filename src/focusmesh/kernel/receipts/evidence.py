"""What a ledger shows of itself at one height, for whoever makes receipts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from focusmesh.engine.arrays import ByteArray, MassArray
    from focusmesh.kernel.block import Header
    from focusmesh.kernel.receipts.paths import Witness
    from focusmesh.kernel.state import Row


class Evidence(Protocol):
    """One committed block with all that its header stands for."""

    header: Header
    parameters: bytes
    """The network's parameters as ``params_hash`` has them."""
    vector: MassArray
    """The committed vector at this height, uint64, in the order of ``digests``."""
    digests: ByteArray
    """All particles, uint8 (n, 32), rising."""

    def get(self, key: bytes) -> bytes | None:
        """The value of a key of the state."""

    def witness(self, key: bytes) -> Witness:
        """The way to a key, present or not, in the tree under ``header.state_root``."""

    def prove(self, key: bytes) -> bytes:
        """The same as a CommitmentProof of ICS-23."""

    def row(self, source: bytes) -> Row | None:
        """A particle's links, None where it has none."""


def rank_of(digests: ByteArray, digest: bytes) -> int | None:
    """Where a particle stands in committed order, None where it is none. O(log n)."""
    first, stop = 0, len(digests)
    while first < stop:
        middle = (first + stop) // 2
        if digests[middle].tobytes() < digest:
            first = middle + 1
        else:
            stop = middle
    found = first < len(digests) and digests[first].tobytes() == digest
    return first if found else None
