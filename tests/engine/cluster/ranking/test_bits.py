"""Any number of ranks comes to the bits of one machine: scores, and the bytes of the certificate's file."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest

from focusmesh import FocusParams, Graph
from focusmesh.engine.cluster import certify_part, operator_of_part, solve_part
from focusmesh.engine.focus import Operator, certify, solver_named
from tests.engine.cluster.ranking.ranked import drawn, on_ranks

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.engine.cluster import Part
    from focusmesh.engine.focus import Solution
    from focusmesh.engine.focus.ranks import ThreadRanks

COUNTS = (1, 2, 3, 4)
TOLERANCE = 1e-6
PARAMS = {"focus": FocusParams(), "pagerank": FocusParams.pagerank()}


@cache
def large() -> Graph:
    """Compiled loops, and chunks of two sizes."""
    return drawn(270_000, 330_000)


@cache
def symmetric() -> Graph:
    return drawn(90_000, 70_000, weights="real", both=True)


@cache
def small() -> Graph:
    """NumPy throughout, on several ranks."""
    return drawn(100_000, 60_000, weights="none")


GRAPHS = {"large": large, "symmetric": symmetric, "small": small}


@cache
def alone(name: str, params: str) -> Solution:
    graph = GRAPHS[name]()
    u = np.full(len(graph.particles), 1 / len(graph.particles))
    return solver_named("auto")(
        Operator.on(graph.structure, PARAMS[params], u, u), u, TOLERANCE, None
    )


@pytest.mark.parametrize(
    ("name", "params", "count"),
    [
        *(("large", "focus", count) for count in COUNTS),
        ("large", "pagerank", 3),
        *(("symmetric", "focus", count) for count in (2, 4)),
        *(("small", "focus", count) for count in (1, 3)),
    ],
)
def test_scores_have_the_bits_of_one_machine(name: str, params: str, count: int) -> None:
    def work(part: Part, ranks: ThreadRanks) -> Solution:
        operator = operator_of_part(part, ranks, PARAMS[params])
        return solve_part(operator, TOLERANCE)[0]

    told = on_ranks(GRAPHS[name](), count, work)
    expected = alone(name, params)
    assert np.array_equal(np.concatenate([own.x for own in told]), expected.x)
    for own in told:
        assert (own.residual, own.bound, own.iterations) == (
            expected.residual,
            expected.bound,
            expected.iterations,
        )


@pytest.mark.parametrize(
    ("name", "unit", "counts"),
    [("large", None, COUNTS), ("symmetric", 0.01, (2,)), ("small", None, (1, 4))],
)
def test_certificates_have_the_bytes_of_one_machine(
    name: str, unit: float | None, counts: tuple[int, ...], tmp_path: Path
) -> None:
    graph, expected, made = GRAPHS[name](), tmp_path / "expected", tmp_path / "made"
    certify(graph, weight_unit=unit).save(expected)
    for count in counts:

        def work(part: Part, ranks: ThreadRanks) -> int:
            return certify_part(part, ranks, str(made), weight_unit=unit).sent_bytes

        sent = on_ranks(graph, count, work)
        assert made.read_bytes() == expected.read_bytes()
        assert any(sent) == (count > 1 and len(graph.particles) > 32_768)
        made.unlink()


def test_parts_that_begin_elsewhere_agree_within_their_bounds() -> None:
    """Sums over chunks of particles are then cut in two, and only the bounds are left."""

    def work(part: Part, ranks: ThreadRanks) -> Solution:
        return solve_part(operator_of_part(part, ranks), TOLERANCE)[0]

    told = on_ranks(large(), 3, work, align=False)
    expected = alone("large", "focus")
    scores = np.concatenate([own.x for own in told])
    assert np.abs(scores - expected.x).sum() <= told[0].bound + expected.bound
