"""A fraud proof as bytes: which rule a block breaks, where, and all that has to be seen for that."""

from __future__ import annotations

import msgspec

from focusmesh.errors import CodecError, ProofError
from focusmesh.ids import DIGEST_BYTES
from focusmesh.protocol.codec import from_bytes, to_bytes

FRAUD_BYTES_MAX = 1 << 18
"""No proof is longer: the longest of a rule shows about thirty pages."""
PARTICLES, FOCUS, LEADERS, RECORDS, OUTWARD, INWARD, BEFORE = range(7)
"""Trees that pages are of; BEFORE are the particles under the focus of the block before."""
TREE_NAMES = ("particles", "focus", "leaders", "records", "outward", "inward", "before")
GRAPH, STATE, PARENT, EARLIER = range(4)
"""States that leaves are of: that of ``graph_root``, the block's, its parent's, and those of blocks before that."""


class ShownPage(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Page ``index`` of a tree, and the siblings of its way up, from the leaf on, 32 bytes each."""

    tree: int
    index: int
    content: bytes
    path: bytes


class ShownLeaf(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What a state has at ``key``: ``siblings`` lead there from the root down, 32 bytes each.

    Where ``value`` is None, ``end`` is what is there instead: nothing, or path and hash of value of another leaf.
    """

    state: int
    key: bytes
    value: bytes | None
    siblings: bytes
    end: bytes


class ShownRowPage(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The page of a row of the state where ``target`` belongs, as ``PageProof.encode``."""

    state: int
    source: bytes
    target: bytes
    page: bytes


class FraudProof(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """That ``block`` breaks the rule ``kind`` at ``at``; ``head`` is that of its trace where pages of it are shown.

    ``headers`` are of the blocks before the parent, newest first, as far as their states are shown.
    """

    block: bytes
    kind: str
    at: tuple[int | bytes, ...]
    head: bytes
    pages: tuple[ShownPage, ...]
    leaves: tuple[ShownLeaf, ...]
    rows: tuple[ShownRowPage, ...]
    headers: tuple[bytes, ...]

    def encode(self) -> bytes:
        """Canonical bytes: a dag-cbor array."""
        return to_bytes(self)

    @classmethod
    def decode(cls, data: bytes) -> FraudProof:
        """Raises ProofError ("fraud") for anything but canonical bytes of one."""
        try:
            proof = from_bytes(data, cls, FRAUD_BYTES_MAX)
        except CodecError as error:
            raise ProofError(
                "fraud", f"{len(data)} bytes are not a proof of fraud: {error}"
            ) from error
        if len(proof.block) != DIGEST_BYTES:
            raise ProofError("fraud", f"a block's id has {DIGEST_BYTES} bytes")
        return proof


def fraud_block(proof: bytes) -> bytes:
    """The id of the block that a proof is against. Raises ProofError ("fraud") for what is no proof."""
    return FraudProof.decode(proof).block


def not_proved(why: str) -> ProofError:
    """What is shown does not show it."""
    return ProofError("fraud", f"the proof shows no fraud of this block: {why}")
