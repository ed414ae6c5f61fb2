"""The state at one height, to read and to prove."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from focusmesh.kernel.state.block_writes import height_of
from focusmesh.kernel.state.key_space import SIZE_KEY
from focusmesh.kernel.state.links.amount_changes import amount_changes
from focusmesh.kernel.state.links.history import Past
from focusmesh.kernel.state.store import Overlay
from focusmesh.kernel.state.tree.tree import Tree
from focusmesh.kernel.state.undo import read_undo
from focusmesh.protocol.codec import decode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh.engine.support.arrays import ByteArray, IndexArray
    from focusmesh.kernel.state.links.amount_changes import AmountChanges
    from focusmesh.kernel.state.links.links import AxonArrays, LinkArrays, LinkTable
    from focusmesh.kernel.state.links.row import Row
    from focusmesh.kernel.state.store import Reader
    from focusmesh.kernel.state.undo import Undo


@dataclass(frozen=True)
class StateView:
    """The state at ``height``; good for as long as the reader it was made with."""

    height: int
    reader: Reader
    tree: Tree
    _links: LinkTable
    _past: Past | None

    @classmethod
    def of(cls, reader: Reader, links: LinkTable, height: int, undo: Undo) -> StateView:
        """The reader's own state with ``undo`` taken back."""
        tree = Tree.open(reader)
        if not undo.links:
            return cls(height, reader, tree, links, None)
        return cls(height, reader, tree.view(undo.entries), links, Past(undo.links))

    @property
    def root(self) -> bytes:
        """The state root at this height."""
        return self.tree.root

    def get(self, key: bytes) -> bytes | None:
        """The value of a key, None where it has none."""
        return self.tree.get(key)

    def scan(self, prefix: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Keys that begin with ``prefix``, ascending, with their values."""
        return self.tree.scan(prefix)

    def row(self, source: bytes) -> Row | None:
        """The links of a particle, None where it has none."""
        return self._links.row(self.reader, source, self._past)

    def links(self) -> LinkArrays:
        """All links by ids, ordered by source id; what the ids stand for, ``names`` says. O(m)."""
        return self._links.load_links(self.reader, self._past)

    def records(self) -> Reader:
        """The store as it was at this height, as far as leaves and links go. O(changes since · log n)."""
        if self._past is None:
            return self.reader
        then = Overlay(self.tree.reader)
        then.put_many("rows", self._links.rows_before(self.reader, self._past))
        return then

    def changed_sources(self, height: int) -> IndexArray:
        """Ids of the particles whose rows the block of a height changed, one of those taken back."""
        return Past(read_undo(self.reader, height, height).links).sources()

    def undo_since(self, height: int) -> Undo | None:
        """What leads back to an earlier ``height``; None where that is not kept, or this is not the last height."""
        if self._past is not None or height > self.height:
            return None
        undo = read_undo(self.reader, height + 1, self.height)
        return undo if len(undo.links) == self.height - height else None

    def links_after(self, before: LinkArrays, undo: Undo) -> LinkArrays:
        """What ``links`` is, made of what it was before: O(m) to copy, and the rows that changed."""
        past = Past(undo.links)
        return self._links.load_links_since(self.reader, past, before) if undo.links else before

    def amounts_since(self, height: int) -> AmountChanges | None:
        """By how much links changed since an earlier ``height`` (``amount_changes``); None where that is not kept."""
        now = height_of(self.reader)
        undo = read_undo(self.reader, height + 1, now)
        if len(undo.links) != now - height:
            return None
        return amount_changes(self.reader, self._links, undo.links, self.height - height)

    def neuron(self, digest: bytes) -> int | None:
        """The id of a neuron that ever had a link, None for others. O(log n)."""
        return self._links.neurons.find_one(self.reader, digest)

    def axons(self) -> AxonArrays:
        """All axons by ids with their weights, ordered by source id. O(m)."""
        return self._links.load_axons(self.reader, self._past)

    def sizes(self) -> tuple[int, int]:
        """How many particles and how many links there are."""
        size = self.get(SIZE_KEY)
        particles, links = (0, 0) if size is None else decode(size)
        return int(particles), int(links)

    def names(self) -> tuple[ByteArray, ByteArray, ByteArray]:
        """Digests by id, uint8 (n, 32): particles as of this height, all relations and all neurons."""
        count, table, reader = self.sizes()[0], self._links, self.reader
        return (
            table.particles.digests(reader)[:count],
            table.relations.digests(reader),
            table.neurons.digests(reader),
        )

    def content(self, digest: bytes) -> bytes | None:
        """Content by its digest; it is not kept by height, and gone once it was forgotten."""
        return self.reader.get("contents", digest)
