"""Axons that are patched are those that would be built, whichever kernels do it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from focusmesh.engine.focus import (
    ONE,
    FocusParams,
    IntegerAxons,
    IntegerOperator,
    LiveAxons,
    ProtocolParams,
    solved_on,
)
from focusmesh.engine.focus.certificate import live as certificate_live
from focusmesh.engine.focus.certificate import patch as certificate_patch
from focusmesh.errors import CertificateError, InputError

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import MassArray

FULL = ProtocolParams.of(FocusParams())
Edits = dict[tuple[int, int], int]

PAIRS = st.tuples(st.integers(0, 7), st.integers(0, 7)).filter(lambda pair: pair[0] != pair[1])
WEIGHTS = st.one_of(st.just(0), st.integers(1, 3), st.integers(2**32 - 2, 2**32 - 1))


def edited(axons: LiveAxons, count: int, edits: Edits) -> LiveAxons:
    ends = np.array(list(edits), dtype=np.int64).reshape(-1, 2)
    weights = np.array(list(edits.values()), dtype=np.int64)
    return axons.with_edits(count, ends[:, 0], ends[:, 1], weights)


def image(axons: IntegerAxons, x: MassArray) -> list[int]:
    made: list[int] = IntegerOperator.on(axons, FULL).image(x).tolist()
    return made


@pytest.fixture(params=["numpy", "numba", "laid out"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param != "numpy":
        monkeypatch.setattr(certificate_patch, "COMPILED_FROM_EDITED_LINKS", 0)
    if request.param == "laid out":
        monkeypatch.setattr(certificate_live, "COMPILED_FROM_LINKS", 0)


@pytest.mark.usefixtures("way")
class TestEveryWay:
    @given(blocks=st.lists(st.dictionaries(PAIRS, WEIGHTS, max_size=12), max_size=5))
    @settings(max_examples=50)
    def test_edited_axons_are_those_that_would_be_built(self, blocks: list[Edits]) -> None:
        live, now, count = LiveAxons.empty(), Edits(), 1
        for block in blocks:
            now = {pair: weight for pair, weight in (now | block).items() if weight}
            count = max(count, *(max(pair) + 1 for pair in block)) if block else count
            live = edited(live, count, block)
        live = edited(live, count, {})
        columns = zip(*((*pair, weight) for pair, weight in now.items()), strict=True)
        built = IntegerAxons.from_links(count, *(columns if now else ((), (), ())))
        x = np.full(count, ONE // count, dtype=np.uint64)
        x[0] += np.uint64(ONE - int(x.sum()))
        ranks = np.arange(count, dtype=np.uint32)
        assert live.axon_count == len(now)
        assert image(live.integer(ranks), x) == image(built, x)
        out = np.bincount([s for s, _ in now], minlength=count) if now else np.zeros(count)
        assert live.dangling_mass(x, ranks) == int(x[out == 0].sum())

    def test_totals_stay_below_their_limit(self) -> None:
        live = edited(LiveAxons.empty(), 3, {(0, 1): 2**32 - 1})
        live = edited(live, 3, {(0, 1): 1, (0, 2): 2**32 - 1, (1, 2): 5})
        order = np.argsort(live.order)
        assert live.out.exact[order].tolist() == [2**32, 5, 0]
        assert live.degree.exact[order].tolist() == [2**32, 6, 2**32 + 4]

    def test_a_pair_that_comes_twice_is_refused(self) -> None:
        ends = np.array([0, 0])
        with pytest.raises(InputError, match="the same pair"):
            LiveAxons.empty().with_edits(2, ends, ends + 1, ends + 1)


def test_a_total_of_2_to_the_63_is_refused() -> None:
    live = edited(LiveAxons.empty(), 2, {(0, 1): 1})
    with pytest.raises(CertificateError, match="2\\^63"):
        live.out.with_change(np.array([0]), np.array([2**63 - 1], dtype=np.uint64))


@pytest.mark.parametrize("symmetric", [False, True])
def test_a_large_graph_is_solved_on_and_applied_by_compiled_loops(symmetric: bool) -> None:
    random, count, axons = np.random.default_rng(4), 20_000, 120_000
    live = LiveAxons.empty()
    keys = np.unique(random.integers(0, count * count, axons))
    source, target = keys // count, keys % count
    kept = source < target if symmetric else source != target
    source, target = source[kept], target[kept]
    if symmetric:
        source, target = np.append(source, target), np.append(target, source)
    weight = np.full(len(source), 2, dtype=np.int64)
    live = live.with_edits(count, source, target, weight)
    edit = random.permutation(len(source) // 2)[:2_000]
    edit = np.append(edit, edit + len(source) // 2) if symmetric else edit
    live = live.with_edits(
        count + 3, source[edit], target[edit], np.zeros(len(edit), dtype=np.int64)
    )
    ranks = random.permutation(count + 3).astype(np.uint32)
    held = live.integer(ranks)
    start = np.full(count + 3, ONE // (count + 3), dtype=np.uint64)
    scores = solved_on(held, FULL, start, 1e-9)
    operator = IntegerOperator.on(held, FULL)
    vector = operator.correct_sum((scores * (ONE * (1 - 2.0**-40))).astype(np.uint64))
    assert live.structure.is_compiled or symmetric
    assert 2 * operator.apply(vector).rise / ONE <= 2e-9
    kept = np.ones(len(source), dtype=bool)
    kept[edit] = False
    built = LiveAxons.empty().with_edits(count + 3, source[kept], target[kept], weight[kept])
    again = IntegerOperator.on(built.integer(ranks), FULL, backend="numpy")
    assert np.array_equal(operator.image(vector), again.image(vector))
