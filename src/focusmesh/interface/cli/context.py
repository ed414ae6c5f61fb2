"""``focusmesh context``: what matters from where you stand."""

from __future__ import annotations

from typing import Annotated

import typer

from focusmesh.interface.cli.naming import find_particles, in_json
from focusmesh.interface.cli.options import (
    Backend,
    Beta,
    Effort,
    Everything,
    GraphArgument,
    Operator,
    Output,
    Reading,
    Seeds,
    Top,
    command,
)
from focusmesh.interface.cli.reading import read_graph
from focusmesh.interface.cli.results import (
    chosen,
    context_document,
    filtered,
    focus_document,
    focus_table,
    tell_bound,
    tell_context,
)
from focusmesh.interface.cli.screen import Screen

WithoutSeeds = Annotated[
    bool, typer.Option("--without-seeds", help="Leave the seeds themselves out of the list.")
]

Relevant = Annotated[
    bool,
    typer.Option(
        "--relevant", help="List only what the seeds make matter more than it does globally."
    ),
]


@command
def context(
    graph: GraphArgument,
    seeds: Seeds,
    reading: Reading,
    operator: Operator,
    output: Output,
    beta: Beta = 0.5,
    top: Top = 10,
    everything: Everything = False,
    without_seeds: WithoutSeeds = False,
    relevant: Relevant = False,
    effort: Effort = "exact",
    backend: Backend = "auto",
) -> None:
    """Rank the particles of GRAPH as seen from the SEEDs; relevance is what they add to the global focus."""
    screen, params = Screen(output), operator.params()
    loaded = read_graph(graph, reading, screen)
    stand = find_particles(loaded.particles, seeds)
    hidden = stand if without_seeds else []
    count = loaded.particle_count if everything else top
    with screen.progress() as progress:
        if effort == "exact":
            focus = loaded.focus(
                *(params, operator.tolerance, stand),
                beta=beta,
                backend=backend,
                progress=progress,
            )
            items = chosen(focus, count, hidden=hidden, relevant=relevant)
            document = focus_document(loaded, focus, items)
        else:
            wanted = loaded.particle_count if relevant else count + len(hidden)
            found = loaded.context(
                *(stand, wanted, effort, params),
                beta=beta,
                tolerance=operator.tolerance,
                backend=backend,
                progress=progress,
            )
            items = filtered(found, count, hidden=hidden, relevant=relevant)
            document = context_document(loaded, found, items)
    settled = all(ranked.separated for ranked in items)
    if screen.as_json:
        told = {"seeds": [in_json(seed) for seed in stand], "beta": beta, "effort": effort}
        screen.document(document | told | {"settled": settled})
    else:
        focus_table(items, screen, seeds=stand)
    if effort == "exact":
        tell_bound(loaded, focus, items, screen)
    else:
        tell_context(loaded, found, items, screen)
