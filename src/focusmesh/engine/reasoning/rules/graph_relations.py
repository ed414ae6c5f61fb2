"""A graph as relations: its particles, links and axons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from focusmesh.engine.links import NO_TIME, columns_of, label
from focusmesh.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from focusmesh.engine.links import Edits, LinkColumns, Snapshot
    from focusmesh.engine.reasoning.relations import Relation, Row


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
        return [(name, label(name)) for name in names]
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


def graph_changes(
    before: Snapshot, now: Snapshot, relation: Relation
) -> tuple[list[Row], list[Row]]:
    """What came into a relation of a graph and what went out of it, ``relation`` being as it was ``before``.

    O(edits) where ``now`` was made of ``before`` by edits, else O(n + m).
    """
    origin = now.origin
    is_alike = (before.columns is None) == (now.columns is None)
    if origin is None or origin.base() is not before or not is_alike:
        there = dict.fromkeys(graph_rows(now, relation.name))
        came = [row for row in there if row not in relation.ranks]
        return came, [row for row in relation.ranks if row not in there]
    keys, rows = _edited_rows(now, origin.edits, relation.name)
    width = 2 if relation.name in PAIRS else 1
    index = relation.index(tuple(range(width)))
    known = dict.fromkeys(row for key in keys for row in index.get(key, ()))
    return [row for row in rows if row not in known], [row for row in known if row not in rows]


PAIRS = ("axon", "link")
"""Relations whose rows begin with two particles."""


def _edited_rows(now: Snapshot, edits: Edits, relation: str) -> tuple[list[Any], dict[Row, None]]:
    """Keys of the rows that edits touch (a pair of particles, or a particle), and what these rows are now."""
    names = now.particles
    if relation in PAIRS:
        pairs = list(edits.touched)
        keys = [(names[source], names[target]) for source, target in pairs]
        return keys, dict.fromkeys(
            (*key, *values)
            for key, pair in zip(keys, pairs, strict=True)
            for values in _pair_values(now, edits, pair, relation)
        )
    if relation == "text":
        places = [*edits.texts]
        texts = [(names[at], "" if now.texts is None else now.texts[at]) for at in places]
        return [names[at] for at in places], {row: None for row in texts if row[1] != ""}
    added = [names[at] for at in edits.added.values()]
    return added, {
        (name,) if relation == "particle" else (name, label(name)): None for name in added
    }


def _pair_values(
    now: Snapshot, edits: Edits, pair: tuple[int, int], relation: str
) -> Iterable[tuple[Any, ...]]:
    if relation == "axon":
        ends = (int(now.structure.position[particle]) for particle in pair)
        weight = now.structure.axon_weight(*ends)
        return [(float(weight),)] if weight else []
    links = now.links_of(pair) if now.columns is None else edits.touched[pair]
    return [
        (str(link.relation), str(link.author), float(link.weight), _time(link.time))
        for link in links
    ]


def _time(time: int) -> int:
    return 0 if time == NO_TIME else time


def _rows(names: list[Any], links: LinkColumns, more: list[list[Any]]) -> Iterable[Row]:
    ends = ([names[at] for at in column.tolist()] for column in (links.source, links.target))
    return zip(*ends, *more, strict=True)


def _weights(links: LinkColumns) -> list[float]:
    return [1.0] * len(links) if links.weight is None else links.weight.astype(float).tolist()


def _links(snapshot: Snapshot, names: list[Any]) -> Iterable[Row]:
    links = snapshot.links()
    labels = []
    for at, known in ((links.relation, links.relations), (links.author, links.authors)):
        words = [] if known is None else [*map(str, known)]
        labels.append(
            [""] * len(links) if at is None or not words else [words[one] for one in at.tolist()]
        )
    times = [0] * len(links) if links.time is None else [*map(_time, links.time.tolist())]
    return _rows(names, links, [*labels, _weights(links), times])
