"""A chain as one stream of bytes: the genesis, every block with the contents kept of it, a digest of all.

magic
length (u32 BE) ‖ genesis
then for every block: length ‖ header, length ‖ proof, length ‖ body, length ‖ dag-cbor array of its contents
length 0 ‖ SHA-256 of everything before

Format 2, of networks whose validators decide, or decided once, has one part more for every block: length ‖ its
decision, which may be empty.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from focusmesh.errors import BlockError, CodecError, NewerVersionError
from focusmesh.ids import digest
from focusmesh.kernel.block.block import Block
from focusmesh.kernel.block.chain.decisions import DECISION_BYTES_MAX
from focusmesh.kernel.block.genesis import Genesis
from focusmesh.kernel.block.header import HEADER_BYTES_MAX
from focusmesh.kernel.state import SIZE_MAX
from focusmesh.protocol.codec import decode, encode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_NAME = b"focusmesh chain "
_MAGICS = {version: _NAME + b"%d\n" % version for version in (1, 2)}
_MAGIC_BYTES = len(_MAGICS[1])
_LENGTH_BYTES = 4
_GENESIS_BYTES_MAX = 1 << 26
_CONTENTS_MAX = 1 << 20


class ArchiveWriter:
    """Writes a chain to a stream: ``add`` the blocks in order, then ``close``, without which it is incomplete."""

    def __init__(self, stream: BinaryIO, genesis: Genesis, *, decided: bool = False) -> None:
        """``decided``: validators decided some of its blocks, be it that the network began with one key."""
        self._stream = stream
        self._digest = hashlib.sha256()
        self._has_decisions = decided or genesis.parameters.agreement is not None
        self._write(_MAGICS[2 if self._has_decisions else 1])
        self._record(genesis.encode())

    def add(self, block: Block, contents: Iterable[bytes] = (), decision: bytes = b"") -> None:
        """The next block, the contents that are to go with it, and its decision where it has one."""
        for part in (block.header_bytes, block.proof, block.body, encode(list(contents))):
            self._record(part)
        if self._has_decisions:
            self._record(decision)

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


class Archived(NamedTuple):
    """A block of an archive, the contents that came with it, and its own decision where it has one."""

    block: Block
    contents: Mapping[bytes, bytes]
    decision: bytes


def read_archive(stream: BinaryIO) -> tuple[Genesis, Iterator[Archived]]:
    """The genesis, and the blocks with their contents by digest, which come as they are read.

    Raises BlockError ("archive") where the stream is no archive, is cut or is damaged, NewerVersionError for one of a
    later version. That the end is there and its digest right is known only after the last block.
    """
    reader = _Reader(stream)
    version = reader.begin()
    genesis = Genesis.decode(reader.record(_GENESIS_BYTES_MAX))
    if version == 1 and genesis.parameters.agreement is not None:
        raise BlockError("archive", f"format {version} is not that of networks like this one")
    # What a block may have can grow by votes; each is held to what held for it when it is carried out.
    return genesis, reader.blocks(SIZE_MAX, version)


class _Reader:
    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._digest = hashlib.sha256()

    def begin(self) -> int:
        """The version of the format."""
        magic = self._read(_MAGIC_BYTES)
        for version, known in _MAGICS.items():
            if magic == known:
                return version
        if magic.startswith(_NAME):
            found = magic[len(_NAME) :].decode("ascii", "replace").strip()
            raise NewerVersionError(
                f"this chain was exported in format {found}; this focusmesh reads 1 and 2: install a newer one"
            )
        raise BlockError("archive", "this is not an exported chain")

    def blocks(self, bytes_max: int, version: int) -> Iterator[Archived]:
        while header := self.record(HEADER_BYTES_MAX):
            block = Block.decode(header, self.record(bytes_max), self.record(bytes_max))
            contents = _by_digest(self.record(bytes_max))
            yield Archived(
                block, contents, self.record(DECISION_BYTES_MAX) if version == 2 else b""
            )
        expected = self._digest.digest()
        if self._stream.read(len(expected)) != expected:
            raise BlockError(
                "archive",
                "the file is damaged: the digest at its end is not that of the bytes before it",
            )
        if self._stream.read(1):
            raise BlockError("archive", "more bytes follow the end of the chain")

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


def _by_digest(record: bytes) -> dict[bytes, bytes]:
    try:
        contents = decode(record, items_max=_CONTENTS_MAX)
    except CodecError as error:
        raise BlockError("archive", f"contents that are not dag-cbor: {error}") from error
    if type(contents) is not list or any(type(content) is not bytes for content in contents):
        raise BlockError("archive", "contents must be an array of byte strings")
    return {digest(content): content for content in contents}
