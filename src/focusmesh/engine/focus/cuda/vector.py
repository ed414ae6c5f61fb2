"""Vectors that stay on the card after the work that made them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from focusmesh.engine.focus.cuda.cards import card_positions, on_card
from focusmesh.engine.focus.cuda.program import cupy

if TYPE_CHECKING:
    from focusmesh.engine.links import Structure
    from focusmesh.engine.support.arrays import FloatArray


class CudaVector:
    """See ``CardVector``; ``array`` is CuPy's."""

    def __init__(self, array: Any) -> None:
        self.array = array

    def to_host(self) -> FloatArray:
        with on_card("scores"):
            values: FloatArray = self.array.get()
        return values

    def from_host(self, values: FloatArray) -> CudaVector:
        with on_card("scores"):
            return CudaVector(cupy().asarray(values))

    def in_particle_order(self, structure: Structure) -> CudaVector:
        with on_card("scores"):
            return CudaVector(self.array[card_positions(structure)])
