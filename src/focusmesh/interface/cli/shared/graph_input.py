"""From a word on the command line to a graph, and what its import had to leave out."""

from __future__ import annotations

import shutil
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from focusmesh.errors import BadLineError, FileError, ParameterError
from focusmesh.host.path_hints import close_paths, hint
from focusmesh.host.storage import Folder
from focusmesh.interface.cli.shared.ledger_options import open_ledger
from focusmesh.interface.cli.shared.table import Column, count_of, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh.engine.graph import Graph
    from focusmesh.engine.links import ImportReport
    from focusmesh.interface.cli.shared.options import Reading
    from focusmesh.interface.cli.shared.screen import Screen

SAVED_SUFFIX = ".focusmesh"
BAD_LINES_SHOWN = 3


def read_graph(where: str, reading: Reading, screen: Screen, *, verify: bool = False) -> Graph:
    """The graph at ``where``: opened if it was saved by focusmesh, imported otherwise.

    Bad lines of an import are counted and the first few named on standard error. ``verify`` checks the digests
    of a saved graph.
    """
    from focusmesh.engine.graph import Graph

    if not is_imported(where, reading):
        _verify_no_import_options(where, reading)
    if is_saved(where, reading):
        graph = Graph.open(existing(where), verify)
        graph = graph.with_normal_names() if reading.nfc else graph
    elif reading.format is None and (ledger := ledger_of(where)) is not None:
        graph = ledger_graph(*ledger)
        graph = graph.with_normal_names() if reading.nfc else graph
    else:
        graph = _import(where, reading, screen)
    if reading.texts is not None:
        with screen.progress() as progress:
            report = graph.read_texts(
                existing(reading.texts), strict=reading.strict, nfc=reading.nfc, progress=progress
            )
        tell_report(report, reading.texts, screen)
    return graph


def _verify_no_import_options(where: str, reading: Reading) -> None:
    """Raises ParameterError for an option of imports: what is saved has its links and names already."""
    given = {
        "--preview": reading.preview is not None,
        "--names": reading.names != "id",
        "--columns": reading.columns is not None,
        "--table": reading.table is not None,
        "--exclude": bool(reading.exclude),
        # A table of texts is read here, and may be read strictly.
        "--strict": reading.strict and reading.texts is None,
    }
    for option, is_given in given.items():
        if is_given:
            raise ParameterError(
                f"{option} is for files to import, and {where} is none: leave it out"
            )


def _import(where: str, reading: Reading, screen: Screen) -> Graph:
    from focusmesh.engine.graph import Graph

    show_preview(where, reading, screen)
    with input_file(where, reading) as path, screen.progress() as progress:
        graph = Graph.read(path, **reading.arguments(), progress=progress)
    if graph.report is not None:
        tell_report(graph.report, where, screen)
    return graph


def show_preview(where: str, reading: Reading, screen: Screen) -> None:
    """With --preview the first links of a file to import, how it was understood, and the end of the command."""
    if reading.preview is None:
        return
    from focusmesh.engine.graph import Graph
    from focusmesh.engine.importers import read_links
    from focusmesh.interface.cli.shared.row_files import link_records

    with input_file(where, reading) as path, screen.progress() as progress:
        links, report = read_links(
            path, **reading.arguments(), progress=progress, first=reading.preview
        )
    tell_report(report, where, screen)
    records = link_records(Graph.from_links(links))
    rows = list(records.rows())
    if screen.as_json:
        understood = {"understood": [report.format, *report.understood]}
        found = [dict(zip(records.columns, row, strict=True)) for row in rows]
        warnings = {"warnings": list(report.warnings)}
        screen.document({"path": where, **understood, **warnings, "links": found})
    else:
        shown = [
            [visible(f"{cell:g}" if isinstance(cell, float) else str(cell)) for cell in row]
            for row in rows
        ]
        screen.table([Column(name, right=name == "weight") for name in records.columns], shown)
    raise typer.Exit


def is_imported(where: str, reading: Reading) -> bool:
    """Whether ``where`` is to be imported: it is neither a saved graph nor a ledger."""
    return not is_saved(where, reading) and (reading.format is not None or ledger_of(where) is None)


def is_saved(where: str, reading: Reading) -> bool:
    """Whether ``where`` is to be opened rather than imported."""
    return where != "-" and reading.format is None and Path(where).suffix == SAVED_SUFFIX


def ledger_of(where: str) -> tuple[str, int | None] | None:
    """The folder of a ledger and the height that ``DIR`` or ``DIR@HEIGHT`` means; None where there is no ledger."""
    folder, _, height = where.rpartition("@")
    if Folder(Path(where)).is_there():
        return where, None
    if folder and height.isdecimal() and Folder(Path(folder)).is_there():
        return folder, int(height)
    return None


def ledger_graph(folder: str, height: int | None) -> Graph:
    """The links of a ledger as of a block, in memory."""
    from focusmesh.kernel.session import graph_of

    with open_ledger(folder) as chain:
        return graph_of(chain.reading(), height)


def existing(where: str) -> Path:
    """``where`` as a path; FileError when there is nothing."""
    path = Path(where)
    if not path.exists():
        near = hint(close_paths(path), Path.exists)
        raise FileError(f"{where}: there is no such file or folder{near}")
    return path


def tell_report(report: ImportReport, where: str, screen: Screen) -> None:
    """How a file was understood, what may have been meant otherwise, and what was left out, on standard error."""
    if report.understood:
        screen.narrate(f"{'stdin' if where == '-' else where}: {report.summary}")
    for warning in report.warnings[:BAD_LINES_SHOWN]:
        screen.narrate(
            f"warning: {warning.replace(report.path, 'stdin') if where == '-' else warning}"
        )
    if len(report.warnings) > BAD_LINES_SHOWN:
        screen.narrate(f"  … and {len(report.warnings) - BAD_LINES_SHOWN:,} more warnings")
    tell_bad_lines(report, where, screen)


def tell_bad_lines(report: ImportReport, where: str, screen: Screen) -> None:
    """How many lines were left out and why, on standard error."""
    if not report.bad_count:
        return
    screen.narrate(_left_out(report))
    for bad in report.bad[:BAD_LINES_SHOWN]:
        file = "stdin" if where == "-" else bad.file
        screen.narrate(f"  {file}:{bad.line}: {bad.reason}")
    if report.bad_count > BAD_LINES_SHOWN:
        screen.narrate(f"  … and {report.bad_count - BAD_LINES_SHOWN:,} more")


def _left_out(report: ImportReport) -> str:
    if not report.of_files:
        return f"{count_of(report.bad_count, 'bad line')} left out of {report.line_count:,}:"
    files = count_of(len({bad.file for bad in report.bad}), "file")
    least = "at least " if report.bad_count > len(report.bad) else ""
    return f"{least}{files} could not be read, or not all of it:"


@contextmanager
def input_file(where: str, reading: Reading) -> Iterator[Path]:
    """The file to read; standard input is spooled, because importers may go over a file twice."""
    if where != "-":
        yield existing(where)
        return
    if reading.format is None:
        raise ParameterError("standard input has no suffix: say what it is with --format")
    with tempfile.TemporaryDirectory(prefix="focusmesh-") as folder:
        path = _spool(Path(folder, "stdin"))
        try:
            yield path
        except BadLineError as error:
            raise BadLineError("stdin", error.line, error.reason) from None


def _spool(path: Path) -> Path:
    """Copies standard input into a file at ``path``."""
    # Python has no such stream where the shell closed it.
    if getattr(sys, "stdin", None) is None:
        raise FileError("standard input is closed")
    try:
        with path.open("wb") as spool:
            shutil.copyfileobj(sys.stdin.buffer, spool)
    except OSError as error:
        raise FileError(f"cannot take in standard input: {error.strerror}") from error
    return path
