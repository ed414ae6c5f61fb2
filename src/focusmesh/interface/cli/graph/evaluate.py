"""``focusmesh eval``: how well recall finds what it should on a graph, beside other ways."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from focusmesh.errors import FileError, ParameterError
from focusmesh.interface.cli.shared.explanations import safe
from focusmesh.interface.cli.shared.graph_input import existing, read_graph
from focusmesh.interface.cli.shared.options import (
    Force,
    GraphArgument,
    Output,
    Reading,
    command,
)
from focusmesh.interface.cli.shared.output_files import verify_output, whole_file
from focusmesh.interface.cli.shared.screen import Screen
from focusmesh.interface.cli.shared.table import Column, visible

if TYPE_CHECKING:
    from focusmesh.engine.evaluation import Chosen, Evaluation, Interval, Scored
    from focusmesh.engine.graph import Graph
    from focusmesh.engine.recall import RecallParams

Tasks = Annotated[
    list[str] | None,
    typer.Option(
        "--task",
        metavar="NAME",
        help="links, known-item or two-hop (all that the graph has); may be repeated.",
    ),
]
Questions = Annotated[
    str | None,
    typer.Option(
        "--questions",
        metavar="FILE",
        help='A file of questions: JSON lines such as {"question": "wild yeast", "answers": ["starter"]}.',
    ),
]
Gold = Annotated[
    str | None,
    typer.Option(
        "--gold",
        metavar="FILE",
        help='With --questions: their answers by id, such as {"id": 7, "answers": ["starter"]}.',
    ),
]
Count = Annotated[
    int, typer.Option("--count", metavar="N", min=1, help="How many questions of each task.")
]
Seed = Annotated[
    int, typer.Option("--seed", metavar="N", min=0, help="Seed of the random questions.")
]
Tune = Annotated[
    bool,
    typer.Option(
        "--tune", help="Search for better parameters on other questions first, and compare them."
    ),
]
Embed = Annotated[
    str | None,
    typer.Option(
        "--embed",
        metavar="MODULE:FUNCTION",
        help="Compare embeddings too: a Python function that makes one vector each of a list of texts.",
    ),
]
Destination = Annotated[
    str | None,
    typer.Option(
        "--output", "-o", metavar="FILE", help="Also write the JSON of --json to this file."
    ),
]


_FEW = 20
"""Under so many questions an interval says less than it seems to."""


@command
def eval_(
    graph: GraphArgument,
    reading: Reading,
    output: Output,
    task: Tasks = None,
    questions: Questions = None,
    gold: Gold = None,
    count: Count = 300,
    seed: Seed = 0,
    tune: Tune = False,
    embed: Embed = None,
    destination: Destination = None,
    force: Force = False,
) -> None:
    """Measure how well recall finds known answers in GRAPH.

    Other ways of finding get the same questions, for comparison.
    """
    from focusmesh.engine.evaluation import evaluate
    from focusmesh.engine.evaluation import tune as search

    if questions is not None and (task or tune):
        raise ParameterError("--questions says what is asked: leave out --task and --tune")
    if gold is not None and questions is None:
        raise ParameterError("--gold has answers to --questions FILE: say both")
    if embed is not None and tune:
        raise ParameterError("--embed compares embeddings with recall as it is: leave out --tune")
    function = None if embed is None else _function(embed)
    screen = Screen(output)
    path = None if destination is None else verify_output(destination, force=force)
    loaded = read_graph(graph, reading, screen)
    tasks = [_read_task(loaded, questions, gold)] if questions is not None else task or None
    with screen.progress() as progress:
        options: Any = {"count": count, "seed": seed, "progress": progress}
        chosen = None
        if tune:
            chosen, evaluation = search(loaded, task or None, **options)
        else:
            evaluation = evaluate(loaded, tasks, embed=function, **options)
    document = evaluation.document() | ({"tuned": chosen.document()} if chosen else {})
    if path is not None:
        with whole_file(path) as file:
            file.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", "utf-8")
    if screen.as_json:
        screen.document(document)
    _tell(evaluation, screen)
    if chosen is not None:
        _tell_chosen(chosen, screen)


def _function(where: str) -> Any:
    """The function that MODULE:FUNCTION names; its module may lie in the folder in which one is."""
    module, _, name = where.partition(":")
    if not (module and name.isidentifier()):
        raise ParameterError(f"--embed is MODULE:FUNCTION, such as model:embed, not {where!r}")
    folder = str(Path.cwd())
    sys.path.insert(0, folder)
    try:
        found = getattr(import_module(module), name, None)
    except Exception as error:  # whatever a module of the user's raises while it is loaded
        raise ParameterError(f"--embed {where}: {type(error).__name__}: {error}") from error
    finally:
        sys.path.remove(folder)
    if not callable(found):
        raise ParameterError(f"--embed {where}: {module} has no function {name}")
    return found


def _read_task(graph: Graph, where: str, gold: str | None) -> Any:
    from focusmesh.engine.evaluation import Material, judged

    known = None if gold is None else _lines(gold)
    return judged(Material(graph.copy()), _lines(where), where, known, gold or "gold")


def _lines(where: str) -> list[str]:
    try:
        # Not splitlines: names and texts may have other ends of lines in them.
        return existing(where).read_text(encoding="utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise FileError(f"{where}: is not UTF-8 text: {error.reason}") from error


def _tell(evaluation: Evaluation, screen: Screen) -> None:
    """A table a task: means, and how sure the difference to recall is."""
    for scored in evaluation.scored:
        screen.lines([f"[bold]{safe(scored.task.name)}[/bold]: {safe(scored.task.about)}"])
        screen.table(_columns(), _rows(scored))
        if len(scored.task.questions) < _FEW:
            screen.narrate(f"fewer than {_FEW} questions: what they show of methods may be chance")
    for name, reason in evaluation.left_out.items():
        screen.narrate(f"{name}: not asked, {reason}")


def _columns() -> list[Column]:
    from focusmesh.engine.evaluation import MEASURES

    return [
        Column("method", style="bold"),
        *(Column(measure, right=True, style="cyan") for measure in MEASURES),
        Column("95 % interval", right=True, style="dim"),
        Column("beside recall", style="magenta"),
    ]


def _rows(scored: Scored) -> list[list[str]]:
    from focusmesh.engine.evaluation import MEASURES

    rows = []
    for method in scored.values:
        means = [scored.interval(method, measure) for measure in MEASURES]
        beside = scored.against(method, MEASURES[-1])
        rows.append(
            [
                visible(method),
                *(f"{mean.mean:.3f}" for mean in means),
                f"{means[-1].low:.3f} … {means[-1].high:.3f}",
                "" if method == "recall" else verdict(beside, len(scored.task.questions)),
            ]
        )
    return rows


def verdict(beside: Interval, questions: int) -> str:
    """In words whether a difference is one: only where the whole interval is on one side of 0."""
    if questions < _FEW:
        return f"{beside.mean:+.3f} few"
    if beside.below_zero:
        return f"{beside.mean:+.3f} worse"
    return f"{beside.mean:+.3f} better" if beside.above_zero else f"{beside.mean:+.3f} open"


def _tell_chosen(found: Chosen, screen: Screen) -> None:
    from focusmesh.engine.recall import RecallParams

    now, before = _flat(found.params), _flat(RecallParams())
    changed = [f"{name} = {value}" for name, value in now.items() if value != before[name]]
    screen.narrate(
        f"mean nDCG@10 of validation questions {found.before:.3f} → {found.after:.3f} with "
        + (", ".join(changed) or "what recall has anyway")
    )


def _flat(params: RecallParams) -> dict[str, Any]:
    told = asdict(params)
    return {name: value for name, value in told.items() if name != "focus"} | asdict(params.focus)
