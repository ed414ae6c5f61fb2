"""What a repairer has of a block: shares as they come in, from anybody, until they give back all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.errors import ProofError
from focusmesh.kernel.availability.bad_encoding import BadEncoding
from focusmesh.kernel.availability.namespace_proof import prove_leaves
from focusmesh.kernel.availability.namespace_tree import NamespacedTree
from focusmesh.kernel.availability.square import AXES, SHARE_BYTES, ProvedShare
from focusmesh.kernel.availability.square_repair import line_leaves, line_roots, repair

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from focusmesh.engine.support.arrays import ByteArray
    from focusmesh.kernel.availability.square import Axis, Roots, Square


class Gathering:
    """Shares of one block. ``roots`` are those under its header's data root, checked by whoever makes this."""

    def __init__(self, roots: Roots) -> None:
        size = 2 * roots.width
        self.roots = roots
        self._given: dict[tuple[int, int], ProvedShare] = {}
        self._lines: dict[tuple[Axis, int], ByteArray] = {}
        self._shares = np.zeros((size, size, SHARE_BYTES), dtype=np.uint8)
        self._known = np.zeros((size, size), dtype=bool)

    def __len__(self) -> int:
        """How many different shares came."""
        return int(self._known.sum())

    def add(self, share: ProvedShare) -> bool:
        """Whether it is new. Raises ProofError for a share that is not the block's; that changes nothing."""
        share.verify(self.roots)
        place = share.row, share.column
        if self._known[place]:
            return False
        self._given[place] = share
        self._shares[place] = np.frombuffer(share.share, dtype=np.uint8)
        self._known[place] = True
        return True

    def add_line(self, axis: Axis, index: int, shares: Sequence[bytes]) -> None:
        """A whole row or column, which needs no proof: its root follows from its shares.

        Raises ProofError ("roots") for one that is not the block's; that changes nothing. O(k) hashes.
        """
        size = len(self._known)
        right = len(shares) == size and all(len(share) == SHARE_BYTES for share in shares)
        if axis not in AXES or not 0 <= index < size or not right:
            raise ProofError("roots", f"these {len(shares)} shares are not a line of the square")
        line = np.frombuffer(b"".join(shares), dtype=np.uint8).reshape(1, size, SHARE_BYTES)
        if line_roots(self._leaves(line, index))[0] != self.roots.of(axis)[index]:
            raise ProofError("roots", f"{axis} {index} does not have the root that the block names")
        at = (index, slice(None)) if axis == "row" else (slice(None), index)
        # Where the line across says something else, what came first stays: that is what there is a proof of.
        fresh = ~self._known[at]
        self._shares[at][fresh], self._known[at] = line[0, fresh], True
        self._lines[axis, index] = line[0]

    def missing(self) -> Iterator[tuple[int, int]]:
        """The places of which nothing came, row by row."""
        return (
            (int(row), int(column)) for row, column in zip(*np.nonzero(~self._known), strict=True)
        )

    def incomplete_rows(self) -> list[int]:
        """The rows of which a share is missing."""
        return [int(row) for row in np.flatnonzero(~self._known.all(axis=1))]

    @property
    def is_enough(self) -> bool:
        """Whether what came may give back all of the block: some row or column can be filled until none is left.

        O(k²) a round, without looking into a share.
        """
        known, k = self._known.copy(), self.roots.width
        count = -1
        while int(known.sum()) > count:
            count = int(known.sum())
            known[known.sum(axis=1) >= k] = True
            known[:, known.sum(axis=0) >= k] = True
        return bool(known.all())

    def repair(self) -> Square | BadEncoding | None:
        """The square, or the proof that it was coded badly, or None where more shares are needed.

        O(k² · (log k + hashes)): worth asking when ``is_enough``, or when nothing more comes.
        """
        found = repair(self._shares, self._known, self.roots)
        if found.bad is None:
            return found.square
        by_row, index = found.bad.axis == "row", found.bad.line
        places = [(index, at) if by_row else (at, index) for at in found.bad.shown]
        proved = {place: self._prove(*place) for place in places}
        return BadEncoding.of(found, {at: share for at, share in proved.items() if share})

    def _prove(self, row: int, column: int) -> ProvedShare | None:
        """A share that came, with its proof: its own, or that of the whole line it came in."""
        if (row, column) in self._given:
            return self._given[row, column]
        share = self._shares[row, column]
        for axis, index, at in zip(AXES, (row, column), (column, row), strict=True):
            line = self._lines.get((axis, index))
            if line is not None and np.array_equal(line[at], share):
                tree = NamespacedTree(self._leaves(line[None], index)[0])
                proof = prove_leaves(tree, at, at + 1)
                return ProvedShare(row, column, axis, share.tobytes(), proof)
        return None

    def _leaves(self, line: ByteArray, index: int) -> ByteArray:
        return line_leaves(line, np.array([index]), np.arange(line.shape[1]), self.roots.width)
