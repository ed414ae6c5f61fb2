"""The plain push has the bits of the compiled one, so that no answer says which of the two has worked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh import Graph
from focusmesh.engine.focus import FocusParams, Standing
from focusmesh.engine.focus.context import answer_compiled, push_compiled, push_plain
from focusmesh.engine.focus.context.push import Push, Query

KINDS = ("unweighted", "weighted", "with dangling and lonely ones")


@dataclass(frozen=True)
class Case:
    """A standing whose contexts are pushed, and a query."""

    standing: Standing
    query: Query


def case_of(kind: str, seed: int, count: int = 120) -> Case:
    chance = np.random.default_rng(seed)
    ends = chance.integers(0, count - 20, (2, 3 * count))
    if kind == "with dangling and lonely ones":
        ends[0] %= count // 2
    weight = None if kind == "unweighted" else chance.random(3 * count) + 0.01
    graph = Graph.from_edges(ends[0], ends[1], weight, particles=count)
    standing = Standing.on(graph, FocusParams(), sparse=True)
    seeds = chance.integers(0, count, 5).astype(np.int64)
    return Case(standing, Query(seeds, np.full(5, 0.2), 5, 0.9, "fast", 1e-6))


def pushed(case: Case, monkeypatch: pytest.MonkeyPatch, *, plain: bool) -> list[object]:
    """All that a push leaves behind, after it went on twice."""
    kernels = (push_plain, push_plain) if plain else (push_compiled, answer_compiled)
    monkeypatch.setattr("focusmesh.engine.focus.context.push.kernels_for", lambda *_, **__: kernels)
    standing = case.standing
    assert standing.prior is not None
    with standing.workspaces.one() as space:
        push = Push(standing, standing.prior, space, case.query, dense=True)
        push.go_on(300)
        push.go_on(4_000)
        push.weigh()
        left = [array.tobytes() for array in space.arrays]
        told = [*left, push.dense().tobytes(), push.bound, push.visits, push.mix.tobytes()]
        push.clean()
        assert not any(array.any() for array in space.arrays[:3])
    return told


@pytest.mark.parametrize("kind", KINDS)
@given(seed=st.integers(0, 2**32 - 1))
def test_both_leave_the_same_bits(kind: str, seed: int) -> None:
    case = case_of(kind, seed)
    with pytest.MonkeyPatch.context() as patched:
        compiled = pushed(case, patched, plain=False)
        assert pushed(case, patched, plain=True) == compiled


def test_another_order_of_sums_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin of the one above."""
    case = case_of("weighted", 7)
    compiled = pushed(case, monkeypatch, plain=False)
    spread = push_plain._spread

    def backwards(rows: object, links: object, run: object) -> None:
        spread(rows, iter(list(links)[::-1]), run)  # type: ignore[call-overload, arg-type]

    monkeypatch.setattr(push_plain, "_spread", backwards)
    assert pushed(case, monkeypatch, plain=True) != compiled


def test_kernels_are_loaded_for_what_is_much_and_after_some_pushes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rates = case_of("weighted", 1).standing.rates
    plain, compiled = (push_plain, push_plain), (push_compiled, answer_compiled)
    assert push_plain.kernels_for(rates, "fast", dense=True) == compiled  # they are loaded here
    monkeypatch.setattr(push_plain, "_is_loaded", lambda: False)
    push_plain._pushes.cache_clear()
    assert push_plain.kernels_for(rates, "balanced", dense=True) == compiled
    assert push_plain.kernels_for(rates, "fast", dense=False) == compiled
    told = [push_plain.kernels_for(rates, "fast", dense=True) for _ in range(10)]
    assert told == [plain] * push_plain.PLAIN_PUSHES + [compiled] * (10 - push_plain.PLAIN_PUSHES)
    one_lane = case_of("weighted", 1).standing.rates.of(FocusParams.pagerank())
    push_plain._pushes.cache_clear()
    assert push_plain.kernels_for(one_lane, "fast", dense=True) == compiled
