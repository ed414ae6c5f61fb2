"""Repair: all shares of a square from some of them, row by row and column by column, or the proof that it is no square.

A row or column of which k shares are known has one extension. It is the one that was committed to if it makes the root
in the header and agrees with whatever else is known; if not, the producer coded badly, and k shares prove that to
anybody (BadEncoding). k whole lines along one axis determine every line across them, and those all the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from focusmesh.engine.support import parallel
from focusmesh.errors import InputError
from focusmesh.kernel.availability.erasure import extend, recover
from focusmesh.kernel.availability.namespace_tree import leaf_nodes, roots_over
from focusmesh.kernel.availability.square import (
    AXES,
    NAMESPACE_BYTES,
    NODE_BYTES,
    SHARE_BYTES,
    Roots,
    Square,
)

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import BoolArray, ByteArray, OffsetArray
    from focusmesh.kernel.availability.square import Axis

_BATCH_SHARES = 8_192
"""Lines of so many shares, 4 MiB, are filled, hashed and compared at a time: they stay near the core that does it."""


class BadLine(NamedTuple):
    """A row or column whose committed root is not that of the extension of its shares at the k places ``shown``."""

    axis: Axis
    line: int
    shown: tuple[int, ...]


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
        """Fills the lines of an axis that are due; marks as whole those that are as committed."""
        whole, across = (self.whole[AXES.index(each)] for each in (axis, _across(axis)))
        at = _due(self._along(axis)[1], whole, across)
        step = max(1, _BATCH_SHARES // len(across))
        batches = [at[start : start + step] for start in range(0, len(at), step)]
        bad = parallel.run(lambda batch: self._repair_batch(axis, batch, across), batches)
        return next((each for each in bad if each is not None), None)

    def _repair_batch(self, axis: Axis, at: OffsetArray, across: BoolArray) -> BadLine | None:
        k, (shares, known, leaves) = self.roots.width, self._along(axis)
        lines, given = shares[at], known[at]
        basis = given & (given.cumsum(axis=1) <= k)
        differs = np.zeros_like(given)
        # Where all that crosses is whole, k lines of this axis are, and any other one is a sum of multiples of them.
        if not across.all():
            made = _extend(lines, basis)
            differs = (made.view(np.uint64) != lines.view(np.uint64)).any(axis=2) & given
            lines = made
        # Leaves of lines that were found right are there already.
        nodes, places = leaves[at], np.flatnonzero(~across)
        nodes[:, places] = line_leaves(lines[:, places], at, places, k)
        bad = _bad(basis, differs, line_roots(nodes), [self.roots.of(axis)[line] for line in at])
        if bad is not None:
            return BadLine(axis, int(at[bad[0]]), bad[1])
        shares[at], leaves[at] = lines, nodes
        known[at] = self.whole[AXES.index(axis), at] = True
        return None

    def _along(self, axis: Axis) -> tuple[ByteArray, BoolArray, ByteArray]:
        if axis == "row":
            return self.shares, self.known, self._leaves
        return self.shares.transpose(1, 0, 2), self.known.T, self._leaves.transpose(1, 0, 2)


def _across(axis: Axis) -> Axis:
    return "column" if axis == "row" else "row"


def _due(known: BoolArray, whole: BoolArray, across: BoolArray) -> OffsetArray:
    """The lines to fill next: no more than k of one axis before the lines across them, which follow from those."""
    k = len(known) // 2
    if int(across.sum()) >= k:
        return np.flatnonzero(~whole)
    enough = np.flatnonzero((known.sum(axis=1) >= k) & ~whole)
    return enough[: max(0, k - int(whole.sum()))]


def _bad(
    basis: BoolArray, differs: BoolArray, made: list[bytes], committed: list[bytes]
) -> tuple[int, tuple[int, ...]] | None:
    """Which of some lines is coded badly, and k of its places that prove it."""
    for line, shown in enumerate(map(np.flatnonzero, basis)):
        if made[line] != committed[line]:
            return line, tuple(shown.tolist())
        if differs[line].any():
            # The root is that of the k shares; with the one that disagrees among them it would be another.
            return line, (*shown[1:].tolist(), int(differs[line].argmax()))
    return None


def _extend(lines: ByteArray, basis: BoolArray) -> ByteArray:
    """What lines uint8 (lines, 2k, 512) are by their k shares each that ``basis`` (lines, 2k) names."""
    k = lines.shape[1] // 2
    own = basis[:, :k].all(axis=1)
    if own.all():
        return np.concatenate([lines[:, :k], extend(lines[:, :k])], axis=1)
    return recover(lines, basis)


def line_leaves(lines: ByteArray, indexes: OffsetArray, places: OffsetArray, k: int) -> ByteArray:
    """The leaf nodes, uint8 (lines, places, 90), of shares uint8 (lines, places, 512).

    The lines are the ``indexes``-th of an axis, of each those shares that are its ``places``-th.
    """
    names = np.full((*lines.shape[:2], NAMESPACE_BYTES), 0xFF, dtype=np.uint8)
    own = np.ix_(indexes < k, places < k)
    names[own] = lines[own][:, :, :NAMESPACE_BYTES]
    nodes = leaf_nodes(names.reshape(-1, NAMESPACE_BYTES), lines.reshape(-1, SHARE_BYTES))
    return nodes.reshape(*lines.shape[:2], NODE_BYTES)


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
