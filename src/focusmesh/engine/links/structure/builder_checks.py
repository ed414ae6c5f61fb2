"""What both builders check and share: ends among the particles, totals that can be divided by, labels of ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.errors import InputError

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import FloatArray, IndexArray

TOTAL_MIN, TOTAL_MAX = 1e-250, 1e250
"""Sums of weights outside of this range would overflow or vanish when shares are taken."""


@dataclass(frozen=True, slots=True)
class Labels:
    """How the numbers that name link ends become particle indices: ``index_of[number − lowest]``."""

    lowest: int
    index_of: IndexArray


def bad_end(row: int, value: int, particle_count: int) -> InputError:
    """The error for a link end that is no particle."""
    return InputError(f"link {row}: index {value} is not among {particle_count} particles")


def verify_totals(total: FloatArray) -> None:
    """Raises InputError when weights are so large or small that their quotients leave float64."""
    positive = total[total != 0]
    if len(positive) and not (positive.min() >= TOTAL_MIN and positive.max() <= TOTAL_MAX):
        raise InputError(
            f"the weights of a particle add up to {positive.min():g} … {positive.max():g}; "
            f"rescale all weights so that sums lie within {TOTAL_MIN:g} … {TOTAL_MAX:g}"
        )


def inverse(order: IndexArray) -> IndexArray:
    """The permutation that undoes ``order``."""
    position = np.empty_like(order)
    position[order] = np.arange(len(order), dtype=np.uint32)
    return position
