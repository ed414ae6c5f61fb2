"""Graphs in parts from the user's side: the same answers as of one machine, edits, files of scores, and refusals."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from focusmesh import Certificate, FocusParams, Graph, certify, verify
from focusmesh.engine.focus import dense_focus
from focusmesh.errors import (
    FileError,
    InputError,
    ParameterError,
    RankError,
    UnknownParticleError,
)
from focusmesh.host.cluster import ClusterGraph, read_scores, verify_writable
from focusmesh.host.cluster import results as results_module
from focusmesh.host.cluster.workers import LocalGroup
from focusmesh.host.clusters import cluster

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from focusmesh.engine.support.progress import Step
    from focusmesh.host.cluster.workers import Worker

PAGERANK = FocusParams.pagerank()


def small(seed: int = 0) -> Graph:
    """Named particles, hubs among them, some that link to nothing."""
    random = np.random.default_rng(seed)
    ends = (40 * random.random((2, 150)) ** 2).astype(int)
    tails, heads = ([f"p{at}" for at in side] for side in ends.tolist())
    return Graph.from_edges(tails, heads, random.uniform(0.5, 2.0, 150))


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[ClusterGraph]:
    place = cluster("here")
    place.partition(small(), tmp_path / "parts", 3, align=False)
    with place.open(tmp_path / "parts") as graph:
        yield graph


def test_a_focus_is_that_of_one_machine(opened: ClusterGraph) -> None:
    focus, alone = opened.focus(), small().focus()
    for here, there in zip(focus.top(5), alone.top(5), strict=True):
        assert (here.rank, here.particle, here.separated) == (
            *(there.rank, there.particle),
            there.separated,
        )
        assert here.score == pytest.approx(there.score, abs=1e-15)
    assert focus.bound == pytest.approx(alone.bound)
    assert focus.particle_count == opened.particle_count == len(alone.scores)
    assert sum(worker.particles for worker in focus.workers) == focus.particle_count
    assert len(focus.workers) == 3
    assert focus.bytes_per_sweep > 0
    assert 0 <= focus.straggler < 3
    assert "3 workers" in repr(focus)
    assert opened.focus().sweeps == 0


@pytest.mark.parametrize("effort", ["fast", "balanced", "exact"])
@pytest.mark.parametrize("params", [PAGERANK, FocusParams()], ids=["PageRank", "full"])
def test_a_context_is_within_its_bound(
    opened: ClusterGraph, effort: str, params: FocusParams
) -> None:
    answer = opened.context({"p1": 3, "p7": 1}, 5, effort, params)
    truth = small().context({"p1": 3, "p7": 1}, 60, "exact", params, tolerance=1e-10)
    exact = {item.particle: (item.score, item.relevance) for item in truth}
    assert len(answer) == 5
    assert answer.params == params
    assert dict.fromkeys(answer.seeds) == dict.fromkeys(["p1", "p7"])
    off = sum(abs(item.score - exact[item.particle][0]) for item in answer)
    assert off <= answer.bound + truth.bound
    if effort == "exact":
        assert [item.particle for item in answer] == [item.particle for item in truth][:5]
        assert answer.items[0].relevance == pytest.approx(truth.items[0].relevance, abs=1e-4)


def test_edits_are_those_of_a_graph(opened: ClusterGraph) -> None:
    alone = small()
    first = opened.update([("p1", "p2")])
    assert first.bound == np.inf
    focus = opened.focus(PAGERANK)
    for graph in (opened, alone):
        graph.link("p1", "p2")
        graph.update([("p1", "p2", 2.5), ("new", "p4", 1.0), ("p5", "new"), ("newer", "newest")])
        graph.reweight("p5", "new", 7.0)
        graph.unlink("p1", "p2") if graph is opened else None
    alone.unlink("p1", "p2")
    with pytest.raises(InputError, match="ask for the focus again"):
        focus.top(3)
    now = opened.focus(PAGERANK)
    truth = dense_focus(alone.links(), PAGERANK)
    scores = np.array(now.scores(list(alone.particles)))
    assert opened.particle_count == alone.particle_count
    assert np.abs(scores - truth).sum() <= now.bound <= 1e-6


def test_scores_lie_in_parquet(opened: ClusterGraph, tmp_path: Path) -> None:
    opened.update([("p1", "born")])
    focus = opened.focus()
    focus.write(str(tmp_path / "scores"))
    told = {
        name: score
        for names, scores in read_scores(str(tmp_path / "scores"))
        for name, score in zip(names, scores.tolist(), strict=True)
    }
    assert len(told) == focus.particle_count
    assert told["born"] == focus.score("born")
    closing = json.loads((tmp_path / "scores" / "_focus.json").read_text())
    assert closing["bound"] == focus.bound
    assert closing["params"]["alpha"] == 0.15
    pandas = pytest.importorskip("pandas")
    assert len(pandas.read_parquet(tmp_path / "scores")) == focus.particle_count


def test_a_certificate_has_the_bytes_of_one_machine(tmp_path: Path) -> None:
    ends = np.random.default_rng(4).integers(0, 70_000, (2, 90_000))
    graph = Graph.from_edges(ends[0], ends[1], particles=70_000)
    certify(graph).save(tmp_path / "alone.cert")
    place = cluster("here")
    place.partition(graph, tmp_path / "parts", 2)
    with place.open(tmp_path / "parts") as opened:
        told = opened.certify(tmp_path / "together.cert")
        assert told.residual <= 1e-8
        assert len(told.workers) == 2
        opened.link(1, 3)
        with pytest.raises(ParameterError, match="partition the edited graph"):
            opened.certify(tmp_path / "edited.cert")
    assert (tmp_path / "together.cert").read_bytes() == (tmp_path / "alone.cert").read_bytes()
    assert verify(graph, Certificate.open(tmp_path / "together.cert")).residual == told.residual


def test_a_full_disk_is_told_and_leaves_no_complete_folder(
    opened: ClusterGraph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = str(tmp_path / "scores")
    opened.focus().write(folder)

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(results_module, "_write", full)
    with pytest.raises(FileError, match=r"part-0000\d.parquet: .*No space left on device; make"):
        opened.focus().write(folder)
    with pytest.raises(FileError, match="not a complete folder"):
        list(read_scores(folder))
    monkeypatch.undo()
    opened.focus().write(folder)
    assert sum(len(names) for names, _ in read_scores(folder)) == opened.particle_count


def test_numbers_are_names_too(tmp_path: Path) -> None:
    graph = Graph.from_edges([5, 9, 100], [9, 5, 5])
    place = cluster("here")
    place.partition(graph, tmp_path / "parts", 2, align=False)
    with place.open(tmp_path / "parts", 1) as opened:
        opened.focus().write(str(tmp_path / "scores"))
        (names, scores), *_ = read_scores(str(tmp_path / "scores"))
    assert dict(zip(names, scores.tolist(), strict=True)) == {
        name: graph.focus().score(name) for name in (5, 9, 100)
    }


@pytest.mark.parametrize(
    ("ask", "kind", "message"),
    [
        (lambda g: g.focus(tolerance=0), ParameterError, "positive and finite"),
        (lambda g: g.context([]), InputError, "at least one seed"),
        (lambda g: g.context(["nobody"]), UnknownParticleError, "nobody"),
        (lambda g: g.context(["p1"], effort="hard"), ParameterError, "no effort"),
        (lambda g: g.context(7), InputError, "names of particles"),
        (lambda g: g.update([("a", "b", -1)]), InputError, "edge 0"),
        (lambda g: g.update([("p1", "p2", 1, "cites")]), InputError, "parts have no relations"),
        (lambda g: g.unlink("p1", "p1"), InputError, "no such link"),
        (lambda g: g.unlink("p1", "nobody"), UnknownParticleError, "nobody"),
        (lambda g: g.focus().score("nobody"), UnknownParticleError, "nobody"),
    ],
)
def test_what_cannot_be_asked_is_refused_and_ends_nothing(
    opened: ClusterGraph, ask: object, kind: type[Exception], message: str
) -> None:
    assert callable(ask)
    count = opened.particle_count
    with pytest.raises(kind, match=message):
        ask(opened)
    assert opened.particle_count == count
    assert opened.focus().bound <= 1e-6


def test_a_task_that_breaks_ends_the_workers(opened: ClusterGraph) -> None:
    with pytest.raises(ZeroDivisionError):
        opened.group.run(_broken)
    with pytest.raises(RankError, match="open the graph again"):
        opened.focus()


def _broken(worker: Worker) -> float:
    if worker.part.rank == 1:
        return 1 / 0
    return float(worker.exchange.gather(np.zeros(1))[0][0])


def test_one_that_refuses_alone_frees_those_that_wait_for_it(opened: ClusterGraph) -> None:
    with pytest.raises(FileError, match="full"):
        opened.group.run(_refusing)
    with pytest.raises(RankError, match="open the graph again"):
        opened.focus()


def _refusing(worker: Worker) -> None:
    if worker.part.rank == 1:
        raise FileError("full")
    worker.exchange.gather(np.zeros(1))


def test_answers_of_a_task_that_was_left_are_nobody_elses(
    opened: ClusterGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> list[object]:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(LocalGroup, "_gather_answers", interrupted)
        with pytest.raises(KeyboardInterrupt):
            opened.focus()
    with pytest.raises(RankError, match="in the middle of a task by KeyboardInterrupt"):
        opened.focus()


def test_a_place_that_cannot_be_written_is_told_before_the_work(
    opened: ClusterGraph, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FileError, match="scores cannot be written there"):
        verify_writable(str(tmp_path / "file" / "scores"))
    verify_writable(str(tmp_path / "scores"))
    assert list((tmp_path / "scores").iterdir()) == []
    with pytest.raises(FileError, match="there is no folder"):
        opened.certify(tmp_path / "missing" / "made")


def test_progress_is_told_and_may_stop_it(opened: ClusterGraph) -> None:
    steps: list[Step] = []
    opened.focus(progress=steps.append)
    assert steps
    assert {step.what for step in steps} == {"ranking"}


def test_closing_is_the_end(tmp_path: Path) -> None:
    place = cluster("here")
    place.partition(small(), tmp_path / "parts", 2, align=False)
    graph = place.open(tmp_path / "parts")
    graph.close()
    with pytest.raises(RankError, match="open the graph again"):
        graph.focus()
