"""What a repairer has of a block: shares as they come in, from anybody, until they give back all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.kernel.availability.bad_encoding import BadEncoding
from focusmesh.kernel.availability.repairing import repair
from focusmesh.kernel.availability.square import SHARE_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh.kernel.availability.square import ProvedShare, Roots, Square


class Gathering:
    """Shares of one block. ``roots`` are those under its header's data root, checked by whoever makes this."""

    def __init__(self, roots: Roots) -> None:
        size = 2 * roots.width
        self.roots = roots
        self._given: dict[tuple[int, int], ProvedShare] = {}
        self._shares = np.zeros((size, size, SHARE_BYTES), dtype=np.uint8)
        self._known = np.zeros((size, size), dtype=bool)

    def __len__(self) -> int:
        """How many different shares came."""
        return len(self._given)

    def add(self, share: ProvedShare) -> bool:
        """Whether it is new. Raises ProofError for a share that is not the block's; that changes nothing."""
        share.verify(self.roots)
        place = share.row, share.column
        if place in self._given:
            return False
        self._given[place] = share
        self._shares[place] = np.frombuffer(share.share, dtype=np.uint8)
        self._known[place] = True
        return True

    def missing(self) -> Iterator[tuple[int, int]]:
        """The places of which nothing came, row by row."""
        return (
            (int(row), int(column)) for row, column in zip(*np.nonzero(~self._known), strict=True)
        )

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

    def repaired(self) -> Square | BadEncoding | None:
        """The square, or the proof that it was coded badly, or None where more shares are needed.

        O(k² · (log k + hashes)): worth asking when ``is_enough``, or when nothing more comes.
        """
        found = repair(self._shares, self._known, self.roots)
        return found.square if found.bad is None else BadEncoding.of(found, self._given)
