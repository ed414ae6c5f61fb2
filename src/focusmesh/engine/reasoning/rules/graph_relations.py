"""A graph as relations: its particles, links and axons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from focusmesh.engine.links import columns_of
from focusmesh.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from focusmesh.engine.links import LinkColumns, Snapshot
    from focusmesh.engine.reasoning.relations import Row


class SnapshotSource(Protocol):
    """What has a graph's links as they stand."""

    def snapshot(self) -> Snapshot:
        """The links as they stand."""


GRAPH_RELATIONS = {
    "particle": ("particle",),
    "name": ("particle", "symbol"),
    "text": ("particle", "symbol"),
    "link": ("particle", "particle", "symbol", "symbol", "float", "number"),
    "axon": ("particle", "particle", "float"),
}
"""particle(p), name(p, s), text(p, s), link(s, t, relation, author, weight, time), axon(s, t, weight)."""


def graph_rows(snapshot: Snapshot, relation: str) -> Iterable[Row]:
    """The rows of one relation of a graph. O(n + m).

    A link without a relation or an author has "", one without a time 0.
    """
    names = list(snapshot.particles)
    if relation == "particle":
        return [(name,) for name in names]
    if relation == "name":
        return [(name, str(name)) for name in names]
    if relation == "text":
        texts = snapshot.texts
        pairs = () if texts is None else zip(names, texts, strict=True)
        return [(name, text) for name, text in pairs if text != ""]
    if relation == "axon":
        axons = columns_of(snapshot.structure, snapshot.particles, None)
        return _rows(names, axons, [_weights(axons)])
    if relation == "link":
        return _links(snapshot, names)
    raise InputError(f"a graph has no relation {relation}; it has: {', '.join(GRAPH_RELATIONS)}")


def _rows(names: list[Any], links: LinkColumns, more: list[list[Any]]) -> Iterable[Row]:
    ends = ([names[at] for at in column.tolist()] for column in (links.source, links.target))
    return zip(*ends, *more, strict=True)


def _weights(links: LinkColumns) -> list[float]:
    return [1.0] * len(links) if links.weight is None else links.weight.astype(float).tolist()


def _links(snapshot: Snapshot, names: list[Any]) -> Iterable[Row]:
    links = snapshot.links()
    labels = [
        [""] * len(links)
        if at is None or known is None
        else [str(known[one]) for one in at.tolist()]
        for at, known in ((links.relation, links.relations), (links.author, links.authors))
    ]
    times = [0] * len(links) if links.time is None else links.time.tolist()
    return _rows(names, links, [*labels, _weights(links), times])
