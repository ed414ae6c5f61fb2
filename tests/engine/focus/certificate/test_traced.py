"""An application of R written down: the stages of the integer operator, and sums that links and rows add up to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from focusmesh.engine.focus import (
    ONE,
    FocusParams,
    IntegerAxons,
    IntegerOperator,
    ProtocolParams,
    RankedLinks,
    Side,
    trace_application,
    wide_sum,
)
from focusmesh.engine.focus.certificate import traced as traces
from focusmesh.errors import CertificateError
from tests.engine.focus.certificate.model import norm

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import MassArray

PAGE = 4
FULL = ProtocolParams.of(FocusParams())
PAGERANK = ProtocolParams.of(FocusParams.pagerank())


def drawn(seed: int, count: int, links: int, most: int) -> tuple[IntegerAxons, MassArray]:
    """A graph, and a vector that adds up to 2⁶³."""
    random = np.random.default_rng(seed)
    pairs = np.unique(random.integers(0, count, (links, 2)), axis=0)
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    weight = random.integers(1, most, len(pairs), endpoint=True)
    axons = IntegerAxons.from_links(count, pairs[:, 0], pairs[:, 1], weight)
    share = random.random(count) + 0.1
    x = (share / share.sum() * float(ONE) * 0.99).astype(np.uint64)
    x[0] += np.uint64(ONE - wide_sum(x))
    return axons, x


@pytest.mark.parametrize("params", [FULL, PAGERANK], ids=["full", "pagerank"])
@given(
    seed=st.integers(0, 2**32),
    count=st.integers(1, 40),
    links=st.integers(0, 150),
    most=st.sampled_from([1, 7, 2**32 - 1]),
)
@settings(max_examples=30, deadline=None)
def test_it_is_the_operator_stage_by_stage(
    params: ProtocolParams, seed: int, count: int, links: int, most: int
) -> None:
    axons, x = drawn(seed, count, links, most)
    operator = IntegerOperator.on(axons, params)
    made = trace_application(operator, x, PAGE)
    for stage, other in zip(made.stages, operator.stages(x), strict=True):
        assert (stage.name, stage.missing, stage.leftover) == (
            other.name,
            other.missing,
            other.leftover,
        )
        assert np.array_equal(stage.values, other.values)
    assert made.rise == operator.apply(x).rise
    _verify_sums(made, params)


def carried(mass: int, total: int, weight: int) -> int:
    """What goes over a link, by the definition."""
    scaled, left = norm(total)
    return ((mass << 31) // scaled * weight) >> (31 - left)


def _verify_sums(made: traces.ApplicationTrace, params: ProtocolParams) -> None:
    """Every sum before a page is that of the links before it, each by the definition."""
    stages = {stage.name: stage.values.tolist() for stage in made.stages}
    x, out, degree = made.x.tolist(), made.out.tolist(), made.degree.tolist()
    lanes = [x, *(stages[f"Q{k}"] for k in range(1, params.terms))]

    def before(side: Side, mass: list[int], totals: list[int]) -> list[int]:
        sums, total = [0], 0
        for at, (end, weight) in enumerate(
            zip(side.column.tolist(), side.weight.tolist(), strict=True), 1
        ):
            total += carried(mass[end], totals[end], weight)
            sums += [total] if at % PAGE == 0 else []
        return sums

    inward, outward = made.links.inward, made.links.outward
    weights = np.concatenate(([0], np.cumsum(inward.weight.astype(object))))[::PAGE]
    assert made.inward[0].tolist() == weights.tolist()
    assert made.inward[1].tolist() == before(inward, x, out)
    for k, lane in enumerate(lanes[: params.terms]):
        assert made.inward[2 + k].tolist() == before(inward, lane, degree)
        assert made.outward[k].tolist() == before(outward, lane, degree)


@given(seed=st.integers(0, 2**32), chunk=st.sampled_from([1, 7, 64, 1 << 16]))
@settings(max_examples=15, deadline=None)
def test_compiled_loops_carry_the_same(seed: int, chunk: int) -> None:
    axons, x = drawn(seed, 30, 200, 2**32 - 1 if seed % 2 else 9)
    links = RankedLinks.of(axons)
    totals = axons.degree.take(axons.position_of_rank)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(traces, "_CHUNK_LINKS", chunk)
        for side in (links.outward, links.inward):
            plain = traces._carry(side, x, totals, PAGE)
            large = traces._carried_large(side, x, totals, PAGE)
            assert all(np.array_equal(one, other) for one, other in zip(plain, large, strict=True))
    s = axons.structure
    side = Side(s.out_start, s.out_target, traces._whole(axons.out_weight, s.out_target))
    plain_side = traces._transpose(side, axons.rank, axons.position_of_rank)
    large_side = traces._turned_large(side, axons.rank, axons.position_of_rank)
    for one, other in zip(arrays(plain_side), arrays(large_side), strict=True):
        assert np.array_equal(one, other)


def arrays(side: Any) -> list[Any]:
    """The arrays of one side of the links."""
    return [*side]


@given(seed=st.integers(0, 2**32), new=st.integers(0, 6), edits=st.integers(0, 12))
@settings(max_examples=30, deadline=None)
def test_patched_links_are_those_laid_out_anew(seed: int, new: int, edits: int) -> None:
    axons, _ = drawn(seed, 20, 60, 9)
    random = np.random.default_rng(seed)
    count = 20 + new
    places = np.sort(random.choice(count, new, replace=False)).astype(np.uint32)
    moved = np.delete(np.arange(count), places)
    rows = np.repeat(moved, np.diff(RankedLinks.of(axons).outward.start))
    pairs = {
        (int(a), int(b)): int(w)
        for a, b, w in zip(
            rows,
            moved[RankedLinks.of(axons).outward.column],
            RankedLinks.of(axons).outward.weight,
            strict=True,
        )
    }
    change = {}
    for _ in range(edits):
        a, b = random.choice(count, 2, replace=False).tolist()
        change[a, b] = int(random.integers(0, 4))
    changed = {pair: weight for pair, weight in (pairs | change).items() if weight}
    ends = np.array(list(change), dtype=np.int64).reshape(-1, 2)
    weights = np.array(list(change.values()), dtype=np.int64)
    patched = RankedLinks.of(axons).with_particles(places, count)
    patched = patched.with_edits(ends[:, 0], ends[:, 1], weights)
    listed = np.array([[a, b, w] for (a, b), w in changed.items()], dtype=np.int64).reshape(-1, 3)
    anew = RankedLinks.of(IntegerAxons.from_links(count, *listed.T))
    for ours, theirs in ((patched.outward, anew.outward), (patched.inward, anew.inward)):
        for one, other in zip(arrays(ours), arrays(theirs), strict=True):
            assert np.array_equal(one, other)


def test_a_vector_that_adds_up_to_something_else_is_refused() -> None:
    axons, x = drawn(1, 10, 20, 5)
    x[3] += np.uint64(1)
    with pytest.raises(CertificateError, match="add up"):
        trace_application(IntegerOperator.on(axons, FULL), x, PAGE)
