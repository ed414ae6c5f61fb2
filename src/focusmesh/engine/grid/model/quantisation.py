"""Weights become int8, each column of a matrix and each row of a table with a scale of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from focusmesh.engine.grid.model.float_network import fold_gains
from focusmesh.engine.grid.model.integral import (
    NORM_BITS,
    PEAK,
    ROW_BITS,
    SCORE_BITS,
    SCORE_SHIFT,
    SHIFT,
    STREAM_BITS,
    TABLE_SHIFT,
)

if TYPE_CHECKING:
    from focusmesh.engine.grid.model.shape import Shape
    from focusmesh.engine.grid.model.weights import Weights

TABLES = ("embedding", "positions")
MATRICES = ("query", "key", "value", "attention_output", "widen", "narrow", "output")
BY_PEAK = ("attention_output", "narrow")
BIASES = {"widen_bias": ROW_BITS, "output_bias": SCORE_BITS}
"""Name → fractional bits."""
_UNITS = {
    # From 1/32 to the unit of what comes out; from the row's largest / 127 for those that are scaled by it.
    **dict.fromkeys(("query", "key", "value", "widen"), 2.0 ** (ROW_BITS - NORM_BITS + SHIFT)),
    **dict.fromkeys(BY_PEAK, 2.0 ** (STREAM_BITS - ROW_BITS + SHIFT) / PEAK),
    "output": 2.0 ** (SCORE_BITS - NORM_BITS + SCORE_SHIFT),
    **dict.fromkeys(TABLES, 2.0 ** (STREAM_BITS + TABLE_SHIFT)),
}


def largest_scale(name: str) -> int:
    """The multipliers of an array are 1 to this, so that no sum, multiplied, comes near 2⁶³."""
    return 2**24 if name in BY_PEAK else 2**31 - 1


@dataclass(frozen=True, slots=True)
class Quantised:
    """int8 matrices, the multipliers of their columns (of tables: rows), and biases, both int32."""

    matrices: dict[str, npt.NDArray[np.int8]]
    scales: dict[str, npt.NDArray[np.int32]]
    biases: dict[str, npt.NDArray[np.int32]]


def quantised_weights(shape: Shape, weights: Weights) -> Quantised:
    """To the nearest of 255 steps of the largest in each column (row of a table), gains multiplied in before."""
    plain = fold_gains(shape, weights)
    matrices, scales = {}, {}
    for name in (*TABLES, *MATRICES):
        axis = 1 if name in TABLES else 0
        array = plain[name].astype(np.float64)
        largest = np.abs(array).max(axis=axis, keepdims=True)
        step = np.where(largest > 0.0, largest / PEAK, 1.0)
        matrices[name] = np.floor(array / step + 0.5).astype(np.int8)
        multipliers = np.floor(step * _UNITS[name] + 0.5).clip(1, largest_scale(name))
        scales[name] = multipliers.reshape(-1).astype(np.int32)
    biases = {
        name: np.floor(plain[name].astype(np.float64) * 2**bits + 0.5).astype(np.int32)
        for name, bits in BIASES.items()
    }
    return Quantised(matrices, scales, biases)
