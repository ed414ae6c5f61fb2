"""The arithmetic of the WGSL kernels against Python's whole numbers and fractions, and R that is rounded down only."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from focusmesh.engine.focus.certificate.axons import Totals
from focusmesh.engine.focus.devices.backend import DEVICES, trouble_with
from focusmesh.engine.focus.wgpu.adapters import program
from focusmesh.engine.focus.wgpu.operator import ONE, WIDE, WgpuOperator
from focusmesh.engine.focus.wgpu.program import FocusProgram, source
from focusmesh.engine.focus.wgpu.steps import _norms
from focusmesh.engine.focus.wgpu.structure import WgpuStructure, pairs
from focusmesh.engine.support.wgpu import Launch
from tests.engine.strategies import graphs, operator_of, params

if TYPE_CHECKING:
    from focusmesh import FocusParams, Graph

Operation: TypeAlias = Callable[[int, int], int]

_LOW = 2**32 - 1
_WRAP = 2**64
_KERNEL = """
struct Numbers {{ count: u32 }}
@group(1) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(0) var<storage, read> operands: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read_write> results: array<vec2<u32>>;

@compute @workgroup_size(THREADS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) local: u32) {{
  let i = place_of(group, groups, local);
  if (i >= numbers.count) {{ return; }}
  let a = operands[i].xy;
  let b = operands[i].zw;
  results[i] = {expression};
}}
"""
OPERATIONS: dict[str, Operation] = {
    "added(a, b)": lambda a, b: a + b,
    "subtracted(a, b)": lambda a, b: a - b,
    "multiplied(a.x, b.x)": lambda a, b: (a & _LOW) * (b & _LOW),
    "high_product(a, b)": lambda a, b: a * b >> 64,
    "product_shifted(a, b.x, b.y % 100u)": lambda a, b: a * (b & _LOW) >> (b >> 32) % 100,
    "vec2(select(0u, 1u, is_above(a, b)), 0u)": lambda a, b: int(a > b),
}


@pytest.fixture(autouse=True)
def _adapter(not_run: Any) -> None:
    missing = trouble_with(DEVICES["wgpu"]())
    if missing:
        not_run("no adapter for WebGPU", missing)


def computed(expression: str, left: list[int], right: list[int]) -> list[int]:
    """What a kernel makes of each pair of numbers of 64 bits."""
    own = program()
    prelude = source("total").split("// Adds up")[0]
    kernel = own.compile_kernel("test", prelude + _KERNEL.format(expression=expression))
    operands = np.array([left, right], np.uint64).T.copy().view(np.uint32).reshape(-1, 4)
    held, results = own.hold(operands), own.zeros(len(left), WIDE)
    entries = [
        {"binding": at, "resource": {"buffer": buffer.raw, "offset": 0, "size": buffer.raw.size}}
        for at, buffer in enumerate((held, results))
    ]
    group = own.device.create_bind_group(layout=kernel.layout, entries=entries)
    own.run([(Launch(kernel, group, (held, results)), len(left), (len(left),))])
    found: list[int] = own.read(results).reshape(-1).view(np.uint64).tolist()
    return found


def numbers() -> tuple[list[int], list[int]]:
    """Pairs: every mix of numbers at the edges of words, and a few thousand drawn ones of all lengths."""
    edges = sorted({(1 << k) + d for k in (0, 1, 16, 31, 32, 33, 48, 62, 63) for d in (-1, 0, 1)})
    edges += [_WRAP - 1, _WRAP - 2, 0xFFFFFFFF00000000, 0x00000001FFFFFFFF]
    draws = np.random.default_rng(7)
    drawn = draws.integers(0, _WRAP, (2, 4000), np.uint64) >> draws.integers(
        0, 64, (2, 4000), np.uint64
    )
    left = [a for a in edges for _ in edges] + drawn[0].tolist()
    return left, edges * len(edges) + drawn[1].tolist()


@pytest.mark.parametrize("expression", OPERATIONS)
def test_whole_numbers_of_64_bits(expression: str) -> None:
    left, right = numbers()
    operation = OPERATIONS[expression]
    wanted = [operation(a, b) % _WRAP for a, b in zip(left, right, strict=True)]
    assert computed(expression, left, right) == wanted


def test_a_float_as_a_whole_number() -> None:
    draws = np.random.default_rng(3).integers(0, 2**32, 5000, np.uint64)
    below = [bits for bits in draws.tolist() if (bits >> 23) & 0xFF < 62 + 127]
    values = np.array(below, np.uint32).view(np.float32).astype(np.float64)
    found = computed("whole_of(bitcast<f32>(a.x)).size", below, below)
    assert found == [int(abs(value)) for value in values]
    beyond = np.array([2.0**62, 1e30, np.inf, np.nan], np.float32).view(np.uint32).tolist()
    assert computed("whole_of(bitcast<f32>(a.x)).size", beyond, beyond) == [0] * 4


def test_shares_of_certificates_are_divided_exactly() -> None:
    """c = ⌊x·2³¹/t̄⌋ for masses and totals at the edges, and for drawn ones of all lengths."""
    left, right = numbers()
    x = np.array([min(value, ONE) for value in left], np.uint64)
    totals = Totals.of(np.array(right, np.uint64) >> np.uint64(1))
    own = program()
    shares = own.zeros(len(x), (np.uint32, 4))
    launch = own.launch("whole_shares", own.hold(pairs(x)), own.hold(_norms(totals)), shares)
    own.run([(launch, len(x), (len(x),))])
    found = own.read(shares)
    wanted = [
        (mass << 31) // norm for mass, norm in zip(x.tolist(), totals.scaled.tolist(), strict=True)
    ]
    assert np.ascontiguousarray(found[:, :2]).view(np.uint64).ravel().tolist() == wanted
    assert found[:, 2].tolist() == totals.shift.tolist()


def exact_image(graph: Graph, chosen: FocusParams, x: list[Fraction]) -> list[Fraction]:
    """R(x) in fractions, in solver order; parameters and weights are taken as the floats that they are."""
    s, n = graph.structure, graph.particle_count
    links = [
        (int(s.in_source[at]), i, Fraction(1 if s.in_weight is None else float(s.in_weight[at])))
        for i in range(n)
        for at in range(int(s.in_start[i]), int(s.in_start[i + 1]))
    ]
    out, degree = [Fraction(0)] * n, [Fraction(0)] * n
    for source_at, target, weight in links:
        out[source_at] += weight
        degree[source_at] += weight
        degree[target] += weight
    along, u = [Fraction(0)] * n, Fraction(1, n)
    for source_at, target, weight in links:
        along[target] += x[source_at] * weight / out[source_at]
    dangling = sum(x[i] for i in range(n) if not out[i])
    alpha, diffusion = Fraction(chosen.alpha), Fraction(chosen.diffusion)
    image = [diffusion * ((1 - alpha) * (along[i] + dangling * u) + alpha * u) for i in range(n)]
    lane = x
    for k, factor in enumerate(chosen.coefficients):
        if k:
            moved = [Fraction(0) if degree[i] else lane[i] for i in range(n)]
            for source_at, target, weight in links:
                moved[target] += lane[source_at] * weight / degree[source_at]
                moved[source_at] += lane[target] * weight / degree[target]
            lane = moved
        image = [here + Fraction(factor) * there for here, there in zip(image, lane, strict=True)]
    return image


@settings(max_examples=25)
@given(graph=graphs(8), chosen=params(), seed=st.integers(0, 2**32 - 1))
def test_no_entry_of_an_image_is_above_that_of_r(
    graph: Graph, chosen: FocusParams, seed: int
) -> None:
    """So the mass that it lacks is all that rounding took, and the residual that is told holds."""
    if not graph.structure.axon_count:
        return
    plain = operator_of(graph, chosen)
    own = WgpuOperator(
        WgpuStructure(program(), graph.structure), chosen, plain.flat_u, plain.flat_u0
    )
    start = np.random.default_rng(seed).random(graph.particle_count) ** 9
    own.hold(start / start.sum())
    x = [Fraction(value, ONE) for value in whole(own.program, own.x)]
    assert sum(x) == 1
    applied = own.apply()
    image = [Fraction(value, ONE) for value in whole(own.program, own.image)]
    exact = exact_image(graph, chosen, x)
    # Coefficients and 1/n are floats on both sides: their sums miss 1 by some roundings.
    slack = Fraction(1, 2**48)
    assert all(here <= there * (1 + slack) for here, there in zip(image, exact, strict=True))
    assert applied.lost == ONE - int(sum(image) * ONE)
    assert applied.lost <= own.rounding() * ONE + 2
    residual = sum(abs(there - here) for here, there in zip(x, exact, strict=True))
    assert residual <= Fraction(applied.residual) + slack
    assert Fraction(applied.residual) <= residual + 4 * Fraction(applied.lost, ONE) + slack
    there = own.program.read(own.difference).astype(np.float64) / graph.particle_count
    told = [float(after - before) for before, after in zip(x, image, strict=True)]
    np.testing.assert_allclose(there, told, rtol=1e-5, atol=1e-18)


def whole(own: FocusProgram, buffer: Any) -> list[int]:
    values: list[int] = own.read(buffer).reshape(-1).view(np.uint64).tolist()
    return values
