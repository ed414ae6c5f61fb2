"""What cards/card.py measures of WebGPU: passes and solves on the same card as CUDA's, and bits of certificates.

A card works on what it was told last when it is asked for a result, so that a pass is timed as the difference between
many of them and few.
"""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

import cupy as cp
import numpy as np

from benchmarks.cards.card_measures import MODES, TOLERANCE, certified, kernel_ms, rmat, wall_ms
from focusmesh.engine.focus.cuda import CardOperator, CardStructure, solve_on_card
from focusmesh.engine.focus.cuda.structure import _aggregate, _compress
from focusmesh.engine.focus.operator.reduction import LOCAL
from focusmesh.engine.focus.wgpu.correction import PAIR
from focusmesh.engine.focus.wgpu.operator import WIDE, WgpuOperator
from focusmesh.engine.focus.wgpu.program import FocusProgram
from focusmesh.engine.focus.wgpu.solvers import solve_on_device
from focusmesh.engine.focus.wgpu.structure import WgpuStructure
from focusmesh.engine.links import Structure
from focusmesh.engine.support.wgpu import LIMITS, adapter

if TYPE_CHECKING:
    from focusmesh import FocusParams
    from focusmesh.engine.support.wgpu import Buffer, Step

GRAPHS = {"rmat22x24": (22, 24), "rmat23x12": (23, 12)}
THREADS = (64, 128, 256)
_KINDS: dict[str, tuple[str, Any]] = {
    "float": ("real", np.float32),
    "float2": ("pair", PAIR),
    "exact": ("exact", WIDE),
}
_FEW, _MANY, _REPEATS = 5, 25, 7


def webgpu() -> dict[str, Any]:
    """Everything, on the best adapter that there is."""
    told: dict[str, Any] = {"adapter": dict(adapter().info)}
    told["certificate"] = certified("wgpu")
    for name, shape in GRAPHS.items():
        told[name] = measured(*shape)
        cp.get_default_memory_pool().free_all_blocks()
    return told


def measured(scale: int, factor: int) -> dict[str, Any]:
    """Passes by CUDA and by WebGPU with workgroups of several sizes, and certified solves by both."""
    structure = host_structure(scale, factor)
    card, n = CardStructure.of(structure), structure.particle_count
    told: dict[str, Any] = {"particles": n, "axons": structure.axon_count}
    for value, kind, width in (("float", "f4", 1), ("float2", "f4", 2)):
        x, y = cp.random.random_sample((n, width)).astype(kind), cp.zeros((n, width), kind)
        told[f"cuda_{value}_ms"] = kernel_ms(partial(card.inward.sums, value, x, y))
    for threads in THREADS:
        limits = {name: adapter().limits[name] for name in LIMITS}
        program = FocusProgram(adapter().request_device_sync(required_limits=limits), threads)
        begun = time.perf_counter()
        held = WgpuStructure(program, structure)
        told[f"threads_{threads}"] = {"laid_out_s": time.perf_counter() - begun, **passes(held)}
    for mode, params in MODES.items():
        told[mode] = solves(card, held, params)
    return told


def host_structure(scale: int, factor: int) -> Structure:
    """An R-MAT graph laid out for solvers, with the card's help."""
    n = 1 << scale
    source, target, weight = _aggregate(*rmat(scale, factor), None)
    order = cp.argsort(-cp.bincount(source, minlength=n), kind="stable").astype(cp.uint32)
    position = cp.empty(n, cp.uint32)
    position[order] = cp.arange(n, dtype=cp.uint32)
    source, target = position[source], position[target]
    sides = (
        _compress(row, column, weight, n) for row, column in ((target, source), (source, target))
    )
    out, inward = (cp.bincount(ends, weights=weight, minlength=n) for ends in (source, target))
    arrays = [*(array for side in sides for array in side), out, out + inward, order, position]
    held = [array.get() for array in arrays]
    del arrays, source, target, weight, out, inward
    cp.get_default_memory_pool().free_all_blocks()
    return Structure(*held)


def passes(held: WgpuStructure) -> dict[str, list[float]]:
    """Row sums of each type."""
    told, program = {}, held.program
    for name, (value, kind) in _KINDS.items():
        x, y = (program.zeros(held.particle_count, kind) for _ in range(2))
        base = held.bases[0] if value == "exact" else 0
        told[f"{name}_ms"] = steps_ms(program, held.inward.sums(value, (x, y), 1, base), y)
    return told


def steps_ms(program: FocusProgram, steps: list[Step], probe: Buffer) -> list[float]:
    """Times of some launches, one after the other."""

    def run(count: int) -> float:
        begun = time.perf_counter()
        program.run(steps * count)
        program.read(probe, 1)
        return 1e3 * (time.perf_counter() - begun)

    run(_FEW)
    return [(run(_MANY) - run(_FEW)) / (_MANY - _FEW) for _ in range(_REPEATS)]


def solves(card: CardStructure, held: WgpuStructure, params: FocusParams) -> dict[str, Any]:
    """Cold solves to a certified bound by both, and how far apart their answers are."""
    flat = np.full(1, 1 / held.particle_count)
    operator = WgpuOperator(held, params, flat, flat)
    times, (residual, watch) = wall_ms(lambda: solve_on_device(operator, None, TOLERANCE))
    x, *_ = solve_on_card(CardOperator(card, params, flat, flat, LOCAL), TOLERANCE)
    return {
        "solve_ms": times,
        "read_ms": wall_ms(operator.scores)[0],
        "application_ms": steps_ms(held.program, operator.steps, operator.x),
        "applications": watch.applications,
        "passes": watch.passes,
        "bound": operator.bound(residual, 1.0),
        "apart_from_cuda": float(np.abs(operator.scores() - x.get()).sum()),
    }
