"""Phases "links", "in" and "out": links by ranges of targets, merged into rows, then by ranges of sources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from focusmesh.engine.cluster.partitioning.blocks import READ
from focusmesh.engine.cluster.partitioning.particle_numbers import NAMES, ORDER
from focusmesh.engine.links import axon_totals

if TYPE_CHECKING:
    import numpy.typing as npt

    from focusmesh.engine.cluster.partitioning.job import PartitionJob
    from focusmesh.engine.support.arrays import FloatArray, IndexArray, OffsetArray

LINKS, IN, OUT = "links", "in", "out"
_HALF, _LOW = np.uint64(32), np.uint64(0xFFFFFFFF)


class SortedRows(NamedTuple):
    """Links of rows ``low`` … : ``lengths`` of the rows, ``column`` rising in each, ``weight`` None where all are 1."""

    lengths: IndexArray
    column: IndexArray
    weight: FloatArray | None

    @property
    def rows(self) -> IndexArray:
        """The row of each link, from 0."""
        return np.repeat(np.arange(len(self.lengths), dtype=np.uint32), self.lengths)


def scatter_links(job: PartitionJob, block: int) -> None:
    """The links of one block as positions, in the order of the ranges of their targets.

    Self-loops and links of weight 0 are left out. ``exact``: whether every weight is a float32.
    """
    read, order = job.open(READ, block), job.open(ORDER)
    position = _positions(job, block, order)
    source, target = position[read["source"]], position[read["target"]]
    weight = read.get("weight")
    kept = source != target if weight is None else (source != target) & (weight > 0)
    source, target = source[kept], target[kept]
    amounts = None if weight is None else weight[kept]
    sections = _by_range(order["targets"], target, {"source": source, "target": target}, amounts)
    sections["exact"] = np.array([amounts is None or _single(amounts)], dtype=np.int64)
    job.keep(LINKS, block, sections)


def merge_links(job: PartitionJob, number: int) -> None:
    """The in-rows of one range of targets: duplicates summed in the order in which they came.

    Kept: the rows, their totals, whether all weights (as they came, and summed) are float32, and the same links in the
    order of the ranges of their sources.
    """
    order = job.open(ORDER)
    low, high = order["targets"][number : number + 2].tolist()
    links = _gather(job, LINKS, job.blocks, number, ("target", "source"))
    merged = _merge_rows(*links, (low, high))
    target = merged.rows + np.uint32(low)
    sections = _by_range(
        order["sources"], merged.column, {"source": merged.column, "target": target}, merged.weight
    )
    inward = _rows_sections(merged, compiled=bool(order["counts"][2]))
    given = (int(job.open(LINKS, block)["exact"][0]) for block in range(job.blocks))
    inward["given.exact"] = np.array([all(given)], dtype=np.int64)
    job.keep(IN, number, inward | {f"out.{name}": array for name, array in sections.items()})


def turn_links(job: PartitionJob, number: int) -> None:
    """The out-rows of one range of sources, and their totals."""
    order = job.open(ORDER)
    low, high = order["sources"][number : number + 2].tolist()
    links = _gather(job, IN, job.ranges, number, ("out.source", "out.target"), "out.")
    rows = _merge_rows(*links, (low, high))
    job.keep(OUT, number, _rows_sections(rows, compiled=bool(order["counts"][2])))


def _positions(job: PartitionJob, block: int, order: dict[str, Any]) -> IndexArray:
    """The position of each name of a block."""
    parts = []
    for bucket, low in enumerate(order["buckets"][:-1].tolist()):
        names = job.open(NAMES, bucket)
        begin, end = names["blocks"][block : block + 2].tolist()
        parts.append(order["position"][low + names["inverse"][begin:end].astype(np.int64)])
    return np.concatenate(parts)


def _by_range(
    cuts: OffsetArray,
    keys: IndexArray,
    columns: dict[str, IndexArray],
    weight: FloatArray | None,
) -> dict[str, npt.NDArray[Any]]:
    """The columns in the order of the ranges that their keys fall into, and where each range begins."""
    which = (np.searchsorted(cuts[1:-1], keys, side="right")).astype(np.uint16)
    order = np.argsort(which, kind="stable")
    counts = np.bincount(which, minlength=len(cuts) - 1)
    made: dict[str, npt.NDArray[Any]] = {name: array[order] for name, array in columns.items()}
    if weight is not None:
        made["weight"] = weight[order]
    made["start"] = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
    return made


def _gather(
    job: PartitionJob, phase: str, pieces: int, number: int, ends: tuple[str, str], prefix: str = ""
) -> tuple[IndexArray, IndexArray, FloatArray | None]:
    """Both ends and the weights of the links of one range, from all pieces of a phase in their order."""
    columns: tuple[list[Any], list[Any]] = [], []
    weights: list[FloatArray | None] = []
    for piece in range(pieces):
        sections = job.open(phase, piece)
        low, high = sections[f"{prefix}start"][number : number + 2].tolist()
        for column, name in zip(columns, ends, strict=True):
            column.append(sections[name][low:high])
        weight = sections.get(f"{prefix}weight")
        weights.append(None if weight is None else weight[low:high])
    sizes = [len(column) for column in columns[0]]
    rows, others = (np.concatenate(column) for column in columns)
    return rows, others, _weights(weights, sizes)


def _weights(parts: list[FloatArray | None], sizes: list[int]) -> FloatArray | None:
    if all(part is None for part in parts):
        return None
    return np.concatenate(
        [np.ones(size) if part is None else part for part, size in zip(parts, sizes, strict=True)]
    )


def _merge_rows(
    rows: IndexArray, columns: IndexArray, weight: FloatArray | None, span: tuple[int, int]
) -> SortedRows:
    """Rows of the span, sorted by column, equal pairs as one."""
    low, high = span
    key = (rows.astype(np.uint64) - np.uint64(low)) << _HALF
    key |= columns
    amounts: FloatArray | None
    if weight is None:
        key.sort()
        fresh = _fresh(key)
        first = np.flatnonzero(fresh)
        kept = key[first]
        times = np.diff(np.append(first, len(key)))
        amounts = None if len(kept) == len(key) else times.astype(np.float64)
    else:
        order = np.argsort(key, kind="stable")
        key = key[order]
        fresh = _fresh(key)
        kept = key[fresh]
        # Added one by one, in the order in which the links came.
        amounts = _group_sums(fresh, weight[order], len(kept))
    count = np.bincount((kept >> _HALF).astype(np.int64), minlength=high - low)
    ones = amounts is None or bool(np.all(amounts == 1))
    return SortedRows(
        count.astype(np.uint32), (kept & _LOW).astype(np.uint32), None if ones else amounts
    )


def _group_sums(fresh: npt.NDArray[np.bool_], weight: FloatArray, count: int) -> FloatArray:
    summed: Any = np.bincount(np.cumsum(fresh) - 1, weights=weight, minlength=count)
    made: FloatArray = summed.astype(np.float64, copy=False)
    return made


def _fresh(key: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
    fresh = np.ones(len(key), dtype=np.bool_)
    np.not_equal(key[1:], key[:-1], out=fresh[1:])
    return fresh


def _single(weight: FloatArray) -> bool:
    """Whether every weight is a float32."""
    with np.errstate(over="ignore", under="ignore"):
        narrow = weight.astype(np.float32)
    return bool(np.array_equal(narrow, weight) and np.all(np.isfinite(narrow)))


def _rows_sections(rows: SortedRows, *, compiled: bool) -> dict[str, npt.NDArray[Any]]:
    start = np.concatenate(([0], np.cumsum(rows.lengths, dtype=np.int64)))
    exact = rows.weight is None or _single(rows.weight)
    sections: dict[str, npt.NDArray[Any]] = {
        "count": rows.lengths,
        "column": rows.column,
        "total": axon_totals(start, rows.weight, compiled=compiled),
        "exact": np.array([exact], dtype=np.int64),
    }
    if rows.weight is not None:
        sections["weight"] = rows.weight
    return sections
