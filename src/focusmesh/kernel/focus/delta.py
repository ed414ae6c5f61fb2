"""How a vector follows from the one before: differences in steps of 2^shift, zig-zag varints in pages of 512.

Layout: ``shift`` (1 byte, 0 … 63), the start value of new particles (8 bytes, big-endian), and for each page of 512
entries of the new vector a varint with its length in bytes and that many bytes of varints, one an entry; a page without
differences has the length 0. Varints are LEB128 in their shortest form.

An entry is the one before plus its difference times 2^shift. Where k particles are new, each of them starts at the
value v that the delta names, and what they start with is taken from the others in proportion: x becomes
⌊x·(2⁶³ − k·v)/2⁶³⌋, and what that rounds away goes back one unit each to the lowest ranks. So a vector follows from
nothing but the vector before, the ranks of new particles and these bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus import ONE, product_shifted, wide_sum
from focusmesh.errors import BlockError
from focusmesh.kernel.focus import varints
from focusmesh.kernel.focus.pages import VALUES_A_PAGE

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import IndexArray, MassArray, OffsetArray

SHIFT_MAX = 63
_HEAD_BYTES = 9


@dataclass(frozen=True)
class Delta:
    """``steps`` (int64, one an entry of the new vector), each worth 2^``shift``; ``start`` is v."""

    shift: int
    start: int
    steps: OffsetArray

    def encode(self) -> bytes:
        """The one form as bytes. O(n)."""
        head = bytes((self.shift,)) + self.start.to_bytes(8, "big")
        return head + varints.encode_pages(self.steps, VALUES_A_PAGE)

    @classmethod
    def decode(cls, content: bytes, count: int) -> Delta:
        """The delta of a vector of ``count`` entries; raises BlockError ("focus-delta") for any but the one form."""
        if len(content) < _HEAD_BYTES or content[0] > SHIFT_MAX:
            raise BlockError("focus-delta", f"{len(content)} bytes are not vector differences")
        steps = varints.decode_pages(content[_HEAD_BYTES:], count, VALUES_A_PAGE)
        return cls(content[0], int.from_bytes(content[1:_HEAD_BYTES], "big"), steps)

    def apply_to(self, base: MassArray) -> MassArray:
        """``base`` (``insert_particles`` with this start) with the differences; raises BlockError ("focus-range").

        No entry leaves 0 … 2⁶³. O(n).
        """
        shift, down = np.uint64(self.shift), self.steps < 0
        # −2⁶³ is its own negative; as an unsigned number it is what it should be.
        size = np.where(down, -self.steps, self.steps).astype(np.uint64)
        room = np.where(down, base, np.uint64(ONE) - base) >> shift
        beyond = np.flatnonzero(size > room)
        if len(beyond):
            raise BlockError(
                "focus-range", f"entry {beyond[0]} of the committed vector leaves 0 … 2^63"
            )
        change = size << shift
        return np.where(down, base - change, base + change)


def insert_particles(vector: MassArray, places: IndexArray, start: int) -> MassArray:
    """The vector before with new particles at ``places`` (ranks, ascending), ``start`` each.

    Raises BlockError ("focus-start") where they would start with more than there is, or in a first vector with none:
    that begins as the uniform one. O(n).
    """
    new, count = len(places), len(vector) + len(places)
    if not len(vector):
        if start:
            raise BlockError("focus-start", "a first vector starts uniform: its start value is 0")
        return uniform(count)
    if new * start > ONE or (start and not new):
        raise BlockError("focus-start", f"{new} new particles cannot start with {start} each")
    if not new:
        return vector
    given = new * start
    scaled = product_shifted(vector, ONE - given, 63)
    scaled[: ONE - given - wide_sum(scaled)] += np.uint64(1)
    before = places.astype(np.int64) - np.arange(new)
    return np.insert(scaled, before, np.uint64(start))


def start_value(spread: int, before: int, new: int) -> int:
    """What a particle without links has: ⌊T·2⁶³/(n·2⁶³ + k·T)⌋ for k new ones beside ``before``.

     ``spread`` T = α + (1 − α)·(mass of dangling particles) at scale 2⁶³ is what R spreads over all
    .
    """
    return spread * ONE // (before * ONE + new * spread) if before and new else 0


def uniform(count: int) -> MassArray:
    """⌊2⁶³/n⌋ each, one more at the lowest ranks, so that they add up to 2⁶³."""
    if not count:
        return np.zeros(0, dtype=np.uint64)
    value, more = divmod(ONE, count)
    level = np.full(count, value, dtype=np.uint64)
    level[:more] += np.uint64(1)
    return level
