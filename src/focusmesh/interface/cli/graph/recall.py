"""``focusmesh recall``: from a question in words to particles and their texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from focusmesh.host.service import Recall  # noqa: TC001  (typer asks for it)
from focusmesh.interface.cli.graph.recall_results import (
    recalled_document,
    recalled_table,
    tell_recalled,
)
from focusmesh.interface.cli.shared.explanations import safe
from focusmesh.interface.cli.shared.graph_input import read_graph
from focusmesh.interface.cli.shared.options import (
    GraphArgument,
    Output,
    Reading,
    command,
)
from focusmesh.interface.cli.shared.particle_names import find_particles
from focusmesh.interface.cli.shared.screen import Screen

if TYPE_CHECKING:
    from focusmesh.engine.graph import Graph
    from focusmesh.engine.recall import Recalled
    from focusmesh.engine.support.progress import Progress

Index = Annotated[
    str | None,
    typer.Option(metavar="DIR", help="Keep the index of words at this path, for the next time."),
]
AsPrompt = Annotated[
    bool, typer.Option("--prompt", help="Print only the texts, for use in a prompt.")
]


@command
def recall(
    graph: GraphArgument,
    asked: Recall,
    reading: Reading,
    output: Output,
    index: Index = None,
    prompt: AsPrompt = False,
) -> None:
    """List the particles that matter for QUESTION.

    The words of the question name particles by their texts; links lead on to others.
    """
    screen = Screen(output)
    loaded = read_graph(graph, reading, screen)
    with screen.progress() as progress:
        if index is not None:
            loaded.index_texts(index, progress=progress)
        recalled = _answer(loaded, asked, progress)
    if screen.as_json:
        screen.document(recalled_document(recalled, why=asked.why))
    elif prompt:
        screen.lines(safe(line) for line in recalled.prompt.split("\n") if recalled.prompt)
    else:
        recalled_table(recalled, screen, why=asked.why)
    tell_recalled(recalled, screen)


def _answer(loaded: Graph, asked: Recall, progress: Progress | None) -> Recalled:
    return loaded.recall(
        asked.question,
        None if asked.budget_tokens is not None else asked.top,
        context=find_particles(loaded.particles, asked.seeds) if asked.seeds else None,
        budget_tokens=asked.budget_tokens,
        effort=asked.effort,
        relation=asked.relation or None,
        author=asked.author or None,
        since=asked.since,
        until=asked.until,
        as_of=asked.as_of,
        kind=asked.kinds or None,
        with_text=asked.with_text,
        include_context=asked.include_context,
        mmr=asked.mmr,
        cursor=asked.cursor,
        progress=progress,
    )
