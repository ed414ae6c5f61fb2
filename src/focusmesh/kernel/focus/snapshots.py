"""One state of the committed focus: particles in order, axons, and a vector. Never changed, only replaced."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus import ONE, SCALE, IntegerOperator, LiveAxons, RankedLinks
from focusmesh.kernel.focus.delta import start_value
from focusmesh.kernel.focus.order import ParticleOrder
from focusmesh.kernel.focus.pages import particles_of, values_of

if TYPE_CHECKING:
    from focusmesh.engine.focus import ProtocolParams
    from focusmesh.engine.support.arrays import IndexArray, MassArray
    from focusmesh.kernel.focus.step import FocusEdits
    from focusmesh.kernel.state import MerkleTree


@dataclass(frozen=True)
class Held:
    """``vector`` is of the particles that came first, as many as it has entries, in their order.

    ``links`` are the axons in the order of digests, for traces; None where there are none. 16 bytes an axon.
    """

    order: ParticleOrder
    axons: LiveAxons
    vector: MassArray
    links: RankedLinks | None = None

    @classmethod
    def nothing(cls, *, trace: bool = False) -> Held:
        """No particle."""
        axons = LiveAxons.empty()
        links = RankedLinks(axons.out_side, axons.in_side) if trace else None
        return cls(ParticleOrder.empty(), axons, np.zeros(0, dtype=np.uint64), links)

    @cached_property
    def particles(self) -> MerkleTree:
        """The tree over all particles."""
        return particles_of(self.order.digests)

    @cached_property
    def values(self) -> MerkleTree:
        """The tree over the vector."""
        return values_of(self.vector)

    @cached_property
    def places(self) -> IndexArray:
        """Ranks of the particles that the vector has no entry for, ascending."""
        found: IndexArray = np.flatnonzero(self.order.ids >= len(self.vector)).astype(np.uint32)
        return found

    def with_edits(self, edits: FocusEdits) -> Held:
        """With new particles and axons, and the same vector. Raises InputError. O(n + m) at most."""
        order, places = self.order.with_new(edits.digests)
        edits.verify_ends(len(order))
        axons = self.axons.with_edits(len(order), edits.source, edits.target, edits.weight)
        return Held(order, axons, self.vector, self._links_after(edits, order, places, axons))

    def _links_after(
        self, edits: FocusEdits, order: ParticleOrder, places: IndexArray, axons: LiveAxons
    ) -> RankedLinks | None:
        if self.links is None:
            return None
        if not self.axons.axon_count:
            return RankedLinks.of(axons.integer(order.ranks))
        source, target = (
            order.ranks[each].astype(np.int64) for each in (edits.source, edits.target)
        )
        return self.links.with_particles(places, len(order)).with_edits(
            source, target, edits.weight
        )

    def with_vector(self, vector: MassArray) -> Held:
        """With a vector of all particles."""
        return Held(self.order, self.axons, vector, self.links)

    def sharing(self, other: Held) -> Held:
        """This, with the tree over the particles taken from another state where they are the same."""
        if self.order is other.order:
            self.__dict__["particles"] = other.particles
        return self

    def operator(self, params: ProtocolParams) -> IntegerOperator:
        """R on the axons."""
        return IntegerOperator.on(self.axons.integer(self.order.ranks), params)

    def start_value(self, params: ProtocolParams) -> int:
        """What new particles start with: their value if nothing links to them."""
        before, new = len(self.vector), len(self.places)
        if not before or not new:
            return 0
        old = np.delete(self.order.ids, self.places)
        dangling = self.axons.dangling_mass(self.vector, old)
        spread = (params.alpha * ONE + (SCALE - params.alpha) * dangling) // SCALE
        return start_value(spread, before, new)
