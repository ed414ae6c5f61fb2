"""Weights of any size on ranks: scaled as on one machine, to the bits of one machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from focusmesh import FocusParams, Graph
from focusmesh.engine.cluster import operator_of_part, solve_part
from tests.engine.cluster.ranking.ranked import on_ranks

if TYPE_CHECKING:
    from focusmesh.engine.cluster import Part
    from focusmesh.engine.focus import Solution
    from focusmesh.engine.focus.ranks import ThreadRanks

PARTICLES, COMPILED, PLAIN = 40_000, 120_000, 50_000


def links(count: int, scale: float) -> Graph:
    random = np.random.default_rng(0)
    source, target = random.integers(0, PARTICLES, (2, count))
    weight = (random.random(count) + 0.1) * scale
    return Graph.from_edges(source, target, weight, particles=PARTICLES)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("count", "scale"), [(COMPILED, 1e-40), (COMPILED, 1e245), (PLAIN, 1e-40)])
def test_ranks_say_what_one_machine_says(count: int, scale: float) -> None:
    def work(part: Part, ranks: ThreadRanks) -> Solution:
        return solve_part(operator_of_part(part, ranks, FocusParams()), 1e-6)[0]

    graph = links(count, scale)
    told, alone = on_ranks(graph, 2, work), graph.focus()
    found = np.concatenate([own.x for own in told])
    assert np.array_equal(found, alone.scores[graph.structure.order])
    assert {own.bound for own in told} == {alone.bound}


@pytest.mark.parametrize("count", [COMPILED, PLAIN])
def test_powers_of_two_change_no_bit(count: int) -> None:
    scores = [links(count, 2.0**power).focus().scores for power in (-300, -120, 300)]
    assert np.array_equal(scores[0], scores[1])
    assert np.array_equal(scores[0], scores[2])
