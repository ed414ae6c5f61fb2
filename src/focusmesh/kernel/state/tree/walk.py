"""Single paths of the state tree: where one leads, with the siblings on the way, and the leaves beside it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from hashlib import sha256
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from focusmesh.kernel.state.tree import paths as tree_paths
from focusmesh.kernel.state.tree.hashing import EMPTY
from focusmesh.kernel.state.tree.records import (
    Leaf,
    find_leaf,
    find_node,
    missing,
    parse_bucket,
    parse_nodes,
    record_key,
    table_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from focusmesh.kernel.state.store import Reader
    from focusmesh.kernel.state.tree.records import Meta, Node

_KEPT_MAX = 16_384
"""Records above the buckets that are kept at hand, 1 KB each; those of a million leaves are about 10,000."""
_PATH, _PREFIX = attrgetter("path"), attrgetter("prefix")


class Way(NamedTuple):
    """What lies on a path: the siblings from the root down, and the leaf where it ends.

    That leaf may have another path: then it is the only one that shares the bits so far. None: there is nothing.
    """

    siblings: list[bytes]
    leaf: Leaf | None


class _Subtree(NamedTuple):
    """An entry of any level with its prefix as a number of 256 bits."""

    prefix: int
    depth: int
    lone: bool
    hash: bytes


class Walk:
    """Reads records one by one, and keeps those above the buckets."""

    def __init__(self, reader: Reader, meta: Meta) -> None:
        self._reader = reader
        self._height = meta.height
        self._is_empty = not meta.leaf_count
        self._kept: dict[bytes, bytes] = {}

    def find(self, key: bytes) -> Leaf | None:
        """The leaf of ``key``. O(log n)."""
        if self._is_empty:
            return None
        path, prefix = tree_paths.path_of(key), 0
        for level in range(self._height, 0, -1):
            node = find_node(self._read_stored(level, prefix), path)
            if node is None:
                return None
            prefix = node.prefix
        return find_leaf(self._read_stored(0, prefix), path)

    def leaves(self) -> Iterator[Leaf]:
        """Every leaf in the order of paths."""
        for _, stored in self._reader.scan("buckets"):
            yield from parse_bucket(stored)

    def way(self, path: bytes) -> Way:
        """Siblings down to where ``path`` ends. O(log n) records, whose hashes are made anew."""
        siblings: list[bytes] = []
        if self._is_empty:
            return Way(siblings, None)
        number, prefix, depth = int.from_bytes(path, "big"), 0, 0
        for level in range(self._height, 0, -1):
            nodes = self._record(level, prefix)
            entries = [_Subtree(n.prefix << 192, n.depth, n.lone, n.hash) for n in nodes]
            found = _follow(entries, depth, number, siblings)
            if found is None:
                return Way(siblings, None)
            prefix, depth = found.prefix >> 192, found.depth
            if found.lone:
                return Way(siblings, self._only_leaf(level - 1, prefix))
        leaves = self._bucket(prefix)
        entries = [
            _Subtree(int.from_bytes(leaf.path, "big"), 256, True, leaf.hash) for leaf in leaves
        ]
        found = _follow(entries, depth, number, siblings)
        return Way(siblings, None if found is None else leaves[entries.index(found)])

    def neighbours(self, path: bytes) -> tuple[Leaf | None, Leaf | None]:
        """The last leaf before ``path`` and the first behind it."""
        if self._is_empty:
            return None, None
        return self._before(self._height, 0, path), self._behind(self._height, 0, path)

    def _before(self, level: int, prefix: int, path: bytes) -> Leaf | None:
        if not level:
            leaves = self._bucket(prefix)
            place = bisect_left(leaves, path, key=_PATH)
            return leaves[place - 1] if place else None
        nodes = self._record(level, prefix)
        end = bisect_right(nodes, int.from_bytes(path[:8], "big"), key=_PREFIX)
        # Only the first that is tried can have nothing before the path.
        tried = (self._before(level - 1, node.prefix, path) for node in reversed(nodes[:end]))
        return next(filter(None, tried), None)

    def _behind(self, level: int, prefix: int, path: bytes) -> Leaf | None:
        if not level:
            leaves = self._bucket(prefix)
            place = bisect_right(leaves, path, key=_PATH)
            return leaves[place] if place < len(leaves) else None
        nodes = self._record(level, prefix)
        end = bisect_right(nodes, int.from_bytes(path[:8], "big"), key=_PREFIX)
        tried = (self._behind(level - 1, node.prefix, path) for node in nodes[max(end - 1, 0) :])
        return next(filter(None, tried), None)

    def _only_leaf(self, level: int, prefix: int) -> Leaf:
        for below in range(level, 0, -1):
            (node,) = self._record(below, prefix)
            prefix = node.prefix
        (leaf,) = self._bucket(prefix)
        return leaf

    def _record(self, level: int, prefix: int) -> list[Node]:
        return parse_nodes(self._read_stored(level, prefix))

    def _bucket(self, prefix: int) -> list[Leaf]:
        return parse_bucket(self._read_stored(0, prefix))

    def _read_stored(self, level: int, prefix: int) -> bytes:
        key = record_key(level, prefix)
        stored = self._kept.get(key) if level else None
        if stored is None:
            stored = self._reader.get(table_of(level), key)
            if stored is None:
                raise missing(level, key)
            if level:
                self._keep(key, stored)
        return stored

    def _keep(self, key: bytes, stored: bytes) -> None:
        if len(self._kept) >= _KEPT_MAX:
            self._kept.clear()
        self._kept[key] = stored


def _follow(
    entries: Sequence[_Subtree], depth: int, path: int, siblings: list[bytes]
) -> _Subtree | None:
    """Goes down from a record's prefix of ``depth`` bits to one of its entries, None where nothing lies on the path."""
    while len(entries) > 1 or not (entries[0].lone or entries[0].depth == depth):
        left, right = _halves(entries, depth)
        own, other = (right, left) if path >> (255 - depth) & 1 else (left, right)
        depth += 1
        siblings.append(_hash(other, depth))
        if not own:
            return None
        entries = own
    return entries[0]


def _hash(entries: Sequence[_Subtree], depth: int) -> bytes:
    """Hash of the subtree that these are in, under a prefix of ``depth`` bits."""
    if not entries:
        return EMPTY
    if len(entries) == 1 and (entries[0].lone or entries[0].depth == depth):
        return entries[0].hash
    left, right = _halves(entries, depth)
    return sha256(b"\x01" + _hash(left, depth + 1) + _hash(right, depth + 1)).digest()


def _halves(
    entries: Sequence[_Subtree], depth: int
) -> tuple[Sequence[_Subtree], Sequence[_Subtree]]:
    """Those whose next bit is 0, and those whose next bit is 1."""
    middle = bisect_left(entries, 1, key=lambda entry: entry.prefix >> (255 - depth) & 1)
    return entries[:middle], entries[middle:]
