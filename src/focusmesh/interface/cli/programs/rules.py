"""``focusmesh rules``: what rules derive from a graph, and why."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from focusmesh.errors import FileError, InputError, RuleError
from focusmesh.interface.cli.shared.graph_input import read_graph
from focusmesh.interface.cli.shared.options import GraphArgument, Output, Reading, Top, command
from focusmesh.interface.cli.shared.output_files import whole_file
from focusmesh.interface.cli.shared.particle_names import in_json
from focusmesh.interface.cli.shared.program_text import program_text
from focusmesh.interface.cli.shared.screen import Screen
from focusmesh.interface.cli.shared.table import Column, count_of, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.reasoning import (
        Proof,
        QueryLimits,
        RuleFailure,
        RuleSet,
        RuleView,
        SnapshotSource,
    )

RulesFile = Annotated[
    str, typer.Argument(metavar="FILE", help="Rules, or - for stdin.", show_default=False)
]
Fact = Annotated[
    str,
    typer.Argument(metavar="FACT", help='A fact, such as \'path("a", "b")\'.', show_default=False),
]
Facts = Annotated[
    str | None,
    typer.Option(
        "--facts",
        "-F",
        metavar="DIR",
        help="Where NAME.facts of every .input is.",
        show_default=False,
    ),
]
Directory = Annotated[
    str | None,
    typer.Option(
        "-D", metavar="DIR", help="Write all rows there, NAME.csv a relation.", show_default=False
    ),
]
Show = Annotated[
    list[str] | None,
    typer.Option(
        "--show", metavar="NAME", help="Show this relation; may be repeated.", show_default=False
    ),
]
Seconds = Annotated[
    float | None,
    typer.Option("--seconds", metavar="S", help="Give up after so long.", show_default=False),
]
RowsMax = Annotated[
    int | None,
    typer.Option("--rows", metavar="N", min=1, help="Derive at most N rows.", show_default=False),
]
Memory = Annotated[
    int, typer.Option("--memory", metavar="MIB", min=1, help="Mebibytes for derived rows.")
]
Minimal = Annotated[bool, typer.Option("--minimal", help="Look for a proof of least height.")]

WithProfile = Annotated[
    bool, typer.Option("--profile", help="Show what each rule took: seconds, rows, inferences.")
]

MEMORY_MIB = 4 << 10


@command
def run(
    graph: GraphArgument,
    file: RulesFile,
    reading: Reading,
    output: Output,
    show: Show = None,
    facts: Facts = None,
    directory: Directory = None,
    top: Top = 20,
    seconds: Seconds = None,
    rows: RowsMax = None,
    memory: Memory = MEMORY_MIB,
    profile: WithProfile = False,
) -> None:
    """Derive what the rules in FILE say from GRAPH.

    Goals (?- …) are answered if there are any. Else relations marked .output are shown, or all that have rules.
    """
    from focusmesh.engine.reasoning import row_text

    screen = Screen(output)
    rules, limits = read_rules(file), limits_of(seconds, rows, memory)
    loaded = read_graph(graph, reading, screen)
    view = open_view(loaded, rules, facts, limits, profile=profile)
    goals = [] if show else view.rules.goals
    names = goals or show or view.relations
    found = {name: view.ask(name) if goals else view[name] for name in names}
    unsettled = {} if goals else {n: rows for n, rows in view.unsettled.items() if n in names}
    if directory is not None:
        _write(Path(directory), found)
    if screen.as_json:
        told = {
            "relations": {n: _relation(view.rules, n, found[n], top) for n in names},
            "unsettled": {n: _relation(view.rules, n, unsettled[n], top) for n in unsettled},
        }
        screen.document(told | ({"profile": _profile(view)} if profile else {}))
    else:
        for name in names:
            _table(view.rules, name, found[name][:top], screen)
        if profile:
            _profile_table(view, screen)
    for name in names:
        left = len(found[name]) - top
        more = f", {left:,} more: --top, or -D for all" if left > 0 else ""
        screen.narrate(f"{name}: {count_of(len(found[name]), 'row')}{more}")
        if name in unsettled:
            rows_open = unsettled[name]
            words = (
                f"{count_of(len(rows_open), 'row')} more may be there: bounds of scores leave open"
            )
            shown = ", ".join(visible(row_text(name, row)) for row in rows_open[:3])
            screen.narrate(f"{name}: {words} {shown}{', …' if len(rows_open) > 3 else ''}")


@command
def check(file: RulesFile, output: Output) -> None:
    """Read the rules in FILE, and say what they need and derive.

    A mistake is told with its line, column and remedy.
    """
    screen, rules = Screen(output), read_rules(file)
    derived = rules.heads
    parts = ([name for name in part if name in derived] for part in rules.strata)
    layers = [part for part in parts if part]
    if screen.as_json:
        screen.document(
            {
                "needs": _needs(rules),
                "inputs": rules.inputs,
                "outputs": rules.outputs,
                "strata": layers,
                "columns": {name: rules.columns(name) for name in derived},
            }
        )
    else:
        screen.lines(_declaration(rules, name) for name in derived)
    said = ", ".join(_needs(rules)) or "nothing of a graph"
    screen.narrate(
        f"{count_of(len(derived), 'relation')} in {count_of(len(layers), 'layer')} · needs {said}"
    )


def _needs(rules: RuleSet) -> list[str]:
    """What rules look at, as people call it."""
    from focusmesh.engine.reasoning import relation_text

    return sorted({relation_text(name) for name in rules.needs})


@command
def why(
    graph: GraphArgument,
    file: RulesFile,
    fact: Fact,
    reading: Reading,
    output: Output,
    facts: Facts = None,
    minimal: Minimal = False,
    seconds: Seconds = None,
    rows: RowsMax = None,
    memory: Memory = MEMORY_MIB,
) -> None:
    """Prove FACT by the rules in FILE, or say what is missing.

    The proof is checked against GRAPH before it is printed. Without one the exit code is 1.
    """
    from focusmesh.engine.reasoning import read_fact

    screen = Screen(output)
    rules, limits = read_rules(file), limits_of(seconds, rows, memory)
    view = open_view(read_graph(graph, reading, screen), rules, facts, limits)
    name, row = read_fact(fact)
    if row in view[name]:
        proof = view.why(name, *row, minimal=minimal)
        view.verify_proof(proof)
        if screen.as_json:
            screen.document({"holds": True, "height": proof.height, "proof": _proof(proof)})
        else:
            screen.plain_lines(str(proof).splitlines())
        screen.narrate(f"proved in {count_of(proof.height, 'step')}, checked against the graph")
        return
    found = view.why_not(name, *row)
    if screen.as_json:
        screen.document({"holds": False, "rules": [_failure(each) for each in found]})
    else:
        screen.plain_lines(line for each in found for line in str(each).splitlines())
    screen.narrate(f"{name} has no such row" if found else f"{name} has no such row, and no rule")
    raise typer.Exit(1)


def open_view(
    source: SnapshotSource,
    rules: RuleSet,
    facts: str | None,
    limits: QueryLimits,
    *,
    profile: bool = False,
) -> RuleView:
    """What rules derive from a graph, and from the files in the folder ``facts``. Raises InputError without them."""
    from focusmesh.engine.reasoning import RuleView, read_facts

    if rules.inputs and facts is None:
        raise InputError(
            f".input {rules.inputs[0]}: name the folder of {rules.inputs[0]}.facts with --facts DIR"
        )
    given = None if facts is None else read_facts(facts, rules)
    return RuleView(source, rules, given, limits, profile=profile)


def read_rules(file: str) -> RuleSet:
    """The rules in a file; raises InputError with its name, line and column."""
    from focusmesh.engine.reasoning import graph_rules

    text = program_text(file)
    try:
        return graph_rules(text)
    except RuleError as error:
        raise InputError(f"{'stdin' if file == '-' else file}:{error}") from error


def limits_of(seconds: float | None, rows: int | None, memory: int) -> QueryLimits:
    """What may be spent; ``memory`` in MiB."""
    from focusmesh.engine.reasoning import QueryLimits

    return QueryLimits(seconds=seconds, rows=rows, memory_bytes=memory << 20)


def _declaration(rules: RuleSet, name: str) -> str:
    columns = zip(rules.columns(name), rules.types[name], strict=True)
    return f"{name}({', '.join(f'{column}: {type_}' for column, type_ in columns)})"


def _table(rules: RuleSet, name: str, rows: Sequence[tuple[Any, ...]], screen: Screen) -> None:
    columns = [Column(name, style="cyan"), *map(Column, rules.columns(_relation_of(name)))]
    screen.table(columns, [["", *(visible(str(value)) for value in row)] for row in rows])


def _profile(view: RuleView) -> list[dict[str, Any]]:
    return [
        {
            "step": each.step,
            "seconds": each.seconds,
            "rows": each.rows,
            "inferences": each.inferences,
        }
        for each in view.profile
    ]


def _profile_table(view: RuleView, screen: Screen) -> None:
    numbers = [Column(name, right=True) for name in ("seconds", "rows", "inferences")]
    screen.table(
        [*numbers, Column("step", style="bold")],
        [
            (f"{each.seconds:.4f}", f"{each.rows:,}", f"{each.inferences:,}", each.step)
            for each in view.profile
        ],
    )


def _relation(
    rules: RuleSet, name: str, rows: Sequence[tuple[Any, ...]], top: int
) -> dict[str, Any]:
    shown = [[json_value(value) for value in row] for row in rows[:top]]
    return {"columns": rules.columns(_relation_of(name)), "count": len(rows), "rows": shown}


def json_value(value: Any) -> Any:
    """A value of a row as JSON has it."""
    return value if isinstance(value, int | float | str) else in_json(value)


def _proof(proof: Proof) -> list[dict[str, Any]]:
    """Each step once; ``from`` are the places of those that it rests on."""
    steps = [step for step, _ in proof.steps()]
    place = {id(step): at for at, step in enumerate(steps)}
    return [
        {
            "relation": step.relation,
            "row": [json_value(value) for value in step.row],
            "rule": proof.rule_of(step) or None,
            "conditions": proof.conditions(step),
            "from": [place[id(child)] for child in step.children],
        }
        for step in steps
    ]


def _failure(failure: RuleFailure) -> dict[str, Any]:
    return {"rule": failure.rule, "holds": list(failure.holds), "fails": failure.fails}


def _relation_of(name: str) -> str:
    """The relation of a goal, or of a name that is one."""
    return name.partition("(")[0]


def _write(folder: Path, found: dict[str, list[tuple[Any, ...]]]) -> None:
    """A file a relation, each whole or not at all; goals of one relation have one file."""
    from focusmesh.engine.reasoning import row_line

    relations: dict[str, dict[tuple[Any, ...], None]] = {}
    for name, rows in found.items():
        relations.setdefault(_relation_of(name), {}).update(dict.fromkeys(rows))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f"{folder}: {error.strerror}") from error
    for name, written in relations.items():
        with whole_file(folder / f"{name}.csv") as path, path.open("w", encoding="utf-8") as file:
            file.writelines(f"{row_line(row)}\n" for row in written)
