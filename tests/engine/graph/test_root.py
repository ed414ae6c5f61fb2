"""The root of a graph: what a file of it has in its header, changed by every edit and by nothing else."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import pytest

from focusmesh import Graph
from focusmesh.errors import InputError
from tests.engine.links.test_container import small

if TYPE_CHECKING:
    from pathlib import Path

DIGEST = slice(32, 64)


@pytest.mark.parametrize("labelled", [False, True])
def test_the_root_is_in_the_header_of_the_file(labelled: bool, tmp_path: Path) -> None:
    graph = small(labelled=labelled)
    path = tmp_path / "graph.focusmesh"
    graph.save(path)
    assert path.read_bytes()[DIGEST].hex() == graph.root
    assert Graph.open(path).root == graph.root
    assert pickle.loads(pickle.dumps(graph)).root == graph.root


def test_every_edit_changes_the_root_and_taking_it_back_restores_it() -> None:
    graph = Graph.from_edges(["a", "b"], ["b", "c"])
    roots = [graph.root]
    graph.link("c", "a")
    roots.append(graph.root)
    graph.reweight("c", "a", 2.0)
    roots.append(graph.root)
    assert len(set(roots)) == 3
    graph.unlink("c", "a")
    assert graph.root == roots[0]
    assert graph.renamed(["a", "b", "d"]).root != roots[0]


def test_names_that_no_file_can_hold_have_no_root() -> None:
    graph = Graph.from_edges([("a", 1)], [("b", 2)])
    with pytest.raises(InputError, match="cannot be saved"):
        _ = graph.root
