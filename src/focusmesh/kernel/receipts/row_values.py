"""A particle's row as the state has it, made from all of its links: what a shown row is held against.

weights tree: entries target ‖ weight u64 BE in the order of targets; up to 32 entries under a prefix of the target's
bits are one page H(0x00 ‖ entries), more are H(0x01 ‖ left ‖ left sum u64 BE ‖ right ‖ right sum u64 BE), an empty side
is 32 zero bytes with the sum 0.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_PAGE_ENTRIES = 32
_DIGEST_BYTES = 32


def row_value(
    targets: Sequence[bytes], weights: Sequence[int], link_count: int, authors_root: bytes
) -> bytes:
    """The value of ``/graph/row/`` + source: counts, weight total and roots. ``targets`` rise. O(axons)."""
    root, total = _weights_node(targets, weights, 0)
    counts = link_count.to_bytes(8, "big") + len(targets).to_bytes(8, "big")
    return counts + total.to_bytes(8, "big") + root + authors_root


def _weights_node(
    targets: Sequence[bytes], weights: Sequence[int], depth: int
) -> tuple[bytes, int]:
    if not targets:
        return bytes(_DIGEST_BYTES), 0
    if len(targets) <= _PAGE_ENTRIES:
        pairs = zip(targets, weights, strict=True)
        page = b"".join([target + weight.to_bytes(8, "big") for target, weight in pairs])
        return hashlib.sha256(b"\x00" + page).digest(), sum(weights)
    at, bit = depth >> 3, 0x80 >> (depth & 7)
    middle = sum(not target[at] & bit for target in targets)
    left, left_sum = _weights_node(targets[:middle], weights[:middle], depth + 1)
    right, right_sum = _weights_node(targets[middle:], weights[middle:], depth + 1)
    sums = left_sum.to_bytes(8, "big"), right_sum.to_bytes(8, "big")
    node = hashlib.sha256(b"\x01" + left + sums[0] + right + sums[1]).digest()
    return node, left_sum + right_sum
