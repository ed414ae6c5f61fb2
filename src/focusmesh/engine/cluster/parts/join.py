"""Consecutive parts as one: what was foreign between them becomes own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.cluster.parts.cut import sends
from focusmesh.engine.cluster.parts.part import Part
from focusmesh.engine.cluster.parts.part_names import names_joined

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.support.arrays import (
        ByteArray,
        FloatArray,
        IndexArray,
        OffsetArray,
        WeightArray,
    )


def join_parts(
    parts: Sequence[Part],
    rank: int,
    cuts: Sequence[int],
    foreigns: Sequence[Sequence[IndexArray]],
) -> Part:
    """The part that ``parts`` are together, as rank ``rank`` of those that begin at the parts ``cuts``.

    ``foreigns[r]`` are the foreign positions of the parts that make up rank r. O(links of the parts).
    """
    bounds = parts[0].whole.bounds
    whole = replace(parts[0].whole, bounds=tuple(bounds[cut] for cut in cuts))
    span = whole.bounds[rank], whole.bounds[rank + 1]
    read = [
        _outside(each, (whole.bounds[at], whole.bounds[at + 1])) for at, each in enumerate(foreigns)
    ]
    foreign = read[rank]
    send, send_start, hubs = sends(span, read, whole.count)
    ranks = [part.digest_rank for part in parts]
    return Part(
        rank=rank,
        whole=whole,
        in_start=_starts([part.in_start for part in parts]),
        in_column=np.concatenate(
            [_renumber(part, part.in_column, span, foreign) for part in parts]
        ),
        in_weight=_weights([part.in_weight for part in parts]),
        out_start=_starts([part.out_start for part in parts]),
        out_column=np.concatenate(
            [_renumber(part, part.out_column, span, foreign) for part in parts]
        ),
        out_weight=_weights([part.out_weight for part in parts]),
        out_total=_totals(parts, [part.out_total for part in parts], foreign),
        degree_total=_totals(parts, [part.degree_total for part in parts], foreign),
        foreign=foreign,
        foreign_side=_sides(parts, foreign),
        send=send,
        send_start=send_start,
        hubs=hubs,
        particle=np.concatenate([part.particle for part in parts]),
        digest_rank=None
        if ranks[0] is None
        else np.concatenate([r for r in ranks if r is not None]),
        names=names_joined([part.names for part in parts]),
    )


def _outside(foreigns: Sequence[IndexArray], span: tuple[int, int]) -> IndexArray:
    """What several parts read that none of them owns."""
    read = np.sort(np.concatenate(list(foreigns)))
    low, high = np.searchsorted(read, span).tolist()
    kept: IndexArray = np.unique(np.concatenate((read[:low], read[high:])))
    return kept


def _starts(starts: Sequence[OffsetArray]) -> OffsetArray:
    ends = np.cumsum([0, *(int(start[-1]) for start in starts)])
    rows = [start[1:] + end for start, end in zip(starts, ends[:-1], strict=True)]
    return np.concatenate(([0], *rows)).astype(np.int64)


def _renumber(
    part: Part, columns: IndexArray, span: tuple[int, int], foreign: IndexArray
) -> IndexArray:
    """Columns of one of the parts as columns of all of them."""
    own = np.arange(part.first, part.stop, dtype=np.int64)
    held: OffsetArray = np.concatenate((own, part.foreign.astype(np.int64)))
    inside = (held >= span[0]) & (held < span[1])
    beyond = np.searchsorted(foreign, held) + (span[1] - span[0])
    table = np.where(inside, held - span[0], beyond).astype(np.uint32)
    moved: IndexArray = table[columns]
    return moved


def _weights(weights: Sequence[WeightArray | None]) -> WeightArray | None:
    given = [weight for weight in weights if weight is not None]
    joined: Any = np.concatenate(given) if given else None
    made: WeightArray | None = joined
    return made


def _totals(parts: Sequence[Part], totals: Sequence[FloatArray], foreign: IndexArray) -> FloatArray:
    """Totals of all own particles, then of the foreign ones."""
    own = [total[: part.own] for part, total in zip(parts, totals, strict=True)]
    beyond = np.empty(len(foreign))
    for part, total in zip(parts, totals, strict=True):
        known, at = _find_known(part.foreign, foreign)
        beyond[at] = total[part.own :][known]
    return np.concatenate((*own, beyond))


def _sides(parts: Sequence[Part], foreign: IndexArray) -> ByteArray:
    side = np.zeros(len(foreign), dtype=np.uint8)
    for part in parts:
        known, at = _find_known(part.foreign, foreign)
        side[at] |= part.foreign_side[known]
    return side


def _find_known(own: IndexArray, foreign: IndexArray) -> tuple[OffsetArray, OffsetArray]:
    """Which of ``own`` (rising) are in ``foreign`` (rising), and where there."""
    at = np.searchsorted(foreign, own)
    within = at < len(foreign)
    within[within] = foreign[at[within]] == own[within]
    return np.flatnonzero(within), at[within]
