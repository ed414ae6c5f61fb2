"""The state tree: keys and values under one root, which proves for each key what its value is, or that it has none.

A sparse Merkle tree in the SmtSpec form of ICS-23, kept in a store (how: records.py). Past states are not kept:
``view`` goes back from the present one by what blocks have changed since.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.kernel.state.key_space import ROW_PREFIX
from focusmesh.kernel.state.store import Overlay
from focusmesh.kernel.state.tree import paths as tree_paths
from focusmesh.kernel.state.tree.proofs import prove, prove_many
from focusmesh.kernel.state.tree.records import Meta
from focusmesh.kernel.state.tree.walk import Walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from focusmesh.kernel.state.ics23.forms import CommitmentProof
    from focusmesh.kernel.state.store import Reader, Writer
    from focusmesh.kernel.state.tree.batch import Before
    from focusmesh.kernel.state.tree.walk import Way


class Tree:
    """The state at the moment that a reader shows; nothing is read before it is asked for."""

    def __init__(self, reader: Reader, meta: Meta) -> None:
        self._reader = reader
        self._meta = meta
        self._walk = Walk(reader, meta)

    @classmethod
    def open(cls, reader: Reader) -> Tree:
        """The tree of a store, empty where the store is."""
        return cls(reader, Meta.read(reader))

    @property
    def root(self) -> bytes:
        """32 bytes that stand for every key and value; zeros where there are none."""
        return self._meta.root

    @property
    def reader(self) -> Reader:
        """Where its records are."""
        return self._reader

    def __len__(self) -> int:
        """How many keys there are."""
        return self._meta.leaf_count

    def get(self, key: bytes) -> bytes | None:
        """The value of ``key``, None where it has none. O(log n), a record for each factor of about 20."""
        leaf = self._walk.find(key)
        return None if leaf is None else leaf.value

    def scan(self, prefix: bytes = b"", after: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Keys that begin with ``prefix``, ascending, with their values; only those behind ``after``.

        Rows of particles are in no index, for the links know them: a prefix that includes some reads the whole tree.
        """
        if prefix.startswith(ROW_PREFIX) or ROW_PREFIX.startswith(prefix):
            yield from sorted(
                (leaf.key, leaf.value)
                for leaf in self._walk.leaves()
                if leaf.key.startswith(prefix) and leaf.key > after
            )
            return
        start = max(prefix, after + b"\0") if after else prefix
        for key, _ in self._reader.scan("keys", start, _behind(prefix)):
            value = self.get(key)
            if value is not None:
                yield key, value

    def update(self, writer: Writer, changes: Mapping[bytes, bytes | None]) -> Before:
        """Sets keys to values, removes those whose value is None; from here on this tree reads from ``writer``.

        ``writer`` shows the same moment as this tree's reader. Gives the keys that have another value now, each with
        the one it had before (None: it had none): what ``view`` takes to go back. Raises InputError for empty values
        and for keys of a wrong length, before anything is written. O(changed · log n) hashes, all of a level at once.
        """
        from focusmesh.kernel.state.tree.update import update

        self._meta, before = update(writer, changes)
        self._reader = writer
        self._walk = Walk(writer, self._meta)
        return before

    def view(self, undo: Mapping[bytes, bytes | None]) -> Tree:
        """The tree as it would be with these changes; the store keeps what it has. O(changed · log n)."""
        overlay = Overlay(self._reader)
        tree = Tree(overlay, self._meta)
        tree.update(overlay, undo)
        return tree

    def path(self, key: bytes) -> Way:
        """The siblings from the root down to where the path of ``key`` ends, and the leaf there, own or foreign."""
        return self._walk.way(tree_paths.path_of(key))

    def way(self, path: bytes) -> Way:
        """The same for any 32 bytes as a path."""
        return self._walk.way(path)

    def prove(self, key: bytes) -> CommitmentProof:
        """That ``key`` has its value or has none, for ics23.verify_… and the verifiers of others. O(log n) records.

        Raises InputError where the tree is empty: then its root says it all.
        """
        return prove(self._walk, key)

    def prove_many(self, keys: Iterable[bytes]) -> CommitmentProof:
        """``prove`` for many keys in one batch; ``encode_proof`` can have it name each inner step once."""
        return prove_many(self._walk, keys)


def _behind(prefix: bytes) -> bytes | None:
    """The first key behind all that begin with ``prefix``, None where there is none."""
    kept = prefix.rstrip(b"\xff")
    return kept[:-1] + bytes([kept[-1] + 1]) if kept else None
