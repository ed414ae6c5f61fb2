"""All that a moment has, as rows, some at a time: what is held meanwhile is the moment and one part."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.errors import InputError
from focusmesh.host.service.links import link_row
from focusmesh.host.service.particle_names import in_json
from focusmesh.host.service.records.particles import ParticleRow
from focusmesh.host.service.records.records import LinkRow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh.engine.graph import Graph
    from focusmesh.host.service.moment import Moment

ROWS = 250
"""How many rows a part has."""


def link_rows(moment: Moment) -> Iterator[list[LinkRow]]:
    """All links, in their own order; where links are no more than weighted axons, in an order that stays for a root."""
    links = moment.graph.labelled_links
    if links is None:
        yield from _axon_rows(moment.graph)
        return
    for first in range(0, len(links), ROWS):
        yield [link_row(links, row) for row in range(first, min(first + ROWS, len(links)))]


def particle_rows(moment: Moment) -> Iterator[list[ParticleRow]]:
    """All particles, in their own order."""
    graph = moment.graph
    names, texts = graph.particles, graph.texts
    try:
        ranks = moment.ranks
    except InputError:  # a ledger whose blocks carry no focus yet
        ranks = None
    for first in range(0, len(names), ROWS):
        part = range(first, min(first + ROWS, len(names)))
        span = slice(part.start, part.stop)
        scores = [None] * len(part) if ranks is None else ranks.scores[span].tolist()
        places = [None] * len(part) if ranks is None else (ranks.places[span] + 1).tolist()
        yield [
            ParticleRow(
                particle=in_json(names[at]),
                cid=moment.cid(names[at]),
                text="" if texts is None else str(texts[at]),
                score=score,
                rank=rank,
            )
            for at, score, rank in zip(part, scores, places, strict=True)
        ]


def _axon_rows(graph: Graph) -> Iterator[list[LinkRow]]:
    structure, names = graph.structure, graph.particles
    count = len(structure.out_target)
    for first in range(0, count, ROWS):
        part = np.arange(first, min(first + ROWS, count))
        sources = np.searchsorted(structure.out_start, part, side="right") - 1
        targets = structure.out_target[first : first + ROWS]
        weighted = structure.out_weight
        weights = [1.0] * len(part) if weighted is None else weighted[first : first + ROWS].tolist()
        ends = (structure.order[one].tolist() for one in (sources, targets))
        yield [
            LinkRow(source=in_json(names[source]), target=in_json(names[target]), weight=weight)
            for source, target, weight in zip(*ends, weights, strict=True)
        ]
