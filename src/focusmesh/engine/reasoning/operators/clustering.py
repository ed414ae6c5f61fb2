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


def clustering_coefficients(links: Csr, tick: Callable[[], None]) -> FloatArray:
    """The coefficient of each particle, float64 (n,); ``links`` counts ways between neighbours. O(m^1.5)."""
    between = (
        counted_by_triangles(links, tick)
        if links.nnz >= COMPILED_FROM_LINKS
        else counted_by_product(links)
    )
    degree = np.diff(links.indptr).astype(np.float64)
    possible = degree * (degree - 1)
    coefficients = np.zeros(len(degree))
    np.divide(between, possible, out=coefficients, where=possible > 0)
    return coefficients


def counted_by_product(links: Csr) -> OffsetArray:
    """Links between the neighbours of each particle, as a product of sparse arrays. O(Σ degree²)."""
    linked = links.astype(np.bool_).astype(np.int64)
    counted = (linked @ links.astype(np.int64)).multiply(linked).sum(axis=1) // 2
    between: OffsetArray = np.asarray(counted).astype(np.int64).ravel()
    return between


def counted_by_triangles(
    links: Csr, tick: Callable[[], None], slice_links: int = SLICE_LINKS
) -> OffsetArray:
    """The same by machine code. O(m^1.5)."""
    from focusmesh.engine.reasoning.operators.clustering_compiled import count_triangles

    start, column, ways = _oriented(links)
    between = np.zeros(links.shape[0], dtype=np.int64)
    mark = np.full(links.shape[0], -1, dtype=np.int64)
    begin = 0
    while begin < links.shape[0]:
        end = max(int(np.searchsorted(start, start[begin] + slice_links, "right")) - 1, begin + 1)
        count_triangles(start, column, ways, (begin, end), mark, between)
        tick()
        begin = end
    return between


def _oriented(links: Csr) -> tuple[OffsetArray, OffsetArray, OffsetArray]:
    """Each pair once, from its particle of smaller degree: row starts, columns, ways."""
    degree = np.diff(links.indptr)
    rows = np.repeat(np.arange(links.shape[0]), degree)
    columns = links.indices
    ahead = (degree[columns] > degree[rows]) | (
        (degree[columns] == degree[rows]) & (columns > rows)
    )
    start = np.concatenate(([0], np.cumsum(np.bincount(rows[ahead], minlength=links.shape[0]))))
    return (
        start.astype(np.int64),
        columns[ahead].astype(np.int64),
        links.data[ahead].astype(np.int64),
    )


def _clustering(
    snapshot: Snapshot, arguments: Mapping[str, Any], tick: Callable[[], None]
) -> tuple[OffsetArray | FloatArray, ...]:
    coefficients = clustering_coefficients(adjacency_of(snapshot).neighbours(), tick)
    return np.arange(len(coefficients)), coefficients


CLUSTERING = OperatorAtom(
    "clustering",
    (Column("p", "particle"), Column("coefficient", "float")),
    _clustering,
    summary="Local clustering: the share of possible links between neighbours that are there.",
)
