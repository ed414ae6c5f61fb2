"""A whole chain checked: done again from its genesis, and what is kept compared record by record."""

from __future__ import annotations

from contextlib import contextmanager
from itertools import zip_longest
from typing import TYPE_CHECKING

from focusmesh.engine.support.progress import Throttle
from focusmesh.errors import BlockError, CodedError
from focusmesh.ids import digest
from focusmesh.kernel.block.audit.audit import audit_chain
from focusmesh.kernel.block.audit.difference import Difference, VerifiedChain, difference_of
from focusmesh.kernel.block.chain.block_import import BlockImport
from focusmesh.kernel.block.chain.chain import Chain
from focusmesh.kernel.block.chain.decisions import read_decision
from focusmesh.kernel.block.chain.rotations import is_rotation
from focusmesh.kernel.block.records import NODE_KEYS, read_block, read_genesis
from focusmesh.kernel.state import BLOB_PREFIX, TABLES, MemoryStore, began_with_snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh.engine.support.progress import Progress
    from focusmesh.kernel.block.block import Block
    from focusmesh.kernel.runtime import Registry
    from focusmesh.kernel.state import Reader, Store
    from focusmesh.protocol.world import Checker

_CONTENTS = "contents"


def verify_chain(
    store: Store,
    registry: Registry,
    checker: Checker | None = None,
    progress: Progress | None = None,
) -> VerifiedChain:
    """Re-executes the chain in ``store`` from its genesis, in memory, and compares all that is kept.

    Raises BlockError for the first block that does not hold, its code and height; and BlockError ("difference") for
    the first record that the blocks do not lead to. Contents are checked against their digests, those forgotten may be
    missing. As much time as the chain took to make, memory for all of its state. A chain that begins with a snapshot is
    held against its headers instead, see ``audit_chain``.
    """
    with store.read() as reader:
        if began_with_snapshot(reader):
            return audit_chain(store, registry, checker, progress)
        made = _replay(reader, registry, checker, progress)
        with made.read() as other:
            found = first_difference(reader, other)
            records = sum(reader.count(table) for table in TABLES)
        chain = Chain(made, registry, checker)
        found = found or _wrong_content(reader, chain)
    if found is not None:
        raise difference_of(found)
    return VerifiedChain(chain.network, chain.height, chain.tip.id, records)


def first_difference(kept: Reader, made: Reader) -> Difference | None:
    """The first record in which two stores of one chain differ, contents and a node's own records apart. O(records)."""
    for table in TABLES:
        if table == _CONTENTS:
            continue
        for mine, other in zip_longest(
            _shared_records(table, kept), _expected_records(table, kept, made)
        ):
            if mine == other:
                continue
            if other is None or (mine is not None and mine[0] < other[0]):
                return Difference(table, mine[0], mine[1], None)
            if mine is None or other[0] < mine[0]:
                return Difference(table, other[0], None, other[1])
            return Difference(table, mine[0], mine[1], other[1])
    return None


def _expected_records(table: str, kept: Reader, made: Reader) -> Iterator[tuple[bytes, bytes]]:
    """Records that are to be there; proofs of who may propose are not where an older focusmesh made the blocks."""
    for key, value in _shared_records(table, made):
        if not is_rotation(table, key) or kept.get(table, key) is not None:
            yield key, value


def _shared_records(table: str, reader: Reader) -> Iterator[tuple[bytes, bytes]]:
    """The records of a table that follow from the blocks."""
    for key, value in reader.scan(table):
        if table != "meta" or key not in NODE_KEYS:
            yield key, value


def _wrong_content(kept: Reader, chain: Chain) -> Difference | None:
    """The first content that has another digest, or that nobody claims (any more)."""
    for name, content in kept.scan(_CONTENTS):
        if digest(content) != name or chain.state.get(BLOB_PREFIX + name) is None:
            return Difference(_CONTENTS, name, content, None)
    return None


def read_blocks(reader: Reader, first: int, last: int) -> Iterator[Block]:
    """The blocks of a range of heights, both included. Raises BlockError ("height") at one that is missing."""
    for height in range(first, last + 1):
        yield read_block(reader, height)


def _replay(
    reader: Reader, registry: Registry, checker: Checker | None, progress: Progress | None
) -> MemoryStore:
    made = MemoryStore()
    with _place_errors("the genesis, or block 0"):
        chain = Chain.create(made, read_genesis(reader), registry, checker)
        if read_block(reader, 0) != chain.block(0):
            raise BlockError("difference", "the genesis does not make block 0")
    last = reader.count("headers") - 1
    told = Throttle(progress, "verifying the chain", last, "blocks")
    arriving = BlockImport(made, registry, checker)
    for height in range(1, last + 1):
        with _place_errors(f"at height {height}"):
            arriving.add(read_block(reader, height), None, read_decision(reader, height))
        told.at(height)
    with _place_errors(f"at height {last}"):
        arriving.finish()
    told.finish(last)
    return made


@contextmanager
def _place_errors(where: str) -> Iterator[None]:
    """Says of what does not hold where it is."""
    try:
        yield
    except CodedError as error:
        raise BlockError(error.code, f"{where}: {error}") from error
