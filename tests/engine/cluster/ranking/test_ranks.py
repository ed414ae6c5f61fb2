"""Ranks on any graph: scores within their bound of the dense solve, integers to the unit, damage found out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from focusmesh import FocusParams, Graph
from focusmesh.engine.cluster import (
    certify_part,
    make_parts,
    operator_of_part,
    solve_part,
    structure_of_part,
)
from focusmesh.engine.focus import (
    EPSILON,
    Certificate,
    IntegerAxons,
    IntegerOperator,
    ProtocolParams,
    dense_focus,
    verify,
)
from focusmesh.engine.focus.operator.reduction import LOCAL
from focusmesh.engine.focus.operator.vectors import total
from focusmesh.engine.focus.ranks import Certifying, run_ranks
from focusmesh.errors import CertificateError, ParameterError, ShardError
from tests.engine.cluster.ranking.ranked import SECONDS, drawn, on_ranks

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from focusmesh.engine.cluster import Part
    from focusmesh.engine.focus import Solution
    from focusmesh.engine.focus.ranks import ThreadRanks
    from focusmesh.engine.support.arrays import FloatArray, MassArray

PARAMS = (FocusParams(), FocusParams.pagerank(), FocusParams(alpha=0.6, springs=0.0, heat=0.5))


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Small graphs of any shape: empty, dangling alone, in pieces, with hubs."""
    count = draw(st.integers(1, 20))
    ends = st.integers(0, count - 1)
    links = draw(st.lists(st.tuples(ends, ends, st.integers(1, 9)), max_size=60))
    table = np.array(links, dtype=np.int64).reshape(-1, 3)
    weight = table[:, 2].astype(np.float64)
    return Graph.from_edges(table[:, 0], table[:, 1], weight, particles=count)


@settings(max_examples=40, deadline=None)
@given(graphs(), st.integers(1, 4), st.sampled_from(PARAMS))
def test_scores_are_within_their_bound_of_the_dense_solve(
    graph: Graph, count: int, params: FocusParams
) -> None:
    def work(part: Part, ranks: ThreadRanks) -> Solution:
        return solve_part(operator_of_part(part, ranks, params), 1e-9)[0]

    told = on_ranks(graph, count, work, align=False)
    scores = np.concatenate([own.x for own in told])
    exact = dense_focus(graph.links(), params)[graph.structure.order]
    assert np.abs(scores - exact).sum() <= told[0].bound <= 1e-9
    assert len({(own.residual, own.iterations) for own in told}) == 1


@settings(max_examples=30, deadline=None)
@given(graphs(), st.integers(1, 4), st.sampled_from(PARAMS[:2]))
def test_integers_are_those_of_one_machine(graph: Graph, count: int, params: FocusParams) -> None:
    axons = IntegerAxons.of(graph)
    whole = IntegerOperator.on(axons, ProtocolParams.of(params))
    u = whole.teleport.part(0, axons.count)
    first = whole.apply(u)
    second = whole.apply(whole.in_digest_order(first.image))

    def work(part: Part, ranks: ThreadRanks) -> tuple[MassArray, int, int]:
        own = structure_of_part(part, ranks)
        assert part.digest_rank is not None
        operator = Certifying.of(own, part.digest_rank, params, EPSILON).operator
        once = operator.apply(operator.uniform())
        again = operator.apply(once.image)
        return again.image, once.rise, again.rise

    told = on_ranks(graph, count, work, align=False)
    assert np.array_equal(np.concatenate([image for image, _, _ in told]), second.image)
    assert {(once, again) for _, once, again in told} == {(first.rise, second.rise)}


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_certificate_of_parts_is_verified_by_one_machine(count: int, tmp_path: Path) -> None:
    graph, path = drawn(300, 900, weights="real"), tmp_path / "certificate"

    def work(part: Part, ranks: ThreadRanks) -> float:
        return certify_part(part, ranks, str(path), weight_unit=0.1).residual

    residuals = on_ranks(graph, count, work, align=False)
    assert {verify(graph, Certificate.open(path)).residual} == set(residuals)


def test_ranks_hold_what_they_read_of_others_and_no_more() -> None:
    """Each value goes once to each rank that reads it, for each pass."""
    graph = drawn(400, 1_500)
    parts = make_parts(graph, 3, align=False)

    def work(part: Part, ranks: ThreadRanks) -> tuple[int, int]:
        operator = operator_of_part(part, ranks)
        begun = ranks.bytes
        operator.undirected(operator.u)
        return ranks.bytes - begun, 8 * int(part.send_start[-1])

    for sent, bound in on_ranks(graph, 3, work, align=False):
        assert 0 < sent == bound
    assert [part.own for part in parts] != [0, 0, 400]


def test_sums_over_own_particles_alone_are_wrong() -> None:
    """What makes sums goes with the operator: were it that of one machine, mass would be lost between ranks."""
    graph = drawn(400, 1_500)

    def work(part: Part, ranks: ThreadRanks) -> tuple[float, float]:
        together = operator_of_part(part, ranks)
        apart = replace(together, reduction=LOCAL)
        images = [operator.apply(operator.u) for operator in (together, apart)]
        whole, own = (total(image, together.reduction) for image in images)
        return whole, own

    for whole, own in on_ranks(graph, 3, work, align=False):
        assert whole == pytest.approx(1.0)
        assert own < 0.99


class Damaging:
    """Ranks of which the last changes the lowest bits of a mass that it fetched."""

    def __init__(self, ranks: ThreadRanks, bits: int) -> None:
        self._ranks, self._bits, self._posts = ranks, bits, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ranks, name)

    def post(self, sent: Any, lengths: Sequence[int], into: Any, due: Sequence[int]) -> Any:
        pending = self._ranks.post(sent, lengths, into, due)
        self._posts += 1
        if self._ranks.rank != self._ranks.size - 1 or self._posts < 6 or into.dtype != np.uint64:
            return pending
        bits = np.uint64(self._bits)

        class Late:
            def wait(self) -> None:
                pending.wait()
                if len(into):
                    into[0] ^= bits

        return Late()


@pytest.mark.parametrize("bits", [0, 1, 6])
def test_damage_on_the_way_is_found_out(bits: int, tmp_path: Path) -> None:
    """With the undamaged twin."""
    graph, path = drawn(300, 900), tmp_path / "certificate"
    parts = make_parts(graph, 2, align=False)

    def work(ranks: ThreadRanks) -> float:
        damaging: Any = Damaging(ranks, bits)
        return certify_part(parts[ranks.rank], damaging, str(path)).residual

    if bits:
        with pytest.raises(ShardError, match="lost, doubled or damaged"):
            run_ranks(2, work, SECONDS)
        assert not path.exists()
    else:
        assert max(run_ranks(2, work, SECONDS)) <= EPSILON


def test_what_can_have_no_certificate_is_refused_on_all_ranks(tmp_path: Path) -> None:
    fractions = drawn(300, 900, weights="real")

    def work(part: Part, ranks: ThreadRanks, **options: Any) -> object:
        with pytest.raises((CertificateError, ParameterError)) as refused:
            certify_part(part, ranks, str(tmp_path / "no"), **options)
        return type(refused.value)

    assert set(on_ranks(fractions, 2, work, align=False)) == {CertificateError}
    units = on_ranks(
        fractions, 2, lambda part, ranks: work(part, ranks, weight_unit=-1.0), align=False
    )
    assert set(units) == {ParameterError}
    nameless = Graph.from_edges([(1, 2)], [(2, 3)])
    assert set(on_ranks(nameless, 2, work, align=False)) == {CertificateError}


def test_a_start_is_gone_on_from() -> None:
    graph = drawn(3_000, 9_000)

    def work(part: Part, ranks: ThreadRanks) -> tuple[FloatArray, int, int]:
        operator = operator_of_part(part, ranks)
        cold = solve_part(operator, 1e-8)[0]
        warm = solve_part(operator, 1e-8, start=cold.x)[0]
        return warm.x, cold.iterations, warm.iterations

    for _, cold, warm in on_ranks(graph, 2, work, align=False):
        assert warm < cold
