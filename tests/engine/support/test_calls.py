"""Long calls side by side, with few threads, and stopped half-way: what one does is nothing to another."""

from __future__ import annotations

import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from focusmesh import FocusParams, Graph, explain, limited
from focusmesh.engine.links.structure import builder_passes as building_passes
from focusmesh.engine.support import parallel, progress
from focusmesh.errors import ParameterError
from tests.engine.strategies import arrays_of, heavy_tailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from focusmesh.engine.support.progress import Progress, Step

COUNT = 20_000
LINKS = heavy_tailed(COUNT, 120_000, 5)
OTHERS = heavy_tailed(COUNT, 130_000, 6)
PAGERANK = FocusParams.pagerank()


def fresh(graph: Graph) -> Graph:
    """The same links, without what was worked out from them."""
    return Graph.from_links(graph.links())


CALLS: dict[str, Callable[[Graph, Path, Any], Any]] = {
    "from_edges": lambda graph, path, options: (
        Graph.from_edges(*LINKS, particles=COUNT, **options).structure
    ),
    "read": lambda graph, path, options: Graph.read(path, **options).structure,
    # With a teleport of its own the focus is not kept, so each call solves.
    "focus": lambda graph, path, options: graph.focus(u=np.ones(COUNT), **options).scores,
    "context": lambda graph, path, options: graph.focus(PAGERANK, 1e-7, [3], **options).scores,
    "walk": lambda graph, path, options: (
        graph.walk([3], 4, effort="exact", params=PAGERANK, **options).steps
    ),
    "live": lambda graph, path, options: (
        graph.live(PAGERANK, 1e-7, u=np.ones(COUNT), **options).focus().scores
    ),
    "explain": lambda graph, path, options: explain(graph, [3], 5, params=PAGERANK, **options),
}


@pytest.fixture(scope="module")
def graph() -> Graph:
    return Graph.from_edges(*LINKS, particles=COUNT)


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The links as a file."""
    path = tmp_path_factory.mktemp("calls") / "links.tsv"
    rows = zip(*(column.tolist() for column in LINKS), strict=True)
    path.write_text("".join(f"{source}\t{target}\t{weight}\n" for source, target, weight in rows))
    return path


@dataclass
class Counted:
    """A pool of one helper that counts what it is asked."""

    helper: ThreadPoolExecutor
    asked: list[int] = field(default_factory=list)

    def submit(self, *task: Any) -> Any:
        self.asked.append(threading.get_ident())
        return self.helper.submit(*task)


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counted]:
    """A machine of two cores whose second one is watched."""
    with ThreadPoolExecutor(1) as helper:
        counted = Counted(helper)
        monkeypatch.setattr(parallel, "cores", lambda: 2)
        monkeypatch.setattr(parallel, "_pool", lambda process: counted)
        monkeypatch.setattr("focusmesh.engine.links.structure.structure._CHUNK_LINKS", 1 << 14)
        yield counted


def same(one: Any, two: Any) -> bool:
    """Whether two answers have the same bits."""
    if hasattr(one, "in_start"):
        pairs = zip(arrays_of(one).values(), arrays_of(two).values(), strict=True)
        return all(np.array_equal(a, b) for a, b in pairs)
    return np.array_equal(one, two) if isinstance(one, np.ndarray) else bool(one == two)


@pytest.mark.parametrize("name", list(CALLS))
def test_one_thread_is_one_thread(name: str, graph: Graph, listed: Path, pool: Counted) -> None:
    alone = CALLS[name](graph, listed, {"threads": 1})
    with limited(threads=1):
        CALLS[name](graph, listed, {})
    assert pool.asked == []
    together = CALLS[name](graph, listed, {"threads": 2})
    assert pool.asked != []
    assert same(alone, together)


@pytest.mark.parametrize("name", list(CALLS))
def test_no_threads_at_all_are_refused(name: str, graph: Graph, listed: Path) -> None:
    with pytest.raises(ParameterError, match="threads must be an integer ≥ 1, threads = 0"):
        CALLS[name](graph, listed, {"threads": 0})


def test_calls_side_by_side_give_what_each_gives_alone(graph: Graph) -> None:
    """Two graphs, two operators, contexts and bare focus, under limits of their own, all at once."""
    other = Graph.from_edges(*OTHERS, particles=COUNT)
    jobs = [
        (one, params, seeds, threads)
        for one in (graph, other)
        for params in (PAGERANK, FocusParams(terms=2))
        for seeds, threads in ((None, 1), ([7], None), ([7, 8, 9], 2))
    ]

    def solve(job: tuple[Graph, FocusParams, Any, int | None]) -> Any:
        one, params, seeds, threads = job
        focus = fresh(one).focus(params, 1e-7, seeds, threads=threads)
        return focus.scores, (focus.residual, focus.bound, focus.iterations, focus.rate)

    alone = [solve(job) for job in jobs]
    with ThreadPoolExecutor(4) as callers:
        together = list(callers.map(solve, jobs))
    for (scores, facts), (scores_then, facts_then) in zip(alone, together, strict=True):
        np.testing.assert_array_equal(scores, scores_then, strict=True)
        assert facts == facts_then


class StoppedError(Exception):
    """What the test's progress raises."""


def stopping_at(number: int) -> tuple[list[Step], Progress]:
    """A progress that lists its steps and raises at the given one."""
    steps: list[Step] = []

    def told(step: Step) -> None:
        steps.append(step)
        if len(steps) == number:
            raise StoppedError

    return steps, told


@pytest.mark.parametrize("name", list(CALLS))
def test_a_call_can_be_stopped_and_asked_again(
    name: str, graph: Graph, listed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "_SECONDS_BETWEEN", 0.0)
    whole = CALLS[name](graph, listed, {})
    steps, told = stopping_at(0)
    CALLS[name](graph, listed, {"progress": told})
    assert len(steps) >= 3
    for number in {1, 2, len(steps) // 2, len(steps)}:
        seen, told = stopping_at(number)
        with pytest.raises(StoppedError):
            CALLS[name](graph, listed, {"progress": told})
        assert len(seen) == number
    assert same(CALLS[name](graph, listed, {}), whole)


@pytest.mark.parametrize("threads", [1, 2])
def test_a_build_tells_each_piece_of_its_passes(
    threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "_SECONDS_BETWEEN", 0.0)
    whole = Graph.from_edges(*LINKS).structure
    monkeypatch.setattr(building_passes, "PIECE", len(LINKS[0]) // 7)
    steps, told = stopping_at(0)
    built = Graph.from_edges(*LINKS, threads=threads, progress=told).structure
    done = [step.done for step in steps]
    assert done == sorted(done)
    assert len(done) >= 6 * 3
    assert {(step.what, step.total, step.unit) for step in steps} == {
        ("building", 6 * len(LINKS[0]), "link visits")
    }
    assert done[-1] == 6 * len(LINKS[0])
    for name, array in vars(whole).items():
        if isinstance(array, np.ndarray):
            np.testing.assert_array_equal(getattr(built, name), array, strict=True)


def test_a_solve_can_be_stopped_at_every_step_of_a_small_graph(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(progress, "_SECONDS_BETWEEN", 0.0)
    ring = Graph.from_edges([0, 1, 2, 3], [1, 2, 0, 0])
    steps, told = stopping_at(0)
    whole = fresh(ring).focus(seeds=[1], progress=told).scores
    for number in range(1, len(steps) + 1):
        again = fresh(ring)
        with pytest.raises(StoppedError):
            again.focus(seeds=[1], progress=stopping_at(number)[1])
        np.testing.assert_array_equal(again.focus(seeds=[1]).scores, whole, strict=True)


def test_an_interrupt_ends_a_solve(graph: Graph, pool: Counted) -> None:
    """A real signal, as Ctrl-C sends it, while the helper works; then the helper is idle and the graph as before."""
    whole = graph.focus(PAGERANK, 1e-8).scores
    with pytest.raises(KeyboardInterrupt):
        rank_for_ever(graph)
    assert pool.helper.submit(lambda: 1).result(timeout=5) == 1
    np.testing.assert_array_equal(graph.focus(PAGERANK, 1e-8).scores, whole, strict=True)


def rank_for_ever(graph: Graph) -> None:
    alarm = interrupt_soon()
    while True:
        fresh(graph).focus(PAGERANK, 1e-8)
        if not alarm.is_alive():
            # Python drops an interrupt that comes while it finalises an object.
            alarm = interrupt_soon()


def interrupt_soon() -> threading.Timer:
    main = threading.get_ident()
    alarm = threading.Timer(0.05, lambda: signal.pthread_kill(main, signal.SIGINT))
    alarm.start()
    return alarm
