"""What a ledger shows of itself at one height, for whoever makes receipts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import ByteArray, MassArray, OffsetArray
    from focusmesh.kernel.block import Header
    from focusmesh.kernel.receipts.paths import Witness
    from focusmesh.kernel.state import Row


class Evidence(Protocol):
    """One committed block with all that its header stands for."""

    header: Header

    @property
    def parameters(self) -> bytes:
        """The network's parameters as ``params_hash`` has them."""

    @property
    def vector(self) -> MassArray:
        """The committed vector at this height, uint64, in the order of ``digests``."""

    @property
    def digests(self) -> ByteArray:
        """All particles, uint8 (n, 32), rising."""

    def get(self, key: bytes) -> bytes | None:
        """The value of a key of the state."""

    def witness(self, key: bytes) -> Witness:
        """The way to a key, present or not, in the tree under ``header.state_root``."""

    def prove(self, key: bytes) -> bytes:
        """The same as a CommitmentProof of ICS-23."""

    def row(self, source: bytes) -> Row | None:
        """A particle's links, None where it has none."""

    def axons(self) -> tuple[OffsetArray, OffsetArray, OffsetArray]:
        """All axons: places of source and target in ``digests``, and weights, int64. O(m)."""

    def text(self, particle: bytes) -> str | None:
        """The text that a particle is the digest of, where it is kept and short enough for a name."""


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
