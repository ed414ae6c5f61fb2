"""``focusmesh explain``: by which walks a context reaches a particle."""

from __future__ import annotations

from typing import Annotated

import typer

from focusmesh.interface.cli.explanations import explanation_document, explanation_lines
from focusmesh.interface.cli.naming import find_particle, find_particles
from focusmesh.interface.cli.options import (
    Beta,
    GraphArgument,
    Operator,
    Output,
    Reading,
    command,
)
from focusmesh.interface.cli.reading import read_graph
from focusmesh.interface.cli.screen import Screen

Target = Annotated[
    str, typer.Argument(metavar="TARGET", help="The particle to explain.", show_default=False)
]
From = Annotated[
    list[str],
    typer.Option(
        "--from",
        metavar="SEED",
        help="A particle of the context; may be repeated.",
        show_default=False,
    ),
]
Walks = Annotated[int, typer.Option(metavar="N", min=1, help="How many walks to list.")]


@command
def explain(
    graph: GraphArgument,
    target: Target,
    seeds: From,
    reading: Reading,
    operator: Operator,
    output: Output,
    beta: Beta = 0.5,
    walks: Walks = 5,
) -> None:
    """Show the strongest walks by which the context reaches TARGET, with their share of its score."""
    from focusmesh.engine.focus import explain as explained

    screen, params = Screen(output), operator.params()
    loaded = read_graph(graph, reading, screen)
    explanation = explained(
        loaded,
        find_particles(loaded.particles, seeds),
        find_particle(loaded.particles, target),
        params=params,
        beta=beta,
        tolerance=operator.tolerance,
        walks=walks,
    )
    if screen.as_json:
        screen.document(explanation_document(explanation))
    else:
        screen.lines(explanation_lines(explanation))
    screen.narrate(f"the parts add up to the score within {explanation.bound:.1e}")
