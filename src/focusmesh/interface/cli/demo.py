"""``focusmesh demo``: the standard library of this Python, ranked, asked, explained and drawn."""

from __future__ import annotations

import platform
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from focusmesh.errors import MissingExtraError
from focusmesh.interface.cli.answers import answer, answer_document, described_table, show_answer
from focusmesh.interface.cli.explanations import safe
from focusmesh.interface.cli.options import Output, Reading, command
from focusmesh.interface.cli.pictures import NET_SIZE, caption_of, verify_picture, write_picture
from focusmesh.interface.cli.reading import read_graph
from focusmesh.interface.cli.results import focus_document
from focusmesh.interface.cli.screen import Screen
from focusmesh.interface.cli.stdlib import EXCLUDED, QUESTIONS, standard_library
from focusmesh.interface.cli.table import size_text
from focusmesh.interface.cli.writing import verify_output

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from focusmesh.engine.focus import Focus
    from focusmesh.engine.graph import Graph
    from focusmesh.interface.cli.stdlib import Question

GRAPH_FILE, PICTURE_FILE = "stdlib.focusmesh", "stdlib.png"
_LISTED, _DRAWN = 12, 45

Folder = Annotated[
    str, typer.Option("--output-dir", metavar="DIR", help="Where the graph and the picture go.")
]


@command
def demo(output: Output, folder: Folder = ".") -> None:
    """Rank the standard library of this Python, ask it two questions, draw it. Needs no network."""
    screen, began = Screen(output), time.perf_counter()
    graph_path = verify_output(str(Path(folder, GRAPH_FILE)), force=True)
    picture_path = verify_output(str(Path(folder, PICTURE_FILE)), force=True)
    graph = _read(screen, graph_path)
    focus = _rank(screen, graph)
    answers = [_ask(screen, graph, question) for question in QUESTIONS]
    drawn = _draw(screen, graph, focus, picture_path)
    seconds = time.perf_counter() - began
    _tell(screen, "Go on by yourself", f"{seconds:.1f} s in all")
    screen.lines(
        [
            f"  focusmesh context {safe(str(graph_path))} asyncio.runners.run --relevant",
            f"  focusmesh explain {safe(str(graph_path))} --from json.decoder warnings.warn",
            "  focusmesh rank edges.csv",
        ]
    )
    if screen.as_json:
        screen.document(
            {
                **focus_document(graph, focus, focus.top(_LISTED)),
                "python": platform.python_version(),
                "answers": answers,
                "output": [str(path) for path in (graph_path, *drawn)],
                "seconds_in_all": seconds,
            }
        )


def _read(screen: Screen, path: Path) -> Graph:
    """The standard library as a graph, saved to ``path``."""
    folder, began = standard_library(), time.perf_counter()
    _tell(screen, f"The standard library of Python {platform.python_version()}", str(folder))
    graph = read_graph(str(folder), Reading(exclude=list(EXCLUDED)), screen)
    seconds = time.perf_counter() - began
    graph.save(path)
    relations = ", ".join(str(name) for name in graph.relations or ())
    screen.lines(
        [
            f"  {graph.particle_count:,} modules, classes and functions; {graph.link_count:,} links ({relations})",
            f"  read in {seconds:.1f} s, saved to {safe(str(path))} ({size_text(path.stat().st_size)})",
        ]
    )
    return graph


def _rank(screen: Screen, graph: Graph) -> Focus:
    """The global focus and what comes first in it."""
    with screen.progress() as progress:
        focus = graph.focus(progress=progress)
    _tell(screen, "What everything leans on")
    described_table(graph, focus.top(_LISTED), screen)
    _certify(screen, focus)
    return focus


def _ask(screen: Screen, graph: Graph, question: Question) -> dict[str, Any]:
    """One question, answered and explained."""
    given = answer(graph, question)
    _tell(screen, question.words)
    show_answer(graph, given, screen)
    _certify(screen, given.focus)
    return answer_document(graph, given)


def _draw(screen: Screen, graph: Graph, focus: Focus, path: Path) -> list[Path]:
    """The picture, or a line that says which extra it needs."""

    def draw(axes: Axes) -> None:
        from focusmesh.engine.focus import plot_net

        plot_net(graph, focus, count=_DRAWN, title="What the standard library leans on", ax=axes)

    _tell(screen, "A picture")
    try:
        verify_picture(path)
    except MissingExtraError as error:
        screen.lines([f"  not drawn: {safe(str(error))}"])
        return []
    write_picture(path, draw, NET_SIZE, caption_of(graph, focus, True))
    screen.lines([f"  {safe(str(path))}: the first {_DRAWN}, area is focus, colours are clusters"])
    return [path]


def _tell(screen: Screen, heading: str, fact: str = "") -> None:
    """A heading with a fact beside it."""
    beside = f"  [dim]{safe(fact)}[/dim]" if fact else ""
    screen.lines(["", f"[bold cyan]{safe(heading)}[/bold cyan]{beside}"])


def _certify(screen: Screen, focus: Focus) -> None:
    """How far the scores above can be trusted."""
    bound = f"all {len(focus.scores):,} scores together are within {focus.bound:.1e} (L1)"
    screen.lines([f"[dim]{bound} · {focus.iterations} iterations · {focus.seconds:.2f} s[/dim]"])
