"""``focusmesh context``: what matters from where you stand."""

from __future__ import annotations

from typing import Annotated

import typer

from focusmesh.host.service import Context  # noqa: TC001  (typer asks for it)
from focusmesh.interface.cli.shared.graph_input import read_graph
from focusmesh.interface.cli.shared.options import (
    Backend,
    Everything,
    GraphArgument,
    Operator,
    Output,
    Reading,
    command,
)
from focusmesh.interface.cli.shared.particle_names import find_particles, in_json
from focusmesh.interface.cli.shared.results import (
    context_document,
    filter_ranking,
    focus_document,
    focus_table,
    tell_bound,
    tell_context,
    top_particles,
)
from focusmesh.interface.cli.shared.screen import Screen

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
    asked: Context,
    reading: Reading,
    operator: Operator,
    output: Output,
    everything: Everything = False,
    without_seeds: WithoutSeeds = False,
    relevant: Relevant = False,
    backend: Backend = "auto",
) -> None:
    """Rank the particles of GRAPH as seen from the SEEDs.

    Relevance is what the SEEDs add to a particle's global focus.
    """
    screen, params = Screen(output), operator.params()
    loaded = read_graph(graph, reading, screen)
    stand = find_particles(loaded.particles, asked.seeds)
    hidden = stand if without_seeds else []
    count = loaded.particle_count if everything else asked.top
    with screen.progress() as progress:
        if asked.effort == "exact":
            focus = loaded.focus(
                *(params, operator.tolerance, stand),
                beta=asked.beta,
                backend=backend,
                progress=progress,
            )
            items = top_particles(focus, count, hidden=hidden, relevant=relevant)
            document = focus_document(loaded, focus, items)
        else:
            wanted = loaded.particle_count if relevant else count + len(hidden)
            found = loaded.context(
                *(stand, wanted, asked.effort, params),
                beta=asked.beta,
                tolerance=operator.tolerance,
                backend=backend,
                progress=progress,
            )
            items = filter_ranking(found, count, hidden=hidden, relevant=relevant)
            document = context_document(loaded, found, items)
    settled = all(ranked.separated for ranked in items)
    if screen.as_json:
        from focusmesh.engine.focus import proved_beginning

        told = {"beta": asked.beta, "effort": asked.effort, "settled": settled}
        told["proved"] = proved_beginning(items)
        screen.document(document | {"seeds": [in_json(seed) for seed in stand]} | told)
    else:
        focus_table(items, screen, seeds=stand)
    if asked.effort == "exact":
        tell_bound(loaded, focus, items, screen)
    else:
        tell_context(loaded, found, items, screen)
