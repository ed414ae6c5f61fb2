"""What a solve is expected to take: memory as it is counted, refusals with figures, and how it turned out."""

from __future__ import annotations

import gc
import pickle
import tracemalloc
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from focusmesh import FocusParams, Graph, certify
from focusmesh.engine.focus import Estimate, graph_focus
from focusmesh.engine.focus.devices import backend
from focusmesh.engine.focus.devices.device import Memory
from focusmesh.engine.focus.solve.estimate import WORKS
from focusmesh.errors import CardError, MemoryLimitError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Iterator

GIB = 2**30
DIFFUSION, FULL = FocusParams.pagerank(), FocusParams()
EXPECTED = Estimate("focus", "numba", 30, 120, 1.5, 3 * GIB, free_bytes=4 * GIB)
FREE = "focusmesh.engine.focus.solve.cost_model.free_memory_bytes"


def large(seed: int = 0, *, weighted: bool = True, symmetric: bool = False) -> Graph:
    random = np.random.default_rng(seed)
    source, target = (20_000 * random.random((2, 200_000)) ** 2).astype(np.uint32)
    if symmetric:
        source, target = np.concatenate((source, target)), np.concatenate((target, source))
    weight = random.integers(1, 9, len(source)).astype(np.float32) if weighted else None
    return Graph.from_edges(source, target, weight, particles=20_000)


@pytest.fixture
def traced() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


@pytest.mark.parametrize("params", [DIFFUSION, FULL], ids=["diffusion", "full"])
@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("symmetric", [True, False])
@pytest.mark.usefixtures("traced")
def test_memory_is_counted(params: FocusParams, weighted: bool, symmetric: bool) -> None:
    """Against what Python's own tracer sees: never less than is taken, and seldom much more."""
    # The same links: what a solve of others would not have loaded is loaded before anything is measured.
    warm = large(weighted=weighted, symmetric=symmetric)
    warm.focus(params)
    graph = large(weighted=weighted, symmetric=symmetric)
    assert graph.structure.is_compiled
    assert graph.structure.symmetric == (symmetric and not weighted)
    for _ in range(2):
        # The second solve finds its rows packed, and nothing that the first one kept.
        graph.derived.clear()
        expected = graph.estimate(params).memory_bytes
        # What others left behind is not to be freed while this is measured.
        gc.collect()
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        graph_focus(graph, params)
        taken = tracemalloc.get_traced_memory()[1] - before
        assert taken <= expected <= 1.6 * taken


def test_sweeps_are_of_the_order_that_is_expected() -> None:
    random = np.random.default_rng(3)
    uneven = Graph.from_edges(*random.integers(0, 50, (2, 200)) // [[1], [2]])
    for graph in (large(), uneven):
        for params in (DIFFUSION, FULL):
            for tolerance in (1e-3, 1e-6, 1e-9):
                expected = graph.estimate(params, tolerance)
                sweeps = graph.focus(params, tolerance).iterations
                assert sweeps / 4 <= expected.sweeps <= 8 * sweeps


@pytest.mark.parametrize("work", WORKS)
def test_every_work_has_an_estimate(work: str) -> None:
    expected = large().estimate(work=work, count=100)
    assert (expected.work, expected.backend) == (work, "numba")
    assert expected.fits
    assert expected.free_bytes is None or expected.free_bytes > 0
    assert expected.passes >= expected.sweeps > 1
    assert expected.seconds > 0
    focus = large().estimate()
    assert expected.memory_bytes >= focus.memory_bytes
    assert expected.passes >= focus.passes


def test_an_unknown_work_or_backend_is_refused() -> None:
    with pytest.raises(ParameterError, match="no work is named 'rest'; there are focus"):
        large().estimate(work="rest")
    with pytest.raises(ParameterError, match="no backend is named 'abacus'"):
        large().estimate(backend="abacus")


@pytest.mark.parametrize("params", [FocusParams(alpha=1.0, diffusion=1.0, springs=0, heat=0)])
def test_parameters_that_leave_nothing_to_solve(params: FocusParams) -> None:
    assert large().estimate(params).sweeps == 2


def test_no_particles() -> None:
    assert Graph.from_edges([], []).estimate().memory_bytes < 2**20


def test_what_does_not_fit_is_refused_before_it_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = large()
    monkeypatch.setattr(FREE, lambda: 10**6)
    assert graph.estimate().free_bytes is None
    monkeypatch.setattr("focusmesh.engine.focus.solve.cost_model.ASKED_FROM_BYTES", 0)
    assert not graph.estimate().fits
    told = r"by numba needs .* MiB of memory beside the graph; 0\.954 MiB are free"
    with pytest.raises(MemoryLimitError, match=f"focus {told}"):
        graph.focus()
    with pytest.raises(MemoryLimitError, match=f"contexts {told}"):
        graph.context([0])
    with pytest.raises(MemoryLimitError, match=f"certificate {told}"):
        certify(graph)
    monkeypatch.setattr(FREE, lambda: None)
    assert graph.focus().bound <= 1e-6


def test_the_report_compares() -> None:
    graph = large()
    focus = graph.focus()
    report = focus.report
    assert report is not None
    assert report.estimate.backend == focus.backend
    assert (report.sweeps, report.seconds) == (focus.iterations, focus.seconds)
    assert report.card_bytes is None
    if report.memory_bytes is not None:
        assert report.memory_bytes > 0
    assert str(report).startswith(f"focus by numba: {report.sweeps} of about ")
    assert pickle.loads(pickle.dumps(focus)).report == report
    inside = graph.focus(seeds=[0])
    assert inside.report is not None
    assert inside.report.sweeps == inside.iterations


def test_a_small_graph_is_not_measured() -> None:
    report = Graph.from_edges([0, 1], [1, 0]).focus().report
    assert report is not None
    assert (report.estimate.backend, report.memory_bytes) == ("numpy", None)
    assert report.estimate.free_bytes is None


@pytest.mark.parametrize(
    ("estimate", "error", "told"),
    [
        (replace(EXPECTED, free_bytes=2 * GIB), MemoryLimitError, "needs 3 GiB .*; 2 GiB are free"),
        (
            replace(EXPECTED, card_bytes=9 * GIB, card_free_bytes=GIB // 2),
            CardError,
            "needs 9 GiB of the card, which has 512 MiB free; choose backend",
        ),
    ],
)
def test_a_refusal_has_both_figures(estimate: Estimate, error: type[Exception], told: str) -> None:
    assert not estimate.fits
    with pytest.raises(error, match=told):
        estimate.verify()


@pytest.mark.parametrize(
    "estimate", [EXPECTED, replace(EXPECTED, free_bytes=None), replace(EXPECTED, card_bytes=1)]
)
def test_what_fits_or_is_not_known_goes_on(estimate: Estimate) -> None:
    estimate.verify()
    assert estimate.fits


class Card:
    """As much of a card as an estimate asks."""

    name = "card"

    def verify(self) -> None:
        pass

    def free_bytes(self) -> tuple[int, int] | None:
        return 7 * GIB, 8 * GIB

    def memory(self, work: str, *_: Any) -> Memory:
        return Memory(10 * GIB, 2 * GIB) if work == "focus" else Memory(0, GIB)

    def visits_per_second(self, _: Any) -> float:
        return 1e9


def test_a_card_is_estimated_whether_it_has_room_or_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(backend.DEVICES, "card", Card)
    graph = large()
    expected = graph.estimate(backend="card")
    assert (expected.backend, expected.card_bytes, expected.card_free_bytes) == (
        *("card", 12 * GIB),
        7 * GIB,
    )
    assert not expected.fits
    reading = expected.passes * graph.structure.axon_count / 1e9
    # However small the graph: each sweep is launched, and what it found is read.
    assert expected.seconds == pytest.approx(reading + expected.sweeps * 3e-4)
    assert graph.estimate(work="contexts", backend="card").fits
    with pytest.raises(CardError, match="card"):
        graph.focus(backend="card")
