"""Weights of any size whose totals lie in 1e-250 … 1e250 give the focus of the same weights near 1."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from focusmesh import Graph
from focusmesh.errors import InputError

PARTICLES, LINKS = 20_000, 120_000


def _links(seed: int = 0) -> tuple[Any, Any, Any]:
    random = np.random.default_rng(seed)
    source, target = random.integers(0, PARTICLES, (2, LINKS))
    return source, target, random.random(LINKS) + 0.1


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("scale", [1e-245, 1e-45, 1e-40, 1e40, 1e245])
def test_the_size_of_weights_changes_nothing(scale: float) -> None:
    source, target, weight = _links()
    plain = Graph.from_edges(source, target, weight).focus(tolerance=1e-6)
    scaled = Graph.from_edges(source, target, weight * scale).focus(tolerance=1e-6)
    assert (scaled.solver, plain.solver) == ("corrected", "corrected")
    assert scaled.bound <= 1e-6
    assert np.abs(scaled.scores - plain.scores).sum() <= scaled.bound + plain.bound


@pytest.mark.filterwarnings("error")
def test_weights_of_many_sizes_in_one_graph() -> None:
    """Their inverses leave float32, so the solver stays in float64; another one agrees within the bounds."""
    source, target, weight = _links()
    sizes = 10.0 ** np.random.default_rng(1).integers(-240, 240, PARTICLES)
    graph = Graph.from_edges(source, target, weight * sizes[source])
    found, plain = graph.focus(tolerance=1e-6), graph.focus(tolerance=1e-6, solver="plain")
    assert found.solver == "anderson"
    assert np.abs(found.scores - plain.scores).sum() <= found.bound + plain.bound


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("scale", [1e-300, 1e300])
def test_totals_outside_are_refused_by_name(scale: float) -> None:
    source, target, weight = _links()
    with pytest.raises(InputError, match="rescale all weights"):
        Graph.from_edges(source, target, weight * scale).focus()
