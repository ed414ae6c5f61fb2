"""``focusmesh rank``: what matters in a graph."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from focusmesh.errors import ParameterError
from focusmesh.host.service import Rank  # noqa: TC001  (typer asks for it)
from focusmesh.interface.cli.graph.rank_cluster import Apart, rank_apart
from focusmesh.interface.cli.shared.graph_input import read_graph
from focusmesh.interface.cli.shared.options import (
    Backend,
    Everything,
    Operator,
    Output,
    Reading,
    command,
)
from focusmesh.interface.cli.shared.results import focus_document, focus_table, tell_bound
from focusmesh.interface.cli.shared.screen import Screen

if TYPE_CHECKING:
    from focusmesh.engine.focus import Estimate

Graphs = Annotated[
    list[str],
    typer.Argument(
        metavar="GRAPH...",
        help="A .focusmesh file, a file to import, a folder (notes, documents, Python source), or - for stdin; "
        "with --cluster Parquet tables, or a folder of parts.",
        show_default=False,
    ),
]
OnlyEstimate = Annotated[
    bool,
    typer.Option(
        "--estimate", help="Say what ranking would take in time and memory, and rank nothing."
    ),
]


@command
def rank(
    graph: Graphs,
    asked: Rank,
    reading: Reading,
    operator: Operator,
    output: Output,
    apart: Apart,
    everything: Everything = False,
    backend: Backend = "auto",
    estimate: OnlyEstimate = False,
) -> None:
    """Rank the particles of GRAPH by focus and list the first.

    With --cluster, GRAPH is tables or parts, and workers rank it.
    """
    screen, params = Screen(output), operator.params()
    if apart.cluster is not None:
        _refuse(estimate=estimate, backend=backend != "auto")
        count = None if everything else asked.top
        rank_apart(graph, reading, operator, apart, count, output.threads, screen)
        return
    apart.verify_unused()
    if len(graph) > 1:
        raise ParameterError("one GRAPH at a time; several tables are for --cluster ADDRESS")
    loaded = read_graph(graph[0], reading, screen)
    if estimate:
        show_estimate(loaded.estimate(params, operator.tolerance, backend=backend), screen)
        return
    with screen.progress() as progress:
        focus = loaded.focus(params, operator.tolerance, backend=backend, progress=progress)
    items = focus.top(loaded.particle_count if everything else asked.top)
    if screen.as_json:
        screen.document(focus_document(loaded, focus, items))
    else:
        focus_table(items, screen)
    tell_bound(loaded, focus, items, screen)


def _refuse(**options: bool) -> None:
    """Raises ParameterError for an option that does not go with workers."""
    for name, given in options.items():
        if given:
            raise ParameterError(
                f"--{name} does not go with --cluster; `focusmesh plan` estimates clusters"
            )


def show_estimate(expected: Estimate, screen: Screen) -> None:
    """What work would take, and whether there is memory for it."""
    if screen.as_json:
        screen.document({"estimate": asdict(expected) | {"fits": expected.fits}})
        return
    room = "fits" if expected.fits else "does not fit"
    screen.lines([f"{expected} · {room}"])
