"""``focusmesh compute``: the rows of an operator, on the screen or as a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from focusmesh.errors import InputError
from focusmesh.interface.cli.programs.answer_rows import RowsFile, rows_line, write_rows
from focusmesh.interface.cli.programs.rules import json_value
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
from focusmesh.interface.cli.shared.particle_names import find_particle, shown_name
from focusmesh.interface.cli.shared.screen import Screen
from focusmesh.interface.cli.shared.table import Column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.links import Names
    from focusmesh.engine.reasoning import Argument, OperatorAtom

OperatorName = Annotated[
    str,
    typer.Argument(
        metavar="OPERATOR", help="What to compute, such as components.", show_default=False
    ),
]
Given = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="NAME=VALUE…",
        help="Arguments of the operator, such as seeds=a; a name may be repeated for several particles.",
        show_default=False,
    ),
]


@command
def compute(
    graph: GraphArgument,
    operator: OperatorName,
    reading: Reading,
    output: Output,
    given: Given = None,
    top: Top = 20,
    written: RowsFile = None,
    force: Force = False,
) -> None:
    """Compute components, cores, distances and the like.

    OPERATOR is one of: components, strong_components, label_propagation (rounds), cores, clustering, distances (seeds,
    by, direction, within), shortest_path (source, target, by, direction), focus, context (seeds), walk (seeds, steps),
    explain (seeds, target), recall (question).
    """
    from focusmesh.engine.reasoning import OPERATORS

    screen, atom = Screen(output), OPERATORS.find(operator)
    path = None if written is None else verify_output(written, force=force)
    loaded = read_graph(graph, reading, screen)
    answer = loaded.compute(operator, **_arguments(atom, given or (), loaded.particles))
    shown = list(answer.top(top))
    if path is not None:
        write_rows(path, answer.columns, ([json_value(value) for value in row] for row in answer))
    elif screen.as_json:
        rows = [[json_value(value) for value in row] for row in shown]
        screen.document({"columns": answer.columns, "count": len(answer), "rows": rows})
    else:
        columns = [
            Column(each.name, style="cyan" if each.type == "particle" else "")
            for each in atom.columns
        ]
        screen.table(columns, [[_text(value) for value in row] for row in shown])
    screen.narrate(f"{operator}: {rows_line(len(answer), top, written)}")


def _arguments(atom: OperatorAtom, given: Sequence[str], particles: Names) -> dict[str, Any]:
    """Values by name, as the types of the arguments say; raises InputError for what is no NAME=VALUE."""
    known = {argument.name: argument for argument in atom.arguments}
    found: dict[str, Any] = {}
    for pair in given:
        name, equals, text = pair.partition("=")
        if not equals:
            raise InputError(f"{pair!r} is no NAME=VALUE, such as seeds=a")
        if name not in known:
            atom.complete({name: text})
        several = known[name].type == "particles"
        if name in found and not several:
            raise InputError(f"{name} is given twice")
        value = _convert(known[name], text, particles)
        found[name] = [*found.get(name, ()), value] if several else value
    return found


def _convert(argument: Argument, text: str, particles: Names) -> Any:
    if argument.type in ("particle", "particles"):
        return find_particle(particles, text)
    if argument.type == "bool":
        return {"true": True, "false": False}.get(text, text)
    if argument.type in ("number", "float"):
        try:
            return float(text)
        except ValueError:
            return text
    return text


def _text(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else shown_name(value)
