"""``focusmesh explain``: by which walks a context reaches a particle."""

from __future__ import annotations

from focusmesh.host.service import Explain  # noqa: TC001  (typer asks for it)
from focusmesh.interface.cli.shared.explanations import explanation_document, explanation_lines
from focusmesh.interface.cli.shared.graph_input import read_graph
from focusmesh.interface.cli.shared.options import (
    GraphArgument,
    Operator,
    Output,
    Reading,
    command,
)
from focusmesh.interface.cli.shared.particle_names import find_particle, find_particles
from focusmesh.interface.cli.shared.screen import Screen


@command
def explain(
    graph: GraphArgument,
    asked: Explain,
    reading: Reading,
    operator: Operator,
    output: Output,
) -> None:
    """Show the strongest walks from the context to TARGET.

    Each walk is shown with its share of TARGET's score.
    """
    from focusmesh.engine.focus import explain as explained

    screen, params = Screen(output), operator.params()
    loaded = read_graph(graph, reading, screen)
    explanation = explained(
        loaded,
        find_particles(loaded.particles, asked.seeds),
        find_particle(loaded.particles, str(asked.target)),
        params=params,
        beta=asked.beta,
        tolerance=operator.tolerance,
        walks=asked.walks,
    )
    if screen.as_json:
        screen.document(explanation_document(explanation, loaded))
    else:
        screen.lines(explanation_lines(explanation, loaded))
    screen.narrate(f"the parts add up to the score within {explanation.bound:.1e}")
