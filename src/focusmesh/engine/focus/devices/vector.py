"""Vectors that stay on a card after the work that made them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from focusmesh.errors import CardError

if TYPE_CHECKING:
    from focusmesh.engine.links import Structure
    from focusmesh.engine.support.arrays import FloatArray


class CardVector(Protocol):
    """A float64 vector, shape (n,), of a card."""

    @property
    def array(self) -> Any:
        """The vector as the card's library has arrays, with ``__dlpack__`` and ``__cuda_array_interface__``."""

    def to_host(self) -> FloatArray:
        """A copy on the host."""

    def from_host(self, values: FloatArray) -> CardVector:
        """A copy of ``values`` on this card."""

    def in_particle_order(self, structure: Structure) -> CardVector:
        """The vector by particles, where this one is by their solver positions in ``structure``."""


class HeldVector:
    """A vector of a card, or what the host has of it once somebody has read it there."""

    def __init__(self, held: CardVector | FloatArray) -> None:
        self._held = held
        self._copied = None if isinstance(held, np.ndarray) else held.from_host

    @property
    def on_card(self) -> CardVector | None:
        """The vector, None where it is on the host alone."""
        return None if isinstance(self._held, np.ndarray) else self._held

    def to_card(self) -> CardVector:
        """The vector, copied back to its card where the host has it; raises CardError where it was on none."""
        if not isinstance(self._held, np.ndarray):
            return self._held
        if self._copied is None:
            raise CardError("these scores were on no card: focus.scores has them on the host")
        return self._copied(self._held)

    def to_host(self) -> FloatArray:
        """The vector on the host. O(n) when first asked for; the card lets go of it then."""
        if not isinstance(self._held, np.ndarray):
            self._held = self._held.to_host()
        return self._held
