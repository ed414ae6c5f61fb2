"""``focusmesh export``: links, scores, texts or the whole graph, in formats that other tools read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from focusmesh.errors import ParameterError
from focusmesh.interface.cli.shared.graph_input import read_graph
from focusmesh.interface.cli.shared.options import (
    Force,
    GraphArgument,
    Operator,
    Output,
    Reading,
    command,
)
from focusmesh.interface.cli.shared.output_files import verify_output, whole_file
from focusmesh.interface.cli.shared.row_files import (
    link_records,
    score_records,
    text_records,
    writer_for,
)
from focusmesh.interface.cli.shared.screen import Screen
from focusmesh.interface.cli.shared.table import count_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from focusmesh.engine.focus import Focus
    from focusmesh.engine.graph import Graph

    Write = Callable[[Graph, Focus | None], tuple[dict[str, Any], str]]
    """Writes the file; what the document has of it, and what people are told."""

Destination = Annotated[
    str,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Where to write: .csv, .tsv, .jsonl, .parquet or .arrow; the whole graph, ranked, to .graphml, .gexf, "
        ".net (Pajek) or .json (node-link).",
        show_default=False,
    ),
]
Scores = Annotated[
    bool, typer.Option("--scores", help="Write particles and focus instead of links.")
]
TextsOnly = Annotated[
    bool, typer.Option("--only-texts", help="Write particles and their texts instead of links.")
]


@command
def export(
    graph: GraphArgument,
    destination: Destination,
    reading: Reading,
    operator: Operator,
    output: Output,
    scores: Scores = False,
    only_texts: TextsOnly = False,
    force: Force = False,
) -> None:
    """Write links, focus, texts or all of GRAPH to a file."""
    if scores and only_texts:
        raise ParameterError("--scores and --only-texts write different tables: say one of them")
    screen, params = Screen(output), operator.params()
    path = verify_output(destination, force=force)
    write = _graph_writer(path, scores=scores, only_texts=only_texts)
    ranked = scores or write is not None
    write = write or _row_writer(path, only_texts=only_texts)
    loaded = read_graph(graph, reading, screen)
    document: dict[str, Any] = {
        "output": destination,
        "particles": loaded.particle_count,
        "links": loaded.link_count,
    }
    focus = None
    if ranked:
        with screen.progress() as progress:
            focus = loaded.focus(params, operator.tolerance, progress=progress)
        document |= {"residual": focus.residual, "bound": focus.bound, "seconds": focus.seconds}
    written, told = write(loaded, focus)
    if screen.as_json:
        screen.document(document | written)
    screen.narrate(f"{path}: {told}")


def _row_writer(path: Path, *, only_texts: bool) -> Write:
    """What writes a table; UnsupportedFormatError or MissingExtraError at once."""
    write_records = writer_for(path)

    def write(graph: Graph, focus: Focus | None) -> tuple[dict[str, Any], str]:
        if focus is not None:
            records = score_records(focus)
        else:
            records = text_records(graph) if only_texts else link_records(graph)
        with whole_file(path) as beside:
            write_records(beside, records)
        written = {"rows": records.count, "columns": list(records.columns)}
        return written, f"{count_of(records.count, 'row')} of {', '.join(records.columns)}"

    return write


def _graph_writer(path: Path, *, scores: bool, only_texts: bool) -> Write | None:
    """What writes a file of a whole graph, None for a table; ParameterError for options of tables."""
    from focusmesh.engine.exporters import WHOLE_GRAPH_SUFFIXES, RankedGraph, exporter_for

    if path.suffix.lower() not in WHOLE_GRAPH_SUFFIXES:
        return None
    if scores or only_texts:
        option = "--scores" if scores else "--only-texts"
        raise ParameterError(
            f"{option} writes a table, and a {path.suffix} file holds the whole graph with its focus and rank: leave "
            f"{option} out, or name a .csv, .tsv, .jsonl, .parquet or .arrow file"
        )
    exporter = exporter_for(path)

    def write(graph: Graph, focus: Focus | None) -> tuple[dict[str, Any], str]:
        ranked = RankedGraph(graph.links(), graph.focus() if focus is None else focus)
        with whole_file(path) as beside, beside.open("wb") as file:
            exporter.write(ranked, file)
        nodes, edges = exporter.node_attributes(ranked), exporter.edge_attributes(ranked)
        counts = count_of(len(ranked), "node"), count_of(len(ranked.links), "edge")
        told = f"{counts[0]} with {', '.join(nodes)}; {counts[1]} with {', '.join(edges)}"
        if ranked.links.texts is not None and not exporter.has_texts:
            told += f"; {exporter.name} has no place for texts"
        if ranked.links.properties is not None and not exporter.has_properties:
            told += f"; {exporter.name} has no place for properties and labels"
        return {"nodes": list(nodes), "edges": list(edges)}, told

    return write
