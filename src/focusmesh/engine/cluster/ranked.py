"""A part as what the engine's ranks are made of (engine/focus/ranks)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus import (
    FocusParams,
    GraphFacts,
    OwnRows,
    RankOperator,
    RankStructure,
    sum_over_ranks,
)

if TYPE_CHECKING:
    from focusmesh.engine.cluster.parts import Part
    from focusmesh.engine.focus import Ranks


def structure_of_part(part: Part, ranks: Ranks) -> RankStructure:
    """The part's rows, and how foreign values come to them. All ranks call it together. O(n + m) of the part."""
    own = OwnRows(
        *(part.in_start, part.in_column, part.in_weight),
        *(part.out_start, part.out_column, part.out_weight),
        *(part.out_total[: part.own], part.degree_total[: part.own]),
        part.foreign.astype(np.int64),
    )
    unlike = sum_over_ranks(ranks, np.array([float(not _is_symmetric(part))]))
    facts = GraphFacts(
        bounds=np.array(part.whole.bounds, dtype=np.int64),
        axons=part.whole.axons,
        longest_row=part.whole.longest_row,
        symmetric=not unlike[0],
    )
    return RankStructure.of(own, facts, ranks)


def operator_of_part(part: Part, ranks: Ranks, params: FocusParams | None = None) -> RankOperator:
    """R on a part, u uniform. All ranks call it together."""
    u = np.full(part.own, 1 / max(part.whole.particles, 1))
    return RankOperator.of(structure_of_part(part, ranks), FocusParams.of(params), u, u)


def _is_symmetric(part: Part) -> bool:
    """Whether every link of own particles has one of the same weight the other way."""
    into, out = part.in_weight, part.out_weight
    return (
        np.array_equal(part.in_start, part.out_start)
        and np.array_equal(part.in_column, part.out_column)
        and (into is None or out is None or np.array_equal(into, out))
    )
