"""Threads: results in order, limits that hold for one caller only, the same bits on one core and on two."""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh import Graph
from focusmesh.engine.links.structure import builder_large as building_large
from focusmesh.engine.links.structure import builder_passes as building_passes
from focusmesh.engine.support import parallel
from focusmesh.errors import ParameterError
from tests.engine.strategies import arrays_of, heavy_tailed

if TYPE_CHECKING:
    from collections.abc import Iterator

LINKS = heavy_tailed(120_000, 150_000, 11)


@pytest.fixture
def three_cores(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine of three cores, with the pool that goes with it."""
    monkeypatch.setattr(parallel, "cores", lambda: 3)
    parallel._pool.cache_clear()
    yield
    parallel._pool.cache_clear()


def threads_seen(chunks: int) -> set[int]:
    """The threads that work on chunks which take a while."""

    def work(_: int) -> int:
        time.sleep(0.002)
        return threading.get_ident()

    return set(parallel.run(work, range(chunks)))


@given(count=st.integers(0, 1_000), size=st.integers(-1, 1_200))
def test_chunks_cover_the_range(count: int, size: int) -> None:
    chunks = parallel.even_chunks(count, size)
    assert [i for start, stop in chunks for i in range(start, stop)] == list(range(count))


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("count", [0, 1, 2, 100])
def test_results_in_order(threads: int, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "thread_count", lambda: threads)
    chunks = list(range(count))
    assert parallel.run(lambda x: x * x, chunks) == [x * x for x in chunks]


@pytest.mark.usefixtures("three_cores")
def test_work_is_spread_and_the_caller_works_too() -> None:
    seen = threads_seen(30)
    assert len(seen) == 3
    assert threading.get_ident() in seen


@pytest.mark.usefixtures("three_cores")
@pytest.mark.parametrize("threads", [1, 2, 3, 64])
def test_a_limit_is_kept(threads: int) -> None:
    with parallel.limited(threads):
        assert parallel.thread_count() == min(threads, 3)
        assert len(threads_seen(30)) == min(threads, 3)
    assert parallel.thread_count() == 3


@pytest.mark.usefixtures("three_cores")
def test_the_smallest_limit_holds_and_none_sets_none() -> None:
    with parallel.limited(2):
        with parallel.limited(3):
            assert parallel.thread_count() == 2
        with parallel.limited(1):
            assert parallel.thread_count() == 1
        with parallel.limited(None):
            assert parallel.thread_count() == 2
    with pytest.raises(RuntimeError, match="within"), parallel.limited(1):
        raise RuntimeError("within")
    assert parallel.thread_count() == 3


@pytest.mark.parametrize("threads", [0, -1, 1.0, "2", True, np.float64(2)])
def test_a_limit_is_an_integer_from_one(threads: Any) -> None:
    with pytest.raises(ParameterError, match="integer ≥ 1"), parallel.limited(threads):
        pass


@pytest.mark.usefixtures("three_cores")
def test_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "FOCUSMESH_THREADS"):
        monkeypatch.setenv(name, "1")
    assert parallel.thread_count() == 3


@pytest.mark.usefixtures("three_cores")
def test_limits_of_two_threads_do_not_meet() -> None:
    """Both are within their limit at the same moment."""
    both, seen = threading.Barrier(2), {}

    def ask(threads: int) -> None:
        with parallel.limited(threads):
            both.wait(10)
            seen[threads] = len(threads_seen(20)), parallel.thread_count()
            both.wait(10)

    callers = [threading.Thread(target=ask, args=(threads,)) for threads in (1, 2)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert seen[1] == (1, 1)
    assert seen[2][0] <= 2
    assert seen[2][1] == 2


@pytest.mark.usefixtures("three_cores")
def test_limits_of_two_tasks_of_a_loop_do_not_meet() -> None:
    async def ask(threads: int) -> int:
        with parallel.limited(threads):
            await asyncio.sleep(0.01)
            return parallel.thread_count()

    async def ask_both() -> tuple[int, int]:
        one, two = await asyncio.gather(ask(1), ask(2))
        return one, two

    assert asyncio.run(ask_both()) == (1, 2)


@pytest.mark.usefixtures("three_cores")
def test_chunks_of_a_chunk_stay_in_its_thread() -> None:
    """So a limit counts all threads, and helpers that wait for helpers cannot wait for ever."""

    def outer(_: int) -> tuple[int, set[int]]:
        return threading.get_ident(), threads_seen(4)

    for own, seen in parallel.run(outer, range(6)):
        assert seen == {own}


@pytest.mark.usefixtures("three_cores")
def test_chunks_see_the_settings_of_the_caller() -> None:
    """NumPy keeps its error handling in a context variable: chunks obey it in every thread."""
    with np.errstate(divide="raise"):
        seen = parallel.run(lambda _: np.geterr()["divide"], range(50))
    assert set(seen) == {"raise"}


@pytest.mark.usefixtures("three_cores")
def test_the_first_failure_comes_out_once() -> None:
    def fail(number: int) -> int:
        time.sleep(0.0005 * (9 - number % 10))
        if number >= 20:
            raise ValueError(number)
        return number

    for _ in range(10):
        with pytest.raises(ValueError, match=r"^20$") as raised:
            parallel.run(fail, range(100))
        assert raised.value.__context__ is None
    assert parallel.run(lambda x: x, range(5)) == list(range(5))


@pytest.mark.usefixtures("three_cores")
@pytest.mark.parametrize("threads", [2, 3])
def test_nothing_runs_on_after_a_failure(threads: int) -> None:
    begun, ended = [], []

    def work(number: int) -> None:
        begun.append(number)
        time.sleep(0.003)
        if number == 4:
            raise ValueError(number)
        ended.append(number)

    with parallel.limited(threads), pytest.raises(ValueError, match="4"):
        parallel.run(work, range(1_000))
    assert len(begun) <= 4 + threads + 1
    assert sorted([*ended, 4]) == sorted(begun)


@pytest.mark.usefixtures("three_cores")
def test_nothing_runs_on_after_an_interrupt() -> None:
    """An interrupt reaches the calling thread alone; helpers finish their chunk and begin no other."""
    main, begun, ended = threading.get_ident(), [], []

    def work(number: int) -> None:
        begun.append(number)
        time.sleep(0.005)
        if number > 10 and threading.get_ident() == main:
            raise KeyboardInterrupt
        ended.append(number)

    with pytest.raises(KeyboardInterrupt):
        parallel.run(work, range(1_000))
    assert len(begun) == len(ended) + 1
    assert len(begun) < 20
    assert parallel.thread_count() == 3


@pytest.mark.usefixtures("three_cores")
@pytest.mark.parametrize("pause", [0.0, 0.01])
def test_an_interrupt_while_helpers_are_asked_or_waited_for_is_passed_on(pause: float) -> None:
    """The signal comes from a helper: while the caller asks for the next one, or has no chunk left and waits."""
    main, begun, ended = threading.get_ident(), [], []

    def work(number: int) -> None:
        if threading.get_ident() == main:
            return
        begun.append(number)
        time.sleep(pause)
        signal.pthread_kill(main, signal.SIGINT)
        time.sleep(0.05)
        ended.append(number)

    def work_until_a_helper_joins() -> None:
        while not begun:
            parallel.run(work, range(3))

    with pytest.raises(KeyboardInterrupt):
        work_until_a_helper_joins()
    assert sorted(ended) == sorted(begun)


@pytest.mark.usefixtures("three_cores")
def test_what_is_not_an_error_comes_out_of_a_helper() -> None:
    main = threading.get_ident()

    def leave(_: int) -> None:
        time.sleep(0.002)
        if threading.get_ident() != main:
            raise SystemExit(3)

    with pytest.raises(SystemExit):
        parallel.run(leave, range(20))


def on_threads(count: int, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    for module in (parallel, building_large, building_passes):
        monkeypatch.setattr(module, "thread_count", lambda: count)
    graph = Graph.from_edges(*LINKS, particles=120_000)
    focus = graph.focus(tolerance=1e-8)
    assert focus.backend == "numba"
    return {**arrays_of(graph.structure), "scores": focus.scores}


def test_same_bits_on_any_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(LINKS[0]) >= parallel.COMPILED_FROM_LINKS
    monkeypatch.setattr("focusmesh.engine.links.structure.structure._CHUNK_LINKS", 1 << 14)
    one, two, three = (on_threads(count, monkeypatch) for count in (1, 2, 3))
    for name, array in one.items():
        np.testing.assert_array_equal(array, two[name], strict=True)
        np.testing.assert_array_equal(array, three[name], strict=True)
