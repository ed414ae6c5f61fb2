"""Where a chain keeps its blocks in the store, by height (8 bytes, big-endian)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.errors import BlockError, StoreError
from focusmesh.kernel.block.block import Block
from focusmesh.kernel.block.body import focus_of
from focusmesh.kernel.block.genesis import Genesis
from focusmesh.kernel.focus import replay_focus
from focusmesh.kernel.state import base_of

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import ByteArray, MassArray
    from focusmesh.kernel.block.header import Header
    from focusmesh.kernel.state import Parameters, Reader, Store, Writer

CHECKPOINT_BLOCKS = 16
"""Every so many blocks the whole vector is kept; those between follow from the differences in the bodies."""
_GENESIS = b"genesis"
RESTORING_KEY = b"restoring"
"""Of which network a snapshot is being taken in; as long as it is there, the store is no chain's."""
MANIFEST_KEY, TAKEN_KEY, PAGE_KEY = (
    RESTORING_KEY + name for name in (b"/manifest", b"/taken", b"/page/")
)
_BOOK, _RECOVERY = b"votes", b"recovery"
NODE_KEYS = frozenset((_BOOK, _RECOVERY))
"""Records of table ``meta`` that are a node's own: no block leads to them."""
_RECORD_VALUES = 2044
"""Values in a record: with the store's own head they fill four pages of 4 KiB."""


def write_genesis(writer: Writer, genesis: Genesis) -> None:
    """Keeps what the chain begins with."""
    writer.put("meta", _GENESIS, genesis.encode())


def read_genesis(reader: Reader) -> Genesis:
    """Raises StoreError where the store holds no chain."""
    data = reader.get("meta", _GENESIS)
    if data is None and reader.get("meta", RESTORING_KEY) is not None:
        raise StoreError(
            "this ledger is not complete yet: run 'focusmesh node join' again to continue"
        )
    if data is None:
        raise StoreError("there is no ledger in this store: make one with 'focusmesh node init'")
    return Genesis.decode(data)


def restoring_of(reader: Reader) -> bytes | None:
    """The network of which a snapshot is being taken in here; None where none is."""
    return reader.get("meta", RESTORING_KEY)


def read_book_name(reader: Reader) -> bytes | None:
    """What the ledger says of its validator's book of votes; None where it says nothing."""
    return reader.get("meta", _BOOK)


def write_book_name(writer: Writer, data: bytes) -> None:
    """Keeps what the ledger says of its validator's book of votes."""
    writer.put("meta", _BOOK, data)


def read_recovery(reader: Reader) -> bytes:
    """The last statement that was applied here, by which a turn of an epoch began; nothing where there is none."""
    return reader.get("meta", _RECOVERY) or b""


def write_recovery(writer: Writer, data: bytes) -> None:
    """Keeps a statement that was verified, in the place of an earlier one."""
    writer.put("meta", _RECOVERY, data)


def write_block(writer: Writer, block: Block) -> None:
    """Keeps a block under its height."""
    key = height_key(block.header.height)
    writer.put("headers", key, block.header_bytes)
    writer.put("bodies", key, block.body)
    writer.put("proofs", key, block.proof)


def read_block(reader: Reader, height: int) -> Block:
    """Raises BlockError ("height") where there is no such block."""
    key = height_key(height)
    header, body = reader.get("headers", key), reader.get("bodies", key)
    if header is None:
        raise _absent(height)
    if body is None:
        raise _before(reader, f"the body of block {height}")
    return Block.decode(header, reader.get("proofs", key) or b"", body)


def read_header(reader: Reader, height: int) -> Header:
    """Raises BlockError ("height") where there is no such block."""
    data = reader.get("headers", height_key(height))
    if data is None:
        raise _absent(height)
    return Block.decode(data, b"", b"").header


def root_after(store: Store, height: int) -> bytes:
    """The root of the state after a block. Raises BlockError ("height") where there is none."""
    with store.read() as reader:
        return read_header(reader, height).state_root


def write_vector(writer: Writer, height: int, vector: MassArray, window: int) -> None:
    """Keeps the vector that is committed at ``height``, and lets go of those that no kept height starts from."""
    writer.put_many(
        "vectors",
        (
            (height_key(height) + number.to_bytes(4, "big"), part.astype("<u8").tobytes())
            for number, part in enumerate(_parts(vector))
        ),
    )
    kept = _checkpoint(writer, max(height - window, 0))
    if kept is not None:
        stale = [key for key, _ in writer.scan("vectors", b"", height_key(kept))]
        writer.delete_many("vectors", stale)


def read_vector(
    reader: Reader, height: int, digests: ByteArray, parameters: Parameters
) -> MassArray:
    """The vector that holds at ``height``: the last one kept, and the differences of the blocks since.

    ``digests`` are those of all particles in the order of their ids, shape (n, 32).
    """
    if height < base_of(reader):
        raise _before(reader, f"the focus of block {height}")
    start = _checkpoint(reader, height)
    if start is None:
        return np.zeros(0, dtype=np.uint64)
    parts = [value for _, value in reader.scan("vectors", height_key(start), height_key(start + 1))]
    vector = np.frombuffer(b"".join(parts), dtype="<u8").astype(np.uint64)
    steps = []
    for later in range(start + 1, height + 1):
        block = read_block(reader, later)
        certificate = block.header.focus_certificate
        if certificate is not None and certificate.height == later:
            delta = focus_of(block.body, parameters.block_bytes_max)
            steps.append((certificate.particles, delta))
    return replay_focus(vector, digests, steps)


def delete_headers_after(writer: Writer, height: int) -> None:
    """Lets go of headers above a height, with their proofs."""
    for table in ("headers", "proofs"):
        later = [key for key, _ in writer.scan(table, height_key(height + 1))]
        writer.delete_many(table, later)


def height_key(height: int) -> bytes:
    """A height as a key: ascending."""
    return height.to_bytes(8, "big")


def _checkpoint(reader: Reader, height: int) -> int | None:
    """The last height up to ``height`` of which the whole vector is kept."""
    for key, _ in reader.scan("vectors", b"", height_key(height + 1), reverse=True):
        return int.from_bytes(key[:8], "big")
    return None


def _parts(vector: MassArray) -> list[MassArray]:
    cuts = range(_RECORD_VALUES, len(vector), _RECORD_VALUES)
    return np.split(vector, list(cuts))


def _before(reader: Reader, what: str) -> BlockError:
    return BlockError(
        "height",
        f"{what} is not kept: this ledger begins with the state after block {base_of(reader)}",
    )


def _absent(height: int) -> BlockError:
    return BlockError("height", f"there is no block {height} in this ledger")
