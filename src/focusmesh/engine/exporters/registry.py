"""Which exporter writes which file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.exporters import gexf, graphml, node_link, pajek
from focusmesh.engine.exporters.ranked_graph import RankedGraph
from focusmesh.engine.support.files import as_path, whole_file
from focusmesh.errors import UnsupportedFormatError

if TYPE_CHECKING:
    from os import PathLike

    from focusmesh.engine.exporters.exporter import Exporter
    from focusmesh.engine.focus import Focus
    from focusmesh.engine.links import LinkColumns

_EXPORTERS: dict[str, Exporter] = {
    module.EXPORTER.suffix: module.EXPORTER for module in (graphml, gexf, pajek, node_link)
}
WHOLE_GRAPH_SUFFIXES = tuple(_EXPORTERS)
"""Suffixes of the files that hold a whole graph."""


def exporter_for(path: str | PathLike[str]) -> Exporter:
    """What writes a file of this suffix; raises UnsupportedFormatError, InputError for what is no path."""
    suffix = as_path(path).suffix.lower()
    if suffix not in _EXPORTERS:
        raise UnsupportedFormatError(
            f"{path}: no whole graph is written as {suffix or 'no suffix'!r}; known: {', '.join(_EXPORTERS)}"
        )
    return _EXPORTERS[suffix]


def write_graph(links: LinkColumns, focus: Focus, path: str | PathLike[str]) -> None:
    """See ``Graph.write``."""
    exporter = exporter_for(path)
    graph = RankedGraph(links, focus)
    with whole_file(path) as file:
        exporter.write(graph, file)
