"""Weights become int8, each column of a matrix and each row of a table with a scale of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from focusmesh.engine.grid.model.floating import folded
from focusmesh.engine.grid.model.integral import (
    NORM_BITS,
    PEAK,
    ROW_BITS,
    SCORE_BITS,
    SHIFT,
    STREAM_BITS,
)

if TYPE_CHECKING:
    from focusmesh.engine.grid.model.shape import Shape
    from focusmesh.engine.grid.model.weights import Weights

TABLES = ("embedding", "positions")
MATRICES = ("query", "key", "value", "attention_output", "widen", "narrow", "output")
BIASES = {"widen_bias": ROW_BITS, "output_bias": SCORE_BITS}
"""Name → fractional bits."""
_UNITS = {
    # From 1/32 to the unit of what comes out; from the row's largest / 127 for those that are scaled by it.
    **dict.fromkeys(("query", "key", "value", "widen"), 2.0 ** (ROW_BITS - NORM_BITS)),
    **dict.fromkeys(("attention_output", "narrow"), 2.0 ** (STREAM_BITS - ROW_BITS) / PEAK),
    "output": 2.0 ** (SCORE_BITS - NORM_BITS),
    **dict.fromkeys(TABLES, 2.0**STREAM_BITS),
}
_LARGEST_SCALE = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Quantised:
    """int8 matrices, the multipliers of their columns (of tables: rows) in 1/2²⁴, and biases, both int32."""

    matrices: dict[str, npt.NDArray[np.int8]]
    scales: dict[str, npt.NDArray[np.int32]]
    biases: dict[str, npt.NDArray[np.int32]]


def quantised_weights(shape: Shape, weights: Weights) -> Quantised:
    """To the nearest of 255 steps of the largest in each column (row of a table), gains multiplied in before."""
    plain = folded(shape, weights)
    matrices, scales = {}, {}
    for name in (*TABLES, *MATRICES):
        axis = 1 if name in TABLES else 0
        array = plain[name].astype(np.float64)
        largest = np.abs(array).max(axis=axis, keepdims=True)
        step = np.where(largest > 0.0, largest / PEAK, 1.0)
        matrices[name] = np.floor(array / step + 0.5).astype(np.int8)
        multipliers = np.floor(step * _UNITS[name] * 2**SHIFT + 0.5).clip(1, _LARGEST_SCALE)
        scales[name] = multipliers.reshape(-1).astype(np.int32)
    biases = {
        name: np.floor(plain[name].astype(np.float64) * 2**bits + 0.5).astype(np.int32)
        for name, bits in BIASES.items()
    }
    return Quantised(matrices, scales, biases)
