"""``focusmesh match``: the rows of a query in openCypher, on the screen or as a file."""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from focusmesh.errors import InputError
from focusmesh.interface.cli.programs.answer_rows import RowsFile, rows_line, write_rows
from focusmesh.interface.cli.programs.rules import (
    MEMORY_MIB,
    Memory,
    RowsMax,
    Seconds,
    WithProfile,
    limits_of,
)
from focusmesh.interface.cli.shared.graph_input import read_graph
from focusmesh.interface.cli.shared.options import (
    Force,
    GraphArgument,
    Output,
    Reading,
    Top,
    command,
)
from focusmesh.interface.cli.shared.output_files import verify_output
from focusmesh.interface.cli.shared.screen import Screen
from focusmesh.interface.cli.shared.table import Column, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.reasoning import Table

QueryText = Annotated[
    str,
    typer.Argument(
        metavar="QUERY",
        help="A query, such as 'MATCH (p)-->({name: $n}) RETURN p'.",
        show_default=False,
    ),
]
Parameters = Annotated[
    list[str] | None,
    typer.Option(
        "--param",
        metavar="NAME=VALUE",
        help="A parameter: JSON, or else text; may be repeated.",
        show_default=False,
    ),
]
Explained = Annotated[
    bool, typer.Option("--explain", help="Tell the steps of the search, and run nothing.")
]


@command
def match(
    graph: GraphArgument,
    query: QueryText,
    reading: Reading,
    output: Output,
    param: Parameters = None,
    explain: Explained = False,
    top: Top = 20,
    written: RowsFile = None,
    force: Force = False,
    seconds: Seconds = None,
    rows: RowsMax = None,
    memory: Memory = MEMORY_MIB,
    profile: WithProfile = False,
) -> None:
    """Ask GRAPH for a pattern in openCypher.

    A mistake is told with its line, column and remedy, before anything runs where that can be known.
    """
    from focusmesh.engine.reasoning import explain_query

    screen, given = Screen(output), _parameters(param or ())
    path = None if written is None else verify_output(written, force=force)
    loaded = read_graph(graph, reading, screen)
    if explain:
        steps = explain_query(loaded.snapshot(), query, given)
        screen.document({"steps": steps}) if screen.as_json else screen.table(
            [Column("step")], [[visible(each)] for each in steps]
        )
        return
    limits = limits_of(seconds, rows, memory)
    table = loaded.query(query, given, limits=limits, profile=profile)
    if path is not None:
        write_rows(path, table.columns, table.text_rows())
    else:
        _show(table, screen, top)
    screen.narrate(rows_line(len(table), top, written))


def _show(table: Table, screen: Screen, top: int) -> None:
    if screen.as_json:
        shown = list(islice(table.json_rows(), top))
        told: dict[str, Any] = {"columns": table.columns, "count": len(table), "rows": shown}
        steps = [
            {"step": each.step, "seconds": each.seconds, "rows": each.rows}
            for each in table.profile
        ]
        screen.document(told | ({"profile": steps} if table.profile else {}))
        return
    lines = [[visible(each) for each in row] for row in islice(table.text_rows(), top)]
    screen.table([Column(visible(name)) for name in table.columns], lines)
    if table.profile:
        columns = [Column("step"), Column("seconds"), Column("rows")]
        screen.table(columns, [[e.step, f"{e.seconds:.3f}", f"{e.rows:,}"] for e in table.profile])


def _parameters(given: Sequence[str]) -> dict[str, Any]:
    """Values by name; raises InputError for what is no NAME=VALUE."""
    found = dict[str, Any]()
    for pair in given:
        name, equals, text = pair.partition("=")
        if not equals or not name:
            raise InputError(f"{pair!r} is no NAME=VALUE, such as n=typing")
        try:
            found[name] = json.loads(text)
        except (ValueError, RecursionError):
            found[name] = text
    return found
