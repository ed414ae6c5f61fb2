"""Where the pages of a snapshot begin: subtrees of the state tree, and of the links of rows too long for one page.

There is a page where all that lies under a prefix fits into one, and what lies under the prefix a bit shorter does
not. So the pages of a state follow from the state alone, and their hashes lead to its root.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from focusmesh.errors import ProofError
from focusmesh.ids import DIGEST_BYTES
from focusmesh.kernel.state.key_space import BLOB_PREFIX, ROW_PREFIX
from focusmesh.kernel.state.tree.hashing import EMPTY, Entries, subtree_hashes
from focusmesh.kernel.state.tree.records import decode_buckets
from focusmesh.protocol.codec import decode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from focusmesh.engine.support.arrays import BoolArray, ByteArray, OffsetArray
    from focusmesh.kernel.state.spans import Pieces
    from focusmesh.kernel.state.store import Reader
    from focusmesh.kernel.state.tree.paths import Words

COST_MAX = 1_000_000
"""What may be in a page, in bytes before it is compressed, counting the most that a link can take."""
LINK_COST, ROW_COST, LEAF_COST = 88, 8, 16
LONG_ROW_LINKS = 8_192
"""A row with more links has pages of its own, of so many links at most."""
_DEPTH_MAX = 64
_BUCKETS_AT_ONCE = 8_192
_HEAD = 66
_LONE = 0x80
_ITEM_BYTES = 1 + DIGEST_BYTES


@dataclass(frozen=True)
class LeafTable:
    """Every leaf of a state in the order of paths: its path in words, its hash, what it costs in a page.

    ``long`` has the sources of rows that are too long, with their values; ``claims`` all content that is claimed, as
    (digest, size). 80 bytes a leaf.
    """

    words: Words
    hashes: ByteArray
    cost: OffsetArray
    long: list[tuple[bytes, bytes]]
    claims: list[tuple[bytes, int]]

    @classmethod
    def read(cls, reader: Reader) -> LeafTable:
        """O(n)."""
        long: list[tuple[bytes, bytes]] = []
        claims: list[tuple[bytes, int]] = []
        parts = []
        for entries, stored in _leaves(reader):
            key_bytes = _numbers(stored, _HEAD - 2, ">u2")
            is_row = _has_prefix(stored, key_bytes, ROW_PREFIX)
            links = np.zeros(len(is_row), dtype=np.int64)
            at = np.flatnonzero(is_row)
            links[at] = _numbers(stored.take(at), _HEAD + len(ROW_PREFIX) + DIGEST_BYTES, ">u8")
            is_long = links > LONG_ROW_LINKS
            long += _pairs(stored, np.flatnonzero(is_long), len(ROW_PREFIX))
            claimed = np.flatnonzero(_has_prefix(stored, key_bytes, BLOB_PREFIX))
            claims += [
                (name, int(decode(value)[0]))
                for name, value in _pairs(stored, claimed, len(BLOB_PREFIX))
            ]
            own = np.where(
                is_row & ~is_long, ROW_COST + LINK_COST * links, LEAF_COST + stored.length
            )
            parts.append((entries.words, entries.hashes, own))
        words, hashes, cost = (np.concatenate(column) for column in zip(*parts, strict=True))
        return cls(words, hashes, cost, sorted(long), sorted(claims))

    def cut(self) -> list[PageOfLeaves]:
        """The pages, those without a leaf included."""
        total = np.append(0, np.cumsum(self.cost))
        heads = self.words[:, 0]
        spans = cut(
            len(heads),
            lambda first, stop: int(total[stop] - total[first]) <= COST_MAX,
            lambda first, stop, depth, prefix: (
                first
                + int(np.searchsorted(heads[first:stop], np.uint64(prefix | 1 << (63 - depth))))
            ),
            _DEPTH_MAX,
        )
        full = [span for span in spans if span.stop > span.first]
        counts = np.array([span.stop - span.first for span in full])
        depths = np.array([span.depth for span in full], dtype=np.int16)
        record = np.repeat(np.arange(len(full)), counts)
        roots, lone = subtree_hashes(Entries.leaves(self.words, self.hashes), record, depths)
        made = iter(zip(roots, lone.tolist(), strict=True))
        pages = []
        for span in spans:
            root, alone = next(made) if span.stop > span.first else (np.zeros(32, np.uint8), False)
            pages.append(PageOfLeaves(span.depth, span.prefix, alone, root.tobytes()))
        return pages


class Span(NamedTuple):
    """Things from ``first`` to ``stop`` that share the first ``depth`` bits, those of ``prefix``."""

    first: int
    stop: int
    depth: int
    prefix: int


def cut(
    count: int,
    fits: Callable[[int, int], bool],
    middle: Callable[[int, int, int, int], int],
    depth_max: int,
) -> list[Span]:
    """Things in order cut in halves by their bits until what is left ``fits``; ``prefix`` is counted in 64 bits."""
    spans, left = [], [Span(0, count, 0, 0)]
    while left:
        first, stop, depth, prefix = span = left.pop()
        if stop - first <= 1 or depth == depth_max or fits(first, stop):
            spans.append(span)
            continue
        at = middle(first, stop, depth, prefix)
        bit = 1 << (63 - depth) if depth < _DEPTH_MAX else 0
        left.append(Span(at, stop, depth + 1, prefix | bit))
        left.append(Span(first, at, depth + 1, prefix))
    return spans


class PageOfLeaves(NamedTuple):
    """A subtree of the state tree: its prefix of ``depth`` bits (a number of 64), whether it is one leaf, its hash."""

    depth: int
    prefix: int
    lone: bool
    hash: bytes

    @property
    def width(self) -> int:
        """How many numbers of 64 bits begin with the prefix."""
        return 1 << (64 - self.depth)

    @property
    def is_empty(self) -> bool:
        """Whether no leaf lies there."""
        return self.hash == EMPTY


def encode_cut(pages: list[PageOfLeaves]) -> bytes:
    """33 bytes a page: the bits of its prefix (+ 128 for one leaf) ‖ its hash. Prefixes follow from the order."""
    return b"".join(bytes([page.depth | _LONE * page.lone]) + page.hash for page in pages)


def decode_cut(data: bytes) -> list[PageOfLeaves]:
    """Raises ProofError ("snapshot-manifest") for bytes that cut no tree."""
    pages: list[PageOfLeaves] = []
    prefix = 0
    for at in range(0, len(data), _ITEM_BYTES):
        depth, lone = data[at] & ~_LONE, bool(data[at] & _LONE)
        step = 1 << (64 - depth) if depth <= _DEPTH_MAX else 0
        if len(data) < at + _ITEM_BYTES or not step or prefix % step or prefix >= 1 << 64:
            raise _no_cut()
        pages.append(PageOfLeaves(depth, prefix, lone, data[at + 1 : at + _ITEM_BYTES]))
        prefix += step
    if prefix != 1 << 64:
        raise _no_cut()
    return pages


def root_of_cut(pages: list[PageOfLeaves]) -> bytes:
    """The root of the state tree that has these subtrees. O(pages)."""
    done: list[PageOfLeaves] = []
    for page in pages:
        done.append(page)
        while (
            len(done) > 1 and done[-2].prefix ^ done[-1].prefix == done[-1].width == done[-2].width
        ):
            right, left = done.pop(), done.pop()
            done.append(_above(left, right))
    return done[0].hash


def _above(left: PageOfLeaves, right: PageOfLeaves) -> PageOfLeaves:
    depth, prefix = left.depth - 1, left.prefix
    for one, other in ((left, right), (right, left)):
        if one.is_empty and (other.lone or other.is_empty):
            return PageOfLeaves(depth, prefix, other.lone, other.hash)
    return PageOfLeaves(depth, prefix, False, sha256(b"\x01" + left.hash + right.hash).digest())


def _leaves(reader: Reader) -> Iterator[tuple[Entries, Pieces]]:
    buckets = reader.scan("buckets")
    while portion := [stored for _, stored in islice(buckets, _BUCKETS_AT_ONCE)]:
        leaves, _ = decode_buckets(portion)
        yield leaves.entries, leaves.stored


def _numbers(stored: Pieces, at: int, kind: str) -> OffsetArray:
    """The integer at a place of every piece."""
    size = np.dtype(kind).itemsize
    places = stored.start[:, None] + np.arange(at, at + size)
    return np.ascontiguousarray(stored.data[places]).view(kind).reshape(-1).astype(np.int64)


def _has_prefix(stored: Pieces, key_bytes: OffsetArray, prefix: bytes) -> BoolArray:
    """Which keys are ``prefix`` and a digest."""
    found: BoolArray = key_bytes == len(prefix) + DIGEST_BYTES
    at = np.flatnonzero(found)
    places = stored.start[at][:, None] + np.arange(_HEAD, _HEAD + len(prefix))
    found[at] = (stored.data[places] == np.frombuffer(prefix, dtype=np.uint8)).all(axis=1)
    return found


def _pairs(stored: Pieces, chosen: OffsetArray, prefix_bytes: int) -> list[tuple[bytes, bytes]]:
    """The digests in the keys of some leaves, and their values."""
    view = memoryview(stored.data.data)
    start = (stored.start[chosen] + _HEAD + prefix_bytes).tolist()
    return [
        (bytes(view[a : a + DIGEST_BYTES]), bytes(view[a + DIGEST_BYTES : b]))
        for a, b in zip(start, stored.stop[chosen].tolist(), strict=True)
    ]


def _no_cut() -> ProofError:
    return ProofError("snapshot-manifest", "the pages of the state do not cut its tree")
