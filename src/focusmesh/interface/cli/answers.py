"""An answer of the demo: what a context makes important, what each of it is, and why the first is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from focusmesh.interface.cli.explanations import explanation_document, explanation_lines, safe
from focusmesh.interface.cli.naming import shown
from focusmesh.interface.cli.results import focus_document
from focusmesh.interface.cli.table import Column, share_bar, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.focus import Explanation, Focus, Ranked
    from focusmesh.engine.graph import Graph
    from focusmesh.interface.cli.screen import Screen
    from focusmesh.interface.cli.stdlib import Question

_LISTED, _WALKS = 7, 4
_WORDS_WIDTH = 62


@dataclass(frozen=True, slots=True)
class Answer:
    """``items`` are the particles of most focus in the context, its seeds left out."""

    question: Question
    focus: Focus
    items: Sequence[Ranked]
    explanation: Explanation


def answer(graph: Graph, question: Question) -> Answer:
    """Ranks from where the question stands and explains the first particle found."""
    from focusmesh.engine.focus import explain

    focus = graph.focus(seeds=question.seeds)
    best = focus.top(_LISTED + len(question.seeds))
    found = [item for item in best if item.particle not in question.seeds][:_LISTED]
    explanation = explain(graph, question.seeds, found[0].particle, walks=_WALKS)
    return Answer(question, focus, found, explanation)


def answer_document(graph: Graph, given: Answer) -> dict[str, Any]:
    """The answer with the keys of ``context``, its explanation with the keys of ``explain``."""
    return {
        "seeds": list(given.question.seeds),
        **focus_document(graph, given.focus, given.items),
        "explanation": explanation_document(given.explanation),
    }


def show_answer(graph: Graph, given: Answer, screen: Screen) -> None:
    """The answer as a table with words, then the walks to the first of it."""
    described_table(graph, given.items, screen)
    parts = explanation_lines(given.explanation)[1:]
    screen.lines(["", f"Why [bold]{safe(given.explanation.target)}[/bold]?", *parts])


def described_table(graph: Graph, items: Sequence[Ranked], screen: Screen) -> None:
    """Ranked particles beside the first line of what they say about themselves."""
    largest = max((item.score for item in items), default=0.0)
    screen.table(
        [
            Column("focus", right=True, style="cyan"),
            Column("", style="cyan", terminal_only=True),
            Column("particle", style="bold"),
            Column("what it says", style="dim"),
        ],
        [
            (
                f"{item.score:.5f}",
                share_bar(item.score, largest, 10),
                shown(item.particle),
                first_line(graph.text(item.particle)),
            )
            for item in items
        ],
    )


def first_line(text: str) -> str:
    """The first line with words in it, cut to what fits beside a name."""
    line = visible(next((line.strip() for line in text.splitlines() if line.strip()), ""))
    return line if len(line) <= _WORDS_WIDTH else line[: _WORDS_WIDTH - 1].rstrip() + "…"
