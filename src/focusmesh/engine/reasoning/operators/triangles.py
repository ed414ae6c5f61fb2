"""Local clustering: the share of the possible links between a particle's neighbours that are there.

Neighbours are those of links in either direction, links between them are counted in theirs; with fewer than two
neighbours it is 0. Source: LDBC Graphalytics 1.0.5, section 2.3.5 (LCC). Triangles are found from their particle of
least degree: N. Chiba and T. Nishizeki, SIAM J. Comput. 14 (1985) 210.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.reasoning.operators.adjacency import adjacency_of
from focusmesh.engine.reasoning.registry import Column, OperatorAtom
from focusmesh.engine.support.parallel import COMPILED_FROM_LINKS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from focusmesh.engine.links import Snapshot
    from focusmesh.engine.reasoning.operators.adjacency import Csr
    from focusmesh.engine.support.arrays import FloatArray, OffsetArray

SLICE_LINKS = 1 << 18
"""Links whose triangles are counted between two looks at limits."""
_BLOCK = 1 << 23
"""So many products of entries are worked out at once."""


def clustering_coefficients(links: Csr, tick: Callable[[], None]) -> FloatArray:
    """The coefficient of each particle, float64 (n,); ``links`` counts ways between neighbours. O(m^1.5)."""
    degree = np.diff(links.indptr).astype(np.float64)
    possible = degree * (degree - 1)
    coefficients = np.zeros(len(degree))
    np.divide(neighbour_links(links, tick), possible, out=coefficients, where=possible > 0)
    return coefficients


def neighbour_links(links: Csr, tick: Callable[[], None] = lambda: None) -> OffsetArray:
    """Links between the neighbours of each particle, int64 (n,), for symmetric ``links`` that count ways. O(m^1.5).

    Where each counts once these are the triangles of a particle. Nothing stands on the diagonal.
    """
    return (count_one_by_one if links.nnz >= COMPILED_FROM_LINKS else count_by_products)(
        links, tick
    )


def count_by_products(links: Csr, tick: Callable[[], None]) -> OffsetArray:
    """The same by products of sparse arrays, a block of rows at a time."""
    ways = _orient(links)
    there = ways.copy()
    there.data = np.ones_like(ways.data)
    lowest, _ = _masked_sums(there, ways, there, tick)
    _, highest = _masked_sums(ways, there, there, tick)
    middle, _ = _masked_sums(there.T.tocsr(), ways, there, tick)
    return lowest + middle + highest


def _masked_sums(
    left: Csr, right: Csr, mask: Csr, tick: Callable[[], None]
) -> tuple[OffsetArray, OffsetArray]:
    """Sums of rows and of columns of ``left @ right`` where ``mask`` has entries."""
    count = mask.shape[0]
    of_rows, of_columns = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    pattern = left.copy()
    pattern.data = np.ones_like(left.data)
    work = np.cumsum(pattern @ np.diff(right.indptr))
    begin = 0
    while begin < count:
        tick()
        done = int(work[begin - 1]) if begin else 0
        end = max(begin + 1, int(np.searchsorted(work, done + _BLOCK, side="right")))
        found = (left[begin:end] @ right).multiply(mask[begin:end])
        of_rows[begin:end] += np.asarray(found.sum(axis=1)).ravel()
        of_columns += np.asarray(found.sum(axis=0)).ravel()
        begin = end
    return of_rows, of_columns


def count_one_by_one(
    links: Csr, tick: Callable[[], None], slice_links: int = SLICE_LINKS
) -> OffsetArray:
    """The same by machine code, triangle by triangle."""
    from focusmesh.engine.reasoning.operators.triangles_compiled import count_triangles

    count, ways = links.shape[0], _orient(links)
    start, column = ways.indptr.astype(np.int64), ways.indices.astype(np.uint32)
    counted = ways.data.astype(np.int8)
    between = np.zeros(count, dtype=np.int64)
    mark = np.zeros(count, dtype=np.int8)
    begin = 0
    while begin < count:
        end = max(int(np.searchsorted(start, start[begin] + slice_links, "right")) - 1, begin + 1)
        count_triangles(start, column, counted, (begin, end), mark, between)
        tick()
        begin = end
    return between


def _orient(links: Csr) -> Csr:
    """Each pair once, in the row of its particle of smaller degree; int64."""
    from scipy import sparse

    degree = np.diff(links.indptr)
    rows = np.repeat(np.arange(links.shape[0]), degree)
    columns = links.indices
    further = degree[columns] > degree[rows]
    ahead = further | ((degree[columns] == degree[rows]) & (columns > rows))
    parts = links.data[ahead].astype(np.int64), (rows[ahead], columns[ahead])
    return sparse.csr_array(parts, shape=links.shape)


def _clustering(
    snapshot: Snapshot, arguments: Mapping[str, Any], tick: Callable[[], None]
) -> tuple[OffsetArray | FloatArray, ...]:
    coefficients = clustering_coefficients(adjacency_of(snapshot).neighbours(), tick)
    return np.arange(len(coefficients)), coefficients


CLUSTERING = OperatorAtom(
    "clustering",
    (Column("p", "particle"), Column("coefficient", "float")),
    _clustering,
)
