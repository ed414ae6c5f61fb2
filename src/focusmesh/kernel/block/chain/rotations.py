"""Proofs of who may make the next block, for those who have headers alone.

Where the keys that may propose change from a block to the next, the proof of the leaves that say so, under the state
root of the first, is kept beside the proof of the second: a state of long ago cannot be asked any more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.errors import BlockError, ProofError
from focusmesh.kernel.block.chain.header_builder import proposers_after, validators_hash
from focusmesh.kernel.block.records import height_key, read_header
from focusmesh.kernel.state import (
    SOLO,
    decode_proof,
    encode_proof,
    verify_membership,
    verify_non_membership,
)

if TYPE_CHECKING:
    from focusmesh.kernel.block.header import Header
    from focusmesh.kernel.state import BlockWrites, Parameters, Reader, Tree, Writer

ROTATION_BYTES_MAX = 1 << 16
"""More than the proof for a dozen proposers; what is longer is not read."""
_TABLE, _MARK = "proofs", b"rotation"


def write_rotation(
    writer: Writer, state: BlockWrites | Tree, header: Header, parameters: Parameters
) -> None:
    """Keeps the proof of who may make the block after ``header``, where others may than made that one.

    Where validators decided that one they are others in any case.

    ``state`` is that after the block of ``header``.
    """
    asked: list[bytes] = []

    def get(key: bytes) -> bytes | None:
        asked.append(key)
        return state.get(key)

    able = proposers_after(get, parameters)
    if header.engine not in ("", SOLO) or validators_hash(able) != header.validators_hash:
        proof = encode_proof(state.prove_many(sorted(set(asked))))
        writer.put(_TABLE, rotation_key(header.height + 1), proof)


def read_rotation(reader: Reader, height: int) -> bytes:
    """The proof of who may make block ``height``, nothing where those who made the one before may."""
    return reader.get(_TABLE, rotation_key(height)) or b""


def read_makers(reader: Reader, height: int, parameters: Parameters) -> tuple[bytes, ...]:
    """The keys that could make block ``height``, which no validators decide; ``parameters`` hold for it.

    Those of the newest proof up to it. O(blocks since then). Raises BlockError ("rotation").
    """
    for at in range(height, 0, -1):
        proof = read_rotation(reader, at)
        if proof:
            return proved_proposers(proof, read_header(reader, at - 1).state_root, parameters)
    return parameters.proposers


def rotation_key(height: int) -> bytes:
    """Where the proof for a block is kept."""
    return height_key(height) + _MARK


def is_rotation(table: str, key: bytes) -> bool:
    """Whether that is the place of such a proof."""
    return table == _TABLE and key.endswith(_MARK)


def proved_proposers(proof: bytes, root: bytes, parameters: Parameters) -> tuple[bytes, ...]:
    """The keys that may make the block after the one with this state root. Raises BlockError ("rotation")."""
    if len(proof) > ROTATION_BYTES_MAX:
        raise BlockError("rotation", f"a proof of proposers has {len(proof):,} bytes; refused")
    try:
        shown = decode_proof(proof)
        entries = shown.batch.entries if shown.batch else ()
        values = {entry.exist.key: entry.exist.value for entry in entries if entry.exist}

        def get(key: bytes) -> bytes | None:
            value = values.get(key)
            if value is None:
                verify_non_membership(root, shown, key)
            else:
                verify_membership(root, shown, key, value)
            return value

        return proposers_after(get, parameters)
    except ProofError as error:
        raise BlockError("rotation", f"the proposers are not proved: {error}") from error
