"""The network in whole numbers: the same bits on every machine, in every order, now and later.

What each array is in, as a power of two: the residual stream in 1/2¹², keys, values, queries and the hidden layer in
1/2⁸, scores in 1/2¹⁶, shares in 1/2³⁰. A norm leaves int8 in 1/32; what attention read and the hidden layer become
int8 by the largest of their row. A sum becomes a number of the next kind by the multiplier of its column and a shift.
Every rounding is to the nearest, halves up.

Products of int8 sum to less than 2²³, and of scores, shares and rows to less than 2⁵³: BLAS adds them up in float32 and
float64 without any rounding, as int32 and int64 would, and ten times as fast as NumPy does in those.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from focusmesh.engine.grid.model.shape import BYTES, EPSILON

if TYPE_CHECKING:
    from focusmesh.engine.grid.model.quantisation import Quantised
    from focusmesh.engine.grid.model.shape import Shape

Whole: TypeAlias = npt.NDArray[np.int64]
Small: TypeAlias = npt.NDArray[np.float32]
"""int8, as BLAS takes it."""

SHARES = 1 << 30
"""What the shares of a distribution sum to, exactly."""
STREAM_BITS, ROW_BITS, SCORE_BITS = 12, 8, 16
"""Fractional bits of the stream, of keys, values and hidden layer, and of scores."""
TABLE_SHIFT, SHIFT, SCORE_SHIFT = 16, 24, 20
"""Fractional bits of the multipliers of tables, of matrices, and of the last one."""
NORM_BITS, PEAK = 5, 127
"""A norm is in 1/32; an int8 goes to ±127."""
_SHARE_BITS, _DEEPEST = 30, 22
_LARGEST_ROW, _LARGEST_STREAM = (1 << 15) - 1, (1 << 23) - 1
_EPSILON = round(EPSILON * (1 << 2 * STREAM_BITS))
_TABLE = 8 << ROW_BITS


class Integral:
    """Arithmetic of ``QuantisedModel``."""

    def __init__(self, shape: Shape, parts: Quantised) -> None:
        self.shape = shape
        self._embedding = _rows_of(parts, "embedding")
        self._positions = _rows_of(parts, "positions")
        self._matrices = {name: array.astype(np.float32) for name, array in parts.matrices.items()}
        self._multipliers = {name: each.astype(np.int64) for name, each in parts.scales.items()}
        self._biases = {name: each.astype(np.int64) for name, each in parts.biases.items()}

    def rows(self, ids: npt.NDArray[np.uint8], first: int) -> tuple[Whole, ...]:
        """As Arithmetic says."""
        stream = self._embedding[ids] + self._positions[first : first + ids.shape[1]]
        normed = _normalise(stream)
        return stream, self._row(normed, "key"), self._row(normed, "value")

    def answers(self, stream: Whole, keys: Whole, values: Whole, first: int) -> Whole:
        """As Arithmetic says."""
        query = self._row(_normalise(stream), "query")
        scores = _whole_product(query, keys.swapaxes(1, 2))
        powers = _powers(scores, _behind(stream, keys, first))
        read = divide_rounded(_whole_product(powers, values), powers.sum(axis=-1, keepdims=True))
        stream = stream + self._by_peak(read, "attention_output")
        wide = _gelu(self._row(_normalise(stream), "widen") + self._biases["widen_bias"])
        stream = stream + self._by_peak(wide, "narrow")
        answers: Whole = self._product(_normalise(stream), "output") + self._biases["output_bias"]
        return answers

    def unigram(self) -> Whole:
        """As Arithmetic says."""
        return self._biases["output_bias"]

    def distribution(self, scores: Whole) -> npt.NDArray[np.float32]:
        """As Arithmetic says: the shares, over 2³⁰."""
        return (shares_of(scores) / np.float64(SHARES)).astype(np.float32)

    def _product(self, given: Small, name: str) -> Whole:
        """int8 times int8, summed, in the unit that the multipliers lead to."""
        summed = (given @ self._matrices[name]).astype(np.int64)
        summed *= self._multipliers[name]
        return shift_right(summed, SCORE_SHIFT if name == "output" else SHIFT)

    def _row(self, given: Small, name: str) -> Whole:
        row = self._product(given, name)
        return np.maximum(np.minimum(row, _LARGEST_ROW, out=row), -_LARGEST_ROW, out=row)

    def _by_peak(self, given: Whole, name: str) -> Whole:
        """A product of numbers that become int8 by the largest of their row; that is multiplied in again."""
        peak = np.maximum(np.abs(given).max(axis=-1, keepdims=True), 1)
        small = divide_rounded(given * PEAK, peak).astype(np.float32)
        summed = (small @ self._matrices[name]).astype(np.int64)
        return shift_right(summed * self._multipliers[name] * peak, SHIFT)


def shift_right(numbers: Whole, bits: int) -> Whole:
    """``numbers`` / 2^bits, rounded."""
    found: Whole = (numbers + (1 << (bits - 1))) >> bits
    return found


def divide_rounded(numbers: Whole, over: Whole) -> Whole:
    """``numbers`` / ``over``, rounded; ``over`` > 0."""
    found: Whole = (2 * numbers + over) // (2 * over)
    return found


def square_root(numbers: Whole) -> Whole:
    """⌊√n⌋ of numbers from 0 to below 2⁶²: a guess in float64, put right."""
    guess = np.sqrt(numbers.astype(np.float64)).astype(np.int64)
    guess -= guess * guess > numbers
    guess += (guess + 1) * (guess + 1) <= numbers
    return guess


def shares_of(scores: Whole) -> Whole:
    """Softmax along the last axis in whole numbers: each share ≥ 1, together exactly ``SHARES``.

    What rounding leaves over, or took too much, is put right at the largest, the first of equals.
    """
    powers = _powers(scores, None)
    shares: Whole = np.maximum((powers << _SHARE_BITS) // powers.sum(axis=-1, keepdims=True), 1)
    largest = shares.argmax(axis=-1, keepdims=True)
    left = SHARES - shares.sum(axis=-1, keepdims=True)
    np.put_along_axis(shares, largest, np.take_along_axis(shares, largest, -1) + left, -1)
    return shares


def _rows_of(parts: Quantised, name: str) -> Whole:
    """A table whose rows were scaled one by one, in the unit of the stream."""
    multipliers = parts.scales[name].astype(np.int64)[:, None]
    return shift_right(parts.matrices[name] * multipliers, TABLE_SHIFT)


def _whole_product(left: Whole, right: Whole) -> Whole:
    return (left.astype(np.float64) @ right.astype(np.float64)).astype(np.int64)


def _normalise(stream: Whole) -> Small:
    """The stream over its root mean square, as int8 in 1/32."""
    within = np.maximum(np.minimum(stream, _LARGEST_STREAM), -_LARGEST_STREAM)
    square = np.einsum("...i,...i->...", within, within)[..., None] // within.shape[-1]
    root = square_root((square + _EPSILON) << 12)  # in 1/2¹⁸
    scaled = divide_rounded(within << (18 - STREAM_BITS + NORM_BITS), root)
    return np.maximum(np.minimum(scaled, PEAK), -PEAK).astype(np.float32)


def _behind(stream: Whole, keys: Whole, first: int) -> npt.NDArray[np.bool_] | None:
    """(q, L): which keys stand after the byte that is asked about; None where that is the last of them."""
    if stream.shape[1] == 1:
        return None
    asked = first + np.arange(stream.shape[1])[:, None]
    return np.arange(keys.shape[1]) > asked


def _powers(scores: Whole, hidden: npt.NDArray[np.bool_] | None) -> Whole:
    """e^(score − largest) in 1/2³⁰, by the 256ths that it is below, rounded down; 0 where hidden."""
    if hidden is not None:
        scores = np.where(hidden, np.iinfo(np.int64).min // 2, scores)
    below = scores.max(axis=-1, keepdims=True) - scores
    below = np.minimum(below, (_DEEPEST << SCORE_BITS) - 1)
    powers: Whole = _power_table()[below >> (SCORE_BITS - 8)]
    if hidden is not None:
        powers[..., hidden] = 0
    return powers


@cache
def _power_table() -> Whole:
    """e^(−i/256) for i < 22 · 256 in 1/2³⁰: products of whole powers and 256ths, which were worked out in decimals."""
    from decimal import Decimal, localcontext

    with localcontext() as context:
        context.prec = 40
        one = Decimal(1 << _SHARE_BITS)
        wholes = [int((one * Decimal(-i).exp()).to_integral_value()) for i in range(_DEEPEST)]
        parts = [int((one * (Decimal(-i) / 256).exp()).to_integral_value()) for i in range(BYTES)]
    products = np.array(wholes, dtype=np.int64)[:, None] * np.array(parts, dtype=np.int64)
    powers: Whole = (products >> _SHARE_BITS).reshape(-1)
    return powers


@cache
def _gelu_table() -> Whole:
    """gelu(i/2⁸ − 8) in 1/2⁸ for i < 2¹², worked out in decimals."""
    from decimal import Decimal, localcontext

    with localcontext() as context:
        context.prec = 30
        scale = (2 / Decimal("3.14159265358979323846264338328")).sqrt()
        found = []
        for i in range(-_TABLE, _TABLE):
            x = Decimal(i) / (1 << ROW_BITS)
            inner = 2 * scale * (x + Decimal("0.044715") * x * x * x)
            found.append(int((i / (1 + (-inner).exp())).to_integral_value()))
    return np.array(found, dtype=np.int64)


def _gelu(x: Whole) -> Whole:
    """x where it is above the table, up to the largest; 0 below it."""
    inside = _gelu_table()[x.clip(-_TABLE, _TABLE - 1) + _TABLE]
    return np.where(x < _TABLE, inside, np.minimum(x, _LARGEST_ROW))
