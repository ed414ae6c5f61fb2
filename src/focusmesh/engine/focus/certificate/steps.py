"""The sums that the integer operator is made of, in solver order: small graphs with NumPy, large ones compiled.

A source of total t and mass x sends ⌊c·w/2^shift⌋ over a link of weight w, where c = ⌊x·2³¹/t̄⌋
(docs/reference/certificate-format.md). All
sums stay below 2⁶³ where x adds up to 2⁶³, so integers may be added in any order and by any number of threads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias

import numpy as np

from focusmesh.engine.focus.certificate.wide import product_shifted

if TYPE_CHECKING:
    from focusmesh.engine.focus.certificate.axons import IntegerAxons, Totals
    from focusmesh.engine.support.arrays import ByteArray, IndexArray, MassArray, OffsetArray

Held: TypeAlias = Any
"""A vector where a backend works on it."""

CHUNK = 1 << 15
_HALF = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)


class Spread(NamedTuple):
    """What ``fill`` adds: ``value`` to all, one more to the ``more`` lowest ranks, and one to the ``leftover`` lowest.

    With a teleport of its own, ``own`` (solver order) is added in place of value and more.
    """

    value: int
    more: int
    leftover: int
    own: MassArray | None = None


class Steps(Protocol):
    """A backend; vectors are uint64, shape (n,), in solver order, held as it likes; sums are Python integers."""

    backend: str

    def hold(self, values: MassArray) -> Held:
        """A vector of the host where the backend works on it; it may be changed there."""

    def give(self, values: Held) -> MassArray:
        """A vector of the backend on the host."""

    def follow(self, x: Held) -> tuple[Held, int]:
        """P(x) and its sum."""

    def mix(self, x: Held) -> tuple[Held, int]:
        """Q(x) before it is filled, and its sum."""

    def scale(self, x: Held, factor: int) -> int:
        """Makes ``x`` ⌊x·factor/2³²⌋, 0 ≤ factor ≤ 2³², in place; returns its sum."""

    def fill(self, y: Held, spread: Spread) -> None:
        """Adds ``spread`` to ``y`` in place."""

    def add_scaled(self, y: Held, factor: int, result: Held) -> int:
        """Adds ⌊y·factor/2³²⌋ to ``result``; returns the sum of what was added."""

    def rise(self, image: Held, x: Held) -> int:
        """Σ max(0, image − x)."""


class HostSteps:
    """Vectors of the host are worked on as they are."""

    def hold(self, values: MassArray) -> MassArray:
        return values

    def give(self, values: MassArray) -> MassArray:
        return values


class NumpySweeps(HostSteps):
    """The steps that need no links, on particles of those ranks; nothing is compiled."""

    backend = "numpy"

    def __init__(self, rank: IndexArray) -> None:
        self._rank = rank

    def scale(self, x: MassArray, factor: int) -> int:
        x[:] = product_shifted(x, factor, 32)
        return int(x.sum())

    def fill(self, y: MassArray, spread: Spread) -> None:
        if spread.own is None:
            y += np.uint64(spread.value)
            y += self._rank < spread.more
        else:
            y += spread.own
        y += self._rank < spread.leftover

    def add_scaled(self, y: MassArray, factor: int, result: MassArray) -> int:
        part = product_shifted(y, factor, 32)
        result += part
        return int(part.sum())

    def rise(self, image: MassArray, x: MassArray) -> int:
        return int((image - x)[image > x].sum())


class NumpySteps(NumpySweeps):
    """Steps by NumPy. See ``Steps``."""

    def __init__(self, axons: IntegerAxons) -> None:
        super().__init__(axons.rank)
        s = axons.structure
        self._axons = axons
        self._in = NumpyRows(s.in_start, s.in_source, axons.in_weight)
        self._out = NumpyRows(s.out_start, s.out_target, axons.out_weight)

    def follow(self, x: MassArray) -> tuple[MassArray, int]:
        followed = self._in.sums(NumpyShares.of(x, self._axons.out))
        return followed, int(followed.sum())

    def mix(self, x: MassArray) -> tuple[MassArray, int]:
        degree = self._axons.degree
        shares = NumpyShares.of(x, degree)
        mixed = self._in.sums(shares) + self._out.sums(shares)
        mixed = np.where(degree.exact == 0, x, mixed)
        return mixed, int(mixed.sum())


class NumpyShares(NamedTuple):
    """What every particle sends for a weight of 1, c = ⌊x·2³¹/t̄⌋, and its shift.

    What it says of particles without links goes nowhere.
    """

    share: MassArray
    shift: ByteArray

    @classmethod
    def of(cls, x: MassArray, totals: Totals) -> NumpyShares:
        whole, rest = np.divmod(x, totals.scaled)
        share = (whole << np.uint64(31)) + (rest << np.uint64(31)) // totals.scaled
        return cls(share, totals.shift)


class NumpyRows:
    """The non-empty rows of one side, and room for what is sent over each of their links."""

    def __init__(self, start: OffsetArray, column: IndexArray, weight: IndexArray | None) -> None:
        self._filled = np.flatnonzero(np.diff(start))
        self._first = start[self._filled]
        self._count = len(start) - 1
        self._column = column
        self._weight = None if weight is None else weight.astype(np.uint64)
        # Memory that is asked for again and again comes from the system each time.
        self._sent, self._part = np.empty((2, len(column)), dtype=np.uint64)

    def sums(self, shares: NumpyShares) -> MassArray:
        """What arrives at each row."""
        sent = self.flow(shares)
        sums = np.zeros(self._count, dtype=np.uint64)
        if len(self._filled):
            sums[self._filled] = np.add.reduceat(sent, self._first)
        return sums

    def flow(self, shares: NumpyShares) -> MassArray:
        """What each link carries; good until the next call."""
        shift = shares.shift[self._column]
        np.take(shares.share, self._column, out=self._sent, mode="clip")
        if self._weight is None:
            return np.right_shift(self._sent, shift, out=self._sent)
        if len(shift) and int(shift.max()) > int(_HALF):
            return _sent_far(self._sent, self._weight, shift.astype(np.uint64))
        return self._sent_near(self._weight, shift)

    def _sent_near(self, weight: MassArray, shift: ByteArray) -> MassArray:
        """⌊share·weight/2^shift⌋ for shifts up to 32: the high half of a share then loses no bits."""
        low, high = self._part, self._sent
        np.bitwise_and(high, _LOW, out=low)
        np.multiply(low, weight, out=low)
        np.right_shift(low, shift, out=low)
        np.right_shift(high, _HALF, out=high)
        np.multiply(high, weight, out=high)
        np.left_shift(high, np.uint8(32) - shift, out=high)
        return np.add(high, low, out=high)


def _sent_far(share: MassArray, weight: MassArray, shift: MassArray) -> MassArray:
    """⌊share·weight/2^shift⌋ of a 95-bit product that is ``upper``·2³² + ``lower``, for any shifts."""
    bottom = (share & _LOW) * weight
    upper = (share >> _HALF) * weight + (bottom >> _HALF)
    lower = bottom & _LOW
    small = np.minimum(shift, _HALF)
    near = (upper << (_HALF - small)) + (lower >> small)
    return np.where(shift < _HALF, near, upper >> (np.maximum(shift, _HALF) - _HALF))
