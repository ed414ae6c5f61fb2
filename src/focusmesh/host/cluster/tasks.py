"""What workers are told to do: functions that all of them run at once, each with its part."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.cluster import PartGraph, operator_of_part
from focusmesh.host.cluster.results import write_part

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from focusmesh.engine.cluster import (
        EditBatch,
        Keeping,
        PartBest,
        PartFocus,
        PartQuery,
        RankReport,
    )
    from focusmesh.engine.focus import FocusParams
    from focusmesh.engine.support.arrays import FloatArray, OffsetArray
    from focusmesh.host.cluster.results import ScoreFile
    from focusmesh.host.cluster.workers import Worker

_KEPT = "graph"


def graph_of(worker: Worker) -> PartGraph:
    """The worker's share of the graph, made when it is first asked for."""
    if _KEPT not in worker.kept:
        base = operator_of_part(worker.part, worker.exchange)
        worker.kept[_KEPT] = PartGraph(worker.part, base, worker.exchange)
    graph: PartGraph = worker.kept[_KEPT]
    return graph


def focus_task(
    worker: Worker, params: FocusParams, tolerance: float, keeping: Keeping | None
) -> PartFocus:
    """See ``PartGraph.focus``; so are the others."""
    return graph_of(worker).focus(params, tolerance, keeping, worker.progress)


def update_task(worker: Worker, batch: EditBatch) -> PartFocus | None:
    return graph_of(worker).update(batch, worker.progress)


def context_task(worker: Worker, query: PartQuery) -> PartBest:
    return graph_of(worker).context(query, worker.progress)


def certify_task(
    worker: Worker,
    path: str,
    params: FocusParams,
    weight_unit: float | None,
    epsilon: float,
    keeping: Keeping | None,
) -> RankReport:
    graph, progress = graph_of(worker), worker.progress
    return graph.certify(path, params, weight_unit, epsilon, keeping, progress)


def top_task(worker: Worker, count: int) -> PartBest:
    return graph_of(worker).top(count)


def find_task(worker: Worker, names: Sequence[Hashable]) -> OffsetArray:
    return graph_of(worker).find(names)


def weights_task(worker: Worker, source: OffsetArray, target: OffsetArray) -> FloatArray:
    return graph_of(worker).weights(source, target)


def scores_task(worker: Worker, particles: OffsetArray) -> FloatArray:
    return graph_of(worker).scores_of(particles)


def kind_task(worker: Worker) -> str | None:
    return graph_of(worker).name_kind


def write_task(worker: Worker, folder: str, kind: str) -> ScoreFile:
    """Own scores as one Parquet file of ``folder``."""
    return write_part(graph_of(worker), folder, worker.exchange.rank, kind)
