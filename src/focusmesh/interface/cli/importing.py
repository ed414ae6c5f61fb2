"""``focusmesh import``: from any known format to a graph file that opens at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from focusmesh.errors import UnsupportedFormatError
from focusmesh.interface.cli.options import Force, Output, Reading, command
from focusmesh.interface.cli.reading import SAVED_SUFFIX, read_graph
from focusmesh.interface.cli.results import sizes_text
from focusmesh.interface.cli.screen import Screen
from focusmesh.interface.cli.table import size_text
from focusmesh.interface.cli.writing import verify_output

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.engine.graph import Graph

Input = Annotated[
    str,
    typer.Argument(
        metavar="INPUT",
        help="A file to import, a folder (Python source, notes), or - for stdin.",
        show_default=False,
    ),
]
Destination = Annotated[
    str,
    typer.Option(
        "--output", "-o", metavar="FILE", help="The graph file, *.focusmesh.", show_default=False
    ),
]


@command
def import_(
    source: Input, destination: Destination, reading: Reading, output: Output, force: Force = False
) -> None:
    """Read INPUT and save it as a graph file."""
    screen = Screen(output)
    path = verify_output(destination, force=force)
    if path.suffix != SAVED_SUFFIX:
        raise UnsupportedFormatError(
            f"{destination}: a graph file ends in {SAVED_SUFFIX}; `focusmesh export` writes other formats"
        )
    graph = read_graph(source, reading, screen)
    graph.save(path)
    document = import_document(graph, source, path)
    if screen.as_json:
        screen.document(document)
    screen.narrate(
        f"{path}: {sizes_text(graph)}, {size_text(document['bytes'])} · "
        f"{document['seconds']:.2f} s to read"
    )


def import_document(graph: Graph, source: str, path: Path) -> dict[str, Any]:
    """What was read, what was left out, and where it is now."""
    report = graph.report
    return {
        "input": source,
        "output": str(path),
        "format": None if report is None else report.format,
        "particles": graph.particle_count,
        "links": graph.link_count,
        "lines": None if report is None else report.line_count,
        "bad": 0 if report is None else report.bad_count,
        "bad_lines": []
        if report is None
        else [{"file": bad.file, "line": bad.line, "reason": bad.reason} for bad in report.bad],
        "bytes": path.stat().st_size,
        "seconds": 0.0 if report is None else report.seconds,
    }
