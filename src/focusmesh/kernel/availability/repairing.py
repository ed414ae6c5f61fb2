"""Repair: all shares of a square from some of them, row by row and column by column, or the proof that it is no square.

A row or column of which k shares are known has one extension. It is the one that was committed to if it makes the root
in the header; if it does not, the producer coded it badly, and those k shares prove that to anybody (BadEncoding).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from focusmesh.errors import InputError
from focusmesh.kernel.availability.erasure import extend, recover
from focusmesh.kernel.availability.namespaced import leaf_nodes, roots_over
from focusmesh.kernel.availability.square import (
    AXES,
    NAMESPACE_BYTES,
    NODE_BYTES,
    SHARE_BYTES,
    Roots,
    Square,
)

if TYPE_CHECKING:
    from focusmesh.engine.arrays import BoolArray, ByteArray, OffsetArray
    from focusmesh.kernel.availability.square import Axis


class BadLine(NamedTuple):
    """A row or column whose committed root is not that of its own extension."""

    axis: Axis
    line: int


class Repaired(NamedTuple):
    """What came of a repair: the ``square`` if all of it is there and right, else what is ``known`` (2k, 2k) of it.

    ``whole`` (2, 2k) says which rows and which columns were found right. ``bad`` is a line that proves that the square
    was coded badly: then nothing is to be had of it.
    """

    square: Square | None
    shares: ByteArray
    known: BoolArray
    whole: BoolArray
    bad: BadLine | None


def repair(shares: ByteArray, known: BoolArray, roots: Roots) -> Repaired:
    """All shares, uint8 (2k, 2k, 512), from those that are ``known`` (2k, 2k), each of which was proved.

    Ends where no row and no column has k known shares that are not all known. O(k² · (log k + hashes)). Raises
    InputError where the shapes disagree.
    """
    size = 2 * roots.width
    if shares.shape != (size, size, SHARE_BYTES) or known.shape != (size, size):
        raise InputError(f"a square of {size} × {size} shares is not {shares.shape}, {known.shape}")
    state = _State(shares.copy(), known.copy(), roots)
    found = -1
    while int(state.whole.sum()) > found:
        found = int(state.whole.sum())
        for axis in AXES:
            bad = state.repair_lines(axis)
            if bad is not None:
                return Repaired(None, state.shares, state.known, state.whole, bad)
    square = Square(state.shares) if state.whole.all() else None
    return Repaired(square, state.shares, state.known, state.whole, None)


class _State:
    """What is known of a square so far, and the leaf nodes of what was found right."""

    def __init__(self, shares: ByteArray, known: BoolArray, roots: Roots) -> None:
        self.shares, self.known, self.roots = shares, known, roots
        self.whole = np.zeros((2, len(known)), dtype=bool)
        self._leaves = np.empty((*known.shape, NODE_BYTES), dtype=np.uint8)

    def repair_lines(self, axis: Axis) -> BadLine | None:
        """Fills the lines of an axis of which enough is known; marks as whole those that are as committed."""
        k, whole = self.roots.width, self.whole[AXES.index(axis)]
        shares, known, leaves = self._along(axis)
        at = np.flatnonzero((known.sum(axis=1) >= k) & ~whole)
        if not len(at):
            return None
        lines, nodes = shares[at], leaves[at]
        partly = ~known[at].all(axis=1)
        if partly.any():
            lines[partly] = recover(lines[partly], known[at][partly])
        # Of lines that cross every line found right, the leaves are there already.
        if not self.whole[1 - AXES.index(axis)].all():
            nodes = line_leaves(lines, at, k)
        # Any values at 2k − 1 points lie on some polynomial: only the extension says whether its degree is below k.
        coded = (extend(lines[:, :k]) == lines[:, k:]).all(axis=(1, 2))
        made = line_roots(nodes)
        for place, index in enumerate(at):
            if not coded[place] or made[place] != self.roots.of(axis)[index]:
                return BadLine(axis, int(index))
        shares[at], leaves[at] = lines, nodes
        known[at] = whole[at] = True
        return None

    def _along(self, axis: Axis) -> tuple[ByteArray, BoolArray, ByteArray]:
        if axis == "row":
            return self.shares, self.known, self._leaves
        return self.shares.transpose(1, 0, 2), self.known.T, self._leaves.transpose(1, 0, 2)


def line_leaves(lines: ByteArray, indexes: OffsetArray, k: int) -> ByteArray:
    """The leaf nodes, uint8 (lines, 2k, 90), of lines uint8 (lines, 2k, 512) that are the ``indexes``-th of an axis."""
    names = np.full((*lines.shape[:2], NAMESPACE_BYTES), 0xFF, dtype=np.uint8)
    own = indexes < k
    names[own, :k] = lines[own, :k, :NAMESPACE_BYTES]
    nodes = leaf_nodes(names.reshape(-1, NAMESPACE_BYTES), lines.reshape(-1, SHARE_BYTES))
    return nodes.reshape(*lines.shape[:2], -1)


def line_roots(leaves: ByteArray) -> list[bytes]:
    """The root over each line's leaf nodes, uint8 (lines, 2k, 90); b"" for one whose namespaces descend."""
    try:
        return list(roots_over(leaves))
    except InputError:
        return (
            [b""]
            if len(leaves) == 1
            else [line_roots(leaves[[at]])[0] for at in range(len(leaves))]
        )
