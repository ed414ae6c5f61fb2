"""One shard: the particles that live in it, what they send, and the few numbers that all shards agree on.

A stage of the operator is: each shard makes its parcels (``follow``, or ``mix`` twice: along the links and back), the
parcels are exchanged, each shard lands what came, and the mass of all is added up; then every shard knows what is
missing and fills its own particles. Nothing else crosses: parcels of whole numbers, and sums of whole numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus.certificate.large import CompiledSweeps
from focusmesh.engine.focus.certificate.steps import NumpySweeps
from focusmesh.engine.focus.certificate.wide import wide_sum

if TYPE_CHECKING:
    from focusmesh.engine.focus.certificate.axons import Totals
    from focusmesh.engine.focus.shards.border import Border
    from focusmesh.engine.support.arrays import IndexArray, MassArray


@dataclass(frozen=True)
class Shard:
    """Shard ``at``. Vectors are uint64, one entry for each of its particles.

    ``positions`` are the solver positions of its particles, ``ranks`` where they stand in the order of digests; ``out``
    and ``degree`` their weight totals; ``along`` what they send over their links, ``back`` over links to them. All of
    that is known from the links of its own particles and from which shard the others live in.
    """

    at: int
    positions: IndexArray
    ranks: IndexArray
    out: Totals
    degree: Totals
    along: Border
    back: Border
    compiled: bool

    @cached_property
    def sweeps(self) -> NumpySweeps | CompiledSweeps:
        """Steps that need no links: scale, fill, add_scaled, rise."""
        return (CompiledSweeps if self.compiled else NumpySweeps)(self.ranks)

    def follow(self, x: MassArray) -> tuple[list[MassArray], int]:
        """Parcels of P(x) for each shard, and the mass in them."""
        return self.along.parcels(self.along.shares(x, self.out))

    def mix(self, x: MassArray) -> tuple[list[MassArray], list[MassArray], int]:
        """Parcels of Q(x) along the links and back, and the mass in both."""
        shares = self.along.shares(x, self.degree)
        along, sent = self.along.parcels(shares)
        back, returned = self.back.parcels(shares)
        return along, back, sent + returned

    def resting_mass(self, x: MassArray) -> MassArray:
        """What stays where it is in Q: the mass of particles without links."""
        kept: MassArray = np.where(self.degree.exact == 0, x, np.uint64(0))
        return kept

    def dangling(self, x: MassArray) -> int:
        """The mass of particles that link to nothing, which P does not send."""
        return wide_sum(x[self.out.exact == 0])
