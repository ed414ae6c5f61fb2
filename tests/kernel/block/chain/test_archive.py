"""A chain leaves as one stream and comes back block by block; a stream that was touched does not."""

from __future__ import annotations

from io import BytesIO

import pytest

from focusmesh.errors import BlockError, FocusmeshError, NewerVersionError
from focusmesh.kernel.block import ArchiveWriter, Chain, read_archive
from focusmesh.kernel.state import MemoryStore
from tests.kernel.block.ledger import KEYS, REGISTRY, Ledger


def exported(blocks: int = 3) -> tuple[Ledger, bytes]:
    ledger = Ledger()
    for number in range(blocks):
        ledger.block(ledger.links(KEYS[1], (number, "x"), (number, "y")))
    stream = BytesIO()
    writer = ArchiveWriter(stream, ledger.chain.genesis)
    for height in range(1, blocks + 1):
        writer.add(ledger.chain.block(height))
    writer.close()
    return ledger, stream.getvalue()


def imported(data: bytes) -> Chain:
    genesis, blocks = read_archive(BytesIO(data))
    chain = Chain.create(MemoryStore(), genesis, REGISTRY)
    for block, contents, _ in blocks:
        chain.accept(block, contents)
    return chain


def test_a_chain_comes_back_as_it_was() -> None:
    ledger, data = exported()
    chain = imported(data)
    assert chain.tip == ledger.chain.tip
    assert chain.block(2) == ledger.chain.block(2)
    assert chain.state.root == ledger.chain.state.root


def test_an_empty_chain_comes_back() -> None:
    ledger, data = exported(0)
    assert imported(data).tip == ledger.chain.tip


def test_every_cut_is_noticed() -> None:
    _, data = exported(2)
    for size in range(0, len(data), 13):
        with pytest.raises(BlockError) as refused:
            imported(data[:size])
        assert refused.value.code == "archive"


def test_every_flipped_bit_is_noticed() -> None:
    _, data = exported(1)
    for at in range(0, len(data), 11):
        with pytest.raises(FocusmeshError):
            imported(data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :])


def test_what_goes_on_after_its_end_is_refused() -> None:
    _, data = exported(1)
    with pytest.raises(BlockError, match="more bytes follow the end"):
        imported(data + b"x")


def test_a_later_version_is_named() -> None:
    _, data = exported(1)
    with pytest.raises(NewerVersionError, match="format 3; this focusmesh reads 1 and 2"):
        imported(data.replace(b"chain 1\n", b"chain 3\n", 1))
