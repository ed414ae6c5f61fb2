"""Threads: results in order, chunks that do not depend on them, the same bits on one core and on two."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh import Graph
from focusmesh.engine import parallel
from focusmesh.engine.graph import building_large
from tests.engine.strategies import arrays_of, heavy_tailed

LINKS = heavy_tailed(120_000, 150_000, 11)


@given(count=st.integers(0, 1_000), size=st.integers(-1, 1_200))
def test_chunks_cover_the_range(count: int, size: int) -> None:
    chunks = parallel.even_chunks(count, size)
    assert [i for start, stop in chunks for i in range(start, stop)] == list(range(count))


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_results_in_order(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "thread_count", lambda: threads)
    assert parallel.run(lambda x: x * x, list(range(100))) == [x * x for x in range(100)]


def test_work_is_spread_and_errors_come_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "thread_count", lambda: 2)
    names = parallel.run(lambda _: threading.current_thread().name, range(8))
    assert all(name.startswith("focusmesh-") for name in names)

    def fail(number: int) -> None:
        raise ValueError(number)

    with pytest.raises(ValueError, match="0"):
        parallel.run(fail, range(2))


def on_threads(count: int, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    for module in (parallel, building_large):
        monkeypatch.setattr(module, "thread_count", lambda: count)
    graph = Graph.from_edges(*LINKS, particles=120_000)
    focus = graph.focus(tolerance=1e-8)
    assert focus.backend == "numba"
    return {**arrays_of(graph.structure), "scores": focus.scores}


def test_same_bits_on_any_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(LINKS[0]) >= parallel.COMPILED_FROM_LINKS
    monkeypatch.setattr("focusmesh.engine.graph.structure._CHUNK_LINKS", 1 << 14)
    one, two, three = (on_threads(count, monkeypatch) for count in (1, 2, 3))
    for name, array in one.items():
        np.testing.assert_array_equal(array, two[name], strict=True)
        np.testing.assert_array_equal(array, three[name], strict=True)
