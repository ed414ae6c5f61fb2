"""A chain as one stream of bytes: the genesis, then every block, then a digest of all of it.

magic
length (u32 BE) ‖ genesis
then for every block: length ‖ header, length ‖ proof, length ‖ body
length 0 ‖ SHA-256 of everything before
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, BinaryIO

from focusmesh.errors import BlockError, NewerVersionError
from focusmesh.kernel.block.block import Block
from focusmesh.kernel.block.genesis import Genesis

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_NAME = b"focusmesh chain "
_MAGIC = _NAME + b"1\n"
_LENGTH_BYTES = 4
_GENESIS_BYTES_MAX = 1 << 26


class ArchiveWriter:
    """Writes a chain to a stream: ``add`` the blocks in order, then ``close``, without which it is incomplete."""

    def __init__(self, stream: BinaryIO, genesis: Genesis) -> None:
        self._stream = stream
        self._digest = hashlib.sha256()
        self._write(_MAGIC)
        self._record(genesis.encode())

    def add(self, block: Block) -> None:
        """The next block."""
        for part in (block.header_bytes, block.proof, block.body):
            self._record(part)

    def close(self) -> None:
        """The end, by which a reader knows that nothing is missing. The stream stays open."""
        self._write(bytes(_LENGTH_BYTES))
        self._stream.write(self._digest.digest())

    def _record(self, data: bytes) -> None:
        self._write(len(data).to_bytes(_LENGTH_BYTES, "big"))
        self._write(data)

    def _write(self, data: bytes) -> None:
        self._digest.update(data)
        self._stream.write(data)


def read_archive(stream: BinaryIO, block_bytes_max: int) -> tuple[Genesis, Iterator[Block]]:
    """The genesis and the blocks, which come as they are read.

    Raises BlockError ("archive") where the stream is no archive, is cut or is damaged, NewerVersionError for one of a
    later version. That the end is there and its digest right is known only after the last block.
    """
    reader = _Reader(stream)
    reader.begin()
    genesis = Genesis.decode(reader.record(_GENESIS_BYTES_MAX))
    return genesis, reader.blocks(block_bytes_max)


class _Reader:
    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._digest = hashlib.sha256()

    def begin(self) -> None:
        magic = self._read(len(_MAGIC))
        if magic == _MAGIC:
            return
        if magic.startswith(_NAME):
            raise NewerVersionError(
                "this chain was exported by a newer focusmesh: upgrade to read it"
            )
        raise BlockError("archive", "this is no exported chain")

    def blocks(self, bytes_max: int) -> Iterator[Block]:
        while header := self.record(bytes_max):
            yield Block.decode(header, self.record(bytes_max), self.record(bytes_max))
        expected = self._digest.digest()
        if self._stream.read(len(expected)) != expected:
            raise BlockError("archive", "the digest at its end is not that of what was read")
        if self._stream.read(1):
            raise BlockError("archive", "it goes on after its end")

    def record(self, bytes_max: int) -> bytes:
        length = int.from_bytes(self._read(_LENGTH_BYTES), "big")
        if length > bytes_max:
            raise BlockError("archive", f"a part has {length:,} bytes, more than {bytes_max:,}")
        return self._read(length)

    def _read(self, size: int) -> bytes:
        data = self._stream.read(size)
        if len(data) != size:
            raise BlockError("archive", "it ends too early: the export was cut short")
        self._digest.update(data)
        return data


def write_archive(stream: BinaryIO, genesis: Genesis, blocks: Iterable[Block]) -> None:
    """A whole archive."""
    writer = ArchiveWriter(stream, genesis)
    for block in blocks:
        writer.add(block)
    writer.close()
