"""κ: where it goes from anywhere, and that it is the engine's springs that take it there."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from focusmesh.engine.grid.cube import KappaField, KappaParams
from focusmesh.errors import ParameterError

Edges = list[tuple[str, str]]


@st.composite
def cubes(draw: st.DrawFn) -> tuple[list[str], Edges]:
    """Names and edges between them, some cubes alone."""
    count = draw(st.integers(1, 12))
    names = [f"c{number}" for number in range(count)]
    pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]
    edges = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=20)) if pairs else []
    return names, edges


def field_of(names: list[str], edges: Edges, values: list[float]) -> KappaField:
    field = KappaField()
    field.arrange(names, edges)
    for name, value in zip(names, values, strict=True):
        field.put(name, value)
    return field


def stepped_naively(values: dict[str, float], edges: Edges) -> dict[str, float]:
    """One cycle as the design writes it, with dictionaries."""
    near: dict[str, list[str]] = {name: [] for name in values}
    for one, other in edges:
        near[one].append(other)
        near[other].append(one)
    spread = {
        name: value
        + 0.1
        * ((sum(values[n] for n in near[name]) / len(near[name]) if near[name] else value) - value)
        for name, value in values.items()
    }
    return {name: value + 0.06 * (0.6 - value) for name, value in spread.items()}


@settings(max_examples=30)
@given(cubes(), st.integers(0, 2**32))
def test_a_cycle_is_what_the_design_says(graph: tuple[list[str], Edges], seed: int) -> None:
    names, edges = graph
    start = np.random.default_rng(seed).random(len(names)).tolist()
    field = field_of(names, edges, start)
    expected = dict(zip(names, start, strict=True))
    for _ in range(5):
        field.step()
        expected = stepped_naively(expected, edges)
        assert field.values() == pytest.approx(expected, abs=1e-13)


@settings(max_examples=30)
@given(cubes(), st.sampled_from(["zero", "one", "random"]), st.integers(0, 2**32))
def test_within_fifty_cycles_of_the_setpoint(
    graph: tuple[list[str], Edges], start: str, seed: int
) -> None:
    names, edges = graph
    random = np.random.default_rng(seed).random(len(names)).tolist()
    values = {"zero": [0.0] * len(names), "one": [1.0] * len(names), "random": random}[start]
    field = field_of(names, edges, values)
    for _ in range(50):
        field.step()
    assert all(abs(value - 0.6) <= 0.05 for value in field.values().values())


def test_without_the_pull_it_would_not_come_there() -> None:
    """The twin of the test above: diffusion alone keeps a field of zeros at zero."""
    field = KappaField(KappaParams(pull=1e-9))
    field.arrange(["a", "b"], [("a", "b")])
    for name in ("a", "b"):
        field.put(name, 0.0)
    for _ in range(50):
        field.step()
    assert max(field.values().values()) < 0.05


def test_what_the_cycles_add_up_to_is_the_field_of_springs() -> None:
    """pull · Σ over cycles of (κ − 0.6) is S applied to the start, S = μ((1 + μ)I − Qᵀ)⁻¹ (focus.md §2)."""
    names = ["a", "b", "c", "d", "e"]
    edges = [("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")]
    start = np.array([0.9, 0.1, 0.4, 0.8, 0.3])
    field = field_of(names, edges, start.tolist())
    mean = np.zeros((5, 5))
    for one, other in edges:
        i, j = names.index(one), names.index(other)
        mean[i, j] = mean[j, i] = 1
    mean[4, 4] = 1
    mean /= mean.sum(axis=1, keepdims=True)
    mu = field.params.mu
    springs = mu * np.linalg.inv((1 + mu) * np.eye(5) - mean) @ (start - 0.6)
    total = np.zeros(5)
    for _ in range(600):
        total += np.array([field.value(name) for name in names]) - 0.6
        field.step()
    np.testing.assert_allclose(field.params.pull * total, springs, atol=1e-12)


def test_measurements_draw_a_cube_and_its_neighbours() -> None:
    field = field_of(["a", "b", "c"], [("a", "b")], [0.6, 0.6, 0.6])
    for _ in range(60):
        field.step({"a": 1.0})
    assert field.value("a") > 0.85
    assert 0.62 < field.value("b") < field.value("a")
    assert field.value("c") == pytest.approx(0.6)


def test_cubes_that_stay_keep_their_kappa() -> None:
    field = field_of(["a", "b"], [("a", "b")], [0.1, 0.9])
    field.arrange(["b", "c"], [])
    assert field.values() == {"b": 0.9, "c": 0.6}


@pytest.mark.parametrize("bad", [-0.1, 1.1, float("nan")])
def test_a_number_that_is_no_kappa_changes_nothing(bad: float) -> None:
    field = field_of(["a"], [], [0.2])
    with pytest.raises(ParameterError):
        field.put("a", bad)
    with pytest.raises(ParameterError):
        field.step({"a": bad})
    assert field.values() == {"a": 0.2}


@pytest.mark.parametrize("name", ["coupling", "pull", "setpoint", "trust"])
def test_parameters_hold_their_inequalities(name: str) -> None:
    with pytest.raises(ParameterError, match=name):
        KappaParams(**{name: 1.5})
