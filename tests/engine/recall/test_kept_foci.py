"""Foci beside a graph file: a solve begins with them, and whatever is in them, an answer is what its bound says."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh import Graph
from focusmesh.engine.focus import FocusParams, KeptFoci, Solution, Standing
from focusmesh.engine.recall import words_folder
from focusmesh.errors import FocusmeshError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Needs

TOLERANCE = 1e-6
KINDS = (
    *("right", "reversed", "of fewer particles", "of more particles", "all at one"),
    *("many iterations", "of other parameters"),
)


def _graph(count: int = 60) -> Graph:
    chance = np.random.default_rng(3)
    ends = chance.integers(0, count, (2, 4 * count))
    names = [f"p{at}" for at in range(count)]
    graph = Graph.from_edges([names[at] for at in ends[0]], [names[at] for at in ends[1]])
    graph.set_texts({f"p{at}": f"text of {at}" for at in range(0, count, 3)})
    return graph


def _kept(graph: Graph, *, sparse: bool = False) -> KeptFoci:
    return Standing.on(graph, FocusParams(), sparse=sparse).foci()


def _reversed(kept: KeptFoci) -> KeptFoci:
    walked = None if kept.walked is None else kept.walked[::-1].copy()
    return replace(kept, here=kept.here[::-1].copy(), walked=walked)


def _spoil(kind: str, graph: Graph) -> KeptFoci:
    kept = _kept(graph, sparse=True)
    count = len(kept.here)
    return {
        "right": kept,
        "reversed": _reversed(kept),
        "of fewer particles": replace(kept, here=kept.here[: count // 2], walked=None),
        "of more particles": replace(kept, here=np.append(kept.here, 1.0), walked=None),
        "all at one": replace(kept, here=np.eye(1, count)[0], walked=np.eye(1, count)[0]),
        "many iterations": replace(kept, iterations=10**9),
        "of other parameters": replace(kept, params=FocusParams(alpha=0.4)),
    }[kind]


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_whatever_is_kept_the_bound_is_true(kind: str, sparse: bool) -> None:
    exact = _graph().focus(tolerance=1e-12).scores
    graph = _graph()
    _spoil(kind, graph).keep(graph)
    graph = graph.copy()
    standing = Standing.on(graph, FocusParams(), sparse=sparse)
    assert np.abs(standing.focus.scores - exact).sum() <= standing.focus.bound <= TOLERANCE
    if standing.prior is not None:
        alone = Standing.on(_graph(), FocusParams(), sparse=True).prior
        assert alone is not None
        assert np.abs(standing.prior.known - alone.known).sum() <= 6 * TOLERANCE


def test_a_solver_that_believes_what_is_kept_would_be_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The twin of the one above: with a solver that returns where it begins, its assertion fails."""
    graph = _graph()
    exact = graph.copy().focus(tolerance=1e-12).scores
    wrong = _reversed(_kept(_graph()))

    def believing(operator: object, start: object, *_: object) -> Solution:
        return Solution(start, 0.0, 0.0, 1, 0.5)  # type: ignore[arg-type]

    module = sys.modules["focusmesh.engine.focus.solve.solver"]
    monkeypatch.setattr(module, "_solve_automatically", believing)
    graph = _graph()
    wrong.keep(graph)
    focus = Standing.on(graph, FocusParams()).focus
    assert np.abs(focus.scores - exact).sum() > 1e-2 > focus.bound


def test_a_solve_that_begins_with_its_end_is_one_application() -> None:
    cold, warm = _graph(), _graph()
    kept = _kept(cold)
    kept.keep(warm)
    focus = Standing.on(warm, FocusParams()).focus
    assert focus.iterations == kept.iterations + 1 > 5
    assert focus.rate == kept.rate > 0
    np.testing.assert_allclose(focus.scores, kept.here, rtol=1e-12)


def test_an_edit_forgets_them() -> None:
    graph = _graph()
    _kept(_graph()).keep(graph)
    graph.link("p0", "new")
    assert Standing.on(graph, FocusParams()).focus.iterations < 60
    assert "kept foci" not in graph.snapshot().derived


@pytest.mark.parametrize("sparse", [False, True])
def test_what_is_written_is_read(sparse: bool) -> None:
    kept = _kept(_graph(), sparse=sparse)
    read = KeptFoci.load(kept.dump())
    assert (read.params, read.iterations, read.rate) == (kept.params, kept.iterations, kept.rate)
    assert np.array_equal(read.here, kept.here)
    assert (read.walked is None) == (kept.walked is None) == (not sparse)


CONTENT = _kept(_graph(8), sparse=True).dump()


@given(st.integers(0, len(CONTENT) - 1), st.integers(0, 255), st.integers(0, len(CONTENT)))
def test_what_no_writer_wrote_is_refused_or_only_a_start(at: int, byte: int, length: int) -> None:
    content = bytearray(CONTENT[:length])
    if at < length:
        content[at] = byte
    try:
        read = KeptFoci.load(bytes(content))
    except (ValueError, FocusmeshError):
        return
    graph = _graph(8)
    read.keep(graph)
    focus = Standing.on(graph, FocusParams()).focus
    assert focus.bound <= TOLERANCE


@pytest.fixture
def path(tmp_path: Path, needs: Needs) -> Path:
    needs("tantivy")
    path = tmp_path / "notes.focusmesh"
    _graph().save(path, words=True)
    return path


def _asked(path: Path) -> Graph:
    graph = Graph.open(path)
    graph.recall("text of 9")
    return graph


def _applications(graph: Graph) -> int:
    (standing,) = graph.snapshot().derived["standings"].values()
    return int(standing.focus.report.sweeps)


def test_a_later_process_solves_nothing(path: Path) -> None:
    assert _applications(_asked(path)) == 1
    # Its twin: without the file it solves.
    (words_folder(path) / "focusmesh.foci").unlink()
    assert _applications(_asked(path)) > 5


def _cut(content: bytes) -> bytes:
    return content[:-8]


def _flip(content: bytes) -> bytes:
    return content[:200] + bytes([content[200] ^ 1]) + content[201:]


@pytest.mark.parametrize("damage", [_cut, _flip, lambda content: b""])
def test_a_damaged_file_is_passed_over(path: Path, damage: Callable[[bytes], bytes]) -> None:
    file = words_folder(path) / "focusmesh.foci"
    file.write_bytes(damage(file.read_bytes()))
    graph = _asked(path)
    assert _applications(graph) > 5
    assert len(graph.recall("text of 9").items) > 0


def test_a_file_of_links_that_were_written_since_begins_near(path: Path) -> None:
    graph = Graph.open(path)
    graph.link("p0", "p1")
    graph.save(path)
    alone = Graph.open(path)
    exact = alone.focus(tolerance=1e-12).scores
    later = _asked(path)
    (standing,) = later.snapshot().derived["standings"].values()
    assert standing.focus.report.sweeps > 1
    assert np.abs(standing.focus.scores - exact).sum() <= standing.focus.bound <= TOLERANCE


def test_nothing_is_compiled_for_a_first_answer(
    tmp_path: Path, needs: Needs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Below 100,000 links and particles: kernels cannot be had, and nobody asks for them."""
    needs("tantivy")
    path = tmp_path / "many.focusmesh"
    _graph(15_000).save(path, words=True)
    for name in ("focusmesh.engine.support.compiled", *sys.modules):
        if name.endswith(("_compiled", ".compiled")):
            monkeypatch.setitem(sys.modules, name, None)
    assert _applications(_asked(path)) == 1
