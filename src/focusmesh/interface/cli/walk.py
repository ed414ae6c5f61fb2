"""``focusmesh walk``: where a draw from the focus leads, step by step."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any

import typer

from focusmesh.interface.cli.naming import find_particles, in_json, shown
from focusmesh.interface.cli.options import (
    Beta,
    Candidates,
    Effort,
    GraphArgument,
    Operator,
    Output,
    Reading,
    Seed,
    Seeds,
    command,
)
from focusmesh.interface.cli.reading import read_graph
from focusmesh.interface.cli.screen import Screen
from focusmesh.interface.cli.table import Column, counted, decimals, share_bar

if TYPE_CHECKING:
    from focusmesh.engine.focus import WalkSample

Steps = Annotated[int, typer.Option(metavar="N", min=0, help="How many particles to draw.")]
Temperature = Annotated[
    float,
    typer.Option(metavar="X", help="0 takes the best, 1 draws by focus, more draws more evenly."),
]


@command
def walk(
    graph: GraphArgument,
    seeds: Seeds,
    reading: Reading,
    operator: Operator,
    output: Output,
    steps: Steps = 8,
    temperature: Temperature = 1.0,
    seed: Seed = 0,
    candidates: Candidates = 20,
    beta: Beta = 0.5,
    effort: Effort = "balanced",
) -> None:
    """Draw particle after particle by focus; what is drawn joins the SEEDs and moves the focus on."""
    screen, params = Screen(output), operator.params()
    loaded = read_graph(graph, reading, screen)
    stand = find_particles(loaded.particles, seeds)
    with screen.progress() as progress:
        sample = loaded.walk(
            stand,
            steps,
            temperature,
            seed,
            k=candidates,
            effort=effort,
            params=params,
            beta=beta,
            tolerance=operator.tolerance,
            progress=progress,
        )
    if screen.as_json:
        screen.document(walk_document(sample))
    else:
        walk_table(sample, screen)
    bound = max((step.bound for step in sample), default=0.0)
    screen.narrate(
        f"{counted(len(sample), 'step')} at temperature {sample.temperature:g}, seed {sample.seed} · "
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
            shown(step.particle),
        ]
        for number, step in enumerate(sample, 1)
    ]
    screen.table(columns, rows)
