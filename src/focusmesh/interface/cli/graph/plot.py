"""``focusmesh plot``: a picture of what matters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from focusmesh.host.service import Plot  # noqa: TC001  (typer asks for it)
from focusmesh.interface.cli.shared.graph_input import read_graph
from focusmesh.interface.cli.shared.options import (
    Force,
    GraphArgument,
    Operator,
    Output,
    Reading,
    command,
)
from focusmesh.interface.cli.shared.output_files import verify_output
from focusmesh.interface.cli.shared.particle_names import find_particles
from focusmesh.interface.cli.shared.pictures import (
    CURVE_SIZE,
    NET_SIZE,
    bars_size,
    caption_of,
    verify_picture,
    write_picture,
)
from focusmesh.interface.cli.shared.results import focus_document, tell_bound
from focusmesh.interface.cli.shared.screen import Screen

if TYPE_CHECKING:
    from matplotlib.axes import Axes


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


@command
def plot(
    graph: GraphArgument,
    destination: Destination,
    reading: Reading,
    operator: Operator,
    output: Output,
    asked: Plot,
    force: Force = False,
) -> None:
    """Draw the particles of GRAPH that matter most.

    With a seed, it draws those that matter as seen from there.
    """
    from focusmesh.engine.focus import plot_focus, plot_net

    screen, params = Screen(output), operator.params()
    path = verify_output(destination, force=force)
    verify_picture(path)
    loaded = read_graph(graph, reading, screen)
    stand, top = find_particles(loaded.particles, asked.seeds), asked.top
    with screen.progress() as progress:
        focus = loaded.focus(
            params, operator.tolerance, seeds=stand or None, beta=asked.beta, progress=progress
        )

    def draw(axes: Axes) -> None:
        if asked.kind == "graph":
            plot_net(
                *(loaded, focus),
                seeds=stand,
                count=top,
                colour=asked.colour,
                title=asked.title,
                ax=axes,
            )
        else:
            plot_focus(focus, asked.kind, axes, top, asked.title)

    bars = min(top, loaded.particle_count)
    size = {"graph": NET_SIZE, "bars": bars_size(bars), "curve": CURVE_SIZE}[asked.kind]
    write_picture(path, draw, size, caption_of(loaded, focus, asked.kind == "graph"))
    if screen.as_json:
        screen.document(focus_document(loaded, focus, focus.top(top)) | {"output": destination})
    tell_bound(loaded, focus, [], screen)
    screen.narrate(f"wrote {path}")
