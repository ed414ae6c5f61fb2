"""``focusmesh import``: from any known format to a graph file that opens at once."""

from __future__ import annotations

import time
from math import isfinite
from typing import TYPE_CHECKING, Annotated, Any

import typer

from focusmesh.errors import ParameterError, UnsupportedFormatError
from focusmesh.interface.cli.shared.graph_input import (
    SAVED_SUFFIX,
    input_file,
    is_imported,
    read_graph,
    show_preview,
    tell_report,
)
from focusmesh.interface.cli.shared.ledger_options import Signing, open_to_sign
from focusmesh.interface.cli.shared.options import Force, Output, Reading, command
from focusmesh.interface.cli.shared.output_files import verify_output
from focusmesh.interface.cli.shared.particle_names import find_or_new
from focusmesh.interface.cli.shared.results import sizes_text
from focusmesh.interface.cli.shared.screen import Screen
from focusmesh.interface.cli.shared.table import count_of, size_text

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence
    from pathlib import Path

    from focusmesh.engine.graph import Graph
    from focusmesh.engine.links import LinkColumns, Names
    from focusmesh.engine.support.arrays import IndexArray
    from focusmesh.host.ledger import Imported

Input = Annotated[
    str,
    typer.Argument(
        metavar="INPUT",
        help="A file to import, a folder (notes, documents, Python source), or - for stdin.",
        show_default=False,
    ),
]
Destination = Annotated[
    str | None,
    typer.Option(
        "--output", "-o", metavar="FILE", help="The graph file, *.focusmesh.", show_default=False
    ),
]
IntoLedger = Annotated[
    str | None,
    typer.Option(
        "--ledger",
        "-l",
        metavar="DIR",
        help="Sign the links and put them into this ledger.",
        show_default=False,
    ),
]
Unit = Annotated[
    float | None,
    typer.Option(
        "--unit",
        metavar="X",
        help="With --ledger: what one unit of weight is, where weights are not whole numbers.",
    ),
]
Resume = Annotated[
    bool,
    typer.Option(
        "--resume",
        help="With --ledger: go on where an import of this file by this key was cut short.",
    ),
]
Add = Annotated[
    list[str] | None,
    typer.Option(
        "--add",
        metavar="FILE",
        help="With --output: links to add, such as reviewed proposals; may be repeated.",
    ),
]
_COUNTS = ("links", "there", "left_out", "rounded", "claimed", "signals", "height")


@command
def import_(
    source: Input,
    reading: Reading,
    output: Output,
    signing: Signing,
    destination: Destination = None,
    ledger: IntoLedger = None,
    unit: Unit = None,
    resume: Resume = False,
    add: Add = None,
    force: Force = False,
) -> None:
    """Read INPUT into a graph file, or sign its links into a ledger."""
    screen = Screen(output)
    if is_imported(source, reading):
        show_preview(source, reading, screen)
    if (destination is None) == (ledger is None):
        raise ParameterError("say where to: --output FILE for a graph file, or --ledger DIR")
    if ledger is not None:
        if add:
            raise ParameterError("--add belongs to --output; a ledger takes one file at a time")
        import_into(ledger, source, unit, reading, signing, screen, resume=resume)
    elif destination is not None:
        import_file(destination, source, reading, screen, add or (), force=force)


def import_file(
    destination: str,
    source: str,
    reading: Reading,
    screen: Screen,
    add: Iterable[str] = (),
    *,
    force: bool,
) -> None:
    """Reads ``source`` and the links to ``add`` to it, and saves all as a graph file."""
    path = verify_output(destination, force=force)
    if path.suffix != SAVED_SUFFIX:
        raise UnsupportedFormatError(
            f"{destination}: a graph file ends in {SAVED_SUFFIX}; `focusmesh export` writes other formats"
        )
    graph = read_graph(source, reading, screen)
    for further in add:
        more = read_graph(further, Reading(), screen)
        before = graph.particle_count
        _add(graph, more)
        made = count_of(graph.particle_count - before, "new particle")
        screen.narrate(f"{further}: {count_of(more.link_count, 'link')} added, {made}")
    graph.save(path)
    document = import_document(graph, source, path)
    if screen.as_json:
        screen.document(document)
    screen.narrate(
        f"{path}: {sizes_text(graph)}, {size_text(document['bytes'])} · "
        f"{document['seconds']:.2f} s to read"
    )


def _add(graph: Graph, more: Graph) -> None:
    from focusmesh.engine.graph import add_properties

    names = [find_or_new(graph.particles, name) for name in more.particles]
    graph.update(edges_of(more.links(), names))
    for name, text in zip(names, more.texts or (), strict=False):
        if str(text):
            graph.set_text(name, str(text))
    add_properties(graph, more.snapshot().properties, names)


def edges_of(links: LinkColumns, names: Sequence[Hashable]) -> Iterator[tuple[Any, ...]]:
    """Links as ``Graph.update`` takes them, between particles of these ``names``."""
    weight = links.weight
    for row in range(len(links)):
        yield (
            names[links.source[row]],
            names[links.target[row]],
            1.0 if weight is None else float(weight[row]),
            _label(links.relations, links.relation, row),
            _label(links.authors, links.author, row),
            None if links.time is None else int(links.time[row]),
        )


def _label(names: Names | None, column: IndexArray | None, row: int) -> Hashable | None:
    named = None if names is None or column is None else names[int(column[row])]
    return None if named == "" else named


def import_into(
    ledger: str,
    source: str,
    unit: float | None,
    reading: Reading,
    signing: Signing,
    screen: Screen,
    *,
    resume: bool,
) -> None:
    """Reads ``source`` and signs its links into a ledger, in signals of some thousands each."""
    from focusmesh.host.ledger import import_links

    if reading.texts is not None:
        raise ParameterError(
            "--texts is for graph files: a ledger keeps what particles are called, no texts beside"
        )
    if unit is not None and not (unit > 0 and isfinite(unit)):
        raise ParameterError(f"--unit {unit}: needs 0 < unit < ∞")
    began = time.monotonic()
    with (
        input_file(source, reading) as path,
        open_to_sign(ledger, signing) as opened,
        screen.progress() as progress,
    ):
        done = import_links(opened, path, unit, reading.arguments(), progress, resume=resume)
    tell_report(done.report, source, screen)
    seconds = time.monotonic() - began
    if screen.as_json:
        counts = {name: getattr(done, name) for name in _COUNTS}
        bad = done.report.bad_count
        screen.document(
            {"input": source, "ledger": ledger, **counts, "bad": bad, "seconds": seconds}
        )
    tell_imported(done, ledger, unit, seconds, screen)


def tell_imported(
    done: Imported, ledger: str, unit: float | None, seconds: float, screen: Screen
) -> None:
    """What went into a ledger, and what did not, in words."""
    screen.narrate(
        f"{ledger}: {count_of(done.links, 'link')} in {count_of(done.signals, 'signal')}, "
        f"height {done.height} · {seconds:.2f} s"
    )
    if done.there:
        screen.narrate(f"the first {count_of(done.there, 'link')} had been there already")
    if done.left_out:
        screen.narrate(f"{count_of(done.left_out, 'link')} to itself or of weight 0 left out")
    if done.claimed:
        links = count_of(done.claimed, "link")
        screen.narrate(
            f"the author that the file names for {links} is left out: who signs is the author"
        )
    if done.texts:
        texts = count_of(done.texts, "text")
        screen.narrate(f"{texts} left out: a ledger has no texts beside what particles are called")
    if done.rounded:
        screen.narrate(f"{count_of(done.rounded, 'weight')} rounded to whole units of {unit:g}")


def import_document(graph: Graph, source: str, path: Path) -> dict[str, Any]:
    """What was read, what was left out, and where it is now."""
    report = graph.report
    return {
        "input": source,
        "output": str(path),
        "format": None if report is None else report.format,
        "particles": graph.particle_count,
        "links": graph.link_count,
        "lines": None if report is None else report.line_count,
        "understood": [] if report is None else [report.format, *report.understood],
        "warnings": [] if report is None else list(report.warnings),
        "bad": 0 if report is None else report.bad_count,
        "bad_lines": []
        if report is None
        else [{"file": bad.file, "line": bad.line, "reason": bad.reason} for bad in report.bad],
        "bytes": path.stat().st_size,
        "seconds": 0.0 if report is None else report.seconds,
    }
