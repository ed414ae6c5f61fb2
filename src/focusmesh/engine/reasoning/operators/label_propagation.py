"""Communities by label propagation, synchronous and without chance.

Every particle begins with itself as its label. In each round it takes the label that most of its neighbours have, the
first one of several; who is a neighbour both ways counts twice. Source: U. N. Raghavan, R. Albert and S. Kumara, Phys.
Rev. E 76 (2007) 036106, in the form of LDBC Graphalytics 1.0.5, section 2.3.4 (CDLP).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.reasoning.operators.adjacency import adjacency_of
from focusmesh.engine.reasoning.registry import Argument, Column, OperatorAtom

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from focusmesh.engine.links import Snapshot
    from focusmesh.engine.reasoning.operators.adjacency import Csr
    from focusmesh.engine.support.arrays import OffsetArray


def propagate_labels(links: Csr, rounds: int, tick: Callable[[], None]) -> OffsetArray:
    """The label of each particle after at most ``rounds``, int64 (n,); sooner where none changes.

    ``links`` counts ways between neighbours. O(rounds · m log(largest degree)).
    """
    from scipy import sparse

    labels = np.arange(links.shape[0], dtype=links.indices.dtype)
    filled = np.flatnonzero(np.diff(links.indptr))
    for _ in range(rounds):
        tick()
        parts = links.data.astype(np.int32), labels[links.indices], links.indptr.copy()
        votes = sparse.csr_array(parts, shape=links.shape)
        votes.sum_duplicates()
        starts = votes.indptr[filled]
        most = np.repeat(np.maximum.reduceat(votes.data, starts), np.diff(votes.indptr)[filled])
        candidates = np.where(votes.data == most, votes.indices, links.shape[0])
        now = labels.copy()
        now[filled] = np.minimum.reduceat(candidates, starts)
        if np.array_equal(now, labels):
            break
        labels = now
    return labels.astype(np.int64)


def _label_propagation(
    snapshot: Snapshot, arguments: Mapping[str, Any], tick: Callable[[], None]
) -> tuple[OffsetArray, ...]:
    links = adjacency_of(snapshot).neighbours()
    if not links.nnz:
        return np.arange(links.shape[0]), np.arange(links.shape[0])
    labels = propagate_labels(links, arguments["rounds"], tick)
    return np.arange(len(labels)), labels


LABEL_PROPAGATION = OperatorAtom(
    "label_propagation",
    (Column("p", "particle"), Column("label", "particle")),
    _label_propagation,
    (Argument("rounds", "number", 10, least=0, most=1_000),),
)
