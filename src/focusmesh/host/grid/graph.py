"""The graph of a grid's cubes as a file, for whoever serves graphs."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh.engine.grid.cube import Grid
    from focusmesh.host.settings import GridSettings

SUFFIX = ".focusmesh"


def write_graph(grid: Grid, path: Path) -> None:
    """Cubes, models and the blocks of cubes as particles, what ties them as links. O(cubes). Raises FileError."""
    from focusmesh.engine.graph import Graph, grid_graph

    graph = grid_graph(grid) if grid.instances else Graph.from_edges([], [])
    beside = path.with_name(f".{path.name}")
    graph.save(beside)
    beside.replace(path)


@contextmanager
def graph_file(settings: GridSettings) -> Iterator[Path]:
    """A file with the graph of the grid that settings name, for as long as the block runs."""
    from focusmesh.host.grid.kept_grid import open_grid

    with tempfile.TemporaryDirectory(prefix="focusmesh-grid-") as folder:
        path = Path(folder) / f"{settings.store.rstrip('/').rpartition('/')[2] or 'grid'}{SUFFIX}"
        kept = open_grid(settings)
        try:
            write_graph(kept.grid, path)
        finally:
            kept.close()
        yield path
