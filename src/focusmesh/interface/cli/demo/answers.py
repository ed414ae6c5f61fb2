"""An answer of the demo: what a context makes important, what each of it is, and why the first is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from focusmesh.interface.cli.shared.explanations import (
    explanation_document,
    explanation_lines,
    safe,
)
from focusmesh.interface.cli.shared.particle_names import shown_name
from focusmesh.interface.cli.shared.results import focus_document, top_particles
from focusmesh.interface.cli.shared.table import Column, share_bar, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.focus import Explanation, Focus, Ranked
    from focusmesh.engine.graph import Graph
    from focusmesh.interface.cli.demo.stdlib import Question
    from focusmesh.interface.cli.shared.screen import Screen

_LISTED, _WALKS = 7, 4
_WORDS_WIDTH = 52


@dataclass(frozen=True, slots=True)
class DemoAnswer:
    """``items`` gain most from the context; the seeds and what is defined in them are left out."""

    question: Question
    focus: Focus
    items: Sequence[Ranked]
    explanation: Explanation


def answer(graph: Graph, question: Question) -> DemoAnswer:
    """Ranks from where the question stands, and explains one of the particles found outside of it."""
    from focusmesh.engine.focus import explain

    focus = graph.focus(seeds=question.seeds)
    within = tuple(f"{seed}." for seed in question.seeds)
    gaining = top_particles(focus, len(focus.scores), hidden=question.seeds, relevant=True)
    found = [item for item in gaining if not str(item.particle).startswith(within)][:_LISTED]
    names = [item.particle for item in found]
    target = question.puzzle if question.puzzle in names else names[0]
    explanation = explain(graph, question.seeds, target, walks=_WALKS)
    return DemoAnswer(question, focus, found, explanation)


def answer_document(graph: Graph, given: DemoAnswer) -> dict[str, Any]:
    """The answer with the keys of ``context``, its explanation with the keys of ``explain``."""
    return {
        "seeds": list(given.question.seeds),
        **focus_document(graph, given.focus, given.items),
        "explanation": explanation_document(given.explanation, graph),
    }


def show_answer(graph: Graph, given: DemoAnswer, screen: Screen) -> None:
    """The answer as a table with words, then the walks to one of it."""
    described_table(graph, given.items, screen)
    parts = explanation_lines(given.explanation, graph)[1:]
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
                shown_name(item.particle),
                first_sentence(graph.text(item.particle)),
            )
            for item in items
        ],
    )


def first_sentence(text: str) -> str:
    """How the docstring begins, on one line; the signature where there is none. Cut to fit beside a name.

    The text of a definition is its signature, an empty line, its docstring.
    """
    signature, _, docstring = text.partition("\n\n")
    paragraph = docstring.strip().partition("\n\n")[0] or signature
    sentence = visible(" ".join(paragraph.split())).partition(". ")[0].removesuffix(".")
    if len(sentence) <= _WORDS_WIDTH:
        return sentence
    return sentence[:_WORDS_WIDTH].rpartition(" ")[0] + " …"
