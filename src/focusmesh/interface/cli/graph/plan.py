"""``focusmesh plan``: what a cluster would take for so many links, before there is one."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from focusmesh.errors import ParameterError
from focusmesh.interface.cli.shared.options import OperatorOnly, Output, Tolerance, command
from focusmesh.interface.cli.shared.screen import Screen
from focusmesh.interface.cli.shared.table import Column, size_text

if TYPE_CHECKING:
    from focusmesh.engine.cluster import ClusterPlan, WorkerRates

CORE_LINKS = 1.0e8
"""Links that one core reads a second, vectors included: what was measured where all cores read at once."""
CARD_LINKS = {"h200": 8.6e10, "h100": 6.0e10}
"""The same of one card."""

FolderArgument = Annotated[
    str | None,
    typer.Argument(metavar="DIR", help="An existing folder of parts.", show_default=False),
]
Links = Annotated[
    float | None,
    typer.Option("--links", metavar="N", help="How many links, such as 1e12.", show_default=False),
]
Particles = Annotated[
    float | None,
    typer.Option("--particles", metavar="N", help="How many particles (links / 20)."),
]
PartCount = Annotated[
    int | None,
    typer.Option("--parts", "-p", metavar="N", min=1, help="How many parts (the fewest that fit)."),
]
WeightBytes = Annotated[
    int, typer.Option("--weight-bytes", metavar="N", help="Bytes of a weight: 0 (all 1), 4 or 8.")
]
Memory = Annotated[float, typer.Option("--memory", metavar="GIB", help="Memory of a worker.")]
Cores = Annotated[int, typer.Option("--cores", metavar="N", min=1, help="Cores of a worker.")]
Card = Annotated[
    str | None,
    typer.Option("--card", metavar="NAME", help="A worker is one card: h100 or h200."),
]
Rate = Annotated[
    float | None,
    typer.Option(
        "--rate",
        metavar="X",
        help="Links that a worker reads a second, if you have measured it: links · passes / seconds.",
    ),
]
Network = Annotated[
    float, typer.Option("--network", metavar="GBIT", help="Network bandwidth of a worker.")
]


@command
def plan(
    output: Output,
    operator: OperatorOnly,
    folder: FolderArgument = None,
    links: Links = None,
    particles: Particles = None,
    parts: PartCount = None,
    weight_bytes: WeightBytes = 0,
    tolerance: Tolerance = 1e-6,
    memory: Memory = 64,
    cores: Cores = 16,
    card: Card = None,
    rate: Rate = None,
    network: Network = 25,
) -> None:
    """Estimate workers, memory and time for a graph on a cluster.

    The formulas are shown. For the parts in DIR, what they read of each other is counted; for --links, it is that
    of R-MAT graphs.
    """
    from focusmesh.engine.cluster import WorkerRates, open_manifest, plan_links, plan_parts

    if (folder is None) == (links is None):
        raise ParameterError("give either a folder of parts or --links")
    if weight_bytes not in (0, 4, 8):
        raise ParameterError(f"--weight-bytes is 0, 4 or 8, not {weight_bytes}")
    rates = WorkerRates(
        links=_rate(rate, card, cores), network=network * 1e9 / 8, memory=memory * 2**30
    )
    params = operator.params()
    if folder is not None:
        made = plan_parts(open_manifest(Path(folder)), rates, params=params, tolerance=tolerance)
    else:
        made = plan_links(
            round(links or 0),
            rates,
            particles=None if particles is None else round(particles),
            parts=parts,
            weight_bytes=weight_bytes,
            params=params,
            tolerance=tolerance,
        )
    _show(made, rates, Screen(output))


def _rate(rate: float | None, card: str | None, cores: int) -> float:
    if rate is not None:
        return rate
    if card is None:
        return cores * CORE_LINKS
    if card not in CARD_LINKS:
        raise ParameterError(
            f"no card {card!r} was measured; there are {', '.join(CARD_LINKS)}: or say --rate"
        )
    return CARD_LINKS[card]


def _show(made: ClusterPlan, rates: WorkerRates, screen: Screen) -> None:
    if screen.as_json:
        screen.document({"plan": asdict(made) | {"fits": made.fits(rates), "rates": asdict(rates)}})
        return
    rows = [
        ("links", f"{made.links:,}"),
        ("particles", f"{made.particles:,}"),
        ("parts, one a worker", f"{made.parts:,}"),
        (
            "memory of a worker",
            f"{size_text(made.memory_bytes)}{'' if made.fits(rates) else ': too much'}",
        ),
        ("largest part file", size_text(made.file_bytes)),
        ("sweeps", f"{made.sweeps:,}"),
        ("sent a sweep, all workers", size_text(made.sent_bytes)),
        ("reading links", f"{made.reading_seconds:,.1f} s"),
        ("exchange", f"{made.exchange_seconds:,.1f} s"),
        ("a solve", f"{made.seconds:,.1f} s"),
    ]
    screen.table([Column("of a plan"), Column("", right=True)], rows)
    screen.lines(made.formulas)
    if not made.measured_cut:
        screen.narrate(
            "what parts read of each other: as R-MAT graphs; R-MAT takes about half of the sweeps"
        )
