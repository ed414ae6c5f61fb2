"""Graphs of arrays and grids: focus ranks their particles, recall finds cubes by models and by what is said of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from focusmesh.engine.graph.graph import Graph
from focusmesh.engine.grid.array import decode, encode, pairs
from focusmesh.engine.grid.cube import blocks_of
from focusmesh.errors import GridError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from focusmesh.engine.grid.array import BlockArray, Blocks
    from focusmesh.engine.grid.cube import Grid


class NamedLink(NamedTuple):
    """A link by the names of its ends."""

    source: str
    target: str
    relation: str


def block_name(x: int, y: int, z: int) -> str:
    """The particle of a block: ``block/3/0/12``."""
    return f"block/{x}/{y}/{z}"


def cube_name(name: str) -> str:
    """The particle of a cube: ``cube/pump-7``."""
    return f"cube/{name}"


def array_graph(array: BlockArray, blocks: Blocks | None = None) -> Graph:
    """A graph of the active blocks, all or ``blocks``: a particle each, and links both ways between those that share
    a face, of weight 1 and relation ``beside``. A block without such a neighbour is a particle without links.

    Raises GridError ``empty`` where no block is active. O(n·log n).
    """
    found = array.blocks() if blocks is None else blocks
    if not len(found):
        raise GridError("empty", "no block is active, so there is nothing to make a graph of")
    ends = pairs(found.keys)
    names = [block_name(*at) for at in found.coordinates.tolist()]
    return Graph.from_edges(
        np.concatenate((ends[:, 0], ends[:, 1])),
        np.concatenate((ends[:, 1], ends[:, 0])),
        relation="beside",
        particles=names,
    )


def grid_graph(grid: Grid, texts: Mapping[str, str] | None = None) -> Graph:
    """A graph of the cubes of a grid, their models, and their blocks.

    An edge between cubes is a link each way (relation ``edge``). A cube and its blocks (``vertex NEU``, back ``of``),
    a cube and its models (``runs``, back ``run by``), and blocks of cubes that share a face (``beside``) are linked
    both ways as well. ``texts`` says something of a cube, by its name, for ``recall`` to find it by.

    Raises GridError ``empty`` for a grid without cubes, ``unknown-instance`` for a text of no cube. O(cubes).
    """
    given = dict(texts or {})
    for name in given:
        grid.instance(name)
    if not grid.instances:
        raise GridError("empty", "the grid has no cubes, so there is nothing to make a graph of")
    links = [*_edges(grid), *_parts(grid), *_beside(grid)]
    source, target, relation = zip(*links, strict=True)
    graph = Graph.from_edges(source, target, relation=relation)
    graph.set_texts({cube_name(name): text for name, text in given.items()})
    return graph


def _edges(grid: Grid) -> Iterator[NamedLink]:
    for one, other in sorted(sorted(edge) for edge in grid.edges):
        yield NamedLink(cube_name(one), cube_name(other), "edge")
        yield NamedLink(cube_name(other), cube_name(one), "edge")


def _parts(grid: Grid) -> Iterator[NamedLink]:
    for name, cube in sorted(grid.instances.items()):
        particle = cube_name(name)
        for vertex, at in blocks_of(cube.at).items():
            yield NamedLink(particle, block_name(*at), f"vertex {vertex}")
            yield NamedLink(block_name(*at), particle, "of")
        for model in sorted({*cube.template.models.values()}):
            yield NamedLink(particle, f"model/{model}", "runs")
            yield NamedLink(f"model/{model}", particle, "run by")


def _beside(grid: Grid) -> Iterator[NamedLink]:
    """Blocks of cubes that share a face, within a cube and between two that touch."""
    places = [at for cube in grid.instances.values() for at in blocks_of(cube.at).values()]
    keys = np.sort(encode(np.array(places, dtype=np.int64)))
    names = [block_name(*at) for at in decode(keys).tolist()]
    for one, other in pairs(keys).tolist():
        yield NamedLink(names[one], names[other], "beside")
        yield NamedLink(names[other], names[one], "beside")
