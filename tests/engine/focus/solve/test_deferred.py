"""Deferred correction: the approximation, its error, what is left out, and when it gives up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh import FocusParams, Graph
from focusmesh.engine.focus import SOLVERS
from focusmesh.engine.focus.solve.correction import Correction
from focusmesh.engine.focus.solve.deferred import corrects
from focusmesh.engine.focus.solve.geometric_tail import Approximation
from focusmesh.engine.focus.solve.solver import chosen_for
from focusmesh.engine.focus.solve.watch import SWEEPS_MOST, Watch
from focusmesh.errors import ConvergenceError
from tests.engine.strategies import graphs, operator_of, params

if TYPE_CHECKING:
    from focusmesh.engine.focus import Operator


def large(symmetric: bool) -> Graph:
    """Heavy-tailed, 100,000 links and more, a third of the particles without links."""
    random = np.random.default_rng(7)
    source, target = (30_000 * random.random((2, 120_000)) ** 3).astype(np.int64)
    weight = random.uniform(0.1, 1.0, len(source)).astype(np.float32)
    if symmetric:
        source, target = np.append(source, target), np.append(target, source)
        weight = np.append(weight, weight)
    return Graph.from_edges(source, target, weight, particles=45_000)


@pytest.mark.parametrize("symmetric", [False, True])
def test_on_a_large_graph_corrections_say_what_anderson_says(symmetric: bool) -> None:
    graph = large(symmetric)
    operator = operator_of(graph, FocusParams())
    assert graph.structure.symmetric == symmetric
    assert chosen_for(operator) == "corrected"
    chosen, other = (
        SOLVERS[name](operator, operator.u, 1e-9, None) for name in ("corrected", "anderson")
    )
    assert np.abs(chosen.x - other.x).sum() <= chosen.bound + other.bound
    residual = float(np.abs(operator.apply(chosen.x) - chosen.x).sum())
    assert residual <= chosen.residual + operator.rounding()
    assert chosen.iterations < 17 * other.iterations


def test_a_warm_start_is_not_thrown_away() -> None:
    operator = operator_of(large(False), FocusParams())
    found = SOLVERS["corrected"](operator, operator.u, 1e-8, None)
    again = SOLVERS["corrected"](operator, found.x, 1e-7, None)
    assert again.iterations == 1
    assert np.abs(again.x - found.x).sum() <= 1e-12


@given(chosen=params(), powers=st.integers(0, 1))
def test_the_error_of_the_approximation_is_a_bound(chosen: FocusParams, powers: int) -> None:
    made = Approximation.of(chosen.coefficients, powers)
    wanted = np.polynomial.Polynomial(chosen.coefficients or (0.0,))

    def near(at: float) -> float:
        return made.still + made.near * at + made.weight * at / (1 - made.ratio * at)

    for at in np.linspace(-1, 1, 41):
        assert abs(wanted(at) - near(at)) <= made.error + 1e-12
    assert near(1) == pytest.approx(wanted(1), abs=1e-12)


def test_a_tail_that_does_not_fall_is_left_to_anderson() -> None:
    graph = Graph.from_edges([0, 1, 2], [1, 2, 0])
    assert corrects(operator_of(graph, FocusParams(), "numba"))
    assert not corrects(operator_of(graph, FocusParams(mu=0.01), "numba"))
    assert not corrects(operator_of(graph, FocusParams(), "numpy"))
    assert not corrects(operator_of(graph, FocusParams.pagerank(), "numba"))


@given(graph=graphs(), chosen=params(), seed=st.integers(0, 99), share=st.floats(0, 1))
def test_what_is_left_out_weighs_no_more_than_told(
    graph: Graph, chosen: FocusParams, seed: int, share: float
) -> None:
    operator = operator_of(graph, chosen)
    delta = np.random.default_rng(seed).standard_normal(graph.particle_count)
    image, left_out, most = operator.apply_nearly(delta, share)
    assert left_out <= share
    missed, rounding = np.abs(operator.apply(delta) - image), 1e-12 * np.abs(delta).sum()
    assert missed.sum() <= left_out + rounding
    assert np.all(missed <= most * operator.structure.degree_total + rounding)


def test_passes_of_corrections_do_not_use_up_the_applications() -> None:
    """A graph on which corrections take many passes is no graph on which R does not contract."""
    watch = Watch.over(operator_of(Graph.from_edges([0, 1], [1, 2]), FocusParams()), 1e-6, None)
    watch.note_residual(0.5)
    for _ in range(2_000):
        watch.count_pass()
    assert not watch.has_converged(0.5)
    assert watch.solution(np.full(3, 1 / 3), 0.5, 1.0).iterations == 2_001


def test_the_cap_counts_passes_of_corrections_too() -> None:
    watch = Watch.over(operator_of(Graph.from_edges([0, 1], [1, 2]), FocusParams()), 1e-6, None)
    watch.note_residual(0.5)
    for _ in range(SWEEPS_MOST - 2):
        watch.count_pass()
    with pytest.raises(
        ConvergenceError, match=r"after 2,048 sweeps the residual is 0\.5"
    ) as caught:
        watch.count_pass()
    assert (caught.value.sweeps, caught.value.residual) == (SWEEPS_MOST, 0.5)
    assert caught.value.bound == pytest.approx(0.5 / 0.075)


def test_a_correction_that_does_not_help_ends_with_anderson(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Must-fail twin of the safeguard: with corrections of nothing the answer is certified all the same."""
    monkeypatch.setattr(Correction, "solve", lambda *_: 0.0)
    operator: Operator = operator_of(large(False), FocusParams())
    assert SOLVERS["corrected"](operator, operator.u, 1e-6, None).bound <= 1e-6
