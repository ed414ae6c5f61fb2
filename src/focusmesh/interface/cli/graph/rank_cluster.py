"""``focusmesh rank --cluster``: tables or parts, ranked by workers."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from focusmesh.errors import InputError, ParameterError
from focusmesh.interface.cli.shared.graph_input import tell_bad_lines
from focusmesh.interface.cli.shared.particle_names import in_json
from focusmesh.interface.cli.shared.results import focus_table, tell_doubt
from focusmesh.interface.cli.shared.table import count_of, size_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.focus import FocusParams, Ranked
    from focusmesh.host.cluster import ClusterFocus, ClusterGraph
    from focusmesh.host.clusters import Cluster
    from focusmesh.interface.cli.shared.options import Operator, Reading
    from focusmesh.interface.cli.shared.screen import Screen

CLUSTER = "Cluster"
LOCAL = "local"
_WORKERS = 2

Where = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        metavar="ADDRESS",
        rich_help_panel=CLUSTER,
        help="Rank with workers: on a Ray cluster (its address, or auto), on a Ray of this machine that ends "
        "afterwards (local), or on threads of this process (here).",
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers",
        metavar="N",
        min=1,
        rich_help_panel=CLUSTER,
        help="Number of workers (the number of parts; two for tables).",
    ),
]
PartsFolder = Annotated[
    str | None,
    typer.Option(
        "--parts",
        metavar="DIR",
        rich_help_panel=CLUSTER,
        help="Folder in which the parts of tables are kept and reused.",
    ),
]
Keep = Annotated[
    str | None,
    typer.Option(
        "--keep",
        metavar="DIR",
        rich_help_panel=CLUSTER,
        help="Where workers write checkpoints, so that an interrupted run continues.",
    ),
]
Scores = Annotated[
    str | None,
    typer.Option(
        "--scores",
        metavar="DIR",
        rich_help_panel=CLUSTER,
        help="Where workers write all scores as Parquet.",
    ),
]


@dataclass(frozen=True, slots=True)
class Apart:
    """Whether workers rank, which, and what they leave behind."""

    cluster: Where = None
    workers: Workers = None
    parts: PartsFolder = None
    keep: Keep = None
    scores: Scores = None

    def verify_unused(self) -> None:
        """Raises ParameterError for options that need ``--cluster``."""
        for name in ("workers", "parts", "keep", "scores"):
            if getattr(self, name) is not None:
                raise ParameterError(f"--{name} belongs to --cluster ADDRESS")


def rank_apart(
    tables: Sequence[str],
    reading: Reading,
    operator: Operator,
    apart: Apart,
    count: int | None,
    threads: int | None,
    screen: Screen,
) -> None:
    """Ranks what lies in ``tables``, or the folder of parts that it names, and lists the first ``count``."""
    from focusmesh.host.cluster import verify_writable
    from focusmesh.host.clusters import cluster

    given = {
        "format": reading.format,
        "exclude": reading.exclude,
        "texts": reading.texts,
        "preview": reading.preview,
        "table": reading.table,
    }
    for name, value in given.items():
        if value is not None:
            raise ParameterError(f"--{name} does not go with --cluster, which reads Parquet tables")
    address = None if apart.cluster == LOCAL else apart.cluster
    place, params = cluster(address, threads=threads), operator.params()
    if apart.scores is not None:
        verify_writable(apart.scores)
    with ExitStack() as stack:
        folder = _parts(tables, reading, apart, place, stack, screen)
        graph = stack.enter_context(place.open(folder, apart.workers, verify=True))
        with screen.progress() as progress:
            focus = graph.focus(params, operator.tolerance, keep=apart.keep, progress=progress)
        items = focus.top(graph.particle_count if count is None else count)
        if apart.scores is not None:
            focus.write(apart.scores)
        if screen.as_json:
            screen.document(_document(graph, focus, params, items, apart.scores))
        else:
            focus_table(items, screen)
        _tell(graph, focus, items, apart, screen)


def _parts(
    tables: Sequence[str],
    reading: Reading,
    apart: Apart,
    place: Cluster,
    stack: ExitStack,
    screen: Screen,
) -> str:
    """The folder of parts: the one that is named, one that was kept, or made now."""
    if len(tables) == 1 and _is_parts(tables[0]):
        return tables[0]
    if apart.parts is None:
        made = tempfile.TemporaryDirectory(prefix="focusmesh-parts-")
        folder = str(Path(stack.enter_context(made), "parts"))
    elif _is_parts(apart.parts):
        _verify_made_of(apart.parts, tables, reading, screen)
        return apart.parts
    else:
        folder = apart.parts
    with screen.progress() as progress:
        done = place.partition(
            list(tables),
            folder,
            apart.workers or _WORKERS,
            columns=reading.column_names(),
            strict=reading.strict,
            progress=progress,
        )
    if done.report is not None:
        tell_bad_lines(done.report, ", ".join(tables), screen)
    return folder


def _verify_made_of(folder: str, tables: Sequence[str], reading: Reading, screen: Screen) -> None:
    """Raises InputError where the parts that are there are those of other tables."""
    from focusmesh.engine.links import SUFFIX
    from focusmesh.host.cluster import is_made_of

    known = is_made_of(folder, tables, reading.column_names() or {}, SUFFIX)
    if known is False:
        raise InputError(
            f"the parts in {folder} are not those of {', '.join(tables)} as they are now: name another folder with "
            "--parts, or cut them anew with `focusmesh cluster partition`"
        )
    whose = "" if known else ", nobody knows of what"
    screen.narrate(f"{folder}: parts that are there{whose}")


def _is_parts(folder: str) -> bool:
    return Path(folder, "manifest.json").is_file()


def _document(
    graph: ClusterGraph,
    focus: ClusterFocus,
    params: FocusParams,
    items: Sequence[Ranked],
    scores: str | None,
) -> dict[str, Any]:
    return {
        "params": asdict(params),
        "particles": graph.particle_count,
        "links": graph.axon_count,
        "residual": focus.residual,
        "bound": focus.bound,
        "seconds": focus.seconds,
        "backend": "cluster",
        "items": [{"particle": in_json(item.particle), "score": item.score} for item in items],
        "sweeps": focus.sweeps,
        "bytes_per_sweep": focus.bytes_per_sweep,
        "straggler": focus.straggler,
        "workers": [asdict(worker) for worker in focus.workers],
        "scores": scores,
    }


def _tell(
    graph: ClusterGraph,
    focus: ClusterFocus,
    items: Sequence[Ranked],
    apart: Apart,
    screen: Screen,
) -> None:
    """Bound and effort in a line, who was waited for in another."""
    screen.narrate(
        f"{count_of(graph.particle_count, 'particle')}, {count_of(graph.axon_count, 'link')} · "
        f"bound {focus.bound:.1e} · residual {focus.residual:.1e} · {count_of(focus.sweeps, 'sweep')} · "
        f"{focus.seconds:.2f} s by {count_of(len(focus.workers), 'worker')}"
    )
    if len(focus.workers) > 1:
        waited = sum(worker.waited for worker in focus.workers)
        screen.narrate(
            f"{size_text(focus.bytes_per_sweep)} a sweep between them; they waited {waited:.2f} s in all, "
            f"the least worker {focus.straggler}"
        )
    if apart.scores is not None:
        screen.narrate(f"{apart.scores}: all scores as Parquet")
    tell_doubt(items, screen)
