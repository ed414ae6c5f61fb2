"""Rankings: order, ties, and which neighbours the bound separates."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from focusmesh import Focus, FocusParams, Graph, Names, compare
from focusmesh.engine.focus import entropy, impulse, syntropy


def focus_with(scores: Any, bound: float, names: Any = None) -> Focus:
    """A result with these scores."""
    made = Graph.from_edges([], [], particles=len(scores)).focus()
    particles = Names.range(len(scores)) if names is None else Names.of(names)
    return replace(made, scores=np.asarray(scores, float), bound=bound, particles=particles)


def test_separation_is_by_the_bound() -> None:
    focus = focus_with([0.1, 0.4, 0.2, 0.3], 0.1)
    top = focus.top(4)
    assert [one.particle for one in top] == [1, 3, 2, 0]
    assert [one.rank for one in top] == [1, 2, 3, 4]
    gaps = np.diff([-one.score for one in top])
    assert [one.separated for one in top] == [*(gaps > 0.1), True]
    assert all(one.separated for one in replace(focus, bound=0.05).top(4))
    assert not any(one.separated for one in replace(focus, bound=0.2).top(3))


def test_last_of_a_cut_looks_at_the_next() -> None:
    assert not focus_with([0.4, 0.3, 0.3], 0.01).top(2)[-1].separated


def test_ties_stand_by_index() -> None:
    focus = focus_with([0.2] * 5, 1e-9)
    for count in range(1, 6):
        assert [one.particle for one in focus.top(count)] == list(range(count))
    assert not focus.top(4)[0].separated


@pytest.mark.parametrize("count", [1, 3, 4, 100])
def test_counts(count: int) -> None:
    assert len(focus_with([0.5, 0.3, 0.2], 0.0).top(count)) == min(count, 3)


def test_no_particles() -> None:
    focus = Graph.from_edges([], []).focus()
    assert (focus.top(), focus.bound, focus.entropy, focus.syntropy) == ([], 0.0, 0.0, 0.0)
    assert "0 particles" in repr(focus)


def test_partial_order_equals_the_whole() -> None:
    scores = np.random.default_rng(1).integers(0, 20, 200) / 7
    focus = focus_with(scores, 0.0)
    for count in (1, 5, 50, 199, 200):
        np.testing.assert_array_equal(focus.order(count), focus.order()[:count])


def test_measures() -> None:
    assert entropy(np.full(4, 0.25)) == pytest.approx(np.log(4))
    assert syntropy(np.full(4, 0.25)) == pytest.approx(0)
    assert syntropy(np.array([1.0, 0.0])) == pytest.approx(np.log(2))
    sparse = impulse(np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.5, 0.3]), keep=1)
    assert sparse.indices.tolist() == [0]
    assert sparse.dropped == pytest.approx(0.3)


def test_comparison_by_name() -> None:
    before = focus_with([0.5, 0.3, 0.2], 0.05, ["a", "b", "c"])
    after = focus_with([0.1, 0.32, 0.58], 0.05, ["d", "b", "a"])
    change = compare(before, after)
    assert [(move.particle, move.certain) for move in change.rose] == [("a", False), ("b", False)]
    assert (change.fell, change.bound) == ((), 0.1)
    assert [move.particle for move in change.vanished] == ["c"]
    assert [move.particle for move in change.appeared] == ["d"]
    assert change.l1 == pytest.approx(0.08 + 0.02 + 0.2 + 0.1)
    assert change.dropped == pytest.approx(0, abs=1e-15)
    assert compare(before, after, count=1).dropped == pytest.approx(0.02)


def test_comparison_with_itself() -> None:
    focus = Graph.from_edges([0, 1], [1, 2]).focus(FocusParams())
    change = compare(focus, focus)
    assert (change.rose, change.fell, change.l1) == ((), (), 0.0)
