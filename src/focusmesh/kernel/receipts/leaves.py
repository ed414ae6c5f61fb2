"""Several leaves of a Merkle tree of RFC 6962 (SHA-256), with every hash that they share written once.

Leaf = H(0x00 ‖ data), inner = H(0x01 ‖ left ‖ right); the left side has the largest power of two of leaves that is less
than all of them. A proof is the hashes of the subtrees without any of the leaves, left before right.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from focusmesh.errors import ProofError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from focusmesh.kernel.receipts.wire import BodyReader, BodyWriter


def write_leaves(paths: Mapping[int, Sequence[bytes]], leaf_count: int, out: BodyWriter) -> None:
    """Writes the proof of the leaves whose siblings, from the leaf up, are given by index. O(siblings)."""
    if paths:
        siblings: dict[tuple[int, int], bytes] = {}
        for index, path in paths.items():
            siblings |= _siblings(index, leaf_count, path)
        _write(siblings, 0, leaf_count, sorted(paths), out)


def _siblings(index: int, count: int, path: Sequence[bytes]) -> dict[tuple[int, int], bytes]:
    """Hashes on the way to a leaf, by the first leaf and the number of leaves below them."""
    found, first = {}, 0
    for sibling in reversed(path):
        middle = _left_count(count)
        if index < first + middle:
            found[first + middle, count - middle] = sibling
            count = middle
        else:
            found[first, middle] = sibling
            first, count = first + middle, count - middle
    return found


def _write(
    siblings: Mapping[tuple[int, int], bytes],
    first: int,
    count: int,
    shown: Sequence[int],
    out: BodyWriter,
) -> None:
    if not shown:
        out.raw(siblings[first, count])
    elif count > 1:
        middle = _left_count(count)
        left = [at for at in shown if at < first + middle]
        _write(siblings, first, middle, left, out)
        _write(siblings, first + middle, count - middle, shown[len(left) :], out)


def check_leaves(
    pages: Mapping[int, bytes], page_count: int, root: bytes, what: str, body: BodyReader
) -> None:
    """Reads the proof that these pages are among ``page_count`` under ``root``; nothing is read where there are none.

    Raises ProofError (``what``) where they are not. O(pages · log page_count).
    """
    if not pages:
        return
    if min(pages) < 0 or max(pages) >= page_count:
        raise ProofError("body", f"page {max(pages)} of {page_count} {what} pages")
    leaves = {at: _leaf(page) for at, page in pages.items()}
    if _read(leaves, 0, page_count, sorted(leaves), body) != root:
        raise ProofError(what, f"these {what} pages are not under the root in the header")


def _read(
    leaves: Mapping[int, bytes], first: int, count: int, shown: Sequence[int], body: BodyReader
) -> bytes:
    if not shown:
        return body.digest()
    if count == 1:
        return leaves[first]
    middle = _left_count(count)
    left = [at for at in shown if at < first + middle]
    return _inner(
        _read(leaves, first, middle, left, body),
        _read(leaves, first + middle, count - middle, shown[len(left) :], body),
    )


def _left_count(count: int) -> int:
    return 1 << ((count - 1).bit_length() - 1)


def _leaf(page: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + page).digest()


def _inner(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()
