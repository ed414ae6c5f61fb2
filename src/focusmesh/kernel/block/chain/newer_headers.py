"""Headers of versions that came after this focusmesh: who stands by them can be known though they cannot be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.errors import CodecError, ProofError
from focusmesh.ids import digest
from focusmesh.kernel.block.header import BLOCK_DOMAIN, HEADER_BYTES_MAX
from focusmesh.protocol.codec import decode
from focusmesh.protocol.identity import KEY_BYTES, verify

if TYPE_CHECKING:
    from collections.abc import Collection

    from focusmesh.kernel.block.header import Header
    from focusmesh.kernel.consensus import ValidatorSet


def is_newer_block(
    data: bytes,
    proof: bytes,
    decision: bytes,
    tip: Header,
    signers: Collection[bytes] | ValidatorSet,
) -> bool:
    """Whether a header that cannot be read is that of the block after ``tip``, by who can say so.

    ``signers``: the keys that may make that block, or the validators, of whom a quorum must have decided it. It is
    taken for granted that later versions keep what ids, signatures and decisions are of. O(validators).
    """
    from focusmesh.kernel.consensus import ValidatorSet

    if isinstance(signers, ValidatorSet):
        return _is_decided(digest(data), decision, tip, signers)
    try:
        fields = decode(data, bytes_max=HEADER_BYTES_MAX)
    except CodecError:
        return False
    if not isinstance(fields, dict):
        return False
    if (fields.get("height"), fields.get("parent")) != (tip.height + 1, tip.id):
        return False
    key = fields.get("proposer")
    return (
        isinstance(key, bytes)
        and len(key) == KEY_BYTES
        and key in signers
        and verify(key, BLOCK_DOMAIN, digest(data), proof)
    )


def _is_decided(block: bytes, decision: bytes, tip: Header, signers: ValidatorSet) -> bool:
    from focusmesh.kernel.consensus import Decision

    try:
        read = Decision.from_bytes(decision)
        if (read.proposal.height, read.proposal.subject) != (tip.height + 1, block):
            return False
        read.verify(tip.network, signers)
    except ProofError:
        return False
    return True
