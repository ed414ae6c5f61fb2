"""Past vectors: from one that was kept, by the differences of the blocks after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.kernel.focus.delta import Delta, insert_particles
from focusmesh.kernel.focus.order import ParticleOrder

if TYPE_CHECKING:
    from collections.abc import Iterable

    from focusmesh.engine.support.arrays import ByteArray, MassArray


def replay_focus(
    vector: MassArray, digests: ByteArray, steps: Iterable[tuple[int, bytes]]
) -> MassArray:
    """A later vector from an earlier one and the differences of the blocks in between.

    ``digests`` (uint8, (n, 32)) are those of all particles in the order of their ids; each step is the number of
    particles at its block and its ``delta``. Nothing is checked but the form: for vectors that were valid. Raises
    BlockError ("focus-delta", "focus-start", "focus-range"). O(n) a step.
    """
    order, _ = ParticleOrder.empty().with_new(digests[: len(vector)])
    for count, delta in steps:
        order, places = order.with_new(digests[len(order) : count])
        read = Delta.decode(delta, count)
        vector = read.apply_to(insert_particles(vector, places, read.start))
    return vector
