"""``focusmesh tx link-program`` and ``rewrite links``: what a program yields, as links."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Annotated, Any

import typer

from focusmesh.errors import InputError, LinkProgramError, ParameterError, ProgramError
from focusmesh.interface.cli.ledger.tx import placed_document
from focusmesh.interface.cli.programs.rewrite import FUEL, Evaluator, Fuel, ProgramFile
from focusmesh.interface.cli.shared.graph_input import existing
from focusmesh.interface.cli.shared.ledger_options import (
    LedgerOption,
    Relation,
    Signing,
    open_to_sign,
)
from focusmesh.interface.cli.shared.options import Output, command
from focusmesh.interface.cli.shared.program_text import program_text
from focusmesh.interface.cli.shared.screen import Screen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import TypeVar

    from focusmesh.engine.rewrite import ProgramLinks

    Found = TypeVar("Found")

NamesFile = Annotated[
    str | None,
    typer.Option(
        "--names",
        metavar="FILE",
        help="Names of particles, one a line: the first is number 0.",
        show_default=False,
    ),
]
Lists = Annotated[
    list[str] | None,
    typer.Option(
        "--list",
        metavar="NAME=FILE",
        help="Rows of 1 to 3 names (CSV, or TSV by its suffix) for the program's @NAME.",
        show_default=False,
    ),
]
Weight = Annotated[
    int,
    typer.Option("--weight", metavar="UNITS", min=1, help="Units that a link of weight 1 locks."),
]
FuelLimit = Annotated[
    int | None,
    typer.Option(
        "--fuel", metavar="N", min=1, help="Interactions at most (as many as it takes here)."
    ),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Show the links and what they cost; sign nothing.")
]


@command
def link_program(
    file: ProgramFile,
    ledger: LedgerOption,
    signing: Signing,
    output: Output,
    names: NamesFile = None,
    lists: Lists = None,
    relation: Relation = None,
    weight: Weight = 1,
    fuel: FuelLimit = None,
    dry_run: DryRun = False,
) -> None:
    """Run the program in FILE and link what it yields.

    All of its links go into one signal, or none.
    """
    from focusmesh.kernel.session import program_step

    screen = Screen(output)
    text = program_text(file)
    given, rows = _names(names), _lists(lists)
    with open_to_sign(ledger, signing) as opened:
        amount = weight * opened.parameters.weight_unit
        made = _locate_errors(file, lambda: program_step(text, given, rows, relation, amount, fuel))
        placed = None if dry_run else opened.send([made.step])[0]
    units = made.operation.bandwidth()
    if screen.as_json:
        where = {} if placed is None else placed_document(placed)
        costs = {"amount": amount, "bandwidth": units, "fuel": made.operation.fuel}
        screen.document({**where, **_document(made.found), **costs})
    if placed is None:
        screen.lines(_link_lines(made.found))
    else:
        screen.lines([f"{len(made.found.links.source)} links  block {placed.height}"])
    screen.narrate(f"{_summary(made.found)} · {units:,} units of bandwidth")


@command
def links(
    file: ProgramFile,
    output: Output,
    names: NamesFile = None,
    lists: Lists = None,
    fuel: Fuel = FUEL,
    evaluator: Evaluator = "lazy",
) -> None:
    """List the links that a program yields, as CSV.

    The columns are source, target and weight, as `rank` and `import` read them.
    """
    from focusmesh.engine.rewrite import Limits, program_links

    screen = Screen(output)
    text = program_text(file)
    given, rows, limits = _names(names), _lists(lists), Limits(fuel)
    found = _locate_errors(
        file, lambda: program_links(text, given, rows, limits, evaluator=evaluator)
    )
    if screen.as_json:
        screen.document(_document(found))
    screen.lines(_csv([("source", "target", "weight"), *found.named()]))
    screen.narrate(_summary(found))


def _locate_errors(file: str, run: Callable[[], Found]) -> Found:
    """What ``run`` gives; errors of the program begin with its file."""
    name = "stdin" if file == "-" else file
    try:
        return run()
    except ProgramError as error:
        raise InputError(f"{name}:{error}") from None
    except LinkProgramError as error:
        raise InputError(f"{name}: {error}") from None


def _names(file: str | None) -> list[str]:
    if file is None:
        return []
    return [line for line in existing(file).read_text(encoding="utf-8").splitlines() if line]


def _lists(given: list[str] | None) -> dict[str, list[list[str]]]:
    found: dict[str, list[list[str]]] = {}
    for one in given or []:
        name, equals, file = one.partition("=")
        if not equals or not name.isidentifier():
            raise ParameterError(f"--list {one}: say NAME=FILE")
        delimiter = "\t" if file.endswith(".tsv") else ","
        with existing(file).open(encoding="utf-8", newline="") as lines:
            found[name] = [row for row in csv.reader(lines, delimiter=delimiter) if row]
    return found


def _csv(rows: Iterable[Iterable[object]]) -> Iterable[str]:
    return (",".join(_quote(str(cell)) for cell in row) for row in rows)


def _quote(cell: str) -> str:
    if any(sign in cell for sign in ',"\n\r'):
        return '"' + cell.replace('"', '""') + '"'
    return cell


def _link_lines(found: ProgramLinks) -> Iterable[str]:
    return (f"{source} → {target}  {weight}" for source, target, weight in found.named())


def _document(found: ProgramLinks) -> dict[str, Any]:
    rows = [
        {"source": source, "target": target, "weight": weight}
        for source, target, weight in found.named()
    ]
    took = found.links.statistics
    return {"links": rows, "interactions": took.interactions, "evaluator": took.evaluator}


def _summary(found: ProgramLinks) -> str:
    count, took = len(found.links.source), found.links.statistics.interactions
    return f"{count:,} links · {took:,} interactions"
