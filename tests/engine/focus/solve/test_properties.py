"""The properties of focus.md §8 that the float operator must have."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh import FocusParams, Graph
from focusmesh.engine.focus import Operator, dense_focus
from tests.engine.strategies import (
    Rows,
    columns,
    graph_of,
    heavy_tailed,
    link_rows,
    operator_of,
    params,
    uniform,
)

TIGHT = 1e-11


def focus_of(count: int, rows: Rows, chosen: FocusParams, **options: Any) -> Any:
    return graph_of(count, rows).focus(chosen, TIGHT, **options).scores


@given(made=link_rows(), chosen=params())
def test_scores_are_a_positive_distribution(made: tuple[int, Rows], chosen: FocusParams) -> None:
    scores = focus_of(*made, chosen)
    assert abs(scores.sum() - 1) <= 1e-12
    assert np.all(scores >= chosen.gap / made[0] * (1 - 1e-12))


@given(made=link_rows(), chosen=params(), order=st.randoms())
def test_names_do_not_matter(made: tuple[int, Rows], chosen: FocusParams, order: Any) -> None:
    count, rows = made
    new = list(range(count))
    order.shuffle(new)
    moved = [(new[source], new[target], weight) for source, target, weight in rows]
    order.shuffle(moved)
    one, other = focus_of(count, rows, chosen), focus_of(count, moved, chosen)
    assert np.abs(one - other[new]).sum() <= 2 * TIGHT


@given(made=link_rows(), chosen=params(), factor=st.floats(1e-100, 1e100))
def test_scale_of_weights_does_not_matter(
    made: tuple[int, Rows], chosen: FocusParams, factor: float
) -> None:
    count, rows = made
    scaled = [(source, target, weight * factor) for source, target, weight in rows]
    one, other = focus_of(count, rows, chosen), focus_of(count, scaled, chosen)
    assert np.abs(one - other).sum() <= 2 * TIGHT


@given(made=link_rows(), chosen=params(), ends=st.tuples(st.integers(0, 99), st.integers(0, 99)))
def test_link_of_weight_zero_changes_nothing(
    made: tuple[int, Rows], chosen: FocusParams, ends: tuple[int, int]
) -> None:
    count, rows = made
    more = [*rows, (ends[0] % count, ends[1] % count, 0.0)]
    np.testing.assert_array_equal(focus_of(count, rows, chosen), focus_of(count, more, chosen))


@given(made=link_rows(), chosen=params(), seed=st.integers(0, 999), share=st.floats(0, 1))
def test_superposition_in_the_teleport(
    made: tuple[int, Rows], chosen: FocusParams, seed: int, share: float
) -> None:
    """φ is linear in u for fixed u0, dangling particles or not."""
    count, rows = made
    one, other, landing = np.random.default_rng(seed).dirichlet(np.ones(count), 3)
    parts = [focus_of(count, rows, chosen, u=u, u0=landing) for u in (one, other)]
    whole = focus_of(count, rows, chosen, u=share * one + (1 - share) * other, u0=landing)
    assert np.abs(whole - share * parts[0] - (1 - share) * parts[1]).sum() <= 3 * TIGHT


def test_superposition_with_half_of_the_particles_dangling() -> None:
    graph = Graph.from_edges(*heavy_tailed(400, 3_000, 5), particles=400)
    assert np.count_nonzero(graph.structure.out_total == 0) >= 200
    u, v, landing = np.random.default_rng(3).dirichlet(np.ones(400), 3)
    solved = [graph.focus(tolerance=TIGHT, u=x, u0=landing).scores for x in (u, v, (u + v) / 2)]
    assert np.abs((solved[0] + solved[1]) / 2 - solved[2]).sum() <= 3 * TIGHT


def test_a_moving_dangling_vector_would_break_superposition() -> None:
    """Must-fail twin: with u0 = u for each part, the parts do not add up."""
    graph = Graph.from_edges(*heavy_tailed(400, 3_000, 5), particles=400)
    u, v = np.random.default_rng(3).dirichlet(np.ones(400), 2)
    solved = [graph.focus(tolerance=TIGHT, u=x, u0=x).scores for x in (u, v, (u + v) / 2)]
    assert np.abs((solved[0] + solved[1]) / 2 - solved[2]).sum() > 1e-4


SHAPES: dict[str, tuple[int, Rows]] = {
    "star in": (50, [(i, 0, 1.0) for i in range(1, 50)]),
    "star out": (50, [(0, i, 1.0) for i in range(1, 50)]),
    "empty": (50, []),
    "disconnected": (50, [(i, i + 25, 1.0 + i) for i in range(25)]),
    "dangling only": (50, [(0, 1, 0.0), (2, 2, 1.0)]),
    "cycle": (50, [(i, (i + 1) % 50, 1.0) for i in range(50)]),
    "heavy-tailed": (
        60,
        [(int(s), int(t), float(w)) for s, t, w in zip(*heavy_tailed(60, 500, 1), strict=True)],
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("backend", ["numpy", "numba"])
@pytest.mark.parametrize("chosen", [FocusParams(), FocusParams.pagerank(), FocusParams(terms=0)])
def test_measured_contraction_is_within_kappa(
    shape: str, backend: str, chosen: FocusParams
) -> None:
    count, rows = SHAPES[shape]
    operator = operator_of(graph_of(count, rows), chosen, backend)
    draws, worst = np.random.default_rng(7), 0.0
    points = np.eye(count)
    for _ in range(100):
        x, y = (
            points[draws.integers(0, count, 2)]
            if draws.random() < 0.5
            else draws.dirichlet(np.full(count, 0.1), 2)
        )
        distance = np.abs(x - y).sum()
        if distance > 1e-9:
            moved = np.abs(operator.apply(x) - operator.apply(y)).sum()
            worst = max(worst, moved / distance)
    assert worst <= chosen.kappa + 1e-12


def test_kappa_is_attained() -> None:
    """Two components: nothing but the teleport brings their masses together."""
    operator = operator_of(graph_of(4, [(0, 1, 1), (1, 0, 1), (2, 3, 1), (3, 2, 1)]), FocusParams())
    x, y = np.array([1.0, 0, 0, 0]), np.array([0, 0, 1.0, 0])
    moved = np.abs(operator.apply(x) - operator.apply(y)).sum()
    assert moved / 2 == pytest.approx(FocusParams().kappa, abs=1e-15)


@given(made=link_rows(), chosen=params(), seed=st.integers(0, 999))
def test_operator_keeps_mass_and_sign(
    made: tuple[int, Rows], chosen: FocusParams, seed: int
) -> None:
    x = np.random.default_rng(seed).dirichlet(np.ones(made[0]))
    operator = operator_of(graph_of(*made), chosen)
    for moved in (
        operator.apply(x),
        operator.diffuse(x),
        operator.follow(x),
        operator.undirected(x),
    ):
        assert abs(moved.sum() - 1) <= 1e-13
        assert np.all(moved >= 0)


@given(made=link_rows(), chosen=params(), seed=st.integers(0, 999))
def test_personal_solves_against_the_oracle(
    made: tuple[int, Rows], chosen: FocusParams, seed: int
) -> None:
    count, rows = made
    u, landing = np.random.default_rng(seed).dirichlet(np.ones(count), 2)
    focus = graph_of(count, rows).focus(chosen, TIGHT, u=u, u0=landing)
    exact = dense_focus(graph_of(count, rows).links(), chosen, u, landing)
    assert np.abs(focus.scores - exact).sum() <= focus.bound + 1e-14


@given(made=link_rows(), seed=st.integers(0, 999), backend=st.sampled_from(["numpy", "numba"]))
def test_adjoints(made: tuple[int, Rows], seed: int, backend: str) -> None:
    """⟨y, P̄ x⟩ = ⟨P̄ᵀ y, x⟩ and the same for Q."""
    count, rows = made
    x, y, landing = np.random.default_rng(seed).dirichlet(np.ones(count), 3)
    structure = Graph.from_edges(*columns(rows), particles=count).structure
    operator = Operator.on(structure, FocusParams(), uniform(count), landing, backend)
    for step, back in (
        (operator.follow, operator.follow_adjoint),
        (operator.undirected, operator.undirected_adjoint),
    ):
        assert y @ step(x) == pytest.approx(back(y) @ x, rel=1e-12, abs=1e-15)
