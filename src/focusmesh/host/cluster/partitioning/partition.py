"""Tables become a folder of parts: by the workers of a Ray cluster, or in this process."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from focusmesh.engine.cluster import (
    BLOCK_ROWS,
    PartitionJob,
    PartitionRun,
    begin_job,
    clear_job,
    verify_count,
    whole_manifest,
    write_parts,
)
from focusmesh.engine.graph import Graph
from focusmesh.engine.links import SUFFIX, BadLine, ImportReport
from focusmesh.errors import BadLineError, InputError
from focusmesh.host.cluster.partitioning.pieces import perform_piece
from focusmesh.host.cluster.partitioning.source import drop_source, told_of, write_source
from focusmesh.host.cluster.partitioning.tables import find_tables

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from focusmesh.engine.cluster import Manifest, RowReport
    from focusmesh.engine.support.progress import Progress
    from focusmesh.host.cluster.partitioning.tables import TableSet

    Runner = Callable[[PartitionJob, TableSet, str, Sequence[int]], Iterable[int]]

WORK = ".work"
HERE = "here"


@dataclass(frozen=True)
class Partitioned:
    """A folder of parts, what reading the tables came to (None for a graph that was there), and how long it took.

    ``reused`` pieces of work were there from a run before that did not finish.
    """

    folder: str
    manifest: Manifest
    report: ImportReport | None
    pieces: int
    reused: int
    seconds: float


def partition_graph(
    source: Graph | str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    folder: str | os.PathLike[str],
    parts: int,
    *,
    columns: Mapping[str, str] | None = None,
    strict: bool = False,
    address: str | None = None,
    options: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
    align: bool = True,
    block_rows: int = BLOCK_ROWS,
) -> Partitioned:
    """``source`` as a folder of ``parts`` parts, each with about the same work for a solver.

    A graph or a graph file (``.focusmesh``) is cut here; Parquet tables (files, folders, globs, under any fsspec path,
    with ``options`` for its file system) are read, numbered, merged and cut by the workers of the Ray cluster at
    ``address`` (None: one on this machine for the time being; ``"here"``: no Ray, in this process), piece by piece on
    disk. The bytes of the parts are the same on all ways; they are those of the graph that ``Graph.read`` makes of
    the tables, one after the other. ``folder`` must be seen by all workers under this path.

    ``align`` is that of ``make_parts``: parts begin where ranks come to the bits of one machine, so that a graph of
    fewer than 32,768 particles stays in one part. ``columns`` and ``strict`` are those of ``Graph.read``: bad rows are
    counted and named in the report. A run that was ended goes on where it was when it is started again with the same
    arguments; ``is_made_of`` knows the tables of a folder that is done. Raises FileError (a full disk, a table that is
    not there), DamagedFileError, InputError, BadLineError, ParameterError, MissingExtraError.
    """
    begun = time.perf_counter()
    listed = _graph_or_paths(source)
    if isinstance(listed, Graph) or listed[0].endswith(SUFFIX):
        graph = listed if isinstance(listed, Graph) else Graph.open(listed[0])
        drop_source(folder)
        manifest = write_parts(graph, parts, folder, align=align)
        if not isinstance(listed, Graph):
            write_source(folder, told_of(listed[0]))
        return Partitioned(str(folder), manifest, None, parts, 0, time.perf_counter() - begun)
    tables = find_tables(listed, columns or {}, options or {}, block_rows)
    job = _job(Path(folder).absolute(), parts, tables, align=align)
    begin_job(job, tables.fingerprint())
    drop_source(folder)
    with _runner(address) as run:
        running = PartitionRun(job, lambda *piece: run(piece[0], tables, *piece[1:]), progress)
        if strict:
            _refuse_bad(_bad_lines(running.read_rows(), tables))
        running.finish()
    report = running.read_rows()
    manifest = whole_manifest(job)
    write_source(folder, tables.fingerprint())
    clear_job(job)
    seconds = time.perf_counter() - begun
    return Partitioned(
        folder=str(folder),
        manifest=manifest,
        report=_import_report(report, tables, listed, seconds),
        pieces=running.made + running.reused,
        reused=running.reused,
        seconds=seconds,
    )


def _graph_or_paths(source: Any) -> Graph | list[str]:
    """A graph, or the paths of tables."""
    if isinstance(source, Graph):
        return source
    paths = [source] if isinstance(source, str) or hasattr(source, "__fspath__") else list(source)
    if not paths:
        raise InputError("there is no table to partition: give at least one path")
    texts = [str(path) for path in paths]
    if len(texts) > 1 and any(text.endswith(SUFFIX) for text in texts):
        raise InputError("give a graph file as the only path, without others beside it")
    return texts


def _job(folder: Path, parts: int, tables: TableSet, *, align: bool) -> PartitionJob:
    return PartitionJob.of(
        folder,
        folder / WORK,
        verify_count(parts),
        blocks=len(tables.blocks),
        rows=tables.rows,
        integers=tables.integers,
        align=align,
    )


def _runner(address: str | None) -> Any:
    if address == HERE:
        return _Here()
    from focusmesh.host.cluster.partitioning.ray_tasks import RayRunner

    return RayRunner(address)


class _Here:
    """Pieces one after the other in this process."""

    def __enter__(self) -> Runner:
        return self._run

    def __exit__(self, *_: object) -> None:
        return None

    def _run(
        self, job: PartitionJob, tables: TableSet, name: str, numbers: Sequence[int]
    ) -> Iterator[int]:
        for number in numbers:
            yield perform_piece(job, tables, name, number)


def _bad_lines(report: RowReport, tables: TableSet) -> tuple[BadLine, ...]:
    return tuple(BadLine(tables.tables[at].name, row, reason) for at, row, reason in report.bad)


def _refuse_bad(bad: tuple[BadLine, ...]) -> None:
    if bad:
        raise BadLineError(bad[0].file, bad[0].line, bad[0].reason)


def _import_report(
    report: RowReport, tables: TableSet, paths: list[str], seconds: float
) -> ImportReport:
    return ImportReport(
        path=", ".join(paths),
        format="table",
        line_count=report.rows,
        link_count=report.links,
        bad_count=report.bad_count,
        bad=_bad_lines(report, tables),
        seconds=seconds,
    )
