"""What a fresh process loads before it has recalled once: no compiler, and its answer is that of one that has."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from focusmesh import Graph
from focusmesh.engine.focus.context import push_compiled
from focusmesh.engine.links import told_root
from focusmesh.engine.support.parallel import COMPILED_FROM_LINKS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Needs

QUESTION = "where does the heron nest?"
RECALL = """
import json, sys
from focusmesh import Graph
_, path, question, effort = sys.argv
found = Graph.open(path).recall(question, effort=effort)
told = [[item.particle, item.score, item.value] for item in found.items]
print(json.dumps({"items": told, "bound": found.bound, "modules": sorted(sys.modules)}))
"""
COMPILER = {"numba", "llvmlite"}
HEAVY = COMPILER | {
    "scipy",
    "msgspec",
    "numpy.ma",
    "tempfile",
    "concurrent.futures",
    "asyncio",
    "rich",
    "typer",
}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of a graph that is worked on by compiled code, with words and foci beside it."""
    chance = np.random.default_rng(5)
    count = COMPILED_FROM_LINKS + 20_000
    ends = chance.integers(0, 50_000, (2, count))
    graph = Graph.from_edges(*(np.char.add("p", side.astype(str)).tolist() for side in ends))
    graph.set_texts({f"p{at}": f"The heron nests at pond {at}." for at in range(40)})
    path = tmp_path_factory.mktemp("first") / "notes.focusmesh"
    graph.save(path, words=True)
    return path


def first_answer(path: Path, effort: str) -> dict[str, Any]:
    """What a process of its own answers first."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", RECALL, str(path), QUESTION, effort],
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_a_first_answer_loads_no_compiler(path: Path, needs: Needs) -> None:
    needs("tantivy")
    told = first_answer(path, "fast")
    assert len(told["items"]) == 10
    assert not HEAVY & set(told["modules"])


def test_a_compiler_would_be_seen(path: Path, needs: Needs) -> None:
    """The twin of the one above: a balanced answer takes many more links, and kernels."""
    needs("tantivy")
    assert set(first_answer(path, "balanced")["modules"]) >= COMPILER


def test_it_is_what_compiled_code_answers(path: Path, needs: Needs) -> None:
    needs("tantivy")
    told = first_answer(path, "fast")
    assert callable(push_compiled.push_lanes), "here the kernels are loaded"
    found = Graph.open(path).recall(QUESTION)
    assert [[item.particle, item.score, item.value] for item in found.items] == told["items"]
    assert found.bound == told["bound"]


def test_the_root_that_a_file_tells_is_that_of_its_links(path: Path) -> None:
    graph = Graph.open(path)
    assert told_root(graph) == graph.root
    graph.link("p0", "new")
    assert told_root(graph) == graph.root
    named = Graph.open(path)
    named.name_root("ab" * 8)
    assert told_root(named) == "ab" * 8
