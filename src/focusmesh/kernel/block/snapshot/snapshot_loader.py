"""Pages of a snapshot on their way into a store: which are in, and what comes of each."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.errors import ProofError
from focusmesh.ids import DIGEST_BYTES, digest
from focusmesh.kernel.block.records import PAGE_KEY, TAKEN_KEY, read_vector, write_vector
from focusmesh.kernel.block.snapshot.manifest import PARTICLES_AT_ONCE, VALUES_AT_ONCE
from focusmesh.kernel.block.snapshot.snapshot import ContentsPage, content_pages
from focusmesh.kernel.focus import particles_of, values_of
from focusmesh.kernel.state import (
    AUTHORS,
    LeafTable,
    LinkTable,
    RowValue,
    entries_of,
    subtree,
    take_leaves,
    take_part,
    unpack,
)

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import ByteArray, IndexArray, MassArray
    from focusmesh.kernel.block.snapshot.manifest import ManifestPages
    from focusmesh.kernel.state import Parameters, Reader, Writer

_NUMBER_BYTES = 4


class Filling:
    """The pages of one snapshot, of which some are in the store."""

    def __init__(
        self, pages: ManifestPages, parameters: Parameters, ids: IndexArray | None = None
    ) -> None:
        """``ids`` are those that particles are to have, by their ranks; the ranks themselves if nobody says."""
        self.pages = pages
        self.claims: list[tuple[bytes, int]] = []
        """All contents that the state claims, once it is whole."""
        self._contents: list[list[bytes]] = []
        self._marks = bytearray()
        self._left = [
            set(range(pages.first_leaves)),
            set(range(pages.first_leaves, pages.first_content)),
            set[int](),
        ]
        """Numbers that are not in: particles and values, the state, contents. Each stage needs the one before."""
        self._parameters = parameters
        self._table = LinkTable(parameters.weight_unit)
        self._ids = np.arange(pages.particle_count, dtype=np.uint32) if ids is None else ids

    def resume(self, reader: Reader) -> None:
        """Goes on from what a store has."""
        self._marks = bytearray(reader.get("meta", TAKEN_KEY) or b"")
        taken = set(np.flatnonzero(np.frombuffer(self._marks, dtype=np.uint8)).tolist())
        self._left = [left - taken for left in self._left]
        if not any(self._left):
            self._look(reader)
            self._left[2] -= taken

    @property
    def progress(self) -> tuple[int, int]:
        """Pages taken, and pages known of."""
        count = self.pages.first_content + len(self._contents)
        return count - sum(map(len, self._left)), count

    def missing(self) -> list[int]:
        """What can be taken now: particles and values, then the state, then contents."""
        return sorted(self._stage())

    def has(self, number: int) -> bool:
        """Whether a page is in."""
        return 0 <= number < len(self._marks) and bool(self._marks[number])

    def took(self, number: int) -> None:
        """Notes what ``take`` put into the store, once that is durable."""
        self._marks = self._with_mark(number)
        self._stage().discard(number)

    def _stage(self) -> set[int]:
        return next((left for left in self._left if left), self._left[2])

    def _with_mark(self, number: int) -> bytearray:
        marks = self._marks.ljust(number + 1, b"\0")
        marks[number] = 1
        return marks

    def lacking(self, reader: Reader) -> list[bytes]:
        """Claimed contents that are not in a store."""
        names = [name for name, _ in self.claims]
        found = zip(names, reader.get_many("contents", names), strict=True)
        return [name for name, content in found if content is None]

    def graph(self, reader: Reader) -> tuple[ByteArray, IndexArray, IndexArray, MassArray]:
        """All particles by their ids, and all axons."""
        axons = self._table.load_axons(reader)
        return self._table.particles.digests(reader), axons.source, axons.target, axons.weight

    def vector(self, reader: Reader) -> MassArray:
        """The focus."""
        digests = self._table.particles.digests(reader)
        return read_vector(reader, self.pages.header.height, digests, self._parameters)

    def take(self, writer: Writer, number: int, page: bytes) -> None:
        """Puts a page into a store. Raises ProofError ("snapshot-page"): then the transaction is to be given up."""
        pages = self.pages
        if number not in self._stage():
            raise _false(number, "is not to be taken now")
        if number < pages.first_leaves:
            self._take_column(writer, number, page)
        elif number < pages.first_part:
            cut = pages.leaves[number - pages.first_leaves]
            take_leaves(writer, self._table, self._ids, cut, page)
        elif number < pages.first_content:
            self._take_part(writer, number, page)
        else:
            self._take_contents(writer, number, page)
        writer.put("meta", TAKEN_KEY, bytes(self._with_mark(number)))
        if number < pages.first_content and sum(map(len, self._left)) == 1:
            self._look(writer)

    def _look(self, reader: Reader) -> None:
        """Finds what contents there are, now that the state is whole."""
        self.claims = LeafTable.read(reader).claims
        self._contents = content_pages(self.claims)
        first = self.pages.first_content
        self._left[2] = set(range(first, first + len(self._contents)))

    def _take_column(self, writer: Writer, number: int, page: bytes) -> None:
        """Digests or values; they are put together when the last of them has come."""
        pages = self.pages
        is_value = number >= pages.first_value
        at = number - pages.first_value if is_value else number
        width, per_page = (8, VALUES_AT_ONCE) if is_value else (DIGEST_BYTES, PARTICLES_AT_ONCE)
        count = min(per_page, pages.particle_count - at * per_page)
        if len(page) != count * width:
            raise _false(number, f"has {len(page):,} bytes, not {count * width:,}")
        root = values_of(_values(page)).root if is_value else particles_of(_digests(page)).root
        if root != (pages.values if is_value else pages.particles)[at]:
            raise _false(number, "has another hash")
        writer.put("meta", _page_key(number), page)
        if len(self._left[0]) == 1:
            self._assemble(writer)

    def _assemble(self, writer: Writer) -> None:
        pages = self.pages
        numbers = range(pages.first_leaves)
        found = writer.get_many("meta", [_page_key(number) for number in numbers])
        parts = [part or b"" for part in found]
        by_rank = _digests(b"".join(parts[: pages.first_value]))
        by_id = np.empty_like(by_rank)
        by_id[self._ids] = by_rank
        if (self._table.particles.intern(writer, by_id) != np.arange(len(by_id))).any():
            raise ProofError("snapshot-manifest", "the header's particles are not all different")
        vector = _values(b"".join(parts[pages.first_value :]))
        height, window = pages.header.height, self._parameters.history_window
        write_vector(writer, height, vector.astype(np.uint64), window)
        writer.delete_many("meta", [_page_key(number) for number in numbers])

    def _take_part(self, writer: Writer, number: int, page: bytes) -> None:
        part = self.pages.parts[number - self.pages.first_part]
        row = self.pages.rows[part.row]
        found, value = take_part(writer, self._table, self._ids, page)
        source = self._table.particles.digests(writer)[self._ids[found.source[0]]].tobytes()
        keys = self._table.names(writer).keys(found.links)
        entries = entries_of(keys, found.links["amount"], found.links["height"])
        if source != row.source or subtree(AUTHORS, entries, part.depth) != part.hash:
            raise _false(number, "has other links")
        counts = [RowValue.decode(each).links_count for each in (value, row.value)]
        if counts[0] == counts[1] and value != row.value:
            raise ProofError("snapshot-manifest", f"row {source.hex()} is not what its links make")

    def _take_contents(self, writer: Writer, number: int, page: bytes) -> None:
        names = self._contents[number - self.pages.first_content]
        read = unpack(page, partial(ContentsPage.read, len(names)))
        sizes = dict(self.claims)
        there = [pair for pair in zip(names, read.contents, strict=True) if pair[1] is not None]
        for name, content in there:
            if content is None or len(content) != sizes[name] or digest(content) != name:
                raise _false(number, f"has other content than {name.hex()}")
        writer.put_many(
            "contents", [(name, content) for name, content in there if content is not None]
        )


def _page_key(number: int) -> bytes:
    return PAGE_KEY + number.to_bytes(_NUMBER_BYTES, "big")


def _digests(data: bytes) -> ByteArray:
    return np.frombuffer(data, dtype=np.uint8).reshape(-1, DIGEST_BYTES)


def _values(data: bytes) -> MassArray:
    return np.frombuffer(data, dtype="<u8")


def _false(number: int, what: str) -> ProofError:
    return ProofError("snapshot-page", f"page {number} of the snapshot {what}")
