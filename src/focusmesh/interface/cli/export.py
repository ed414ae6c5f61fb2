"""``focusmesh export``: links, scores or texts, in formats that other tools read."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from focusmesh.errors import ParameterError
from focusmesh.interface.cli.options import (
    Force,
    GraphArgument,
    Operator,
    Output,
    Reading,
    command,
)
from focusmesh.interface.cli.reading import read_graph
from focusmesh.interface.cli.records import (
    link_records,
    score_records,
    text_records,
    writer_for,
)
from focusmesh.interface.cli.screen import Screen
from focusmesh.interface.cli.table import counted
from focusmesh.interface.cli.writing import verify_output, whole_file

Destination = Annotated[
    str,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Where to write: .csv, .tsv, .jsonl, .parquet or .arrow.",
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
    """Write the links of GRAPH, or the focus or the texts of its particles, to a file."""
    if scores and only_texts:
        raise ParameterError("--scores and --only-texts write different tables: say one of them")
    screen, params = Screen(output), operator.params()
    path = verify_output(destination, force=force)
    write = writer_for(path)
    loaded = read_graph(graph, reading, screen)
    document: dict[str, Any] = {
        "output": destination,
        "particles": loaded.particle_count,
        "links": loaded.link_count,
    }
    if scores:
        with screen.progress() as progress:
            focus = loaded.focus(params, operator.tolerance, progress=progress)
        records = score_records(focus)
        document |= {"residual": focus.residual, "bound": focus.bound, "seconds": focus.seconds}
    elif only_texts:
        records = text_records(loaded)
    else:
        records = link_records(loaded)
    with whole_file(path) as beside:
        write(beside, records)
    if screen.as_json:
        screen.document(document | {"rows": records.count, "columns": list(records.columns)})
    screen.narrate(f"{path}: {counted(records.count, 'row')} of {', '.join(records.columns)}")
