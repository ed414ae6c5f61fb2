"""What a row proves, and its check: nothing is needed but hashlib.

A row's value in the state tree names two trees over its sorted entries. Weights: target ‖ weight, with sums. Authors:
target ‖ relation ‖ neuron ‖ amount ‖ height. A page holds all entries under a bit prefix of their keys and is there iff
it has at most 32 and the prefix one bit shorter has more; so one page shows that a key is there, or that it is not.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise

from focusmesh.errors import ProofError

PAGE_ENTRIES_MAX = 32
ROW_VALUE_BYTES = 88
_HASH_BYTES = 32
_PAGE, _INNER = b"\x00", b"\x01"
_NUMBER_BYTES = 8


@dataclass(frozen=True)
class Shape:
    """A kind of tree: bytes of an entry's key and of an entry, and whether its first number is summed."""

    key_bytes: int
    entry_bytes: int
    summed: bool

    @property
    def node_bytes(self) -> int:
        """A node is a hash, with the sum behind it in big-endian where there is one."""
        return _HASH_BYTES + _NUMBER_BYTES * self.summed

    def keys(self, entries: bytes) -> list[bytes]:
        """The keys of entries. Raises ProofError unless they are whole and ascend."""
        if len(entries) % self.entry_bytes:
            raise ProofError("row-page", f"entries of a row have {self.entry_bytes} bytes each")
        starts = range(0, len(entries), self.entry_bytes)
        keys = [entries[at : at + self.key_bytes] for at in starts]
        if any(one >= other for one, other in pairwise(keys)):
            raise ProofError("row-page", "the entries of a row do not ascend")
        return keys

    def page(self, entries: bytes) -> bytes:
        """The node of a page, of no entries too."""
        if not entries:
            return bytes(self.node_bytes)
        total = b""
        if self.summed:
            ends = range(self.key_bytes, len(entries), self.entry_bytes)
            total = _number(sum(_read(entries[at : at + _NUMBER_BYTES]) for at in ends))
        return sha256(_PAGE + entries).digest() + total

    def inner(self, left: bytes, right: bytes) -> bytes:
        """The node above two others."""
        total = b""
        if self.summed:
            total = _number(_read(left[_HASH_BYTES:]) + _read(right[_HASH_BYTES:]))
        return sha256(_INNER + left + right).digest() + total


WEIGHTS = Shape(32, 40, summed=True)
AUTHORS = Shape(96, 112, summed=False)


@dataclass(frozen=True)
class RowValue:
    """A row as the state tree has it: counts of links and axons, the sum of weights, the roots of its two trees."""

    links_count: int
    axon_count: int
    weight_total: int
    weights_root: bytes
    authors_root: bytes

    @classmethod
    def decode(cls, value: bytes) -> RowValue:
        """Of the 88 bytes in the state tree. Raises ProofError for any other number of them."""
        if len(value) != ROW_VALUE_BYTES:
            raise ProofError("row-value", f"a row has {ROW_VALUE_BYTES} bytes, not {len(value)}")
        links_count, axon_count, total = (_read(value[at : at + 8]) for at in (0, 8, 16))
        return cls(links_count, axon_count, total, value[24:56], value[56:])

    def encode(self) -> bytes:
        """The 88 bytes."""
        numbers = (self.links_count, self.axon_count, self.weight_total)
        return b"".join(map(_number, numbers)) + self.weights_root + self.authors_root


@dataclass(frozen=True)
class PageProof:
    """The page where a key belongs, and the nodes beside the way to it, from the root down."""

    page: bytes
    sides: tuple[bytes, ...]

    def encode(self, shape: Shape) -> bytes:
        """Number of sides, a bit for each that is not empty, those, and the page."""
        empty = bytes(shape.node_bytes)
        bits = sum((side != empty) << at for at, side in enumerate(self.sides))
        depth = len(self.sides)
        there = b"".join(side for side in self.sides if side != empty)
        return depth.to_bytes(2, "big") + bits.to_bytes(-(-depth // 8), "big") + there + self.page

    @classmethod
    def decode(cls, shape: Shape, data: bytes) -> PageProof:
        """The proof that ``encode`` gave. Raises ProofError for bytes that it never gives."""
        depth = int.from_bytes(data[:2], "big")
        # Before anything is done for each side: a stranger announces 65,535 of them in two bytes.
        if depth > 8 * shape.key_bytes:
            raise ProofError("row-proof", f"{depth} sides are more than a key has bits")
        at = 2 + -(-depth // 8)
        bits = int.from_bytes(data[2:at], "big")
        sides = []
        for place in range(depth):
            width = shape.node_bytes * (bits >> place & 1)
            sides.append(data[at : at + width] if width else bytes(shape.node_bytes))
            at += width
        proof = cls(data[at:], tuple(sides))
        if proof.encode(shape) != data:
            raise ProofError("row-proof", "these bytes are not the encoding of a page proof")
        return proof

    def root(self, shape: Shape, key: bytes) -> bytes:
        """The root that follows if ``key`` belongs in this page. Raises ProofError for what cannot be a page."""
        if len(key) != shape.key_bytes or len(self.sides) > 8 * shape.key_bytes:
            raise ProofError(
                "row-proof", f"a key has {shape.key_bytes} bytes, a proof a side a bit"
            )
        if any(len(side) != shape.node_bytes for side in self.sides):
            raise ProofError("row-proof", f"a side has {shape.node_bytes} bytes")
        if len(shape.keys(self.page)) > PAGE_ENTRIES_MAX:
            raise ProofError("row-page", f"a page has at most {PAGE_ENTRIES_MAX} entries")
        node = shape.page(self.page)
        for depth in range(len(self.sides) - 1, -1, -1):
            side = self.sides[depth]
            node = shape.inner(side, node) if _bit(key, depth) else shape.inner(node, side)
        return node

    def entry(self, shape: Shape, key: bytes) -> bytes | None:
        """What stands behind ``key`` in the page, None where it is not there."""
        keys = shape.keys(self.page)
        at = bisect_left(keys, key)
        if at == len(keys) or keys[at] != key:
            return None
        return self.page[at * shape.entry_bytes + shape.key_bytes : (at + 1) * shape.entry_bytes]


def verify_axon(value: bytes, target: bytes, proof: PageProof) -> int:
    """The weight of the axon to ``target`` in the row with this value of 88 bytes, 0 where there is none.

    Raises ProofError where the proof does not lead to the row. O(32 entries + sides).
    """
    row = RowValue.decode(value)
    if proof.root(WEIGHTS, target) != row.weights_root + _number(row.weight_total):
        raise ProofError("row-root", "the page does not lead to the weights of this row")
    found = proof.entry(WEIGHTS, target)
    return 0 if found is None else _read(found)


def verify_link(
    value: bytes, target: bytes, relation: bytes, neuron: bytes, proof: PageProof
) -> tuple[int, int] | None:
    """Amount and height of a link in the row with this value, None where there is none.

    Raises ProofError where the proof does not lead to the row. O(32 entries + sides).
    """
    key = target + relation + neuron
    if proof.root(AUTHORS, key) != RowValue.decode(value).authors_root:
        raise ProofError("row-root", "the page does not lead to the authors of this row")
    found = proof.entry(AUTHORS, key)
    return None if found is None else (_read(found[:_NUMBER_BYTES]), _read(found[_NUMBER_BYTES:]))


def verify_weights(value: bytes, entries: bytes) -> list[tuple[bytes, int]]:
    """Every axon of the row with this value, as (target, weight), from all entries of its weights tree.

    Raises ProofError where they are not the row's. O(entries).
    """
    row = RowValue.decode(value)
    keys = WEIGHTS.keys(entries)
    if subtree(WEIGHTS, entries) != row.weights_root + _number(row.weight_total):
        raise ProofError("row-root", "these are not the weights of this row")
    if len(keys) != row.axon_count:
        raise ProofError("row-count", f"the row has {row.axon_count} axons, not {len(keys)}")
    ends = range(WEIGHTS.key_bytes, len(entries), WEIGHTS.entry_bytes)
    return [
        (key, _read(entries[at : at + _NUMBER_BYTES])) for key, at in zip(keys, ends, strict=True)
    ]


def verify_authors(value: bytes, entries: bytes) -> list[tuple[bytes, int, int]]:
    """Every link of the row with this value, as (target ‖ relation ‖ neuron, amount, height), from all its entries.

    Raises ProofError where they are not the row's. O(entries).
    """
    row = RowValue.decode(value)
    keys = AUTHORS.keys(entries)
    if subtree(AUTHORS, entries) != row.authors_root:
        raise ProofError("row-root", "these are not the links of this row")
    if len(keys) != row.links_count:
        raise ProofError("row-count", f"the row has {row.links_count} links, not {len(keys)}")
    ends = range(AUTHORS.key_bytes, len(entries), AUTHORS.entry_bytes)
    return [
        (key, _read(entries[at : at + 8]), _read(entries[at + 8 : at + 16]))
        for key, at in zip(keys, ends, strict=True)
    ]


def prove(shape: Shape, entries: bytes, key: bytes) -> PageProof:
    """The page of a row with these entries where ``key`` is or would be. O(entries)."""
    keys = shape.keys(entries)
    first, stop, sides = 0, len(keys), list[bytes]()
    while stop - first > PAGE_ENTRIES_MAX:
        middle = _split(keys, first, stop, len(sides))
        own, other = (middle, stop), (first, middle)
        if not _bit(key, len(sides)):
            own, other = other, own
        width = shape.entry_bytes
        sides.append(subtree(shape, entries[other[0] * width : other[1] * width], len(sides) + 1))
        first, stop = own
    return PageProof(entries[first * shape.entry_bytes : stop * shape.entry_bytes], tuple(sides))


def subtree(shape: Shape, entries: bytes, depth: int = 0) -> bytes:
    """The node over all entries, which share their keys' first ``depth`` bits. O(entries)."""
    keys = shape.keys(entries)
    nodes: list[tuple[int, int, bytes]] = []
    for first, stop, page_depth in _pages(keys, depth):
        if nodes:
            _rise(shape, nodes, keys, _shared_bits(keys[nodes[-1][0]], keys[first]) + 1)
        content = entries[first * shape.entry_bytes : stop * shape.entry_bytes]
        nodes.append((first, page_depth, shape.page(content)))
    if not nodes:
        return shape.page(b"")
    _rise(shape, nodes, keys, depth)
    return nodes[0][2]


def _pages(keys: list[bytes], depth: int) -> list[tuple[int, int, int]]:
    """Pages that are not empty, as (first entry, stop, depth), in order."""
    pages, left = [], [(0, len(keys), depth)]
    while left:
        first, stop, depth = left.pop()
        if stop - first > PAGE_ENTRIES_MAX:
            middle = _split(keys, first, stop, depth)
            left += [(middle, stop, depth + 1), (first, middle, depth + 1)]
        elif stop > first:
            pages.append((first, stop, depth))
    return pages


def _rise(shape: Shape, nodes: list[tuple[int, int, bytes]], keys: list[bytes], depth: int) -> None:
    """Takes the last node up to ``depth``, beside the node before it or an empty one."""
    while nodes[-1][1] > depth:
        first, own, node = nodes.pop()
        if (
            nodes
            and nodes[-1][1] == own
            and _shared_bits(keys[nodes[-1][0]], keys[first]) == own - 1
        ):
            first, _, left = nodes.pop()
            node = shape.inner(left, node)
        elif _bit(keys[first], own - 1):
            node = shape.inner(bytes(shape.node_bytes), node)
        else:
            node = shape.inner(node, bytes(shape.node_bytes))
        nodes.append((first, own - 1, node))


def _split(keys: list[bytes], first: int, stop: int, depth: int) -> int:
    """The first of the keys whose bit at ``depth`` is set; the bits before it are the same in all."""
    byte, mask = depth // 8, 0x80 >> depth % 8
    head = keys[first][:byte] + bytes([keys[first][byte] & ~(2 * mask - 1) & 0xFF | mask])
    return bisect_left(keys, head, first, stop)


def _bit(key: bytes, place: int) -> int:
    return key[place // 8] >> (7 - place % 8) & 1


def _shared_bits(one: bytes, other: bytes) -> int:
    return 8 * len(one) - (_read(one) ^ _read(other)).bit_length()


def _number(value: int) -> bytes:
    if value >> 64:
        raise ProofError("row-sum", f"the weights of a row add up to {value}, more than 64 bits")
    return value.to_bytes(_NUMBER_BYTES, "big")


def _read(data: bytes) -> int:
    return int.from_bytes(data, "big")
