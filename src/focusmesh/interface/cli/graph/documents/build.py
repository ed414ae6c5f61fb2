"""``focusmesh build``: from a folder of documents to a graph whose passages link what they mention."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from focusmesh.errors import MissingExtraError, ParameterError, UnsupportedFormatError
from focusmesh.interface.cli.graph.import_links import import_document
from focusmesh.interface.cli.shared.explanations import safe
from focusmesh.interface.cli.shared.graph_input import SAVED_SUFFIX, existing, tell_report
from focusmesh.interface.cli.shared.options import Force, Output, command
from focusmesh.interface.cli.shared.output_files import verify_output
from focusmesh.interface.cli.shared.results import sizes_text
from focusmesh.interface.cli.shared.screen import Screen
from focusmesh.interface.cli.shared.table import Column, size_text, visible

if TYPE_CHECKING:
    from focusmesh.engine.graph import Graph

KEPT_SUFFIX = ".readings"
"""Behind the name of the graph file: what was read of each file, for the next build."""
_AROUND = 30

Sources = Annotated[
    list[str],
    typer.Argument(
        metavar="FOLDER|FILE…",
        help="Text, Markdown, HTML, PDF, JSON lines, mail boxes, exports of chats; or folders of them.",
        show_default=False,
    ),
]
Destination = Annotated[
    str | None,
    typer.Option(
        "--output", "-o", metavar="FILE", help="The graph file, *.focusmesh.", show_default=False
    ),
]
Preview = Annotated[
    int | None,
    typer.Option(
        "--preview",
        metavar="N",
        min=1,
        help="Show the first N mentions with the words that make them, and write nothing.",
    ),
]
Exclude = Annotated[
    list[str] | None,
    typer.Option(
        "--exclude", metavar="PATTERN", help="Leave out files that match; may be repeated."
    ),
]
Strict = Annotated[bool, typer.Option("--strict", help="Stop at the first file that is bad.")]
Anew = Annotated[
    bool, typer.Option("--anew", help="Read every file again, whether it changed or not.")
]


@command
def build(
    sources: Sources,
    output: Output,
    destination: Destination = None,
    preview: Preview = None,
    exclude: Exclude = None,
    strict: Strict = False,
    anew: Anew = False,
    force: Force = False,
) -> None:
    """Make a graph of documents, with links to what they mention.

    The same command again reads only files that changed since.
    """
    screen = Screen(output)
    if (destination is None) == (preview is None):
        raise ParameterError("say where to, with --output FILE, or look first with --preview N")
    path, kept = (None, None) if destination is None else _places(destination, force=force)
    paths = [existing(source) for source in sources]
    if anew and kept is not None:
        kept.unlink(missing_ok=True)
    graph = _build(paths, exclude or (), kept, screen, strict=strict)
    where = ", ".join(sources)
    if graph.report is not None:
        tell_report(graph.report, where, screen)
    if path is None:
        _show(graph, preview or 0, screen)
        return
    _save(graph, path, screen)
    document = import_document(graph, where, path)
    if screen.as_json:
        screen.document(document)
    screen.narrate(
        f"{path}: {sizes_text(graph)}, {size_text(document['bytes'])} · "
        f"{document['seconds']:.2f} s to build"
    )


def _save(graph: Graph, path: Path, screen: Screen) -> None:
    """With the index of words, where the extra is there that recall needs as well."""
    try:
        graph.save(path, words=True)
    except MissingExtraError as error:
        screen.narrate(f"{path}: without an index of words: {error}")


def _places(destination: str, *, force: bool) -> tuple[Path, Path]:
    """The graph file and what is kept beside it; a file that was built before is brought up to date unasked."""
    kept = Path(f"{destination}{KEPT_SUFFIX}")
    path = verify_output(destination, force=force or kept.is_file())
    if path.suffix != SAVED_SUFFIX:
        raise UnsupportedFormatError(
            f"{destination}: a graph file ends in {SAVED_SUFFIX}; `focusmesh export` writes other formats"
        )
    return path, kept


def _build(
    paths: list[Path], exclude: Any, kept: Path | None, screen: Screen, *, strict: bool
) -> Graph:
    from focusmesh.engine.graph import Graph

    with screen.progress() as progress:
        return Graph.from_documents(
            paths, exclude=exclude, kept=kept, strict=strict, progress=progress
        )


def _show(graph: Graph, count: int, screen: Screen) -> None:
    """The first mentions, each with the words around it."""
    found = _mentions(graph, count)
    if screen.as_json:
        screen.document({"particles": graph.particle_count, "mentions": found})
        return
    columns = [Column("passage", style="bold"), Column("mentions", style="cyan"), Column("words")]
    rows = [[visible(one[key]) for key in ("passage", "mentions", "around")] for one in found]
    if rows:
        screen.table(columns, rows)
    else:
        screen.lines([safe("no passage mentions another")])


def _mentions(graph: Graph, count: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    links = graph.links()
    for row in range(len(links)):
        if len(found) >= count:
            break
        source = links.particles[int(links.source[row])]
        target = links.particles[int(links.target[row])]
        text = graph.text(source)
        for place in graph.evidence(source, target)[:1]:
            around = text[max(0, place.start - _AROUND) : place.end + _AROUND]
            found.append(
                {
                    "passage": str(source),
                    "mentions": str(target),
                    "start": place.start,
                    "end": place.end,
                    "words": place.words,
                    "around": " ".join(around.split()),
                }
            )
    return found
