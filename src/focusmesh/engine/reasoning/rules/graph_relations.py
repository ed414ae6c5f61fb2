"""A graph as relations: its particles, links and axons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from focusmesh.engine.links import (
    NO_TIME,
    all_labels,
    columns_of,
    is_equal,
    kind_of,
    label,
    labels_of,
)
from focusmesh.engine.links import value_text as property_text
from focusmesh.engine.reasoning.rules.meaning import AS_TEXT, PropertyRelation
from focusmesh.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from focusmesh.engine.links import (
        EditMark,
        Edits,
        LaterEdits,
        Link,
        LinkColumns,
        PropertyValue,
        Snapshot,
    )
    from focusmesh.engine.reasoning.relations import Relation, Row
    from focusmesh.engine.support.arrays import OffsetArray


class SnapshotSource(Protocol):
    """What has a graph's links as they stand."""

    def snapshot(self) -> Snapshot:
        """The links as they stand."""


@runtime_checkable
class EditSource(SnapshotSource, Protocol):
    """What tells of edits that it has not merged yet."""

    def edits_after(self, snapshot: Snapshot, mark: EditMark) -> LaterEdits | None:
        """Edits after ``mark`` that wait to be merged into ``snapshot``, None where it cannot tell."""


GRAPH_RELATIONS = {
    "particle": ("particle",),
    "name": ("particle", "symbol"),
    "text": ("particle", "symbol"),
    "link": ("particle", "particle", "symbol", "symbol", "float", "number"),
    "axon": ("particle", "particle", "float"),
    "property": ("particle", "symbol", "symbol"),
    "label": ("particle", "symbol"),
}
"""particle(p), name(p, s), text(p, s), link(s, t, relation, author, weight, time), axon(s, t, weight), label(p, l).

And property(p, key, value), whose value is of the type that a rule says: see ``with_property_relations``.
"""


def graph_rows(snapshot: Snapshot, relation: str) -> Iterable[Row]:
    """The rows of one relation of a graph. O(n + m); of properties O(those of the key), or of the value.

    A link without a relation or an author has "", one without a time 0.
    """
    asked = PropertyRelation.read(relation)
    if asked is not None:
        return _properties(snapshot, asked)
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
        return _axons(axons, names)
    if relation == "link":
        return _links(snapshot.links(), names)
    if relation == "label":
        return [(names[at], word) for at, word in all_labels(snapshot)]
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
    return _compare(relation, *_edited_rows(now, origin.edits, relation.name))


FOLLOWED = ("link", "particle", "name")
"""Relations that ``later_changes`` tells of."""


def later_changes(edits: LaterEdits, relation: Relation) -> tuple[list[Row], list[Row]]:
    """What edits that are not merged yet bring into one of the relations ``FOLLOWED``, and what they take. O(edits)."""
    if relation.name != "link":
        return _compare(relation, edits.added, particle_rows(relation.name, edits.added))
    rows = {
        (*ends, *values): None
        for ends, links in edits.links.items()
        for values in _link_values(links)
    }
    return _compare(relation, edits.links, rows)


def _compare(
    relation: Relation, keys: Iterable[Any], rows: dict[Row, None]
) -> tuple[list[Row], list[Row]]:
    """What came and what went, where ``rows`` are all that have one of ``keys`` now."""
    index = relation.index(tuple(range(2 if relation.name in PAIRS else 1)))
    known = dict.fromkeys(row for key in keys for row in index.get(key, ()))
    return [row for row in rows if row not in known], [row for row in known if row not in rows]


def particle_rows(relation: str, names: Iterable[Any]) -> dict[Row, None]:
    """The rows of ``particle`` or ``name`` for particles."""
    return {(name,) if relation == "particle" else (name, label(name)): None for name in names}


PAIRS = ("axon", "link")
"""Relations whose rows begin with two particles."""


def _edited_rows(now: Snapshot, edits: Edits, relation: str) -> tuple[list[Any], dict[Row, None]]:
    """Keys of the rows that edits touch (a pair of particles, or a particle), and what these rows are now."""
    names = now.particles
    asked = PropertyRelation.read(relation)
    if asked is not None:
        owners = [*edits.properties.particles]
        rows = (row for at in owners for row in _rows_of_owner(now, at, asked))
        return [names[at] for at in owners], dict.fromkeys(rows)
    if relation == "label":
        owners = [*dict.fromkeys((*edits.properties.labels, *(at for at, _ in edits.touched)))]
        labels = ((names[at], word) for at in owners for word in labels_of(now, at))
        return [names[at] for at in owners], dict.fromkeys(labels)
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
    return added, particle_rows(relation, added)


def _properties(snapshot: Snapshot, asked: PropertyRelation) -> Iterable[Row]:
    if snapshot.properties is None:
        return []
    names, table = snapshot.particles, snapshot.properties.particles
    if asked.key is not None and asked.value is not None:
        owners = table.owners_of(asked.key, asked.value).tolist()
        return [(names[at], asked.key, asked.value) for at in owners]
    keys = table.keys if asked.key is None else [asked.key]
    return [
        (names[at], key, read)
        for key in keys
        for at, value in table.rows(key)
        if (read := _as_type(value, asked.type)) is not None
    ]


def _rows_of_owner(now: Snapshot, owner: int, asked: PropertyRelation) -> Iterable[Row]:
    table = None if now.properties is None else now.properties.particles
    for key in () if table is None else table.keys if asked.key is None else [asked.key]:
        value = None if table is None else table.get(owner, key)
        if value is None or (asked.value is not None and not is_equal(value, asked.value)):
            continue
        read = _as_type(value, asked.type) if asked.value is None else asked.value
        if read is not None:
            yield now.particles[owner], key, read


_KINDS = {"number": "integer", "symbol": "text", "bool": "bool", "float": "float"}


def _as_type(value: PropertyValue, type_: str) -> Any:
    """The value as a type of the language, None where it is none of that type."""
    if type_ == AS_TEXT:
        return property_text(value)
    if type_ == "float" and kind_of(value) == "integer":
        return float(value)
    return value if kind_of(value) == _KINDS[type_] else None


def _pair_values(
    now: Snapshot, edits: Edits, pair: tuple[int, int], relation: str
) -> Iterable[tuple[Any, ...]]:
    if relation == "axon":
        ends = (int(now.structure.position[particle]) for particle in pair)
        weight = now.structure.axon_weight(*ends)
        return [(float(weight),)] if weight else []
    return _link_values(now.links_of(pair) if now.columns is None else edits.touched[pair])


def _link_values(links: Iterable[Link]) -> list[tuple[Any, ...]]:
    return [
        (str(link.relation), str(link.author), float(link.weight), _time(link.time))
        for link in links
    ]


def _time(time: int) -> int:
    return 0 if time == NO_TIME else time


_ALL = slice(None)


def _ends(
    links: LinkColumns, names: Sequence[Any], some: slice | OffsetArray
) -> Iterator[list[Any]]:
    return ([names[at] for at in each[some].tolist()] for each in (links.source, links.target))


def _axons(
    links: LinkColumns, names: Sequence[Any], some: slice | OffsetArray = _ALL
) -> Iterable[Row]:
    source, target = _ends(links, names, some)
    return zip(source, target, _weights(links, some, len(source)), strict=True)


def _weights(links: LinkColumns, some: slice | OffsetArray, count: int) -> list[float]:
    if links.weight is None:
        return [1.0] * count
    found: list[float] = links.weight[some].astype(float).tolist()
    return found


def _links(
    links: LinkColumns, names: Sequence[Any], some: slice | OffsetArray = _ALL
) -> Iterable[Row]:
    source, target = _ends(links, names, some)
    count = len(source)
    relation = _words(links.relation, links.relations, some, count)
    author = _words(links.author, links.authors, some, count)
    weight = _weights(links, some, count)
    times = [0] * count if links.time is None else [*map(_time, links.time[some].tolist())]
    return zip(source, target, relation, author, weight, times, strict=True)


def _words(
    column: Any, known: Sequence[Any] | None, some: slice | OffsetArray, count: int
) -> list[str]:
    """The labels of ``count`` links."""
    if column is None or not known:
        return [""] * count
    marks = column[some]
    if count < len(known):
        return [str(known[one]) for one in marks.tolist()]
    words = [*map(str, known)]
    return [words[one] for one in marks.tolist()]


def rows_at(
    names: Sequence[Any], links: LinkColumns, relation: str, numbers: OffsetArray
) -> list[Row]:
    """The rows of ``link`` or ``axon`` for some of the links, by their numbers, int64 (k,). O(k)."""
    return list((_axons if relation == "axon" else _links)(links, names, numbers))
