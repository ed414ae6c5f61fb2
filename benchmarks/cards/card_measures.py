"""What cards/card.py measures: build, passes, solves, contexts, edits, certificates, memory, the way to the card.

R-MAT graphs are made on the card (a, b, c = .57, .19, .19, seed 1).
"""

from __future__ import annotations

import gc
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import blake3
import cupy as cp
import cupyx.scipy.sparse as sparse
import numpy as np
from cupyx import cusparse

from focusmesh import FocusParams, Graph
from focusmesh.engine.focus import IntegerAxons, certify, verify
from focusmesh.engine.focus.certificate.operator import IntegerOperator
from focusmesh.engine.focus.context.push import Query
from focusmesh.engine.focus.context.standing import Rates
from focusmesh.engine.focus.cuda import CardContexts, CardOperator, CardStructure, solve_on_card
from focusmesh.engine.focus.cuda.cards import card_structure
from focusmesh.engine.focus.cuda.rows import CardRows
from focusmesh.engine.focus.devices.backend import DEVICES
from focusmesh.engine.focus.operator.operator import Operator
from focusmesh.engine.focus.operator.reduction import LOCAL
from focusmesh.engine.focus.solve.estimate import FOCUS

if TYPE_CHECKING:
    from collections.abc import Callable

HUGE = (26, 16)
TOLERANCE = 1e-6
MODES = {"PageRank": FocusParams.pagerank(), "full": FocusParams()}
_REPEATS = 20
_CONTEXTS, _EDITS = (1, 16, 64, 1000), 10_000
_VISITS = {"PageRank": 6_000, "full": 60_000}


def rmat(scale: int, factor: int) -> tuple[Any, Any]:
    """Sources and targets of ``factor``·2^scale links, on the card."""
    count, draws = factor << scale, cp.random.RandomState(1)
    source, target = cp.zeros(count, cp.uint32), cp.zeros(count, cp.uint32)
    for bit in range(scale):
        draw = draws.random_sample(count, dtype=cp.float32)
        source |= (draw >= 0.76).astype(cp.uint32) << bit
        target |= (((draw >= 0.57) & (draw < 0.76)) | (draw >= 0.95)).astype(cp.uint32) << bit
    return source, target


def kernel_ms(launch: Callable[[], object]) -> list[float]:
    """Times of single launches by the card's own clock, after three that are not counted."""
    for _ in range(3):
        launch()
    samples = []
    for _ in range(_REPEATS):
        begin, end = cp.cuda.Event(), cp.cuda.Event()
        begin.record()
        launch()
        end.record()
        end.synchronize()
        samples.append(cp.cuda.get_elapsed_time(begin, end))
    return samples


def wall_ms(run: Callable[[], object], repeats: int = 5) -> tuple[list[float], Any]:
    """Times of whole calls, the first not counted, and what the last one gave."""
    samples, found = [], run()
    gc.collect()
    gc.disable()  # as timeit does
    for _ in range(repeats):
        cp.cuda.Device().synchronize()
        begun = time.perf_counter()
        found = run()
        cp.cuda.Device().synchronize()
        samples.append(1e3 * (time.perf_counter() - begun))
    gc.enable()
    return samples, found


def measured(scale: int, factor: int) -> dict[str, Any]:
    """Everything of one graph."""
    n = 1 << scale
    source, target = (ends.get() for ends in rmat(scale, factor))
    build, (structure, order) = wall_ms(
        lambda: CardStructure.from_links(source, target, None, n), 3
    )
    told: dict[str, Any] = {"particles": n, "axons": structure.axon_count, "build_ms": build}
    told |= passes(structure, source, target)
    for mode, params in MODES.items():
        told[mode] = solves(structure, params) | contexts(structure, params, order, _VISITS[mode])
    for mode, params in MODES.items():
        told[mode] |= edits(structure, params, order.get())
    return told


def passes(structure: CardStructure, source: Any, target: Any) -> dict[str, Any]:
    """Row sums of each type, and the vendor's product of the same matrix."""
    n, told = structure.particle_count, {}
    for value, kind, width in (("float", "f4", 1), ("double", "f8", 1), ("float2", "f4", 2)):
        x, y = cp.random.random_sample((n, width)).astype(kind), cp.zeros((n, width), kind)
        told[f"{value}_ms"] = kernel_ms(partial(structure.inward.sums, value, x, y))
    ones = cp.ones(len(source), cp.float32)
    ends = cp.asarray(target).astype(cp.int32), cp.asarray(source).astype(cp.int32)
    matrix = sparse.coo_matrix((ones, ends), shape=(n, n)).tocsr()
    vector = cp.random.random_sample(n, dtype=cp.float32)
    told["vendor_float_ms"] = kernel_ms(lambda: cusparse.spmv(matrix, vector))
    told["integer_ms"] = kernel_ms(integer_pass(structure))
    one, other = (cp.random.random_sample(1 << 28, dtype=cp.float32) for _ in range(2))
    copied = float(np.median(kernel_ms(lambda: cp.copyto(other, one))))
    return told | {"copy_gb_per_s": 2 * one.nbytes / copied / 1e6}


def integer_pass(structure: CardStructure) -> Callable[[], None]:
    """Launches the row sums of the integer operator, every weight 1, on random shares."""
    rows = whole_rows(structure)
    words = cp.random.randint(0, 1 << 40, structure.particle_count, dtype=cp.int64).view(cp.uint64)
    words |= cp.uint64(1) << cp.uint64(58)
    sums, large = cp.zeros_like(words), (cp.zeros(64, cp.uint64), cp.zeros(64, cp.uint8))
    return partial(rows.sums, "u64", words, sums, *large)


def whole_rows(structure: CardStructure) -> CardRows:
    """The in-rows with integer weights, all 1."""
    assert isinstance(structure.inward, CardRows)
    rows = structure.inward.copy()
    arguments = list(rows._arguments)
    for at in (2, 9):
        arguments[at] = cp.ones(len(arguments[at]), cp.uint32)
    rows._arguments, rows._weight = tuple(arguments), "unsigned"
    return rows


def even(structure: CardStructure, params: FocusParams, u: Any = None) -> CardOperator:
    flat = np.full(1, 1 / structure.particle_count)
    return CardOperator(structure, params, flat if u is None else u, flat, LOCAL)


def solves(structure: CardStructure, params: FocusParams) -> dict[str, Any]:
    """Cold solves to a certified bound, and the honest residual of the answer worked out again."""
    samples, (x, residual, watch) = wall_ms(
        lambda: solve_on_card(even(structure, params), TOLERANCE)
    )
    operator, image = even(structure, params), cp.empty_like(x)
    operator.apply(x, image)
    again = float(cp.abs(image - x).sum())
    return {
        "solve_ms": samples,
        "passes_over_links": passes_over_links(params, watch.applications, watch.passes),
        "applications": watch.applications,
        "passes": watch.passes,
        "bound": operator.bound(residual, operator.mass(x)),
        "bound_again": operator.bound(again, operator.mass(x)),
    }


def passes_over_links(params: FocusParams, applications: int, approximate: int) -> int:
    """How often links were read: R is a directed pass and K undirected ones, R̃ one of two lanes, or of one."""
    terms = max(len(params.coefficients) - 1, 0)
    return applications * (1 + 2 * terms) + approximate * (3 if terms else 1)


def contexts(
    structure: CardStructure, params: FocusParams, order: Any, visits: int
) -> dict[str, Any]:
    """Fast contexts of three seeds, from one to a thousand at once."""
    x, residual, _ = solve_on_card(even(structure, params), TOLERANCE)
    degree = structure.degree_total / structure.degree_total.sum()
    spread, other, _ = solve_on_card(even(structure, params, degree), TOLERANCE, start=x)
    known = cp.ascontiguousarray(cp.stack([x, x, spread, degree], axis=1))
    operator = even(structure, params)
    bounds = np.array([operator.bound(r, 1.0) for r in (residual, residual, other)])
    answering = CardContexts(operator, Rates.of(params), known, bounds, order, lands_here=True)
    draws = np.random.default_rng(0)
    linked = cp.flatnonzero(structure.degree_total > 0).get()
    shares = np.array([0.5, 0.3, 0.2])
    queries = [
        Query(draws.choice(linked, 3, replace=False), shares, 20, 0.5, "fast", TOLERANCE)
        for _ in range(_CONTEXTS[-1])
    ]
    told: dict[str, Any] = {}
    for count in _CONTEXTS:
        samples, found = wall_ms(partial(answering.answers, queries[:count], visits))
        told[f"contexts_{count}_ms"] = samples
    return told | {
        "contexts_unproved": sum(one is None for one in found),
        "context_bounds": np.quantile(
            [one.bound for one in found if one], (0.1, 0.5, 0.9)
        ).tolist(),
        "context_visits": float(np.mean([one.visits for one in found if one])),
    }


def edits(structure: CardStructure, params: FocusParams, order: Any) -> dict[str, Any]:
    """Ten thousand links more at random, and a certified focus again."""
    draws, n = np.random.default_rng(1), structure.particle_count
    operator = even(structure, params)
    x, *_ = solve_on_card(operator, TOLERANCE)
    samples: dict[str, list[float]] = {"edit_ms": [], "edit_solve_ms": []}
    gc.collect()
    gc.disable()
    for _ in range(6):
        ends = draws.integers(0, n, (2, _EDITS)).astype(np.uint32)
        begun = time.perf_counter()
        structure.add_links(ends[0], ends[1], np.ones(_EDITS))
        cp.cuda.Device().synchronize()
        laid = time.perf_counter()
        x, *_ = solve_on_card(operator, TOLERANCE, start=x)
        cp.cuda.Device().synchronize()
        samples["edit_ms"].append(1e3 * (laid - begun))
        samples["edit_solve_ms"].append(1e3 * (time.perf_counter() - laid))
    gc.enable()
    return {name: times[1:] for name, times in samples.items()}


def huge() -> dict[str, Any]:
    """About 10⁹ axons on one card."""
    n = 1 << HUGE[0]
    source, target = rmat(*HUGE)
    begun = time.perf_counter()
    structure, _ = CardStructure.from_links(source, target, None, n)
    cp.cuda.Device().synchronize()
    told: dict[str, Any] = {"particles": n, "axons": structure.axon_count}
    told["build_ms"] = [1e3 * (time.perf_counter() - begun)]
    pool = cp.get_default_memory_pool()
    del source, target
    pool.free_all_blocks()
    for mode, params in MODES.items():
        told[mode] = solves(structure, params)
    return told | {"held_gib": pool.used_bytes() / 2**30}


def certified(card: str = "cuda") -> dict[str, Any]:
    """One certificate, its R applied by the host and by the card, through the backend ``card``: the same bits."""
    graph = host_graph(18, 16)
    axons = IntegerAxons.of(graph)
    certificate = certify(axons, params=FocusParams(), backend="cpu")
    told: dict[str, Any] = {"axons": graph.axon_count}
    for backend in ("numba", card):
        operator = IntegerOperator.on(axons, certificate.params, None, backend)
        samples, applied = wall_ms(partial(operator.apply, certificate.vector))
        digest = blake3.blake3(applied.image.tobytes()).hexdigest()
        told[backend] = {"apply_ms": samples, "image_blake3": digest, "rise": applied.rise}
    told["same_bits"] = told["numba"]["image_blake3"] == told[card]["image_blake3"]
    return told


def host_graph(scale: int, factor: int) -> Graph:
    """An R-MAT graph of the host."""
    source, target = (draw.get().astype(np.int64) for draw in rmat(scale, factor))
    return Graph.from_edges(source, target, np.ones(len(source)), particles=1 << scale)


def public() -> dict[str, Any]:
    """What a user of ``Graph.focus`` sees on a graph of 16 million links: estimate and memory, first and later calls.

    Tolerances differ a little, so that no result is taken that was kept.
    """
    graph = host_graph(20, 16)
    graph.focus(tolerance=1e-3, backend="cpu")  # compiles and lays out
    told: dict[str, Any] = {"axons": graph.axon_count}
    for mode, params in MODES.items():
        device, taken = DEVICES["cuda"](), []
        estimate = device.memory(FOCUS, graph.structure, params)
        times: dict[str, list[float]] = {}
        for backend in ("cuda", "cpu"):
            times[backend] = []
            for at in range(4):
                begun = time.perf_counter()
                focus = graph.focus(params, TOLERANCE * (1 - at / 100), backend=backend)
                times[backend].append(1e3 * (time.perf_counter() - begun))
                taken.append(focus.report.card_bytes if focus.report else None)
        told[mode] = {
            "estimated_bytes": estimate.required_bytes,
            "taken_bytes": taken[0],
            "first_and_later_ms": times,
        }
    return told | {"streaming": streaming(graph)}


def called(scale: int, factor: int) -> dict[str, Any]:
    """Calls of ``Graph.focus`` beside the solve alone of the same axons, reads of their scores on the host, checks."""
    graph = host_graph(scale, factor)
    told: dict[str, Any] = {"axons": graph.axon_count}
    for mode, params in MODES.items():
        graph.focus(params, 1e-3, backend="cuda")  # lays out
        operator = even(card_structure(graph.structure), params)
        solve, _ = wall_ms(partial(solve_on_card, operator, TOLERANCE))
        foci, calls, reads = [], [], []
        gc.collect()
        gc.disable()  # as wall_ms does for the solve
        for at in range(6):
            begun = time.perf_counter()
            foci.append(graph.focus(params, TOLERANCE * (1 - at / 100), backend="cuda"))
            cp.cuda.Device().synchronize()
            calls.append(1e3 * (time.perf_counter() - begun))
        for focus in foci:
            begun = time.perf_counter()
            scores = focus.scores
            reads.append(1e3 * (time.perf_counter() - begun))
            assert abs(scores.sum() - 1) < TOLERANCE
        gc.enable()
        told[mode] = {"solve_ms": solve, "call_ms": calls[1:], "read_ms": reads[1:]}
    certificate = certify(graph, backend="cuda")
    axons = IntegerAxons.of(graph, certificate.weight_unit)
    told["verify_ms"], verified = wall_ms(partial(verify, axons, certificate, backend="cuda"))
    assert verified.residual <= 1e-8
    return told


def streaming(graph: Graph) -> dict[str, Any]:
    """Whether links that do not fit could be read over the bus: its rate, and the host's pass over the same links."""
    room = cp.cuda.alloc_pinned_memory(1 << 28)
    here = np.frombuffer(room, np.uint8, 1 << 28)
    there = cp.empty(1 << 28, cp.uint8)
    copied = float(np.median(kernel_ms(lambda: there.set(here))))
    flat = np.full(graph.particle_count, 1 / graph.particle_count)
    operator = Operator.on(graph.structure, FocusParams.pagerank(), flat, flat)
    samples, _ = wall_ms(lambda: operator.sums.inward(flat))
    rate = len(here) / copied / 1e6
    return {
        "bus_gb_per_s": rate,
        "bus_links_per_s": 1e9 * rate / 8,
        "host_pass_ms": samples,
        "host_links_per_s": 1e3 * graph.axon_count / float(np.median(samples)),
    }
