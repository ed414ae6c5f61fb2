"""Decisions: why a block is final, kept beside its header.

Under "proofs", height ‖ ``decision``. A block without one is final by that of a later block of its epoch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.errors import BlockError, ProofError
from focusmesh.kernel.block.records import height_key
from focusmesh.kernel.block.succession import epoch_of_header

if TYPE_CHECKING:
    from focusmesh.kernel.block.header import Header
    from focusmesh.kernel.consensus import ValidatorSet
    from focusmesh.kernel.state import Parameters, Reader, Writer

DECISION_BYTES_MAX = 1 << 17
"""More than the votes of all the validators that there can be."""
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
    decision: bytes, header: Header, validator_set: ValidatorSet, parameters: Parameters
) -> None:
    """Raises BlockError ("decision") unless a quorum of ``validator_set`` decided the block of ``header``.

    O(validators): about 50 µs each.
    """
    from focusmesh.kernel.consensus import Decision, epoch_of_number

    at = f"block {header.height}"
    if not decision:
        raise BlockError("decision", f"{at} comes without the decision of its validators")
    if len(decision) > DECISION_BYTES_MAX:
        raise BlockError("decision", f"a decision of {len(decision):,} bytes is too long")
    try:
        read = Decision.from_bytes(decision)
        if read.to_bytes() != decision:
            raise ProofError("decision", "it is not in the canonical encoding")
        proposal = read.proposal
        said = (proposal.subject, proposal.height, epoch_of_number(proposal.epoch))
        if said != (header.id, header.height, epoch_of_header(header, parameters)):
            raise ProofError(
                "decision",
                f"it is for block {proposal.height} {proposal.subject.hex()[:16]} of epoch {proposal.epoch}",
            )
        read.verify(header.network, validator_set, header.engine)
    except ProofError as error:
        raise BlockError("decision", f"{at} is not decided by this: {error}") from error


def check_turn(decision: bytes, header: Header, applied: bytes) -> None:
    """Raises BlockError ("decision") for votes of a turn that ended before the block, by the statement applied here."""
    from focusmesh.kernel.consensus import Decision, Recovery, order_of_number

    if not applied:
        return
    start, number = Recovery.from_bytes(applied).start, Decision.from_bytes(decision).proposal.epoch
    if header.height > start.height and order_of_number(number) < order_of_number(start.number):
        raise BlockError(
            "decision",
            f"block {header.height} was decided by votes that ended with block {start.height}, as the statement says "
            "that was applied here: its signers did not know of it",
        )
