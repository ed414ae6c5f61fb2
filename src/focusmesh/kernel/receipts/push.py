"""What a push over shown rows proves of a context, in integers (docs/explanation/contexts.md, diffusion alone).

Let Ψ(v) be the focus with teleport v, where dangling mass goes to the uniform u; Ψ is linear and keeps the sum of v.
With P the step along links from particles that have some,

    Ψ(w) = α·y + s·φ* + Ψ(r),   r = w − y + (1 − α)·P·y,   s = (1 − α)·Σ y_i over dangling i,   φ* = Ψ(u)

holds for *every* y: a proof names the y of the particles whose rows it shows, however it was found, and r follows from
one pass over these rows. Of Ψ(r), α·r settles at once and the rest is one step of what r has, so that

    φ_c = (1 − β)·φ* + β·Ψ(w) = c·φ* + β·α·(y + r) + e,   c = 1 − β + β·s,   ‖e‖₁ ≤ β·(1 − α)·‖r‖₁         "plain"

or, with R = Σr in the place where φ* is known to go,

    φ_c = (c + β·R)·φ* + β·α·(y + r − R·u) + e,   ‖e‖₁ ≤ β·(1 − α)·‖r − R·u‖₁                           "prior"

(in the scale of a residual of R, r·α, these are ‖r‖₁/(1 − κ) and 2Σmax(0, r_i − ‖r‖₁w_i)/(1 − κ), each less the share
that settles at once). In φ*'s place stands the committed vector, which is off by ``committed_slack`` at most.

A committed value counts for at most 1 and at least 0: c + β·R = 1 − β·α·Σy for what a push gives. Other y are refused:
below 0 the scores of particles that are not shown would have no upper bound, above 1 the slack would count more often.

Numbers are integers at scale 2⁹⁶. What flows along a link is rounded down, which takes less than one unit a link out of
r; units are counted into the bound. Nothing else is rounded but the bound itself, upwards.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

from focusmesh.errors import ProofError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from focusmesh.engine.focus import ProtocolParams

ONE = 1 << 63
"""The scale of committed values and of y."""
SHARE = 1 << 32
"""The scale of α, β and of the shares of seeds."""
UNIT = 1 << 96
"""The scale of masses within a push."""
_SCORE_BITS = 63 + 128
SCORE = 1 << _SCORE_BITS
"""The scale of scores: exact products of what is above."""


@dataclass(frozen=True, slots=True)
class PushedRow:
    """A particle that was pushed: ``amount`` is its y at scale 2⁶³. Without targets it is dangling."""

    source: int
    amount: int
    targets: Sequence[int]
    weights: Sequence[int]


@dataclass(frozen=True)
class Pushed:
    """``local``: y + r by particle, ``left``: r, both at scale 2⁹⁶. ``landed`` is s, ``lost`` bounds the rounding."""

    local: dict[int, int]
    left: dict[int, int]
    landed: int
    lost: int

    @cached_property
    def rest(self) -> int:
        """R = Σr."""
        return sum(self.left.values())


def push_masses(shares: Mapping[int, int], rows: Iterable[PushedRow], alpha: int) -> Pushed:
    """r and s of the y that ``rows`` name; ``shares`` (over 2³²) say where w lies. O(links shown)."""
    left = {seed: share << 64 for seed, share in shares.items()}
    local: dict[int, int] = {}
    landed = lost = 0
    for row in rows:
        settled = row.amount << 33
        local[row.source] = settled
        left[row.source] = left.get(row.source, 0) - settled
        flowing = (SHARE - alpha) * row.amount << 1
        if not row.targets:
            landed += flowing
            continue
        total = sum(row.weights)
        lost += len(row.targets)
        for target, weight in zip(row.targets, row.weights, strict=True):
            left[target] = left.get(target, 0) + flowing * weight // total
    for particle, mass in left.items():
        local[particle] = local.get(particle, 0) + mass
    return Pushed(local, left, landed, lost)


@dataclass(frozen=True)
class Estimate:
    """The scores that follow, at scale 2¹⁹¹, and how far they can be off in L1 together.

    ``alpha``, ``beta`` over 2³²; ``count`` is n; ``slack`` bounds ‖committed vector − φ*‖₁. ``prior`` says which of the
    two vectors of this module it is.
    """

    push: Pushed
    alpha: int
    beta: int
    count: int
    slack: Fraction
    prior: bool

    @cached_property
    def factor(self) -> int:
        """c, or c + β·R, at scale 2¹²⁸: what a unit of committed value counts for."""
        known = self.push.landed + (self.push.rest if self.prior else 0)
        return (SHARE - self.beta) * UNIT + self.beta * known

    def verify_factor(self) -> None:
        """Raises ProofError ("values") unless a unit of committed value counts for 0 to 1 units.

        No push of what the seeds have leaves this range: s + R = 1 − α·Σy. Any other y would satisfy the equations too;
        but below 0 scores would fall with the committed value, so that what is not shown could be higher, and above 1
        the committed vector's own error would count more than the once that ``bound`` counts it.
        """
        if not 0 <= self.factor <= SHARE * UNIT:
            raise ProofError(
                "values", "more mass was pushed than the seeds have, so no bound follows"
            )

    @cached_property
    def _everywhere(self) -> int:
        """What every particle's score has less: with the prior, R·u settles at once."""
        taken = self.push.rest if self.prior else 0
        return (self.beta * self.alpha * taken << _SCORE_BITS - 160) // self.count

    def score(self, particle: int | None, value: int) -> int:
        """The score of a particle with this committed value; None: of one that the push did not touch."""
        mass = 0 if particle is None else self.push.local.get(particle, 0)
        local = self.beta * self.alpha * (mass << _SCORE_BITS - 160)
        return self.factor * value + local - self._everywhere

    def bound(self) -> Fraction:
        """Bound on ‖scores − φ_c‖₁, exact; one unit more for the divisions in ``score``."""
        moved = Fraction(SHARE - self.alpha, SHARE) * self._remaining()
        lost = self.push.lost + 1
        return Fraction(self.beta, SHARE) * (moved + lost) / UNIT + self.slack

    def _remaining(self) -> Fraction:
        left = self.push.left.values()
        if not self.prior:
            return Fraction(sum(map(abs, left)))
        rest, count = self.push.rest, self.count
        touched = sum(abs(count * mass - rest) for mass in left)
        return Fraction(touched + (count - len(left)) * abs(rest), count)


def committed_slack(
    limit: int, operator: ProtocolParams, particle_count: int, link_count: int
) -> Fraction:
    """Bound on ‖x − φ*‖₁ of a committed vector whose certificate has h ≤ ``limit``: never less than 13.3·ε.

    (ρ + γ)/(1 − κ), ρ = 2·limit/2⁶³, and γ what integers lose in one application of R. In a pass, floors take less than
    a unit for each end of a link and eight for a particle, dividing by a rounded total 2⁻³¹ of all mass; ``fill`` puts
    it elsewhere, which counts it twice. Qᵏ has k passes.
    """
    lost = 2 * (2 * link_count + 8 * particle_count + (ONE >> 31))
    passes = operator.diffusion + sum(k * share for k, share in enumerate(operator.series))
    filled = 2 * (len(operator.series) + 3) * particle_count
    gap = Fraction(operator.alpha * operator.diffusion, SHARE * SHARE)
    proved = (Fraction(2 * limit + filled, ONE) + Fraction(passes * lost, SHARE * ONE)) / gap
    return max(proved, Fraction(40, 3) * Fraction(2 * limit, ONE))


def rounded_up(value: Fraction) -> float:
    """The least float64 that is not below ``value``."""
    near = float(value)
    return math.nextafter(near, math.inf) if Fraction(near) < value else near
