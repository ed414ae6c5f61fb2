"""The aggregated axons of a graph on the device, in the order of the engine's Structure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus.wgpu.rows import DeviceRows
from focusmesh.errors import CardError

if TYPE_CHECKING:
    from focusmesh.engine.focus.wgpu.program import FocusProgram
    from focusmesh.engine.links import Structure
    from focusmesh.engine.support.wgpu import Array

_BITS = 57
"""1/t has one bit more, and so has what a source sends for a weight of 1."""
_SHIFT_MOST = 63
_EXPONENT_ZERO = 144
"""Added to the exponent of t: by how much a term is shifted, less the exponent as a float32 has it (exact.wgsl)."""
_FLOAT32_SAFE = 2.0**100
_LEAST_FLOAT32 = np.float32(2.0**-126)
_MANTISSA_BITS = 24


class WgpuStructure:
    """Both sides of a structure on the device; 8 bytes an axon and side (12 with float64 weights), 24 a particle.

    ``by`` float32 (n, 2): 1/o and 1/d, 0 where they are 0. ``inverses``: the same as whole numbers, a little less than
    exact (source/exact.wgsl), uint64, by o and by d; ``bases``: what is added to the shifts that stand in them.
    ``layers``: how many layers of float32 add up to the weights. ``loss``: roundings of float64 that the inverses are
    too low by. ``weight``: that of all links.
    """

    def __init__(self, program: FocusProgram, structure: Structure) -> None:
        s = structure
        self.program, self.symmetric = program, s.symmetric
        self.particle_count, self.axon_count = s.particle_count, s.axon_count
        scale, layers = _layers(s.in_weight, s.axon_count)
        self.layers = len(layers)
        self.inward = DeviceRows(program, s.in_start, s.in_source, layers)
        self.outward = self.inward
        if not self.symmetric:
            outer = _layers(s.out_weight, s.axon_count)[1]
            self.outward = DeviceRows(program, s.out_start, s.out_target, outer)
        self.loss = math.ceil(min(s.longest_row, 70 + math.log2(1 + s.longest_row))) + 3
        # Before they are scaled: below float64's smallest number a total would be that of nobody.
        made = [_inverse(total, scale, self.loss) for total in (s.out_total, s.degree_total)]
        totals = s.out_total * scale, s.degree_total * scale
        self.weight = float(totals[0].sum())
        self.bases = tuple(base for _, base in made)
        self.inverses = tuple(program.hold(pairs(inverse)) for inverse, _ in made)
        self.by = program.hold(np.stack([_reciprocal(total) for total in totals], axis=1))


def _layers(weight: Array | None, count: int) -> tuple[float, list[Array]]:
    """A power of two, and float32 numbers (as uint32) whose sum is each weight times it, rounded down at 48 bits.

    Two layers where one would round.
    """
    if weight is None:
        return 1.0, [np.ones(count, np.float32).view(np.uint32)]
    most, least = float(weight.max(initial=0)), float(weight.min(initial=np.inf))
    safe = least > 1 / _FLOAT32_SAFE and most < _FLOAT32_SAFE
    if weight.dtype == np.float32 and safe:
        return 1.0, [weight.view(np.uint32)]
    scale = 1.0 if safe else math.ldexp(1.0, -math.frexp(most)[1])
    wide = weight.astype(np.float64) * scale
    high = _rounded_down(wide)
    rest = wide - high
    return scale, [
        part.view(np.uint32) for part in ((high, _rounded_down(rest)) if rest.any() else (high,))
    ]


def _rounded_down(values: Array) -> Array:
    """float32, never above ``values`` ≥ 0, and 0 in place of the smallest."""
    near = values.astype(np.float32)
    down = np.where(near > values, np.nextafter(near, np.float32(0)), near)
    return np.where(down < _LEAST_FLOAT32, np.float32(0), down).astype(np.float32)


def _reciprocal(total: Array) -> Array:
    return np.divide(1.0, total, out=np.zeros_like(total), where=total > 0).astype(np.float32)


def _inverse(total: Array, scale: float, loss: int) -> tuple[Array, int]:
    """1/t as 58 bits and a shift of 6 above, 0 where t is 0, and what is to be added to the shifts.

    t is ``total`` times ``scale``, a power of two. Lower than exact by ``loss`` roundings of float64 at least, so that
    whatever rounding was in t, no source sends more than it has. Raises CardError for totals too far apart.
    """
    linked = total > 0
    part, exponent = np.frexp(np.where(linked, total, 1.0))
    least = int(exponent[linked].min(initial=2**20)) if linked.any() else 0
    shift = np.where(linked, exponent - least, 0)
    if shift.max(initial=0) > _SHIFT_MOST:
        raise CardError(
            "the weights of some particles add up to more than 2^63 times those of others, which is more than "
            'WebGPU\'s kernels can count; choose backend="cpu"'
        )
    inverse = (2.0**_BITS / part).astype(np.uint64) - np.uint64(32 * loss)
    made = inverse | (shift.astype(np.uint64) << np.uint64(_BITS + 1))
    return np.where(linked, made, np.uint64(0)), least + math.frexp(scale)[1] - 1 + _EXPONENT_ZERO


def pairs(values: Array) -> Array:
    """uint64 as the kernels take it: low half, high half."""
    return np.ascontiguousarray(values, np.dtype("<u8")).view(np.uint32).reshape(-1, 2)
