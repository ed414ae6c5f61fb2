"""``focusmesh walk``: where a draw from the focus leads, step by step."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from focusmesh.host.service import Walk  # noqa: TC001  (typer asks for it)
from focusmesh.interface.cli.shared.graph_input import read_graph
from focusmesh.interface.cli.shared.options import (
    GraphArgument,
    Operator,
    Output,
    Reading,
    command,
)
from focusmesh.interface.cli.shared.particle_names import find_particles, in_json, shown_name
from focusmesh.interface.cli.shared.screen import Screen
from focusmesh.interface.cli.shared.table import Column, count_of, decimals, share_bar

if TYPE_CHECKING:
    from focusmesh.engine.focus import WalkSample


@command
def walk(
    graph: GraphArgument,
    asked: Walk,
    reading: Reading,
    operator: Operator,
    output: Output,
) -> None:
    """Draw particles one after the other by focus.

    A particle that is drawn joins the SEEDs, and the focus is updated.
    """
    screen, params = Screen(output), operator.params()
    loaded = read_graph(graph, reading, screen)
    with screen.progress() as progress:
        sample = loaded.walk(
            find_particles(loaded.particles, asked.seeds),
            asked.steps,
            asked.temperature,
            asked.seed,
            k=asked.candidates,
            effort=asked.effort,
            params=params,
            beta=asked.beta,
            tolerance=operator.tolerance,
            progress=progress,
        )
    if screen.as_json:
        screen.document(walk_document(sample))
    else:
        walk_table(sample, screen)
    bound = max((step.bound for step in sample), default=0.0)
    screen.narrate(
        f"{count_of(len(sample), 'step')} at temperature {sample.temperature:g}, seed {sample.seed} · "
        f"bound {bound:.1e} · {sample.seconds:.2f} s"
    )


def walk_document(sample: WalkSample) -> dict[str, Any]:
    """What was drawn, and from what; the largest bound of all steps besides that of each."""
    return {
        "seeds": [in_json(seed) for seed in sample.seeds],
        "temperature": sample.temperature,
        "seed": sample.seed,
        "candidates": sample.k,
        "effort": sample.effort,
        "beta": sample.beta,
        "bound": max((step.bound for step in sample), default=0.0),
        "seconds": sample.seconds,
        "items": [
            {
                "particle": in_json(step.particle),
                "probability": step.probability,
                "score": step.score,
                # A particle that the context cannot reach has −∞, which JSON cannot say.
                "relevance": step.relevance if math.isfinite(step.relevance) else None,
                "bound": step.bound,
            }
            for step in sample
        ],
    }


def walk_table(sample: WalkSample, screen: Screen) -> None:
    """One line a step."""
    digits = decimals([step.score for step in sample])
    columns = [
        Column("step", right=True, style="dim"),
        Column("chance", right=True, style="cyan"),
        Column("", style="cyan", terminal_only=True),
        Column("focus", right=True),
        Column("relevance", right=True, style="magenta"),
        Column("particle", style="bold"),
    ]
    rows = [
        [
            str(number),
            f"{step.probability:.1%}",
            share_bar(step.probability, 1.0),
            f"{step.score:.{digits}f}",
            f"{step.relevance:+.2f}",
            shown_name(step.particle),
        ]
        for number, step in enumerate(sample, 1)
    ]
    screen.table(columns, rows)
