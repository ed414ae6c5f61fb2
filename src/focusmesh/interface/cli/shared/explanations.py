"""How an explanation is shown: walks with arrows, and every part's share of the score."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from focusmesh.interface.cli.shared.particle_names import in_json, shown_name

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from focusmesh.engine.focus import Explanation, Walk
    from focusmesh.engine.graph import Graph


def explanation_document(explanation: Explanation, graph: Graph) -> dict[str, Any]:
    """Shares, background and remainder in units of the score: their sum is the score within the bound.

    With each walk the words of ``graph`` that its links stand on.
    """
    return {
        "target": in_json(explanation.target),
        "seeds": [in_json(seed) for seed in explanation.seeds],
        "score": explanation.score,
        "bound": explanation.bound,
        "background": explanation.background,
        "remainder": explanation.remainder,
        "proven": explanation.proven,
        "items": [
            {
                "particles": [in_json(name) for name in walk.particles],
                "directions": list(walk.directions),
                "relations": [[in_json(name) for name in step] for step in walk.relations],
                "share": walk.share,
                "evidence": evidence_document(graph, walk),
            }
            for walk in explanation.walks
        ],
    }


def evidence_document(graph: Graph, walk: Walk) -> list[dict[str, Any]]:
    """For each step of a walk the words by which one of its ends mentions the other."""
    from focusmesh.engine.recall import step_evidence

    return [
        {"step": step, **found._asdict()}
        for step, places in enumerate(step_evidence(graph, walk.particles))
        for found in places
    ]


def explanation_lines(explanation: Explanation, graph: Graph) -> list[str]:
    """The score taken apart, in per cent of it: walks with their words, then what is not listed. With markup."""
    whole = explanation.score or 1.0
    return [
        f"[bold]{safe(explanation.target)}[/bold]  focus [cyan]{explanation.score:.6g}[/cyan]",
        *(
            f"[cyan]{percent(walk.share / whole)}[/cyan]  {walk_line(walk)}{_words(graph, walk)}"
            for walk in explanation.walks
        ),
        f"[dim]{percent(explanation.remainder / whole)}  all other walks from the context[/dim]",
        f"[dim]{percent(explanation.background / whole)}  background: what it has without the context[/dim]",
    ]


def _words(graph: Graph, walk: Walk) -> str:
    """The first words that each step stands on."""
    first = {each["step"]: each["words"] for each in reversed(evidence_document(graph, walk))}
    return "".join(f" “{safe(' '.join(first[step].split()))}”" for step in sorted(first))


def percent(part: float) -> str:
    """A part of one in per cent, seven wide; two figures where one decimal would say nothing."""
    text = f"{part:.1%}" if abs(part) >= 0.001 or part == 0 else f"{100 * part:.1g}%"
    return f"{text:>7}"


def walk_line(walk: Walk) -> str:
    """``a ─imports→ b ←calls─ c``: each arrow points the way of the link that was walked. With markup."""
    line = safe(walk.particles[0])
    for name, direction, relations in zip(
        walk.particles[1:], walk.directions, walk.relations, strict=True
    ):
        line += f" [dim]{arrow(direction, relations)}[/dim] {safe(name)}"
    return line


def arrow(direction: str, relations: Sequence[Hashable]) -> str:
    """An arrow that carries the leading relation of its links, where they have any."""
    if not relations:
        return direction
    word = safe(relations[0])
    left, right = ("←" if direction in "←↔" else "─"), ("→" if direction in "→↔" else "─")
    return f"{left}{word}{right}"


def safe(name: Hashable) -> str:
    """A name for a line with markup."""
    from rich.markup import escape

    return escape(shown_name(name))
