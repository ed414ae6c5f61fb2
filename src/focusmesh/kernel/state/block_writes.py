"""A block's changes on their way into the store."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from focusmesh.kernel.state.key_space import SIZE_KEY
from focusmesh.kernel.state.tree.tree import Tree
from focusmesh.kernel.state.undo import forget_undo, write_undo
from focusmesh.protocol.codec import decode, encode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from focusmesh.engine.support.arrays import ByteArray, IndexArray, MassArray
    from focusmesh.kernel.state.ics23.forms import CommitmentProof
    from focusmesh.kernel.state.links.links import LinkTable, RowChanges
    from focusmesh.kernel.state.overlay import StateOverlay
    from focusmesh.kernel.state.store import Reader, Writer

HEIGHT_KEY = b"height"
_BASE_KEY = b"base"


def height_of(reader: Reader) -> int:
    """Height of the last block, −1 before the first."""
    record = reader.get("meta", HEIGHT_KEY)
    return -1 if record is None else int(decode(record))


def base_of(reader: Reader) -> int:
    """The first height whose state can have been here: 0, or where a snapshot was taken in."""
    record = reader.get("meta", _BASE_KEY)
    return 0 if record is None else int(decode(record))


def began_with_snapshot(reader: Reader) -> bool:
    """Whether a snapshot was taken in, be it that of block 0."""
    return reader.get("meta", _BASE_KEY) is not None


def write_base(writer: Writer, height: int) -> None:
    """Says that the state of ``height`` came whole, and is the first that was here and the last so far."""
    writer.put("meta", _BASE_KEY, encode(height))
    writer.put("meta", HEIGHT_KEY, encode(height))


@dataclass
class BlockWrites:
    """The state after a block, within its transaction: ``writer`` is for whatever else belongs to the block.

    ``digests`` (uint8, (k, 32)) are those of particles that came with it, in the order of their ids; ``source``,
    ``target``, ``weight`` the axons whose weight changed, by ids, with the weight they have now (0: gone).
    """

    writer: Writer
    height: int
    digests: ByteArray
    source: IndexArray
    target: IndexArray
    weight: MassArray
    _tree: Tree
    _before: dict[bytes, bytes | None]
    _links_undo: bytes
    late: dict[bytes, bytes | None] = field(default_factory=dict)
    """Entries that were put, or taken out (None), while the block was finished."""

    @classmethod
    def of(cls, writer: Writer, links: LinkTable, working: StateOverlay) -> BlockWrites:
        """Applies links, entries and contents. O(changes · log n), and the rows that links touch."""
        keys = sorted(working.links)
        changes = links.apply(writer, keys, [working.links[key] for key in keys], working.height)
        tree = Tree.open(writer)
        moved = cls(
            writer=writer,
            height=working.height,
            digests=links.particles.digests(writer)[changes.first_particle :],
            source=changes.axons.source,
            target=changes.axons.target,
            weight=changes.axons.weight,
            _tree=tree,
            _before={},
            _links_undo=changes.undo,
        )
        moved.late.update(moved._size(changes, links.particles.count(writer)))
        moved._update({**working.entries, **changes.entries, **moved.late})
        moved._keep(working.contents)
        return moved

    @property
    def root(self) -> bytes:
        """The root of the state as it is so far."""
        return self._tree.root

    def get(self, key: bytes) -> bytes | None:
        """The value of a key as it is so far."""
        return self._tree.get(key)

    def scan(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Keys that begin with ``prefix`` as they are so far, see ``Tree.scan``."""
        return self._tree.scan(prefix)

    def prove_many(self, keys: Iterable[bytes]) -> CommitmentProof:
        """What ``keys`` are so far, see ``Tree.prove_many``."""
        return self._tree.prove_many(keys)

    def put_entry(self, key: bytes, value: bytes) -> None:
        """One more entry of the state, which who began the block did not know."""
        self._update({key: value})
        self.late[key] = value

    def delete_entry(self, key: bytes) -> None:
        """Takes an entry out of the state, which who began the block did not know of."""
        self._update({key: None})
        self.late[key] = None

    def finish(self, window: int) -> None:
        """Keeps what it takes to go back, and lets go of what no height within ``window`` needs."""
        write_undo(self.writer, self.height, self._before, self._links_undo)
        forget_undo(self.writer, self.height - window)

    def _update(self, changes: dict[bytes, bytes | None]) -> None:
        for key, value in self._tree.update(self.writer, changes):
            self._before.setdefault(key, value)

    def _size(self, changes: RowChanges, particles: int) -> dict[bytes, bytes]:
        """What the state says of its size, if links change."""
        if not changes.entries:
            return {}
        size = self._tree.get(SIZE_KEY)
        links = decode(size)[1] if size else 0
        return {SIZE_KEY: encode([particles, links + changes.added])}

    def _keep(self, contents: dict[bytes, bytes | None]) -> None:
        kept = sorted((name, content) for name, content in contents.items() if content is not None)
        self.writer.put_many("contents", kept)
        self.writer.delete_many("contents", sorted(contents.keys() - {name for name, _ in kept}))
