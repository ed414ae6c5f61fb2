"""``focusmesh world``: whole networks in one thread and in virtual time, with faults from a seed."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from focusmesh.errors import ParameterError, SimulationError
from focusmesh.interface.cli.shared.explanations import safe
from focusmesh.interface.cli.shared.options import Force, Output, command
from focusmesh.interface.cli.shared.output_files import verify_output, whole_file
from focusmesh.interface.cli.shared.screen import Screen
from focusmesh.interface.cli.shared.table import Column

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from focusmesh.host.simulations import SeedReport
    from focusmesh.kernel.simulation import Schedule

Nodes = Annotated[int, typer.Option(metavar="N", min=1, max=64, help="Nodes of each network.")]
Blocks = Annotated[
    int,
    typer.Option(metavar="N", min=1, help="Blocks of each run; faults strike a second for each."),
]
Seeds = Annotated[
    int, typer.Option(metavar="N", min=1, help="How many seeds, one after the other.")
]
First = Annotated[
    int | None, typer.Option("--seed", metavar="N", min=0, help="The first seed (1).")
]
Faults = Annotated[
    str,
    typer.Option(
        metavar="KIND,…",
        help="Kinds of faults: all, none, net, disk, process, peer, or kinds by name.",
    ),
]
Live = Annotated[
    bool,
    typer.Option(
        "--live",
        help="After the faults, heal each possible quorum of validators on its own; each must decide a block.",
    ),
]
Processes = Annotated[
    int | None,
    typer.Option(metavar="N", min=1, help="Processes that run seeds side by side (one a core)."),
]
ScheduleFile = Annotated[
    str | None,
    typer.Option("--schedule", metavar="FILE", help="Run only this schedule."),
]
Destination = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Where to write the smallest schedule that breaks an invariant.",
    ),
]


@command
def world(
    nodes: Nodes = 4,
    blocks: Blocks = 30,
    seeds: Seeds = 20,
    seed: First = None,
    faults: Faults = "all",
    live: Live = False,
    processes: Processes = None,
    schedule: ScheduleFile = None,
    destination: Destination = None,
    force: Force = False,
    *,
    output: Output,
) -> None:
    """Run simulated networks with faults and check their invariants.

    Lines, disks and processes fail. The run stops at the first broken invariant.
    """
    from focusmesh.host.simulations import least_schedule, run_lives, run_schedule
    from focusmesh.kernel.simulation import draw_schedule, drawn_lives, kinds_of

    screen, began = Screen(output), time.perf_counter()
    path = verify_output(destination, force=force) if destination is not None else None
    if schedule is not None:
        schedules = [_read(schedule, seed)]
    else:
        first = 1 if seed is None else seed
        kinds, numbers = kinds_of(faults), range(first, first + seeds)
        if live and faults != "all":
            raise ParameterError("--live draws its own faults: leave --faults out")
        schedules = [
            drawn_lives(each, nodes, blocks) if live else draw_schedule(each, nodes, blocks, kinds)
            for each in numbers
        ]
    run = run_lives if live else run_schedule
    reports = _run(screen, schedules, processes or os.cpu_count() or 1, run)
    document = _document(reports, time.perf_counter() - began)
    _show(screen, document)
    last = reports[-1]
    if last.code:
        screen.narrate(f"{last.words}; looking for the least that breaks it")
        least = least_schedule(last, run)
        document["violation"] = _violation(last, least)
        _show_least(screen, least, path)
    if screen.as_json:
        screen.document(document)
    if last.code:
        raise SimulationError(last.code, last.words)


def _read(where: str, seed: int | None) -> Schedule:
    from focusmesh.kernel.simulation import Schedule

    schedule = Schedule.decode(Path(where).read_text(encoding="utf-8"))
    if seed is not None and seed != schedule.seed:
        message = f"--seed {seed}: the schedule of {where} is of seed {schedule.seed}, leave it out"
        raise ParameterError(message)
    return schedule


def _run(
    screen: Screen,
    schedules: Sequence[Schedule],
    processes: int,
    run: Callable[[Schedule], SeedReport],
) -> list[SeedReport]:
    """Reports up to the first that broke something."""
    from focusmesh.engine.support.progress import Throttle
    from focusmesh.host.simulations import run_schedules

    reports: list[SeedReport] = []
    with screen.progress() as progress, closing(run_schedules(schedules, processes, run)) as coming:
        told = Throttle(progress, "simulating networks", len(schedules), "seeds")
        for report in coming:
            reports.append(report)
            told.at(len(reports))
            if report.code:
                break
        told.finish(len(reports))
    return reports


def _document(reports: Sequence[SeedReport], seconds: float) -> dict[str, Any]:
    first = reports[0].schedule
    faults, checked = Counter[str](), Counter[str]()
    for report in reports:
        faults += report.faults
        checked += report.checked
    return {
        "nodes": first.nodes,
        "blocks": first.blocks,
        "first_seed": first.seed,
        "seeds": len(reports),
        "seconds": round(seconds, 3),
        "seeds_per_minute": round(60 * len(reports) / seconds, 1),
        "virtual_seconds": round(sum(report.seconds for report in reports), 3),
        "signals": sum(report.signals for report in reports),
        "faults": dict(sorted(faults.items())),
        "invariants": dict(sorted(checked.items())),
        "trace": reports[-1].trace.hex(),
        "violation": None,
    }


def _violation(report: SeedReport, least: Schedule) -> dict[str, Any]:
    return {
        "seed": report.schedule.seed,
        "invariant": report.code,
        "message": report.words,
        "drawn_faults": len(report.schedule.faults),
        "schedule": json.loads(least.encode()),
    }


def _show(screen: Screen, document: dict[str, Any]) -> None:
    for what, counted in (("fault", "faults"), ("invariant", "invariants")):
        head = "times it struck" if what == "fault" else "times it was looked at"
        rows = [[safe(name), f"{count:,}"] for name, count in document[counted].items()]
        screen.table([Column(what, style="bold"), Column(head, right=True)], rows)
        screen.lines([""])
    size = f"{document['nodes']} nodes, {document['blocks']} blocks"
    pace = f"{document['seeds_per_minute']:,} seeds a minute"
    screen.lines(
        [
            f"{document['seeds']} seeds from {document['first_seed']} on, {size}: {pace}",
            f"digest of the last trace: {document['trace'][:16]}…",
        ]
    )


def _show_least(screen: Screen, least: Schedule, path: Path | None) -> None:
    screen.lines(["", f"the least schedule that breaks it has {len(least.faults)} faults:"])
    if path is None:
        screen.lines([safe(line) for line in least.encode().splitlines()])
        screen.lines(["keep it in a file, and --schedule FILE runs it again"])
        return
    with whole_file(path) as where:
        where.write_text(least.encode(), encoding="utf-8")
    screen.lines([f"{safe(str(path))}: run it again with --schedule"])
