"""``focusmesh ask``: where a question leads, as a path of particles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from focusmesh.interface.cli.explanations import safe
from focusmesh.interface.cli.naming import find_particles, in_json, shown
from focusmesh.interface.cli.options import (
    Candidates,
    Effort,
    GraphArgument,
    Output,
    Reading,
    Seed,
    command,
)
from focusmesh.interface.cli.reading import read_graph
from focusmesh.interface.cli.recalled import (
    NO_WORD,
    From,
    finite,
    path_document,
    short,
    way,
)
from focusmesh.interface.cli.screen import Screen
from focusmesh.interface.cli.table import counted

if TYPE_CHECKING:
    from focusmesh.engine.recall import AskedPath, AskStep

Question = Annotated[
    str, typer.Argument(metavar="QUESTION", help="What is asked, in words.", show_default=False)
]

Steps = Annotated[int, typer.Option(metavar="N", min=0, help="How far to walk.")]
Temperature = Annotated[
    float, typer.Option(metavar="X", help="0 takes the best each time, more draws more evenly.")
]


@command
def ask(
    graph: GraphArgument,
    question: Question,
    reading: Reading,
    output: Output,
    seeds: From = None,
    steps: Steps = 6,
    temperature: Temperature = 0.5,
    seed: Seed = 0,
    candidates: Candidates = 20,
    effort: Effort = "balanced",
) -> None:
    """Walk from what QUESTION names and print the path: particles and their texts, nothing made up."""
    screen = Screen(output)
    loaded = read_graph(graph, reading, screen)
    stand = find_particles(loaded.particles, seeds) if seeds else None
    with screen.progress() as progress:
        asked = loaded.ask(
            question,
            steps,
            temperature,
            seed,
            k=candidates,
            context=stand,
            effort=effort,
            progress=progress,
        )
    if screen.as_json:
        screen.document(asked_document(asked))
    else:
        screen.lines(line for step in asked for line in _step_lines(step))
    if not asked.steps:
        screen.narrate(NO_WORD)
        return
    screen.narrate(
        f"{counted(len(asked), 'particle')} as the links lead, drawn with seed {seed} · nobody wrote this answer"
    )


def asked_document(asked: AskedPath) -> dict[str, Any]:
    """The path as JSON."""
    return {
        "question": asked.question,
        "entries": [
            {"particle": in_json(name), "share": share} for name, share in asked.entries.items()
        ],
        "seed": None if asked.sample is None else asked.sample.seed,
        "temperature": None if asked.sample is None else asked.sample.temperature,
        "items": [
            {
                "particle": in_json(step.particle),
                "text": step.text,
                "probability": step.probability,
                "score": step.score,
                "relevance": finite(step.relevance),
                "bound": step.bound,
                "path": path_document(step.path),
            }
            for step in asked
        ],
    }


def _step_lines(step: AskStep) -> list[str]:
    """The way to a particle, and under it what it says. With markup."""
    led = way(step.path) or f"{shown(step.particle)} (no link leads here)"
    said = short(step.text) if step.text != step.particle else ""
    return [f"[bold]{safe(led)}[/bold]", *([f"    {safe(said)}"] if said else [])]
