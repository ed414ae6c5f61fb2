"""From a word on the command line to a graph, and what its import had to leave out."""

from __future__ import annotations

import shutil
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from focusmesh.errors import BadLineError, FileError, ParameterError
from focusmesh.interface.cli.ledger_options import opened
from focusmesh.interface.cli.table import counted
from focusmesh.interface.nearby import close_paths, hint
from focusmesh.interface.node import Folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh.engine.graph import Graph, ImportReport
    from focusmesh.interface.cli.options import Reading
    from focusmesh.interface.cli.screen import Screen

SAVED_SUFFIX = ".focusmesh"
BAD_LINES_SHOWN = 3
_COMPRESSED = {b"\x1f\x8b": ".gz", b"\x28\xb5\x2f\xfd": ".zst"}


def read_graph(where: str, reading: Reading, screen: Screen, *, verify: bool = False) -> Graph:
    """The graph at ``where``: opened if it was saved by focusmesh, imported otherwise.

    Bad lines of an import are counted and the first few named on standard error. ``verify`` checks the digests
    of a saved graph.
    """
    from focusmesh.engine.graph import Graph

    if is_saved(where, reading):
        graph = Graph.open(existing(where), verify)
    elif reading.format is None and (ledger := ledger_of(where)) is not None:
        graph = ledger_graph(*ledger)
    else:
        graph = _imported(where, reading, screen)
    if reading.texts is not None:
        with screen.progress() as progress:
            report = graph.read_texts(
                existing(reading.texts), strict=reading.strict, progress=progress
            )
        tell_bad_lines(report, reading.texts, screen)
    return graph


def _imported(where: str, reading: Reading, screen: Screen) -> Graph:
    from focusmesh.engine.graph import Graph

    with input_file(where, reading) as path, screen.progress() as progress:
        graph = Graph.read(path, **reading.arguments(), progress=progress)
    if graph.report is not None:
        tell_bad_lines(graph.report, where, screen)
    return graph


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

    with opened(folder) as chain:
        return graph_of(chain.reading(), height)


def existing(where: str) -> Path:
    """``where`` as a path; FileError when there is nothing."""
    path = Path(where)
    if not path.exists():
        near = hint(close_paths(path), Path.exists)
        raise FileError(f"{where}: there is no such file or folder{near}")
    return path


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
        return f"{counted(report.bad_count, 'bad line')} left out of {report.line_count:,}:"
    files = counted(len({bad.file for bad in report.bad}), "file")
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
        path = _spooled(Path(folder, "stdin"))
        try:
            yield path
        except BadLineError as error:
            raise BadLineError("stdin", error.line, error.reason) from None


def _spooled(path: Path) -> Path:
    """Copies standard input into a file at ``path``, or beside it with the suffix of its compression."""
    # Python has no such stream where the shell closed it.
    if getattr(sys, "stdin", None) is None:
        raise FileError("standard input is closed")
    try:
        with path.open("wb") as spool:
            shutil.copyfileobj(sys.stdin.buffer, spool)
        with path.open("rb") as spool:
            head = spool.read(max(map(len, _COMPRESSED)))
    except OSError as error:
        raise FileError(f"cannot take in standard input: {error.strerror}") from error
    suffix = next((name for magic, name in _COMPRESSED.items() if head.startswith(magic)), "")
    return path.rename(path.with_suffix(suffix)) if suffix else path
