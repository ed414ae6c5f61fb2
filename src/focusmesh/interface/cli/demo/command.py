"""``focusmesh demo``: the standard library of this Python, or Debian's packages, ranked, asked, explained and drawn."""

from __future__ import annotations

import platform
import time
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from focusmesh.errors import MissingExtraError
from focusmesh.interface.cli.demo.answers import (
    answer,
    answer_document,
    described_table,
    show_answer,
)
from focusmesh.interface.cli.demo.packages import QUESTIONS as PACKAGE_QUESTIONS
from focusmesh.interface.cli.demo.packages import RULE as PACKAGE_RULE
from focusmesh.interface.cli.demo.packages import package_list
from focusmesh.interface.cli.demo.stdlib import EXCLUDED, QUESTIONS, RULE, standard_library
from focusmesh.interface.cli.shared.explanations import safe
from focusmesh.interface.cli.shared.graph_input import read_graph
from focusmesh.interface.cli.shared.options import Output, Reading, command
from focusmesh.interface.cli.shared.output_files import verify_output
from focusmesh.interface.cli.shared.pictures import (
    NET_SIZE,
    caption_of,
    verify_picture,
    write_picture,
)
from focusmesh.interface.cli.shared.results import focus_document
from focusmesh.interface.cli.shared.screen import Screen
from focusmesh.interface.cli.shared.table import size_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes

    from focusmesh.engine.focus import Focus
    from focusmesh.engine.graph import Graph
    from focusmesh.interface.cli.demo.stdlib import Question, Rule

_LISTED, _DRAWN = 12, 45


class SourceName(StrEnum):
    """What there is to look at."""

    STDLIB = "stdlib"
    DEBIAN = "debian"


Folder = Annotated[
    str,
    typer.Option("--output-dir", metavar="DIR", help="Where to write the graph and the picture."),
]
Chosen = Annotated[
    SourceName,
    typer.Option(
        "--source", help="The standard library, or the packages that apt-cache knows (Debian)."
    ),
]


@command
def demo(output: Output, source: Chosen = SourceName.STDLIB, folder: Folder = ".") -> None:
    """Rank Python's standard library and ask it two questions.

    It also derives by a rule, with a proof, draws the answer, and needs no network.
    """
    screen, began, subject = Screen(output), time.perf_counter(), _SUBJECTS[source]
    graph_path = verify_output(str(Path(folder, f"{source}.focusmesh")), force=True)
    picture_path = verify_output(str(Path(folder, f"{source}.png")), force=True)
    graph = _read(screen, subject, graph_path)
    focus = _rank(screen, graph)
    questions = [asked for asked in subject.questions if set(asked.seeds) <= set(graph.particles)]
    answers = [_ask(screen, graph, question) for question in questions]
    derived = _derive(screen, graph, subject.rule)
    drawn = _draw(screen, graph, focus, picture_path, f"What {subject.called} leans on")
    seconds = time.perf_counter() - began
    tell(screen, "Go on by yourself", f"{seconds:.1f} s in all")
    saved = safe(str(graph_path))
    screen.lines([f"  focusmesh {line.format(graph=saved)}" for line in subject.further])
    if screen.as_json:
        screen.document(
            {
                **focus_document(graph, focus, focus.top(_LISTED)),
                "source": str(source),
                "python": platform.python_version(),
                "answers": answers,
                "derived": derived,
                "output": [str(path) for path in (graph_path, *drawn)],
                "seconds_in_all": seconds,
            }
        )


@dataclass(frozen=True, slots=True)
class _Subject:
    """What the demo looks at: how it is read and called, what it is asked, commands to go on with."""

    read: Callable[[Screen], Graph]
    called: str
    things: str
    questions: tuple[Question, ...]
    rule: Rule
    further: tuple[str, ...]


def _standard_library(screen: Screen) -> Graph:
    folder = standard_library()
    tell(screen, f"The standard library of Python {platform.python_version()}", str(folder))
    return read_graph(str(folder), Reading(format="python", exclude=list(EXCLUDED)), screen)


def _packages(screen: Screen) -> Graph:
    with package_list() as path:
        tell(screen, "The packages that this machine can install", "apt-cache dumpavail")
        return read_graph(str(path), Reading(format="debian"), screen)


_SUBJECTS = {
    SourceName.STDLIB: _Subject(
        _standard_library,
        "the standard library",
        "modules, classes and functions",
        QUESTIONS,
        RULE,
        (
            "context {graph} asyncio.runners.run --relevant",
            "explain {graph} --from json.decoder warnings.warn",
            "rank edges.csv",
        ),
    ),
    SourceName.DEBIAN: _Subject(
        _packages,
        "Debian",
        "packages, real and virtual",
        PACKAGE_QUESTIONS,
        PACKAGE_RULE,
        (
            "context {graph} gimp --relevant",
            "explain {graph} --from python3-numpy gfortran",
            "demo --source stdlib",
        ),
    ),
}


def _read(screen: Screen, subject: _Subject, path: Path) -> Graph:
    """The subject as a graph, saved to ``path``."""
    began = time.perf_counter()
    graph = subject.read(screen)
    seconds = time.perf_counter() - began
    graph.save(path)
    relations = ", ".join(str(name) for name in graph.relations or ())
    screen.lines(
        [
            f"  {graph.particle_count:,} {subject.things}; {graph.link_count:,} links ({relations})",
            f"  read in {seconds:.1f} s, saved to {safe(str(path))} ({size_text(path.stat().st_size)})",
        ]
    )
    return graph


def _rank(screen: Screen, graph: Graph) -> Focus:
    """The global focus and what comes first in it."""
    with screen.progress() as progress:
        focus = graph.focus(progress=progress)
    tell(screen, "What everything leans on")
    described_table(graph, focus.top(_LISTED), screen)
    _certify(screen, focus)
    return focus


def _ask(screen: Screen, graph: Graph, question: Question) -> dict[str, Any]:
    """One question, answered and explained."""
    given = answer(graph, question)
    tell(screen, question.words)
    show_answer(graph, given, screen)
    _certify(screen, given.focus)
    return answer_document(graph, given)


def _derive(screen: Screen, graph: Graph, rule: Rule) -> dict[str, Any]:
    """What the rules yield, and why the last row that they found is there."""
    view = graph.rules(rule.text)
    rows = view["needs"]
    tell(screen, rule.words)
    screen.lines([f"  {safe(line)}" for line in rule.text.splitlines()])
    if not rows:
        screen.lines(["  nothing"])
        return {"rules": rule.text, "count": 0, "proof": ""}
    proof = view.why("needs", *rows[-1], minimal=True)
    view.verify_proof(proof)
    screen.lines(
        [
            f"  {len(rows):,}: {safe(', '.join(str(name) for (name,) in rows[:_LISTED]))} …",
            f"  Why {safe(str(rows[-1][0]))}? The proof, checked against the graph:",
            *(f"    {safe(line)}" for line in str(proof).splitlines()),
        ]
    )
    return {"rules": rule.text, "count": len(rows), "proof": str(proof)}


def _draw(screen: Screen, graph: Graph, focus: Focus, path: Path, title: str) -> list[Path]:
    """The picture, or a line that says which extra it needs."""

    def draw(axes: Axes) -> None:
        from focusmesh.engine.focus import plot_net

        plot_net(graph, focus, count=_DRAWN, title=title, ax=axes)

    tell(screen, "A picture")
    try:
        verify_picture(path)
    except MissingExtraError as error:
        screen.lines([f"  not drawn: {safe(str(error))}"])
        return []
    write_picture(path, draw, NET_SIZE, caption_of(graph, focus, True))
    screen.lines([f"  {safe(str(path))}: the first {_DRAWN}, area is focus, colours are clusters"])
    return [path]


def tell(screen: Screen, heading: str, fact: str = "") -> None:
    """A heading with a fact beside it."""
    beside = f"  [dim]{safe(fact)}[/dim]" if fact else ""
    screen.lines(["", f"[bold cyan]{safe(heading)}[/bold cyan]{beside}"])


def _certify(screen: Screen, focus: Focus) -> None:
    """How far the scores above can be trusted."""
    bound = f"all {len(focus.scores):,} scores together are within {focus.bound:.1e} (L1)"
    screen.lines([f"[dim]{bound} · {focus.iterations} iterations · {focus.seconds:.2f} s[/dim]"])
