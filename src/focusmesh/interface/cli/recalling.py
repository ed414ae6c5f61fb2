"""``focusmesh recall``: from a question in words to particles and their texts."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from focusmesh.errors import ParameterError
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
    str | None,
    typer.Option(
        metavar="TIME", help="Only ends of links from this time on: an integer, or an ISO date."
    ),
]
Until = Annotated[
    str | None,
    typer.Option(
        metavar="TIME", help="Only ends of links up to this time; all day long where it is a date."
    ),
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

_DAY_US = 24 * 60 * 60 * 1_000_000


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
    begin, end = moment_of("--since", since), moment_of("--until", until, ending=True)
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
            since=begin,
            until=end,
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


def moment_of(option: str, typed: str | None, *, ending: bool = False) -> int | None:
    """A time as links have it: an integer as typed, an ISO 8601 date or time in microseconds since 1970.

    A date alone is its first microsecond, or its last one where it is the end. Raises ParameterError for anything else.
    """
    if typed is None:
        return None
    from focusmesh.engine.graph import time_of

    value = time_of(typed)
    if isinstance(value, str):
        raise ParameterError(
            f"{option}: {value}; give an integer in the unit of the links' times, or a date or time "
            "such as 2024-05-31 or 2024-05-31T12:00 (UTC unless it says otherwise), which is "
            "microseconds since 1970"
        )
    return value + _DAY_US - 1 if ending and _is_date(typed.strip()) else value


def _is_date(token: str) -> bool:
    # Digits alone are an integer, though Python would read eight of them as a date.
    if not token[:4].isdecimal() or "-" not in token:
        return False
    try:
        date.fromisoformat(token)
    except ValueError:
        return False
    return True
