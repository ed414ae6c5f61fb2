"""Proofs of leaves under a Merkle root, one alone (RFC 9162) and several that share hashes; only true leaves pass.

Input: a byte with the number of leaves, one with the leaf (or a bit for each leaf), then a path and the leaf's content
behind it, or the shared hashes.
"""

from __future__ import annotations

from functools import cache

from focusmesh.errors import ProofError
from focusmesh.kernel.receipts.leaves import check_leaves, write_leaves
from focusmesh.kernel.receipts.wire import BodyReader, BodyWriter
from focusmesh.kernel.state import MerkleTree
from focusmesh.kernel.state.merkle import verify_inclusion
from tests.fuzz.target import Target

_LEAVES_MAX = 16
_SEVERAL = 0x80


def _leaf(index: int) -> bytes:
    return b"leaf %d" % index


@cache
def _tree(count: int) -> MerkleTree:
    return MerkleTree.of([_leaf(index) for index in range(count)])


def check(data: bytes) -> bool:
    if len(data) < 3:
        return False
    count = 1 + (data[0] & (_LEAVES_MAX - 1))
    try:
        if data[0] & _SEVERAL:
            _several(count, int.from_bytes(data[1:3], "big"), data[3:])
        else:
            _one(count, data[1], data[2:])
    except ProofError:
        return False
    return True


def _one(count: int, index: int, rest: bytes) -> None:
    leaf = rest[-len(_leaf(index)) :]
    path = rest[: -len(leaf)]
    hashes = [path[at : at + 32] for at in range(0, len(path), 32)]
    verify_inclusion(leaf, index, count, hashes, _tree(count).root)
    assert index < count
    assert leaf == _leaf(index)
    assert hashes == _tree(count).prove(index)


def _several(count: int, shown: int, rest: bytes) -> None:
    """The pages are true but where the first byte of the hashes is odd: then the last of them is not."""
    pages = {at: _leaf(at) for at in range(_LEAVES_MAX) if shown >> at & 1}
    lying = bool(pages) and bool(rest[:1]) and bool(rest[0] & 1)
    if lying:
        pages[max(pages)] = b"no " + pages[max(pages)]
    reader = BodyReader(rest[1:])
    check_leaves(pages, count, _tree(count).root, "values", reader)
    reader.end()
    assert not lying
    assert not pages or max(pages) < count


def seeds() -> list[bytes]:
    found = []
    for count, index in ((1, 0), (2, 1), (7, 6), (7, 3), (16, 11)):
        path = b"".join(_tree(count).prove(index))
        found.append(bytes([count - 1, index]) + path + _leaf(index))
    for count, shown in ((1, [0]), (7, [0, 6]), (16, [3, 4, 15])):
        out = BodyWriter()
        write_leaves({at: _tree(count).prove(at) for at in shown}, count, out)
        bits = sum(1 << at for at in shown).to_bytes(2, "big")
        found.append(bytes([_SEVERAL | count - 1]) + bits + b"\0" + bytes(out))
    return found


TARGET = Target(check, seeds)
