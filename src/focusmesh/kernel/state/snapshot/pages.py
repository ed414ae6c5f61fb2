"""Pages of a state: made of a store, and taken into one.

A page of leaves is everything under a prefix of the state tree: rows by their links, other leaves by key and value.
Whoever takes it in makes rows and leaves of it, and the hash that follows from them has to be the one expected.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

import msgspec
import numpy as np

from focusmesh.errors import CodecError, InputError, ProofError
from focusmesh.kernel.state.key_space import ROW_PREFIX
from focusmesh.kernel.state.particles import matrix
from focusmesh.kernel.state.rows.records import RowRecords
from focusmesh.kernel.state.snapshot.links import (
    LinkColumns,
    PageLinks,
    packed_links,
    put_links,
    unpacked_links,
)
from focusmesh.kernel.state.snapshot.page_cuts import LONG_ROW_LINKS
from focusmesh.kernel.state.snapshot.page_reader import PageReader
from focusmesh.kernel.state.tree.batch import Batch
from focusmesh.kernel.state.tree.hashing import subtree_hashes
from focusmesh.kernel.state.tree.paths import MASKS, order_of, words_of
from focusmesh.kernel.state.tree.records import parse_bucket, record_key
from focusmesh.kernel.state.tree.tree import Tree
from focusmesh.protocol.codec import encode
from focusmesh.protocol.compression import compress, decompress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from focusmesh.engine.support.arrays import ByteArray, IndexArray
    from focusmesh.kernel.state.links.links import LinkTable
    from focusmesh.kernel.state.snapshot.page_cuts import PageOfLeaves
    from focusmesh.kernel.state.snapshot.page_reader import PageEntries
    from focusmesh.kernel.state.store import Reader, Writer
    from focusmesh.kernel.state.tree.records import Leaf

_Page = TypeVar("_Page")
CONTENT_BYTES_MAX = 1 << 22
"""The most that a page has before it is compressed."""
QUALITY = 3
"""Brotli's: columns of links take a third more room than with 5, and half the time."""


class LeavesPage(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What is in a page of leaves."""

    rows: LinkColumns
    entries: tuple[tuple[bytes, bytes], ...]


class ReadLeaves(NamedTuple):
    """The same as it came: none of its entries is made before it is asked for."""

    rows: LinkColumns
    entries: PageEntries

    @classmethod
    def read(cls, reader: PageReader) -> ReadLeaves:
        """Raises CodecError."""
        reader.array(len(cls._fields))
        return cls(LinkColumns.read(reader), reader.entries())


def pack(content: object) -> bytes:
    """A page as it travels: Brotli of dag-cbor."""
    return compress(encode(msgspec.to_builtins(content, builtin_types=(bytes,))), QUALITY)


def unpack(page: bytes, read: Callable[[PageReader], _Page]) -> _Page:
    """What ``read`` finds in a page. Raises ProofError ("snapshot-page") for anything but a page of this kind."""
    try:
        reader = PageReader(decompress(page, CONTENT_BYTES_MAX))
        found = read(reader)
        reader.end()
        return found
    except CodecError as error:
        raise ProofError(
            "snapshot-page", f"these {len(page)} bytes are not a page: {error}"
        ) from error


class PageMaker:
    """Makes pages of one moment of a store."""

    def __init__(self, reader: Reader, table: LinkTable, particle_count: int) -> None:
        """Of the first ``particle_count`` particles. O(particles · log)."""
        self._reader, self._table = reader, table
        self.digests = table.particles.digests(reader)[:particle_count]
        order = order_of(words_of(self.digests))
        self.order = order.astype(np.uint32)
        """Ids of particles in the committed order."""
        self.ranks = np.empty_like(self.order)
        self.ranks[order] = np.arange(len(order), dtype=np.uint32)

    def leaves(self, cut: PageOfLeaves) -> bytes:
        """The page of a subtree. O(its leaves and links)."""
        sources: list[bytes] = []
        entries: list[tuple[bytes, bytes]] = []
        for leaf in self._within(cut):
            links = int.from_bytes(leaf.value[:8], "big")
            if leaf.key.startswith(ROW_PREFIX) and links <= LONG_ROW_LINKS:
                sources.append(leaf.key[len(ROW_PREFIX) :])
            else:
                entries.append((leaf.key, leaf.value))
        rows = packed_links(self._reader, self._table, self.ranks, self._rows(sources))
        return pack(LeavesPage(rows, tuple(sorted(entries))))

    def row(self, source: bytes, span: tuple[int, int] | None = None) -> PageLinks:
        """The links of a row, or those from a number to another."""
        found = self._rows([source])
        if span is None:
            return found
        links = found.links[slice(*span)]
        return PageLinks(found.source, np.array([len(links)]), links)

    def part(self, links: PageLinks) -> bytes:
        """The page of a part of a long row."""
        return pack(packed_links(self._reader, self._table, self.ranks, links))

    def keys(self, links: PageLinks) -> ByteArray:
        """The keys of links as their row has them: uint8 (k, 96)."""
        return self._table.names(self._reader).keys(links.links)

    def _rows(self, sources: list[bytes]) -> PageLinks:
        ids = self._table.particles.find(self._reader, matrix(sources))
        rank = self.ranks[ids]
        order = np.argsort(rank)
        keys = [int(one).to_bytes(4, "big") for one in ids[order]]
        records = RowRecords.unpack(self._reader.get_many("rows", keys))
        return PageLinks(rank[order], np.diff(records.link_start), records.links)

    def _within(self, cut: PageOfLeaves) -> Iterator[Leaf]:
        first = cut.prefix
        below = self._reader.scan("buckets", b"", record_key(0, first), reverse=True)
        # A bucket may begin before the page, where the page is a small part of it.
        start = next((key for key, _ in below), record_key(0, first))
        stop = first + cut.width
        end = record_key(0, stop) if stop < 1 << 64 else None
        for _, stored in self._reader.scan("buckets", start, end):
            for leaf in parse_bucket(stored):
                if first <= int.from_bytes(leaf.path[:8], "big") < stop:
                    yield leaf


def take_leaves(
    writer: Writer, table: LinkTable, ids: IndexArray, cut: PageOfLeaves, page: bytes
) -> None:
    """Puts a page of leaves into a store. Raises ProofError ("snapshot-page") unless it is the whole of its subtree.

    ``ids`` are those of particles by their ranks. Where it raises, the transaction is to be given up.
    """
    read = unpack(page, ReadLeaves.read)
    digests = table.particles.digests(writer)
    links = unpacked_links(writer, table, ids, read.rows)
    if len(links.count) and int(links.count.max()) > LONG_ROW_LINKS:
        raise _false(f"a row of more than {LONG_ROW_LINKS:,} links")
    entries: dict[bytes, bytes] = {}
    last = b""
    for key, value in read.entries:
        if key <= last:
            raise _false("keys that do not ascend")
        entries[key], last = value, key
    for rank, value in put_links(writer, table, ids, links):
        entries[ROW_PREFIX + digests[ids[rank]].tobytes()] = value
    if len(entries) != len(read.entries) + len(links.count) or not entries:
        raise _false("a row twice, or nothing")
    try:
        _, leaves = Batch.of(dict(entries)).leaves()
    except InputError as error:
        raise _false(str(error)) from error
    words = leaves.entries.words
    if ((words[:, 0] & MASKS[cut.depth]) != np.uint64(cut.prefix)).any():
        raise _false("leaves that lie elsewhere")
    one, floor = np.zeros(len(words), dtype=np.int64), np.array([cut.depth], dtype=np.int16)
    roots, lone = subtree_hashes(leaves.entries, one, floor)
    if (roots[0].tobytes(), bool(lone[0])) != (cut.hash, cut.lone):
        raise _false("other leaves than the state has there")
    Tree.open(writer).update(writer, entries)


def take_part(
    writer: Writer, table: LinkTable, ids: IndexArray, page: bytes
) -> tuple[PageLinks, bytes]:
    """Puts a part of a long row into a store; its links, and the row's value with all parts so far."""
    read = unpack(page, LinkColumns.read)
    links = unpacked_links(writer, table, ids, read)
    if len(links.source) != 1:
        raise _false("several rows")
    ((_, value),) = put_links(writer, table, ids, links)
    return links, value


def _false(what: str) -> ProofError:
    return ProofError("snapshot-page", f"a page of the state has {what}")
