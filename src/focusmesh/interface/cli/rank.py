"""``focusmesh rank``: what matters in a graph."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from focusmesh.interface.cli.options import (
    Backend,
    Everything,
    GraphArgument,
    Operator,
    Output,
    Reading,
    Top,
    command,
)
from focusmesh.interface.cli.reading import read_graph
from focusmesh.interface.cli.results import focus_document, focus_table, tell_bound
from focusmesh.interface.cli.screen import Screen

if TYPE_CHECKING:
    from focusmesh.engine.focus import Estimate

OnlyEstimate = Annotated[
    bool,
    typer.Option(
        "--estimate", help="Say what ranking would take in time and memory, and rank nothing."
    ),
]


@command
def rank(
    graph: GraphArgument,
    reading: Reading,
    operator: Operator,
    output: Output,
    top: Top = 10,
    everything: Everything = False,
    backend: Backend = "auto",
    estimate: OnlyEstimate = False,
) -> None:
    """Rank every particle of GRAPH by focus and list the first."""
    screen, params = Screen(output), operator.params()
    loaded = read_graph(graph, reading, screen)
    if estimate:
        show_estimate(loaded.estimate(params, operator.tolerance, backend=backend), screen)
        return
    with screen.progress() as progress:
        focus = loaded.focus(params, operator.tolerance, backend=backend, progress=progress)
    items = focus.top(loaded.particle_count if everything else top)
    if screen.as_json:
        screen.document(focus_document(loaded, focus, items))
    else:
        focus_table(items, screen)
    tell_bound(loaded, focus, items, screen)


def show_estimate(expected: Estimate, screen: Screen) -> None:
    """What work would take, and whether there is memory for it."""
    if screen.as_json:
        screen.document({"estimate": asdict(expected) | {"fits": expected.fits}})
        return
    room = "fits" if expected.fits else "does not fit"
    screen.lines([f"{expected} · {room}"])
