"""``focusmesh compile``: a graph as a small model, or whether a model is of a graph."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from focusmesh.errors import ParameterError
from focusmesh.host.service import Compile  # noqa: TC001  (typer asks for it)
from focusmesh.interface.cli.shared.graph_input import existing, read_graph
from focusmesh.interface.cli.shared.options import (
    Force,
    GraphArgument,
    OperatorOnly,
    Output,
    Reading,
    command,
)
from focusmesh.interface.cli.shared.output_files import verify_output
from focusmesh.interface.cli.shared.particle_names import find_particles, in_json, shown_name
from focusmesh.interface.cli.shared.screen import Screen
from focusmesh.interface.cli.shared.table import Column

if TYPE_CHECKING:
    from focusmesh.engine.compile import CompiledModel
    from focusmesh.host.service import ModelChoice

Destination = Annotated[
    str | None,
    typer.Option("--output", "-o", metavar="FILE", help="Where to write, such as model.onnx."),
]
Check = Annotated[
    str | None,
    typer.Option(
        "--check",
        metavar="FILE",
        help="Write nothing: check whether the model FILE was compiled from GRAPH.",
    ),
]


@command
def compile_(
    graph: GraphArgument,
    reading: Reading,
    operator: OperatorOnly,
    output: Output,
    asked: Compile,
    destination: Destination = None,
    check: Check = None,
    force: Force = False,
) -> None:
    """Write GRAPH as an ONNX model that answers any context.

    Its errors are written to eps.json beside it.
    """
    from focusmesh.engine.compile import compile_graph

    screen, params = Screen(output), operator.params()
    if (destination is None) == (check is None):
        raise ParameterError("say --output FILE to write a model, or --check FILE to compare one")
    if check is not None:
        _check(graph, check, reading, screen)
        return
    path = verify_output(str(destination), force=force)
    verify_output(str(path.with_name("eps.json")), force=force)
    loaded = read_graph(graph, reading, screen)
    seeds = find_particles(loaded.particles, asked.seeds) if asked.seeds else None
    with screen.progress() as progress:
        model = compile_graph(
            *(loaded, seeds, params),
            form=asked.form,
            layers=asked.layers,
            tolerance=asked.within,
            rank=asked.rank,
            method=method_of(asked),
            beta=asked.beta,
            count=asked.count,
            progress=progress,
        )
    model.to_onnx(path)
    _tell(model, path, screen)


def method_of(asked: ModelChoice) -> str:
    """How the rank is reached: as was said, else by what can reach it."""
    return asked.method or ("exact" if asked.rank is None else "svd")


def _check(where: str, check: str, reading: Reading, screen: Screen) -> None:
    from focusmesh.engine.compile import CompiledModel

    model = CompiledModel.open(existing(check))
    model.verify_root(read_graph(where, reading, screen))
    if screen.as_json:
        screen.document(_document(model, check))
    screen.lines([f"{check} is of this graph: root {model.root}"])
    screen.narrate(_facts(model))


def _tell(model: CompiledModel, path: Path, screen: Screen) -> None:
    """The errors as a table, the facts as narration; all of it as JSON."""
    if screen.as_json:
        screen.document(_document(model, str(path)))
    report = dict(model.report or {})
    rows = [
        (_method(row), f"{row['layers']}", *(_number(row[name]) for name in _MEASURES))
        for row in report["errors"]
    ]
    rows += [
        (name, "", *(_number(found[measure]) for measure in _MEASURES))
        for name, found in report["baselines"].items()
    ]
    heads = [Column("model"), Column("layers", right=True)]
    screen.table([*heads, *(Column(name, right=True) for name in _TITLES)], rows)
    if model.seeds:
        screen.narrate(f"around {', '.join(shown_name(seed) for seed in model.seeds)}")
    screen.narrate(f"{path}: {path.stat().st_size:,} bytes · {_facts(model)}")


_MEASURES = ("kl_mean", "kl_max", "l1_max")
_TITLES = ("KL", "largest KL", "largest L1")


def _method(row: dict[str, Any]) -> str:
    return str(row["method"]) if row["rank"] is None else f"{row['method']}, rank {row['rank']}"


def _number(value: float | None) -> str:
    return "∞" if value is None else f"{value:.2g}"


def _facts(model: CompiledModel) -> str:
    report = dict(model.report or {})
    return (
        f"{len(model.particles):,} particles, {report.get('links', 0):,} links, {report.get('heads', 0)} heads, "
        f"{model.layers} layers, {model.form}"
    )


def _document(model: CompiledModel, path: str) -> dict[str, Any]:
    report = {name: value for name, value in dict(model.report or {}).items() if name != "contexts"}
    seeds = [in_json(seed) for seed in model.seeds]
    return {"model": path, "bytes": Path(path).stat().st_size, "seeds": seeds} | report
