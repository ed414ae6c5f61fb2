"""Graphs of arrays and grids: which links there are, what focus ranks, what recall finds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from focusmesh.engine.graph import array_graph, block_name, cube_name, grid_graph
from focusmesh.engine.grid.array import BlockArray
from focusmesh.engine.grid.cube import VERTICES, Grid, blocks_of
from focusmesh.engine.grid.model import Model
from focusmesh.errors import GridError

if TYPE_CHECKING:
    from focusmesh.engine.graph import Graph
    from tests.conftest import Needs


def grid() -> Grid:
    """A row of four cubes, the first two of which touch; all run one model but the last."""
    made = Grid(BlockArray(50))
    for name in ("logs", "json"):
        made.add_model(name, Model.initial(text=name.encode()))
        made.create_template(name, name)
    corners = {"ann": (0, 0, 0), "bob": (2, 0, 0), "cem": (10, 0, 0), "dia": (20, 0, 0)}
    for name, at in corners.items():
        made.create_instance(name, "json" if name == "dia" else "logs", at)
    for one, other in (("ann", "bob"), ("cem", "bob"), ("dia", "bob")):
        made.connect(one, other)
    return made


def links_of(graph: Graph) -> dict[tuple[Any, Any], Any]:
    """Source and target → relation."""
    links = graph.links()
    assert links.relation is not None
    assert links.relations is not None
    names, relations = list(links.particles), list(links.relations)
    return {
        (names[source], names[target]): relations[relation]
        for source, target, relation in zip(links.source, links.target, links.relation, strict=True)
    }


def test_an_array_is_a_graph_of_what_lies_side_by_side() -> None:
    array = BlockArray(9)
    places = {(1, 1, 1), (2, 1, 1), (2, 2, 1), (5, 5, 5)}
    array.activate_many(sorted(places))
    graph = array_graph(array)
    assert {*graph.particles} == {block_name(*at) for at in places}
    links = {(*ends, relation) for ends, relation in links_of(graph).items()}
    beside = {
        (block_name(*one), block_name(*other), "beside")
        for one in places
        for other in places
        if np.abs(np.subtract(one, other)).sum() == 1
    }
    assert links == beside
    assert len(beside) == 4
    assert {*array_graph(array, array.face("z", 5)).particles} == {"block/5/5/5"}


def test_cubes_models_and_blocks_are_linked() -> None:
    source = grid()
    graph = grid_graph(source)
    links = links_of(graph)
    cubes = {pair: name for pair, name in links.items() if name == "edge"}
    assert set(cubes) == {
        pair
        for one, other in (("ann", "bob"), ("cem", "bob"), ("dia", "bob"))
        for pair in ((cube_name(one), cube_name(other)), (cube_name(other), cube_name(one)))
    }
    corner = block_name(*blocks_of((10, 0, 0))["SWD"])
    assert corner == "block/10/0/0"
    assert links[cube_name("cem"), corner] == "vertex SWD"
    assert links[corner, cube_name("cem")] == "of"
    assert links[cube_name("dia"), "model/json"] == "runs"
    assert links["model/json", cube_name("dia")] == "run by"
    assert (cube_name("ann"), "model/json") not in links
    # Inside of a cube twelve pairs share a face; the two cubes that touch have four more.
    assert sum(name == "beside" for name in links.values()) == 2 * (4 * 12 + 4)
    assert sum(name.startswith("vertex") for name in links.values()) == 4 * len(VERTICES)


def test_focus_ranks_the_cube_that_all_edges_lead_to_first() -> None:
    focus = grid_graph(grid()).focus()
    score = {entry.particle: entry.score for entry in focus.top(100)}
    scores = {name: score[cube_name(name)] for name in ("ann", "bob", "cem", "dia")}
    assert max(scores, key=lambda name: scores[name]) == "bob"
    assert focus.bound < 1e-6


def test_recall_finds_cubes_by_models_and_texts(needs: Needs) -> None:
    needs("tantivy")
    graph = grid_graph(grid(), {"cem": "Water pump in the cellar, three sensors."})
    assert graph.recall("pump in the cellar", k=1).particles == (cube_name("cem"),)
    assert cube_name("dia") in graph.recall("json", k=4).particles


def test_nothing_to_make_a_graph_of_is_refused() -> None:
    with pytest.raises(GridError) as refused:
        array_graph(BlockArray(5))
    assert refused.value.code == "empty"
    with pytest.raises(GridError) as refused:
        grid_graph(Grid(BlockArray(5)))
    assert refused.value.code == "empty"
    with pytest.raises(GridError) as refused:
        grid_graph(grid(), {"eva": "nobody"})
    assert refused.value.code == "unknown-instance"
