"""Exported chains: any bytes, and any bytes with the true digest at their end."""

from __future__ import annotations

import hashlib
from functools import cache
from io import BytesIO

from focusmesh.errors import BlockError, NewerVersionError
from focusmesh.kernel.block import ArchiveWriter, read_archive
from tests.fuzz.target import Structure, Target
from tests.kernel.receipts.conftest import diffusing

_DIGEST_BYTES = 32


def check(data: bytes) -> bool:
    whole = data + hashlib.sha256(data).digest()
    accepted = [source for source in (data, whole) if _read_all(source)]
    return bool(accepted)


def _read_all(data: bytes) -> bool:
    """Whether it is an archive; then it is written again to the byte, but for the order of contents."""
    try:
        genesis, blocks = read_archive(BytesIO(data))
        listed = list(blocks)
    except (BlockError, NewerVersionError):
        return False
    again = BytesIO()
    writer = ArchiveWriter(again, genesis)
    for block, contents, decision in listed:
        assert block.header.encode() == block.header_bytes
        writer.add(block, contents.values(), decision)
    writer.close()
    repeated = any(len(set(contents)) < len(contents) for _, contents, _ in listed)
    assert repeated or again.getvalue() == data
    return True


@cache
def _exported() -> bytes:
    chain, stream = diffusing(), BytesIO()
    writer = ArchiveWriter(stream, chain.genesis)
    for height in (1, 2, 3):
        writer.add(chain.block(height), [b"content", b"%d" % height])
    writer.close()
    return stream.getvalue()


def seeds() -> list[bytes]:
    empty = BytesIO()
    ArchiveWriter(empty, diffusing().genesis).close()
    return [_exported(), _exported()[:-_DIGEST_BYTES], empty.getvalue()[:-_DIGEST_BYTES]]


def _read(data: bytes) -> list[bytes]:
    """The magic and the records."""
    stream = BytesIO(data)
    records = [stream.read(18)]
    while length := int.from_bytes(stream.read(4), "big"):
        records.append(stream.read(length))
    return records


def _write(value: list[bytes]) -> bytes:
    """Without the digest, which ``check`` adds."""
    magic, *records = value
    return magic + b"".join(len(one).to_bytes(4, "big") + one for one in records) + bytes(4)


TARGET = Target(check, seeds, Structure(_read, _write))
