"""Parts of a graph that is in this process: cut out of its structure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.cluster.parts.cut import (
    Localizer,
    balanced_bounds,
    sends,
    slice_start,
    spans_of,
    verify_count,
)
from focusmesh.engine.cluster.parts.part import READ_INWARD, READ_OUTWARD, Part, Whole
from focusmesh.engine.cluster.parts.part_names import names_taken
from focusmesh.engine.focus import digest_of_all, digest_order, name_digests
from focusmesh.errors import CertificateError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh.engine.graph import Graph
    from focusmesh.engine.links import Names, Structure
    from focusmesh.engine.support.arrays import ByteArray, IndexArray, WeightArray


def make_parts(graph: Graph, count: int, *, align: bool = True) -> list[Part]:
    """``graph`` in ``count`` parts of about equal work.

    Parts begin where the engine's sums over particles do, every 32,768 particles at most (1,024 among the first of a
    large graph), so that ranks come to the bits of one machine; without ``align`` anywhere. Relations, authors, times
    and texts stay behind.

    The rows of all parts, one after the other, are those of ``graph.structure``. Raises ParameterError for a count that
    is not from 1 to 65,536. O(n + m); memory: 8 bytes a link beside the structure, whose weights are shared.
    """
    return list(cut_parts(graph, count, align=align))


def cut_parts(graph: Graph, count: int, *, align: bool = True) -> Iterator[Part]:
    """``make_parts``, one after the other."""
    return _Cutter(graph, count, align=align).parts()


class _Cutter:
    """The graph, its order by digests, and what each part reads."""

    def __init__(self, graph: Graph, count: int, *, align: bool) -> None:
        moment = graph.copy()
        self.structure: Structure = moment.structure
        self.names: Names = moment.particles
        structure = self.structure
        ends = structure.in_start[1:] + structure.out_start[1:]
        bounds = balanced_bounds(ends, verify_count(count), align=align)
        self.spans = spans_of(bounds)
        ranks, digest = _ranks(self.names)
        self.rank = None if ranks is None else ranks[structure.order]
        self.whole = Whole(
            particles=structure.particle_count,
            axons=structure.axon_count,
            linking=structure.linking_count,
            longest_row=structure.longest_row,
            particles_digest=digest,
            bounds=bounds,
        )
        self.read = [self._read(span) for span in self.spans]

    def parts(self) -> Iterator[Part]:
        for rank in range(len(self.spans)):
            yield self._part(rank)

    def _columns(self, span: tuple[int, int]) -> tuple[IndexArray, IndexArray]:
        s = self.structure
        into = s.in_source[s.in_start[span[0]] : s.in_start[span[1]]]
        return into, s.out_target[s.out_start[span[0]] : s.out_start[span[1]]]

    def _read(self, span: tuple[int, int]) -> tuple[IndexArray, ByteArray]:
        localizer = Localizer(span, self.structure.particle_count)
        for columns, side in zip(self._columns(span), (READ_INWARD, READ_OUTWARD), strict=True):
            localizer.mark(columns, side)
        return localizer.foreign()

    def _part(self, rank: int) -> Part:
        s, span = self.structure, self.spans[rank]
        foreign, side = self.read[rank]
        localizer = Localizer(span, s.particle_count)
        into, out = (localizer.localize(columns, foreign) for columns in self._columns(span))
        send, send_start, hubs = sends(span, (read for read, _ in self.read), self.whole.count)
        held = np.concatenate((np.arange(*span, dtype=np.int64), foreign))
        own = slice(*span)
        particle = s.order[own]
        return Part(
            rank=rank,
            whole=self.whole,
            in_start=slice_start(s.in_start, span),
            in_column=into,
            in_weight=_weights(s.in_weight, s.in_start[span[0]], s.in_start[span[1]]),
            out_start=slice_start(s.out_start, span),
            out_column=out,
            out_weight=_weights(s.out_weight, s.out_start[span[0]], s.out_start[span[1]]),
            out_total=s.out_total[held],
            degree_total=s.degree_total[held],
            foreign=foreign,
            foreign_side=side,
            send=send,
            send_start=send_start,
            hubs=hubs,
            particle=particle,
            digest_rank=None if self.rank is None else self.rank[own],
            names=names_taken(self.names, particle),
        )


def _weights(weight: WeightArray | None, begin: int, end: int) -> WeightArray | None:
    return None if weight is None else weight[begin:end]


def _ranks(names: Names) -> tuple[IndexArray | None, bytes | None]:
    """Where each particle stands by digest, and the digest of all; None where a name has none."""
    try:
        digests = name_digests(names)
    except CertificateError:
        return None, None
    order = digest_order(digests)
    ranks = np.empty_like(order)
    ranks[order] = np.arange(len(order), dtype=np.uint32)
    return ranks, digest_of_all(digests, order)
