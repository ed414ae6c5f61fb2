"""The quantised network in Python's own integers, a number at a time, written from the description in integral.py."""

from __future__ import annotations

from decimal import Decimal, localcontext
from functools import cache
from math import isqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from focusmesh.engine.grid.model.quantisation import Quantised

Row = list[int]


def shares(parts: Quantised, window: bytes) -> Row:
    """Shares of 2³⁰ of what follows ``window``, which is not empty and not longer than the context."""
    given = {name: array.tolist() for name, array in parts.matrices.items()}
    scales = {name: array.tolist() for name, array in parts.scales.items()}
    biases = {name: array.tolist() for name, array in parts.biases.items()}

    def times(row: Row, name: str, extra: int = 1) -> Row:
        matrix = given[name]
        return [
            halves_up(
                sum(x * line[column] for x, line in zip(row, matrix, strict=True)) * scale * extra,
                1 << (20 if name == "output" else 24),
            )
            for column, scale in enumerate(scales[name])
        ]

    def scaled(name: str, at: int) -> Row:
        return [halves_up(x * scales[name][at], 1 << 16) for x in given[name][at]]

    streams = [
        [a + b for a, b in zip(scaled("embedding", byte), scaled("positions", at), strict=True)]
        for at, byte in enumerate(window)
    ]
    keys = [bounded(times(normed(each), "key")) for each in streams]
    values = [bounded(times(normed(each), "value")) for each in streams]
    stream = streams[-1]
    query = bounded(times(normed(stream), "query"))
    powers = exponentials([sum(q * k for q, k in zip(query, key, strict=True)) for key in keys])
    read = [
        halves_up(sum(p * v[i] for p, v in zip(powers, values, strict=True)), sum(powers))
        for i in range(len(stream))
    ]

    def by_peak(row: Row, name: str) -> Row:
        peak = max(1, *(abs(x) for x in row))
        return times([halves_up(x * 127, peak) for x in row], name, peak)

    stream = [a + b for a, b in zip(stream, by_peak(read, "attention_output"), strict=True)]
    wide = bounded(times(normed(stream), "widen"))
    wide = [bent(x + bias) for x, bias in zip(wide, biases["widen_bias"], strict=True)]
    stream = [a + b for a, b in zip(stream, by_peak(wide, "narrow"), strict=True)]
    scores = [
        a + b for a, b in zip(times(normed(stream), "output"), biases["output_bias"], strict=True)
    ]
    return softmax(scores)


def halves_up(number: int, over: int) -> int:
    """The nearest whole number, the higher of two."""
    return (2 * number + over) // (2 * over)


def bounded(row: Row) -> Row:
    """What fits int16, but for −2¹⁵."""
    return [max(-32767, min(32767, x)) for x in row]


def normed(row: Row) -> Row:
    """Over the root of the mean square, in 1/32, within ±127."""
    mean = sum(x * x for x in row) // len(row)
    root = isqrt((mean + round(1e-5 * 2**24)) << 12)
    return [max(-127, min(127, halves_up(x << 11, root))) for x in row]


def exponentials(scores: Row) -> Row:
    """e^(score − largest) in 1/2³⁰; scores are in 1/2¹⁶."""
    found = []
    for score in scores:
        below = min(max(scores) - score, 22 * 65536 - 1)
        found.append(power(below >> 16, 1) * power(below >> 8 & 255, 256) >> 30)
    return found


@cache
def power(number: int, over: int) -> int:
    with localcontext() as context:
        context.prec = 50
        return int((Decimal(2**30) * (Decimal(-number) / over).exp()).to_integral_value())


@cache
def bent(x: int) -> int:
    """gelu in 1/2⁸."""
    if not -2048 <= x < 2048:
        return max(min(x, 32767), 0)
    with localcontext() as context:
        context.prec = 50
        y = Decimal(x) / 256
        inner = (2 / Decimal("3.14159265358979323846264338327950288")).sqrt()
        inner *= y + Decimal("0.044715") * y**3
        tangent = (inner.exp() - (-inner).exp()) / (inner.exp() + (-inner).exp())
        return int((x * (1 + tangent) / 2).to_integral_value())


def softmax(scores: Row) -> Row:
    """Whole shares that sum to 2³⁰, each at least 1."""
    powers = exponentials(scores)
    found = [max(1, (each << 30) // sum(powers)) for each in powers]
    found[found.index(max(found))] += 2**30 - sum(found)
    return found
