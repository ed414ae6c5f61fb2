"""``focusmesh plot``: a picture of what matters."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from focusmesh.interface.cli.naming import find_particles
from focusmesh.interface.cli.options import (
    Beta,
    Force,
    GraphArgument,
    Operator,
    Output,
    Reading,
    command,
)
from focusmesh.interface.cli.pictures import (
    CURVE_SIZE,
    NET_SIZE,
    bars_size,
    caption_of,
    verify_picture,
    write_picture,
)
from focusmesh.interface.cli.reading import read_graph
from focusmesh.interface.cli.results import focus_document, tell_bound
from focusmesh.interface.cli.screen import Screen
from focusmesh.interface.cli.writing import verify_output

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Kind(StrEnum):
    """What is drawn."""

    GRAPH = "graph"
    BARS = "bars"
    CURVE = "curve"


class Colours(StrEnum):
    """What colours mean."""

    CLUSTER = "cluster"
    RELATION = "relation"


Destination = Annotated[
    str,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="The picture: .png, .svg or .pdf.",
        show_default=False,
    ),
]
From = Annotated[
    list[str] | None,
    typer.Option("--from", metavar="SEED", help="Draw what matters around it; may be repeated."),
]
What = Annotated[Kind, typer.Option("--kind", help="A net, bars of the first, or all by rank.")]
Shown = Annotated[int, typer.Option("--top", "-n", metavar="N", min=2, help="How many particles.")]
Colour = Annotated[Colours, typer.Option("--colour", "--color", help="What colours mean.")]
Title = Annotated[str | None, typer.Option("--title", metavar="TEXT", help="A heading.")]


@command
def plot(
    graph: GraphArgument,
    destination: Destination,
    reading: Reading,
    operator: Operator,
    output: Output,
    seeds: From = None,
    beta: Beta = 0.5,
    kind: What = Kind.GRAPH,
    top: Shown = 40,
    colour: Colour = Colours.CLUSTER,
    title: Title = None,
    force: Force = False,
) -> None:
    """Draw the particles of GRAPH that matter most, or those that matter from a seed."""
    from focusmesh.engine.focus import plot_focus, plot_net

    screen, params = Screen(output), operator.params()
    path = verify_output(destination, force=force)
    verify_picture(path)
    loaded = read_graph(graph, reading, screen)
    stand = find_particles(loaded.particles, seeds or ())
    with screen.progress() as progress:
        focus = loaded.focus(
            params, operator.tolerance, seeds=stand or None, beta=beta, progress=progress
        )

    def draw(axes: Axes) -> None:
        if kind is Kind.GRAPH:
            plot_net(
                loaded, focus, seeds=stand, count=top, colour=colour.value, title=title, ax=axes
            )
        else:
            plot_focus(focus, kind.value, axes, top, title)

    bars = min(top, loaded.particle_count)
    size = {Kind.GRAPH: NET_SIZE, Kind.BARS: bars_size(bars), Kind.CURVE: CURVE_SIZE}[kind]
    write_picture(path, draw, size, caption_of(loaded, focus, kind is Kind.GRAPH))
    if screen.as_json:
        screen.document(focus_document(loaded, focus, focus.top(top)) | {"output": destination})
    tell_bound(loaded, focus, [], screen)
    screen.narrate(f"wrote {path}")
