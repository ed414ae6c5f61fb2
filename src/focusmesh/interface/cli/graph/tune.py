"""``focusmesh tune``: a compiled model fitted to the links of its graph, and the links that it proposes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from focusmesh.errors import FileError, InputError, ParameterError, UnknownParticleError
from focusmesh.host.service import Tune  # noqa: TC001  (typer asks for it)
from focusmesh.interface.cli.graph.compile_graph import method_of
from focusmesh.interface.cli.shared.graph_input import existing, read_graph
from focusmesh.interface.cli.shared.options import (
    Force,
    GraphArgument,
    OperatorOnly,
    Output,
    Reading,
    command,
)
from focusmesh.interface.cli.shared.output_files import verify_output, whole_file
from focusmesh.interface.cli.shared.particle_names import find_particle, find_particles, in_json
from focusmesh.interface.cli.shared.row_files import proposal_records, writer_for
from focusmesh.interface.cli.shared.screen import Screen
from focusmesh.interface.cli.shared.table import Column, count_of

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from focusmesh.engine.compile import CompiledModel
    from focusmesh.engine.graph import Graph
    from focusmesh.engine.links import Names
    from focusmesh.engine.support.progress import Progress
    from focusmesh.engine.tuning import Comparison, Proposal, Tuned, TuneParams

Destination = Annotated[
    str,
    typer.Option(
        "--output",
        "-o",
        metavar="DIR",
        help="The folder for model.onnx, eps.json, report.json and the proposals.",
        show_default=False,
    ),
]
_SEEDS = 3


@command
def tune(
    graph: GraphArgument,
    destination: Destination,
    reading: Reading,
    operator: OperatorOnly,
    output: Output,
    asked: Tune,
    force: Force = False,
) -> None:
    """Fit a compiled model to GRAPH and propose new links.

    It says what the tuning gained.
    """
    from focusmesh.engine.compile import compile_graph, load_onnx
    from focusmesh.engine.tuning import TuneParams

    if asked.against not in (None, "random"):
        raise ParameterError(f"--against {asked.against!r}: the other start is random")
    screen, params = Screen(output), operator.params()
    load_onnx()
    names = ("steps", "batch", "rate", "decay", "layers", "seed")
    wanted = TuneParams(**{name: getattr(asked, name) for name in names})
    places = _places(destination, asked.suffix, force=force)
    loaded = read_graph(graph, reading, screen)
    seeds = _seeds(loaded, asked)
    with screen.progress() as progress:
        model = compile_graph(
            *(loaded, seeds, params),
            form="auto" if asked.rank is None else "dense",
            layers=asked.layers,
            rank=asked.rank,
            method=method_of(asked),
            beta=asked.beta,
            count=asked.count,
            progress=progress,
        )
        file = None if asked.walks is None else existing(asked.walks)
        walked = None if file is None else _read_walks(file, model.particles)
        tuned, comparison = _tune(model, wanted, asked.against, walked, progress)
        proposed = tuned.proposals(asked.proposals, progress)
    _write(places, tuned, comparison, proposed)
    _tell(places, tuned, comparison, proposed, screen)


def _seeds(graph: Graph, asked: Tune) -> list[Hashable] | None:
    """Whose surroundings are tuned; InputError, before anything is compiled, for what is too large, and what to do."""
    from focusmesh.engine.tuning import PARTICLES_MAX

    most = min(asked.count, graph.particle_count) if asked.seeds else graph.particle_count
    if most > PARTICLES_MAX:
        raise InputError(
            f"{most:,} particles: up to {PARTICLES_MAX:,} are tuned together; take the surroundings of one with "
            f"--from PARTICLE --count N, N ≤ {PARTICLES_MAX:,}"
        )
    return find_particles(graph.particles, asked.seeds) if asked.seeds else None


def _tune(
    model: CompiledModel,
    params: TuneParams,
    against: str | None,
    walks: list[list[Hashable]] | None,
    progress: Progress | None,
) -> tuple[Tuned, Comparison | None]:
    from focusmesh.engine.tuning import compare, tune

    if against is None:
        return tune(model, params, progress, walks=walks), None
    seeds = range(params.seed, params.seed + _SEEDS)
    comparison = compare(model, params, seeds, progress, walks=walks)
    return comparison.runs["compiled"][0], comparison


def _read_walks(path: Path, particles: Names) -> list[list[Hashable]]:
    """One walk a line; empty lines are none. Raises UnknownParticleError naming file and line, FileError."""
    walks = []
    try:
        # Not splitlines: names and texts may have other ends of lines in them.
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(f"cannot read {path}: {error}") from error
    for number, line in enumerate(lines, 1):
        try:
            walks.append([find_particle(particles, name) for name in line.split("\t") if name])
        except UnknownParticleError as error:
            raise InputError(f"{path}:{number}: {error}") from error
    return walks


def _places(destination: str, suffix: str, *, force: bool) -> dict[str, Path]:
    """The files to write; FileError if one is there and may not be overwritten, or there is no place for the folder."""
    if suffix not in ("csv", "jsonl"):
        raise ParameterError(f"--as {suffix!r}: proposals are written as csv or jsonl")
    folder = Path(destination)
    if not folder.is_dir():
        verify_output(destination, force=False)
    named = {
        "model": "model.onnx",
        "errors": "eps.json",
        "report": "report.json",
        "proposals": f"proposals.{suffix}",
    }
    places = {what: folder / name for what, name in named.items()}
    for path in places.values() if folder.is_dir() else ():
        verify_output(str(path), force=force)
    return places


def _write(
    places: Mapping[str, Path],
    tuned: Tuned,
    comparison: Comparison | None,
    proposed: list[Proposal],
) -> None:
    folder = places["model"].parent
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise FileError(f"cannot make the folder {folder}: {error.strerror or error}") from error
    tuned.model.to_onnx(places["model"])
    write = writer_for(places["proposals"])
    with whole_file(places["proposals"]) as beside:
        write(beside, proposal_records(proposed))
    with whole_file(places["report"]) as beside:
        beside.write_text(json.dumps(_report(tuned, comparison), indent=1) + "\n", encoding="utf-8")


def _report(tuned: Tuned, comparison: Comparison | None) -> dict[str, Any]:
    return tuned.report | ({} if comparison is None else {"comparison": comparison.report})


def _tell(
    places: Mapping[str, Path],
    tuned: Tuned,
    comparison: Comparison | None,
    proposed: list[Proposal],
    screen: Screen,
) -> None:
    """What each method finds of what was kept out as a table, the rest as narration; all of it as JSON."""
    report = _report(tuned, comparison)
    if screen.as_json:
        files = {what: str(path) for what, path in places.items()}
        listed = [
            {"from": in_json(each.source), "to": in_json(each.target), "why": each.why}
            for each in proposed
        ]
        screen.document({"files": files, "proposed": listed} | report)
    measures = report["measures"] if comparison is None else report["comparison"]["measures"]
    rows = [
        (method, *(_interval(told[name]) for name in ("auc", "mrr", "hits@10")))
        for method, told in measures.items()
    ]
    heads = [Column("method"), Column("AUC"), Column("MRR"), Column("among the first 10")]
    screen.table(heads, rows)
    done, tested = count_of(report["trained_on"], _thing(tuned)), report["kept_out"]["test"]
    best = f"kept after step {report['best_step']} of {tuned.params.steps}"
    screen.narrate(f"tuned on {done}, tested on {tested:,}; {best}")
    if comparison is not None:
        for row in report["comparison"]["steps_to_equal_loss"]:
            screen.narrate(_equal_loss(row))
    screen.narrate(f"{places['proposals']}: {count_of(len(proposed), 'link')} to review")


def _thing(tuned: Tuned) -> str:
    return "step" if tuned.split.observed else "link"


def _interval(told: list[float]) -> str:
    return f"{told[0]:.3f} [{told[1]:.3f}, {told[2]:.3f}]"


def _equal_loss(row: Mapping[str, Any]) -> str:
    begun, best = (
        "never" if row[name] is None else f"after {row[name]} steps"
        for name in ("random_steps_to_compiled_start", "compiled_steps")
    )
    return (
        f"seed {row['seed']}: from the random start the loss that the compiled one begins with is reached {begun}; "
        f"from the compiled one the best of the random one, which it has after {row['random_steps']}, {best}"
    )
