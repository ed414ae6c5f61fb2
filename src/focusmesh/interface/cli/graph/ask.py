"""``focusmesh ask``: where a question leads, as a path of particles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from focusmesh.host.service import Ask  # noqa: TC001  (typer asks for it)
from focusmesh.interface.cli.graph.recall_results import (
    NO_WORD,
    finite,
    path_document,
    short,
    way,
)
from focusmesh.interface.cli.shared.explanations import safe
from focusmesh.interface.cli.shared.graph_input import read_graph
from focusmesh.interface.cli.shared.options import (
    GraphArgument,
    Output,
    Reading,
    command,
)
from focusmesh.interface.cli.shared.particle_names import find_particles, in_json, shown_name
from focusmesh.interface.cli.shared.screen import Screen
from focusmesh.interface.cli.shared.table import count_of

if TYPE_CHECKING:
    from focusmesh.engine.recall import AskedPath, AskStep


@command
def ask(
    graph: GraphArgument,
    asked: Ask,
    reading: Reading,
    output: Output,
) -> None:
    """Walk from what QUESTION names and print the path.

    The path has particles of the graph and their texts. Nothing is generated.
    """
    screen = Screen(output)
    loaded = read_graph(graph, reading, screen)
    with screen.progress() as progress:
        path = loaded.ask(
            asked.question,
            asked.steps,
            asked.temperature,
            asked.seed,
            k=asked.candidates,
            context=find_particles(loaded.particles, asked.seeds) if asked.seeds else None,
            effort=asked.effort,
            progress=progress,
        )
    if screen.as_json:
        screen.document(asked_document(path))
    else:
        screen.lines(line for step in path for line in _step_lines(step))
    if not path.steps:
        screen.narrate(NO_WORD)
        return
    screen.narrate(
        f"{count_of(len(path), 'particle')} as the links lead, drawn with seed {asked.seed} · nobody wrote this answer"
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
    led = way(step.path) or f"{shown_name(step.particle)} (no link leads here)"
    said = short(step.text) if step.text != step.particle else ""
    return [f"[bold]{safe(led)}[/bold]", *([f"    {safe(said)}"] if said else [])]
