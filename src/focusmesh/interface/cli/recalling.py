"""``focusmesh recall``: from a question in words to particles and their texts."""

from __future__ import annotations

from typing import Annotated

import typer

from focusmesh.interface.cli.explanations import safe
from focusmesh.interface.cli.naming import find_particles
from focusmesh.interface.cli.options import Effort, GraphArgument, Output, Reading, Top, command
from focusmesh.interface.cli.reading import read_graph
from focusmesh.interface.cli.recalled import (
    From,
    recalled_document,
    recalled_table,
    tell_recalled,
)
from focusmesh.interface.cli.screen import Screen

OptionalQuestion = Annotated[
    str | None,
    typer.Argument(
        metavar="[QUESTION]",
        help="What is asked, in words; --from alone does too.",
        show_default=False,
    ),
]
Budget = Annotated[
    int | None,
    typer.Option(
        "--budget-tokens",
        metavar="N",
        min=1,
        help="As many as N tokens have room for, in place of --top.",
    ),
]
Relations = Annotated[
    list[str] | None,
    typer.Option(
        "--relation", "-r", metavar="NAME", help="Only ends of links of this kind; may be repeated."
    ),
]
Authors = Annotated[
    list[str] | None,
    typer.Option(
        "--author", metavar="NAME", help="Only ends of links by this author; may be repeated."
    ),
]
Since = Annotated[
    int | None, typer.Option(metavar="TIME", help="Only ends of links from this time on.")
]
Until = Annotated[
    int | None, typer.Option(metavar="TIME", help="Only ends of links up to this time.")
]
Diversity = Annotated[
    float | None,
    typer.Option(
        "--mmr", metavar="X", help="List less of the same: 0 what differs, 1 what matters."
    ),
]
Cursor = Annotated[
    str | None, typer.Option(metavar="TEXT", help="The next page, as the last one named it.")
]
Index = Annotated[
    str | None,
    typer.Option(metavar="DIR", help="Keep the index of words there for the next time."),
]
AsPrompt = Annotated[
    bool, typer.Option("--prompt", help="Print the texts alone, for whoever reads on.")
]
Why = Annotated[bool, typer.Option("--why", help="Name the links by which each was come upon.")]


@command
def recall(
    graph: GraphArgument,
    reading: Reading,
    output: Output,
    question: OptionalQuestion = None,
    seeds: From = None,
    top: Top = 10,
    budget_tokens: Budget = None,
    relation: Relations = None,
    author: Authors = None,
    since: Since = None,
    until: Until = None,
    mmr: Diversity = None,
    cursor: Cursor = None,
    effort: Effort = "fast",
    index: Index = None,
    prompt: AsPrompt = False,
    why: Why = False,
) -> None:
    """List what matters for QUESTION: particles whose text has its words, and what links tie to those."""
    screen = Screen(output)
    loaded = read_graph(graph, reading, screen)
    stand = find_particles(loaded.particles, seeds) if seeds else None
    with screen.progress() as progress:
        if index is not None:
            loaded.index_texts(index, progress=progress)
        recalled = loaded.recall(
            question,
            None if budget_tokens is not None else top,
            context=stand,
            budget_tokens=budget_tokens,
            effort=effort,
            relation=relation or None,
            author=author or None,
            since=since,
            until=until,
            mmr=mmr,
            cursor=cursor,
            progress=progress,
        )
    if screen.as_json:
        screen.document(recalled_document(recalled, why=why))
    elif prompt:
        screen.lines(safe(line) for line in recalled.prompt.split("\n") if recalled.prompt)
    else:
        recalled_table(recalled, screen, why=why)
    tell_recalled(recalled, screen)
