"""Every solver on every backend: the same focus within the bounds, and bounds that hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations, product
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh import FocusParams, Graph
from focusmesh.engine.focus import SOLVERS, Operator, dense_focus
from focusmesh.engine.focus.solve.device import solver_on
from focusmesh.engine.focus.solve.solver import solver_named
from focusmesh.engine.focus.solve.watch import SWEEPS_MOST
from focusmesh.errors import ConvergenceError, ParameterError
from tests.engine.focus.cuda.cards import CARDS
from tests.engine.strategies import graph_of, graphs, operator_of, params

if TYPE_CHECKING:
    from focusmesh.engine.focus import Solution
    from focusmesh.engine.support.arrays import FloatArray

IMPLEMENTATIONS = [
    *product(sorted(SOLVERS), ("numpy", "numba")),
    *(("auto", card) for card in CARDS),
]
LINE = Graph.from_edges([0, 1, 2, 4], [1, 2, 3, 3], [1.0, 2.0, 3.0, 4.0])


def solve(
    graph: Graph, chosen: FocusParams, solver: str, backend: str, tolerance: float = 1e-9
) -> Solution:
    operator = operator_of(graph, chosen, None if backend in CARDS else backend)
    found = solver_on(operator, backend)[0] if backend in CARDS else SOLVERS[solver]
    return found(operator, operator.u, tolerance, None)


@pytest.mark.parametrize(("solver", "backend"), IMPLEMENTATIONS)
@given(graph=graphs(), chosen=params(), exponent=st.integers(1, 11))
def test_bound_holds_against_the_dense_solve(
    solver: str, backend: str, graph: Graph, chosen: FocusParams, exponent: int
) -> None:
    tolerance = 10.0**-exponent
    solution = solve(graph, chosen, solver, backend, tolerance)
    exact = dense_focus(graph.links(), chosen)[graph.structure.order]
    assert solution.bound <= tolerance
    assert abs(solution.x.sum() - 1) <= 1e-12
    assert np.abs(solution.x - exact).sum() <= solution.bound + 1e-14


def test_slow_modes_are_accelerated_however_slow() -> None:
    """A residual that shrinks by 0.07 % a plain sweep asks for a jump of more than a thousand steps."""
    slow = FocusParams(diffusion=1e-3, springs=0.999, heat=0.0)
    graph = Graph.from_edges([2], [0], [3.0], particles=3)
    focus = graph.focus(slow, u=[1.0, 1.0, 0.0], backend="cpu")
    exact = dense_focus(graph.links(), slow, np.array([0.5, 0.5, 0.0]))
    assert focus.iterations < 50
    assert np.abs(focus.scores - exact).sum() <= focus.bound <= 1e-6


@given(graph=graphs(), chosen=params())
def test_implementations_agree_within_the_sum_of_their_bounds(
    graph: Graph, chosen: FocusParams
) -> None:
    solutions = [solve(graph, chosen, *implementation) for implementation in IMPLEMENTATIONS]
    for one, other in combinations(solutions, 2):
        assert np.abs(one.x - other.x).sum() <= one.bound + other.bound


@pytest.mark.parametrize(("solver", "backend"), IMPLEMENTATIONS)
def test_no_particles(solver: str, backend: str) -> None:
    solution = solve(graph_of(0, []), FocusParams(), solver, backend)
    assert (len(solution.x), solution.bound) == (0, 0.0)


@pytest.mark.parametrize(("solver", "backend"), IMPLEMENTATIONS)
def test_one_particle(solver: str, backend: str) -> None:
    assert solve(graph_of(1, []), FocusParams(), solver, backend).x.tolist() == [1.0]


@pytest.mark.parametrize("solver", sorted(SOLVERS))
def test_alpha_one_ends_at_once(solver: str) -> None:
    focus = LINE.focus(FocusParams.pagerank(0.0), solver=solver)
    np.testing.assert_allclose(focus.scores, 0.2)


def test_anderson_needs_fewer_applications() -> None:
    ends = np.arange(300)
    graph = Graph.from_edges(ends, (ends + 1) % 301)
    fast, plain = (graph.focus(tolerance=1e-9, solver=solver) for solver in ("anderson", "plain"))
    assert fast.iterations < plain.iterations / 2
    assert 0 < plain.rate <= plain.kappa + 1e-9
    assert plain.spectral_gap == 1 - plain.rate


def test_unknown_solver_is_refused_by_name() -> None:
    with pytest.raises(ParameterError, match=r"'newton'.*auto, anderson, corrected, plain"):
        solver_named("newton")


@pytest.mark.parametrize("tolerance", [0.0, -1.0, float("nan"), float("inf")])
def test_tolerance_must_be_positive(tolerance: float) -> None:
    with pytest.raises(ParameterError, match="tolerance"):
        LINE.focus(tolerance=tolerance)


@pytest.mark.parametrize("tolerance", [1e-15, 1e-300, 5e-324])
def test_tolerance_beyond_float64_is_refused(tolerance: float) -> None:
    with pytest.raises(ConvergenceError, match="below what float64 can certify"):
        LINE.focus(tolerance=tolerance)


@pytest.mark.parametrize("alpha", [1e-17, 1e-300])
def test_alpha_too_small_to_certify(alpha: float) -> None:
    with pytest.raises(ConvergenceError, match="below what float64 can certify"):
        LINE.focus(FocusParams(alpha=alpha))


def test_what_cannot_converge_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Must-fail twin of the limit: an operator that never settles ends with an error, not in a loop."""
    turns = iter(range(10**9))
    monkeypatch.setattr(Operator, "apply", lambda _self, x: np.roll(x, next(turns) % 3 + 1))
    uneven = np.arange(1.0, 6) / 15
    operator = Operator.on(LINE.structure, FocusParams(), uneven, uneven)
    with pytest.raises(ConvergenceError, match="larger tolerance") as caught:
        SOLVERS["plain"](operator, operator.u, 1e-9, None)
    # Twice what κ guarantees to 1e-9.
    assert caught.value.sweeps == 16 + 2 * 317
    assert 0.1 < (caught.value.residual or 0) < (caught.value.bound or 0)
    assert 0.1 < (caught.value.rate or 0) < 10


def test_the_cap_ends_a_solve_and_says_how_far_it_came() -> None:
    """A ring mixes slowly: with hardly any teleport plain steps would take a hundred thousand."""
    ring = Graph.from_edges(
        range(200), [(i + 1) % 200 for i in range(200)], [1 + i % 2 for i in range(200)]
    )
    slow = FocusParams(alpha=1e-4, diffusion=1.0, springs=0.0, heat=0.0)
    uneven = {0: 1.0, **dict.fromkeys(range(1, 200), 1e-3)}
    with pytest.raises(ConvergenceError, match=r"after 2,048 sweeps the residual is") as caught:
        ring.focus(slow, u=uneven, solver="plain")
    assert caught.value.sweeps == SWEEPS_MOST
    # An honest account: what was reached is what a solve to that tolerance says it reaches.
    reached = caught.value.bound or 0.0
    assert ring.focus(slow, 2 * reached, u=uneven, solver="plain").bound <= 2 * reached
    assert 1 - (caught.value.rate or 0) == pytest.approx(slow.gap, rel=0.5)


def test_weights_that_are_no_numbers_end_in_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Operator, "apply", lambda _self, x: x * np.nan)
    operator = operator_of(LINE, FocusParams())
    with pytest.raises(ConvergenceError, match="not a number"):
        SOLVERS["anderson"](operator, operator.u, 1e-9, None)


def test_residual_blind_to_mass_would_break_the_bound() -> None:
    """Must-fail twin: without the term |Σx − 1| a vector of mass 2 would look certified."""
    operator = operator_of(LINE, FocusParams())
    doubled = 2 * dense_focus(LINE.links(), FocusParams())[LINE.structure.order]
    residual = float(np.abs(operator.apply(doubled) - doubled).sum())
    assert operator.bound(residual, 1.0) < 1e-6
    assert operator.bound(residual, float(doubled.sum())) >= 1.0


def test_progress_reaches_the_end() -> None:
    steps: list[tuple[int, int | None]] = []
    LINE.focus(progress=lambda step: steps.append((step.done, step.total)))
    assert steps[-1][0] == steps[-1][1]


@dataclass(frozen=True)
class Watched(Operator):
    """Keeps the residual of every vector that it is applied to."""

    residuals: list[float] = field(default_factory=list)

    def apply(self, x: FloatArray) -> FloatArray:
        image = super().apply(x)
        self.residuals.append(float(np.abs(image - x).sum()))
        return image


@pytest.mark.parametrize(("count", "links", "seed"), [(59, 60, 378034918), (48, 126, 862197636)])
def test_every_two_applications_shrink_the_residual_by_kappa(
    count: int, links: int, seed: int
) -> None:
    # Graphs on which acceleration alone shrinks it by less, for steps on end.
    random = np.random.default_rng(seed)
    source, target = random.integers(0, count, (2, links))
    graph = Graph.from_edges(source, target, 10.0 ** random.uniform(-3, 3, links), particles=count)
    chosen = FocusParams(diffusion=0.1, springs=0.8, heat=0.1, mu=50.0)
    plain = operator_of(graph, chosen, "numpy")
    watched = Watched(plain.structure, plain.params, plain.u, plain.u0, plain.sums, plain.reduction)
    SOLVERS["anderson"](watched, watched.u, 1e-9, None)
    least = np.minimum.accumulate(watched.residuals)
    assert len(least) > 10
    assert np.all(least[2:] <= chosen.kappa * least[:-2] + watched.rounding())


WILD = FocusParams(
    alpha=0.35647194197338616,
    mu=2.125,
    tau=0.0,
    diffusion=0.9986431478968792,
    springs=0.0013568521031207597,
    heat=0.0,
    terms=2,
)
"""Makes an iterate on two links whose last differences hardly differ, so that mixing them jumps far away."""


def test_a_wild_jump_is_not_taken() -> None:
    assert graph_of(3, [(0, 1, 1.0), (0, 2, 124.0)]).focus(WILD, 1e-11).bound <= 1e-11


def test_a_wild_jump_would_not_be_found_back_from(monkeypatch: pytest.MonkeyPatch) -> None:
    """Must-fail twin: taken, and taken back from a past that is forgotten, it never ends."""
    monkeypatch.setattr("focusmesh.engine.focus.solve.mixing._WILD", np.inf)
    monkeypatch.setattr("focusmesh.engine.focus.solve.mixing.Mixer.can_retreat", True)
    with pytest.raises(ConvergenceError, match="larger tolerance"):
        graph_of(3, [(0, 1, 1.0), (0, 2, 124.0)]).focus(WILD, 1e-11)
