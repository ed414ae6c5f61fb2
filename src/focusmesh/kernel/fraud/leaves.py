"""Leaves of a state, shown with nothing but SHA-256: where a path ends, and the root above it."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from focusmesh.ids import DIGEST_BYTES
from focusmesh.kernel.fraud.forms import not_proved

if TYPE_CHECKING:
    from focusmesh.kernel.fraud.forms import ShownLeaf

EMPTY = bytes(DIGEST_BYTES)
_LEAF, _INNER = b"\x00", b"\x01"


def path_of(key: bytes) -> bytes:
    """Where a key lies."""
    return sha256(key).digest()


def leaf_node(path: bytes, value: bytes) -> bytes:
    """The node of a leaf."""
    return sha256(_LEAF + path + sha256(value).digest()).digest()


def fold(path: bytes, siblings: list[bytes], node: bytes) -> bytes:
    """The root above a node on ``path`` whose siblings, from the root down, are these."""
    for depth in range(len(siblings) - 1, -1, -1):
        sibling = siblings[depth]
        pair = sibling + node if _bit(path, depth) else node + sibling
        node = sha256(_INNER + pair).digest()
    return node


def hashes_of(data: bytes) -> list[bytes]:
    """32 bytes each; raises ProofError ("fraud") for a rest."""
    if len(data) % DIGEST_BYTES:
        raise not_proved(f"hashes have {DIGEST_BYTES} bytes")
    return [data[at : at + DIGEST_BYTES] for at in range(0, len(data), DIGEST_BYTES)]


def root_above(leaf: ShownLeaf) -> bytes:
    """The root of the state that a leaf is shown in; raises ProofError ("fraud") for what shows nothing."""
    path, siblings = path_of(leaf.key), hashes_of(leaf.siblings)
    if len(siblings) > 8 * DIGEST_BYTES:
        raise not_proved("a path has a sibling a bit")
    if leaf.value is not None:
        if leaf.end or not leaf.value:
            raise not_proved("a leaf has a value, and nothing is there instead")
        return fold(path, siblings, leaf_node(path, leaf.value))
    if not leaf.end:
        return fold(path, siblings, EMPTY)
    other = leaf.end[:DIGEST_BYTES]
    depth = len(siblings)
    # A leaf elsewhere could not have risen to here.
    if (
        len(leaf.end) != 2 * DIGEST_BYTES
        or other == path
        or _head(other, depth) != _head(path, depth)
    ):
        raise not_proved("the leaf that is there instead cannot be there")
    return fold(path, siblings, sha256(_LEAF + leaf.end).digest())


def _bit(path: bytes, depth: int) -> int:
    return path[depth // 8] >> (7 - depth % 8) & 1


def _head(path: bytes, depth: int) -> int:
    return int.from_bytes(path, "big") >> (8 * DIGEST_BYTES - depth)
