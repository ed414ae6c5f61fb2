"""Live focuses of two real graphs, against cold solves after a long script of edits."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from benchmarks.data.graphs import Inputs
from focusmesh import FocusParams, Graph
from focusmesh.errors import InputError

if TYPE_CHECKING:
    from focusmesh import LiveFocus
    from tests.conftest import NotRun

pytestmark = pytest.mark.soak
MODES = pytest.mark.parametrize(
    "chosen", [FocusParams.pagerank(), FocusParams()], ids=["pagerank", "full"]
)


def edited(live: LiveFocus, names: Any, draws: Any, count: int) -> None:
    """Links between drawn particles, of which every other one is withdrawn; each tenth is of a new particle."""
    for step in range(count):
        one, other = (names[int(at)] for at in draws.integers(0, len(names), 2))
        live.link(f"new {step}" if step % 10 == 0 else one, other, float(draws.random()) + 0.1)
        assert live.bound <= live.tolerance
        if step % 2:
            try:
                live.unlink(one, other)
            except InputError:
                assert one == other
            assert live.bound <= live.tolerance


def assert_equal_to_a_cold_solve(live: LiveFocus) -> None:
    cold, focus = live.graph.focus(live.params, live.tolerance), live.focus()
    assert list(focus.particles)[-2:] == list(cold.particles)[-2:]
    assert np.abs(focus.scores - cold.scores).sum() <= focus.bound + cold.bound


@MODES
def test_wordnet(chosen: FocusParams, not_run: NotRun) -> None:
    folder = Path(os.environ.get("WNSEARCHDIR") or "/usr/share/wordnet")
    if not (folder / "data.noun").is_file():
        not_run("WordNet not installed", "wordnet-base, or WNSEARCHDIR")
    graph = Graph.read(folder)
    assert graph.structure.is_compiled
    live = graph.live(chosen, 1e-6)
    edited(live, graph.particles, np.random.default_rng(1), 60)
    assert_equal_to_a_cold_solve(live)


@MODES
def test_words_of_python_sources(chosen: FocusParams) -> None:
    given = Inputs.named("words")
    graph = Graph.from_edges(
        given.source, given.target, given.weight, particles=given.particle_count
    )
    live = graph.live(chosen, 1e-5)
    edited(live, graph.particles, np.random.default_rng(2), 60)
    assert_equal_to_a_cold_solve(live)
