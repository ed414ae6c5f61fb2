"""Decisions: why a block is final, kept beside its header.

Under "proofs", height ‖ ``decision``. A block without one is final by that of a later block of its epoch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.errors import BlockError, ProofError
from focusmesh.kernel.block.electing import epoch_of
from focusmesh.kernel.block.records import height_key

if TYPE_CHECKING:
    from focusmesh.kernel.block.header import Header
    from focusmesh.kernel.consensus import Electorate
    from focusmesh.kernel.state import Parameters, Reader, Writer

DECISION_BYTES_MAX = 1 << 17
"""More than the votes of all the voters that there can be."""
OPEN_MAX = 1_024
"""So many blocks can follow each other before one is decided; who is shown more was lied to."""
_TABLE, _MARK = "proofs", b"decision"


def write_decision(writer: Writer, height: int, decision: bytes) -> None:
    """Keeps the decision for a block."""
    writer.put(_TABLE, decision_key(height), decision)


def read_decision(reader: Reader, height: int) -> bytes:
    """The decision for a block, nothing where it has none of its own."""
    return reader.get(_TABLE, decision_key(height)) or b""


def decision_key(height: int) -> bytes:
    """Where the decision for a block is kept."""
    return height_key(height) + _MARK


def is_decision(table: str, key: bytes) -> bool:
    """Whether that is the place of a decision."""
    return table == _TABLE and key.endswith(_MARK)


def check_decision(
    decision: bytes, header: Header, electorate: Electorate, parameters: Parameters
) -> None:
    """Raises BlockError ("decision") unless a quorum of ``electorate`` decided the block of ``header``.

    O(voters): about 50 µs each.
    """
    from focusmesh.kernel.consensus import Decision

    at = f"block {header.height}"
    if not decision:
        raise BlockError("decision", f"{at} comes without the decision of its voters")
    if len(decision) > DECISION_BYTES_MAX:
        raise BlockError("decision", f"a decision of {len(decision):,} bytes; refused")
    try:
        read = Decision.from_bytes(decision)
        if read.to_bytes() != decision:
            raise ProofError("decision", "it has another encoding than the one")
        motion = read.motion
        said = (motion.subject, motion.height, motion.epoch)
        if said != (header.id, header.height, epoch_of(header.height, parameters)):
            raise ProofError(
                "decision",
                f"it is for block {motion.height} {motion.subject.hex()[:16]} of epoch {motion.epoch}",
            )
        read.verify(header.network, electorate)
    except ProofError as error:
        raise BlockError("decision", f"{at} is not decided by this: {error}") from error
