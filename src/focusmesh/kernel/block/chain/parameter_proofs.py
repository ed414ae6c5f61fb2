"""Proofs of changed parameters, for those who have headers alone.

Where the parameters that hold change from a block to the next, the proof of ``/kv/parameters`` under the state root of
the first is kept beside the proof of the second: a state of long ago cannot be asked any more. Under "proofs", height ‖
``parameters``. Under "meta", ``parameters/`` ‖ the first height that they hold for: their bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.ids import digest
from focusmesh.kernel.block.chain.header_builder import parameters_bytes
from focusmesh.kernel.block.chain.rule_records import parameters_bytes_at, write_parameters
from focusmesh.kernel.block.records import height_key, read_header
from focusmesh.kernel.block.succession import HeaderPosition
from focusmesh.kernel.state import PARAMETERS_KEY, CommitmentProof, decode_proof, encode_proof

if TYPE_CHECKING:
    from focusmesh.kernel.block.header import Header
    from focusmesh.kernel.state import BlockWrites, Parameters, Reader, Tree, Writer

_TABLE, _MARK = "proofs", b"parameters"


def write_parameter_proof(writer: Writer, state: BlockWrites | Tree, header: Header) -> None:
    """Keeps the proof of what holds for the block after ``header``, where that is other than for its own.

    ``state`` is that after the block of ``header``. O(log n).
    """
    data = state.get(PARAMETERS_KEY)
    if data is not None and digest(data) != header.params_hash:
        batch = state.prove_many([PARAMETERS_KEY]).batch
        shown = batch.entries[0].exist if batch else None
        keep_parameter_proof(writer, header.height + 1, encode_proof(CommitmentProof(shown)))


def keep_parameter_proof(writer: Writer, height: int, proof: bytes) -> None:
    """Keeps a proof that was checked, and came with the header of block ``height``."""
    writer.put(_TABLE, parameter_proof_key(height), proof)
    shown = decode_proof(proof).exist
    if shown is not None:
        write_parameters(writer, height, shown.value)


def position_at(reader: Reader, height: int, first: Parameters) -> HeaderPosition:
    """A header and the parameters that hold for its block; ``first`` are those of the genesis. O(log n).

    Raises BlockError ("height") where it is not there.
    """
    data = parameters_bytes_at(reader, height) or parameters_bytes(first)
    return HeaderPosition.of(read_header(reader, height), data)


def read_parameter_proof(reader: Reader, height: int) -> bytes:
    """The proof of what holds for block ``height``, nothing where the same held for the one before."""
    return reader.get(_TABLE, parameter_proof_key(height)) or b""


def parameter_proof_key(height: int) -> bytes:
    """Where the proof for a block is kept."""
    return height_key(height) + _MARK


def is_parameter_proof(table: str, key: bytes) -> bool:
    """Whether that is the place of such a proof."""
    return table == _TABLE and key.endswith(_MARK)
