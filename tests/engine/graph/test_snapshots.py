"""Threads that read while others edit: each answer is that of one moment; copies go their own ways."""

from __future__ import annotations

import copy
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from threading import Event, Thread
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pytest

from focusmesh import Graph
from focusmesh.engine.focus import explain

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.engine.links import LinkColumns

Answer = TypeVar("Answer")

BATCH = 40
SECONDS_MAX = 60.0


class Probe:
    """A name that calls ``act`` once, when an update looks it up: in the middle of the update."""

    def __init__(self, act: Callable[[], None]) -> None:
        self.act: Callable[[], None] | None = act

    def __hash__(self) -> int:
        act, self.act = self.act, None
        if act is not None:
            act()
        return 7

    def __eq__(self, other: object) -> bool:
        return self is other


def elsewhere(ask: Callable[[], Answer]) -> Answer:
    """``ask()`` in another thread; fails when it has to wait for this one."""
    answers: list[Answer] = []
    reader = Thread(target=lambda: answers.append(ask()), daemon=True)
    reader.start()
    reader.join(SECONDS_MAX)
    assert answers, "the reader waits for the writer, or failed"
    return answers[0]


def chain() -> Graph:
    return Graph.from_edges(["a", "b", "c"], ["b", "c", "a"])


def pairs(graph: Graph) -> set[tuple[object, object]]:
    links = graph.links()
    names = links.particles
    return {(names[int(s)], names[int(t)]) for s, t in zip(links.source, links.target, strict=True)}


READERS: dict[str, Callable[[Graph], object]] = {
    "links": lambda graph: len(graph.links()),
    "structure": lambda graph: graph.structure.axon_count,
    "particles": lambda graph: len(graph.particles),
    "particle_count": lambda graph: graph.particle_count,
    "focus": lambda graph: graph.focus().scores.tolist(),
    "context": lambda graph: graph.focus(seeds=["b"]).scores.tolist(),
    "weight": lambda graph: graph.weight("a", "b"),
    "successors": lambda graph: graph.successors("a"),
    "explain": lambda graph: explain(graph, ["a"], "c").score,
    "copy": lambda graph: graph.copy().link_count,
}


@pytest.mark.parametrize("name", READERS)
def test_a_reader_sees_the_old_graph_in_the_middle_of_an_update(name: str) -> None:
    graph, seen = chain(), []
    old = READERS[name](chain())
    probe = Probe(lambda: seen.append(elsewhere(lambda: READERS[name](graph))))
    graph.update([("a", "b", 2.0), ("new", "a"), (probe, "b"), ("b", "new")])
    assert seen == [old]
    assert graph.particle_count == 5
    assert pairs(graph) == {*pairs(chain()), ("new", "a"), (probe, "b"), ("b", "new")}
    assert graph.weight("a", "b") == 3.0


def test_the_probe_would_notice_half_an_update() -> None:
    graph, seen = chain(), list[int]()
    probe = Probe(lambda: seen.append(elsewhere(lambda: graph.link_count)))
    for edge in [("new", "a"), (probe, "b")]:
        graph.update([edge])
    assert seen == [4]


def test_a_merge_in_the_middle_of_an_update_loses_nothing() -> None:
    graph = chain()
    graph.link("a", "b", 5.0)
    graph.link("early", "a")
    merged: list[LinkColumns] = []
    probe = Probe(lambda: merged.append(elsewhere(graph.links)))
    graph.update([("a", "b"), ("late", "early"), (probe, "late"), ("a", "b"), ("early", "c")])
    assert len(merged[0]) == 4
    assert graph.weight("a", "b") == 8.0
    assert list(graph.particles) == ["a", "b", "c", "early", "late", probe]
    assert {("early", "a"), ("late", "early"), (probe, "late"), ("early", "c")} <= pairs(graph)


def test_an_update_that_fails_in_the_middle_changes_nothing() -> None:
    def fail() -> None:
        raise RuntimeError("no hash today")

    graph = chain()
    with pytest.raises(RuntimeError, match="no hash today"):
        graph.update([("new", "a"), ("a", "b"), (Probe(fail), "b")])
    assert (graph.particle_count, graph.link_count, graph.weight("a", "b")) == (3, 3, 1.0)
    graph.link("other", "a")
    assert list(graph.particles) == ["a", "b", "c", "other"]


def batch(number: int) -> list[tuple[int, int]]:
    """A circle through 0 and new particles: in whole batches, every particle has an equal number in and out."""
    circle = [0, *(1 + number * BATCH + i for i in range(BATCH)), 0]
    return list(pairwise(circle))


def observe(graph: Graph, done: Event) -> int:
    """Looks at the graph until it is done, and fails at the first mix of two moments."""
    looks = 0
    while not done.is_set() or not looks:
        links, focus, structure = graph.links(), graph.focus(), graph.structure
        assert (len(links.particles) - 1) % BATCH == 0
        balance = np.bincount(links.source, minlength=len(links.particles))
        assert np.array_equal(balance, np.bincount(links.target, minlength=len(balance)))
        assert len(focus.scores) == len(focus.particles)
        assert (len(focus.scores) - 1) % BATCH == 0
        assert abs(focus.scores.sum() - 1) < 1e-12
        assert structure.axon_count % (BATCH + 1) == 0
        looks += 1
    return looks


def write(graph: Graph, numbers: range) -> None:
    for number in numbers:
        graph.update(batch(number))


def test_readers_and_writers_at_once() -> None:
    graph, done = Graph.from_edges([], [], particles=1), Event()
    with ThreadPoolExecutor(5) as threads:
        readers = [threads.submit(observe, graph, done) for _ in range(3)]
        numbers = (range(30), range(30, 60))
        writers = [threads.submit(write, graph, own) for own in numbers]
        for writer in writers:
            writer.result(SECONDS_MAX)
        done.set()
        assert all(reader.result(SECONDS_MAX) for reader in readers)
    assert pairs(graph) == {pair for number in range(60) for pair in batch(number)}
    assert graph.link_count == 60 * (BATCH + 1)


def test_many_threads_add_to_one_link() -> None:
    graph = chain()
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: graph.link("a", "b"), range(400)))
    assert graph.weight("a", "b") == 401.0


@pytest.mark.parametrize("copied", [Graph.copy, copy.copy, copy.deepcopy])
def test_a_copy_goes_its_own_way(copied: Callable[[Graph], Graph]) -> None:
    graph = chain()
    graph.link("a", "pending")
    other = copied(graph)
    assert other.structure is graph.structure
    other.link("a", "c")
    graph.unlink("b", "c")
    assert ("a", "c") not in pairs(graph)
    assert ("b", "c") in pairs(other)
    assert other.report is graph.report


def test_copies_share_the_focus_until_one_is_edited() -> None:
    graph = chain()
    other, focus = graph.copy(), graph.focus()
    assert other.focus() is focus
    other.link("a", "c")
    assert other.focus() is not focus
    assert graph.focus() is focus


FORK = """
import os, sys
import numpy as np
from focusmesh import Graph
from focusmesh.engine.support import parallel

parallel.thread_count = lambda: 2
draws = np.random.default_rng(4)
ends = draws.integers(0, 30_000, (2, 120_000))
whole = Graph.from_edges(ends[0], ends[1], particles=30_000).focus().scores
child = os.fork()
again = Graph.from_edges(ends[0], ends[1], particles=30_000).focus().scores
same = np.array_equal(whole, again)
if not child:
    os._exit(0 if same else 1)
_, status = os.waitpid(child, 0)
sys.exit(os.waitstatus_to_exitcode(status) or not same)
"""


def test_a_forked_process_has_threads_of_its_own() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FORK], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
