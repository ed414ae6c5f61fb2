"""How far single scores can be off: what a known focus, which their errors stay below, says of each particle.

Definition: docs/explanation/contexts.md.

Errors are Ψ(e) of some residual e. Where |e_j| ≤ t·w_j at every j, no error exceeds t·Ψ(w)_i, since Ψ has no negative
entry. Several w whose focus is known are tried, and mixtures with u; a particle's bound is the least of all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus.operator.chunks import chunk_spans
from focusmesh.engine.focus.operator.vectors import sweep
from focusmesh.engine.support.parallel import COMPILED_FROM_LINKS

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import FloatArray, OffsetArray, RealArray

_SHARES = (0.5, 0.9, 0.1)
COMPILED_FROM = COMPILED_FROM_LINKS // 8
"""Particles from which compiled kernels look at all of them."""
ROUNDED_UP = 1 + 2.0**-20
"""Covers that steps are kept in float32, and the rounding of what is worked out here."""

BY_DEGREE = 1
"""Column of the restart in proportion to degree."""


@dataclass(frozen=True)
class RestartPairs:
    """Restarts w and their focus g: float64, shape (n, p), solver order. Columns: u, by degree, and others.

    ``slack`` (p,): what an entry of each focus is off by at most. ``mixes``, shape (q, p): the restarts that are tried.
    """

    restarts: FloatArray
    foci: FloatArray
    slack: FloatArray
    mixes: FloatArray

    @classmethod
    def of(cls, restarts: FloatArray, foci: FloatArray, bounds: FloatArray) -> RestartPairs:
        """``bounds`` are those of the foci in L1; both have mass 1, so that no entry is off by more than half of it."""
        single = np.eye(restarts.shape[1])
        mixed = [
            share * single[one] + (1 - share) * single[other]
            for one, other in [(0, BY_DEGREE), *((0, at) for at in range(2, len(single)))]
            for share in _SHARES
        ]
        return cls(restarts, foci, bounds / 2, np.array([*single, *mixed]))

    def reach(self, error: RealArray) -> FloatArray:
        """The least t with |error| ≤ t·w, for each restart that is tried. O(n)."""

        compiled = len(error) >= COMPILED_FROM

        def most(part: slice) -> FloatArray:
            if compiled:
                from focusmesh.engine.focus.context.item_bounds_compiled import reach_rows

                return reach_rows(error, self.restarts, self.mixes, (part.start, part.stop))
            size, found = np.abs(error[part]), np.zeros(len(self.mixes))
            columns = [np.ascontiguousarray(column) for column in self.restarts[part].T]
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                for row, mix in enumerate(self.mixes):
                    under = np.zeros(len(size))
                    for share, column in zip(mix, columns, strict=True):
                        if share:
                            under += share * column
                    # Nothing under nothing says nothing: fmax passes over 0/0.
                    found[row] = np.fmax.reduce(size / under, initial=0.0)
            return found

        rows = sweep(chunk_spans(len(error)), most)
        return np.asarray(ROUNDED_UP * np.max(rows, axis=0, initial=0.0), dtype=np.float64)


@dataclass(frozen=True)
class ItemBounds:
    """Bounds of single scores, with mass counted ``scale`` times.

    The error is (Ψ − ``absorb``·1)(e), and |e| stays below each row of ``tops`` times the restarts. From a push it is
    the part of e above a multiple ``rest`` of the restart by degree that does; ``runs`` of that restart are walked
    first, ``above`` more of it may stand on such walks. No error exceeds ``half``; ``slack`` comes on top of all.
    """

    pairs: RestartPairs
    tops: FloatArray
    half: float
    slack: float
    scale: float = 1.0
    absorb: float = 0.0
    rest: float = 0.0
    runs: float = 0.0
    above: float = 0.0

    @classmethod
    def below(
        cls, pairs: RestartPairs, reach: FloatArray, half: float, slack: float, **others: float
    ) -> ItemBounds:
        """Those that follow from what ``RestartPairs.reach`` says of a residual."""
        says = np.isfinite(reach)
        return cls(pairs, reach[says, np.newaxis] * pairs.mixes[says], half, slack, **others)

    @property
    def most(self) -> float:
        """What no score of any particle is off by more than."""
        return self.half + self.slack

    @property
    def arrays(self) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
        """For kernels: restarts, foci, their slack, tops, numbers."""
        pairs = self.pairs
        return pairs.restarts, pairs.foci, pairs.slack, self.tops, self.numbers

    @property
    def numbers(self) -> FloatArray:
        """For kernels: scale, absorb, rest, runs, above, half, slack."""
        return np.array(
            (
                *(self.scale, self.absorb, self.rest, self.runs),
                *(self.above, self.half, self.slack),
            )
        )

    def at(self, particles: OffsetArray | slice) -> FloatArray:
        """What the scores of those particles (solver positions) are off by at most."""
        pairs = self.pairs
        foci = pairs.foci[particles] + pairs.slack
        least = np.maximum(foci - self.absorb * pairs.restarts[particles], 0.0)
        reach = np.full(len(foci), np.inf)
        for top in self.tops:
            np.minimum(reach, least @ top, out=reach)
        walked, here = foci[:, BY_DEGREE], least[:, BY_DEGREE]
        low = self.rest * here + self.runs * walked
        sure = np.maximum(here - 2 * pairs.slack[BY_DEGREE], 0.0)
        high = reach - self.rest * sure + self.above * walked
        found = ROUNDED_UP * self.scale * np.maximum(low, high)
        return np.asarray(np.minimum(found, self.half) + self.slack, dtype=np.float64)

    def rival(self, scores: FloatArray, listed: OffsetArray, least: float) -> float:
        """The most that any particle that is not ``listed`` can truly have; ``least`` is known of one of them. O(n)."""
        hidden = np.zeros(len(scores), dtype=bool)
        hidden[listed] = True

        compiled, arrays = len(scores) >= COMPILED_FROM, self.arrays

        def highest(part: slice) -> float:
            if compiled:
                from focusmesh.engine.focus.context.item_bounds_compiled import rival_of_rows

                span = part.start, part.stop
                return float(rival_of_rows(scores, arrays, hidden, span, least))
            at = part.start + np.flatnonzero((scores[part] + self.most > least) & ~hidden[part])
            return float((scores[at] + self.at(at)).max(initial=least)) if len(at) else least

        return max(sweep(chunk_spans(len(scores)), highest), default=least)
