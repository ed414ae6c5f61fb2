"""How a snapshot comes from link ends or link columns, with every check of what was handed in."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.links.columns import LinkColumns
from focusmesh.engine.links.edge_rows import EDGE_FORM, EdgeColumns, is_edge, split_edges
from focusmesh.engine.links.edits import NO_NAME, NO_TIME, Link, verify_weight
from focusmesh.engine.links.link_ends import (
    as_ends,
    first_seen,
    index_ends,
    is_numbers,
    number_labels,
    verified_names,
)
from focusmesh.engine.links.names.interning import integer_of
from focusmesh.engine.links.names.names import IntegerNames, Names, TextNames
from focusmesh.engine.links.snapshot import Snapshot
from focusmesh.engine.links.structure.builder import build
from focusmesh.engine.links.tables.values import shorten, time_of
from focusmesh.engine.support.arrays import pair_keys
from focusmesh.errors import InputError

if TYPE_CHECKING:
    import numpy.typing as npt

    from focusmesh.engine.links.properties.link_properties import KeyedLinks
    from focusmesh.engine.links.properties.properties import Properties
    from focusmesh.engine.links.structure.structure import Structure
    from focusmesh.engine.support.arrays import (
        BoolArray,
        IndexArray,
        IntArray,
        OffsetArray,
        WeightArray,
    )
    from focusmesh.engine.support.progress import Progress


def snapshot_from_edges(
    source: Any,
    target: Any,
    *,
    weight: Any = None,
    relation: Any = None,
    author: Any = None,
    time: Any = None,
    valence: Any = None,
    particles: int | Iterable[Hashable] | None = None,
    progress: Progress | None = None,
) -> Snapshot:
    """See ``Graph.from_edges``."""
    if target is None:
        beside = EdgeColumns(None, None, weight, relation, author, time)
        source, target, weight, relation, author, time = _merge_columns(split_edges(source), beside)
    tails, heads = as_ends(source, "source"), as_ends(target, "target")
    if len(tails) != len(heads):
        raise InputError(f"source has {len(tails)} rows, target has {len(heads)}")
    amounts = as_weights(weight, len(tails))
    if valence is not None:
        amounts = without_opposed(amounts, valence, len(tails))
    if is_numbers(tails) and is_numbers(heads) and tails.dtype != heads.dtype:
        tails, heads = tails.astype(np.int64), heads.astype(np.int64)
    plain = relation is None and author is None and time is None
    if plain and is_numbers(tails) and is_numbers(heads):
        known = None if particles is None else _given_names(particles)
        if known is None:
            return _from_numbers(tails, heads, amounts, progress)
        if not isinstance(known, IntegerNames):
            # The ends are indices already: a copy as uint32 would cost 8 bytes a link.
            structure = build(tails, heads, amounts, len(known), progress=progress)
            return Snapshot(known, structure=structure)
        particles = known
    names, sources, targets = _indexed_ends(tails, heads, particles)
    relations, relation_of = _labels(relation, len(tails), "relation")
    authors, author_of = _labels(author, len(tails), "author")
    columns = LinkColumns(
        particles=names,
        source=sources,
        target=targets,
        weight=amounts,
        relations=relations,
        relation=relation_of,
        authors=authors,
        author=author_of,
        time=_times(time, len(tails)),
    )
    return snapshot_from_columns(columns, progress)


def _merge_columns(edges: EdgeColumns, beside: EdgeColumns) -> EdgeColumns:
    """The columns of edges and those that were given beside them."""
    for name, own, given in zip(edges._fields, edges, beside, strict=True):
        if own is not None and given is not None:
            raise InputError(f"the {name} is in the edges and beside them: leave one out")
    pairs = zip(edges, beside, strict=True)
    return EdgeColumns(*(given if own is None else own for own, given in pairs))


def snapshot_from_columns(
    columns: LinkColumns,
    progress: Progress | None = None,
) -> Snapshot:
    """See ``Graph.from_links``."""
    columns.verify()
    if columns.texts is not None and not isinstance(columns.texts, TextNames):
        columns = replace(columns, texts=Names.texts(str(text) for text in columns.texts))
    if columns.labelled:
        return Snapshot(
            columns.particles, columns=columns, texts=columns.texts, properties=columns.properties
        )
    count = len(columns.particles)
    structure = build(columns.source, columns.target, columns.weight, count, progress=progress)
    plain = Snapshot(columns.particles, structure=structure, texts=columns.texts)
    return with_properties(plain, columns.properties)


def with_properties(snapshot: Snapshot, properties: Properties | None) -> Snapshot:
    """The same links with these properties. Where links have no labels, loops and links of weight 0 are none.

    So nothing is said of them. O(1), for properties of such links O(m).
    """
    columns = snapshot.columns
    if columns is not None:
        columns = replace(columns, properties=properties)
    elif properties is not None and properties.links:
        there = _are_axons(snapshot.structure, properties.links.links)
        properties = replace(properties, links=properties.links.keep(there)) or None
    return Snapshot(
        snapshot.particles,
        structure=None if columns is not None else snapshot.structure,
        columns=columns,
        texts=snapshot.texts,
        properties=properties,
    )


def _are_axons(structure: Structure, links: KeyedLinks) -> BoolArray:
    """Which of these links are axons. O(axons + links · log)."""
    numbers = np.arange(len(structure.order), dtype=np.uint32)
    rows = np.repeat(numbers, np.diff(structure.out_start))
    axons = pair_keys(rows, structure.out_target)
    source, target = structure.position[links.source], structure.position[links.target]
    return np.isin(pair_keys(source, target), axons)


def texts_by_name(columns: LinkColumns, known: Names) -> dict[Hashable, str]:
    """The texts that are not empty, under the names that ``known`` has where they are written alike."""
    found: dict[Hashable, str] = {}
    for name, text in zip(columns.particles, columns.texts or (), strict=True):
        if text != "":
            found[_as_known(name, known)] = str(text)
    return found


def names_as_known(columns: LinkColumns, known: Names) -> list[Hashable]:
    """The names of particles as ``known`` has them, where they are written alike."""
    return [_as_known(name, known) for name in columns.particles]


def _as_known(name: Hashable, known: Names) -> Hashable:
    if known.find(name) is None:
        other = integer_of(name.encode()) if isinstance(name, str) else str(name)
        if other is not None and known.find(other) is not None:
            return other
    return name


def checked_edge(edge: Sequence[Any], row: int) -> tuple[Hashable, Hashable, Link]:
    """An element of ``Graph.update`` as (source, target, link); raises InputError naming ``row``."""
    if not is_edge(edge):
        raise InputError(f"edge {row} is {shorten(edge)}; expected {EDGE_FORM}")
    padded = list(edge) + [None] * (6 - len(edge))
    source, target, weight, relation, author, time = padded
    for end in (source, target):
        if end is None or not isinstance(end, Hashable) or end != end:
            raise InputError(f"edge {row}: {end!r} cannot name a particle")
    try:
        value = verify_weight(1.0 if weight is None else weight)
    except (InputError, TypeError, ValueError) as error:
        raise InputError(f"edge {row} ({source!r} → {target!r}): {error}") from error
    for what, name in (("relation", relation), ("author", author)):
        if not isinstance(name, Hashable) or name != name:
            raise InputError(f"edge {row}: {name!r} cannot name its {what}")
    link = Link(
        weight=value,
        relation=NO_NAME if relation is None else _native(relation),
        author=NO_NAME if author is None else _native(author),
        time=NO_TIME if time is None else _checked_time(time, row),
    )
    return _native(source), _native(target), link


def _checked_time(time: Any, row: int) -> int:
    if not isinstance(time, int | np.integer) or not -(2**63) <= time < 2**63:
        raise InputError(f"edge {row}: time {time!r} must be an integer of 64 bits")
    return int(time)


def as_weights(weight: Any, count: int) -> WeightArray | None:
    """Weights as float32 (kept) or float64, shape (count,); None stays None."""
    if weight is None:
        return None
    values = np.asarray(weight)
    if values.shape != (count,):
        raise InputError(f"weight has shape {values.shape}; expected ({count},)")
    if values.dtype.kind not in "fiub":
        listed = list(weight) if isinstance(weight, Iterable) else values.tolist()
        at = next((at for at, each in enumerate(listed) if not isinstance(each, int | float)), 0)
        raise InputError(
            f"weight holds {values.dtype}, which is not a number: that of link {at} is {shorten(listed[at])}"
        )
    return values if values.dtype == np.float32 else values.astype(np.float64, copy=False)


def without_opposed(weight: WeightArray | None, valence: Any, count: int) -> WeightArray:
    """Weights with 0 where ``valence`` is −1: a link against a target takes nothing away, it gives nothing."""
    stance = np.asarray(valence)
    if stance.shape != (count,) or not np.all(np.isin(stance, (-1, 0, 1))):
        raise InputError(f"valence must be {count} values, each −1, 0 or 1")
    given = np.ones(count) if weight is None else weight
    return np.where(stance < 0, given.dtype.type(0), given)


def _from_numbers(
    source: IntArray,
    target: IntArray,
    weight: WeightArray | None,
    progress: Progress | None,
) -> Snapshot:
    names, labels = number_labels(source, target)
    if labels is None and isinstance(names, IntegerNames):
        source, target = index_ends(source, names, None), index_ends(target, names, None)
    structure = build(source, target, weight, len(names), labels, progress)
    return Snapshot(names, structure=structure)


def _indexed_ends(
    tails: IntArray | Sequence[Hashable],
    heads: IntArray | Sequence[Hashable],
    particles: int | Iterable[Hashable] | None,
) -> tuple[Names, IndexArray, IndexArray]:
    if particles is None and is_numbers(tails) and is_numbers(heads):
        names, labels = number_labels(tails, heads)
        return names, index_ends(tails, names, labels), index_ends(heads, names, labels)
    if particles is None:
        names, (sources, targets) = first_seen(_list_ends(tails), _list_ends(heads))
        return names, sources, targets
    names = _given_names(particles)
    return names, _among(tails, names, "source"), _among(heads, names, "target")


def _given_names(particles: int | Iterable[Hashable]) -> Names:
    if isinstance(particles, Iterable) and not isinstance(particles, str | bytes):
        return particles if isinstance(particles, Names) else Names.of(particles)
    if isinstance(particles, bool) or not isinstance(particles, int | np.integer) or particles < 0:
        raise InputError(f"particles is a count ≥ 0 or names, not {particles!r}")
    return Names.range(int(particles))


def _among(ends: IntArray | Sequence[Hashable], names: Names, what: str) -> IndexArray:
    """Ends among given particles: integers are indices, unless the particles' names are integers."""
    if isinstance(names, IntegerNames) or not is_numbers(ends):
        return names.indices(_list_ends(ends))
    outside = np.flatnonzero((ends < 0) | (ends >= len(names)))
    if len(outside):
        row = int(outside[0])
        raise InputError(f"{what}[{row}] is {ends[row]}, not an index among {len(names)} particles")
    return ends.astype(np.uint32)


def _list_ends(ends: IntArray | Sequence[Hashable]) -> Sequence[Hashable]:
    return list(ends.tolist()) if isinstance(ends, np.ndarray) else ends


def _labels(values: Any, count: int, what: str) -> tuple[Names | None, IndexArray | None]:
    """Relation or author column: one name for all links, or one a link (None: no name)."""
    if values is None:
        return None, None
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        return Names.of([values]), np.zeros(count, dtype=np.uint32)
    given = values.to_numpy() if hasattr(values, "to_numpy") else values
    listed = list(given.tolist() if isinstance(given, np.ndarray) else given)
    if len(listed) != count:
        raise InputError(f"{what} has {len(listed)} rows, source has {count}")
    filled = [NO_NAME if value is None else value for value in listed]
    names, (column,) = first_seen(verified_names(filled, what))
    return names, column


def _times(time: Any, count: int) -> OffsetArray | None:
    if time is None:
        return None
    values: npt.NDArray[Any] = _moments(np.asarray(time))
    if values.shape != (count,) or values.dtype.kind not in "iuM":
        raise InputError(
            f"time must be {count} integers or datetimes; got {values.dtype} of shape {values.shape}"
        )
    if values.dtype == np.uint64 and len(values) and int(values.max()) >= 2**63:
        raise InputError("time holds an integer beyond int64")
    moments: OffsetArray = values.astype(np.int64)
    return moments


def _moments(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Python's dates and datetimes as NumPy's, in microseconds since 1970 UTC; anything else as it is."""
    if values.dtype != object or not all(isinstance(each, date) for each in values.tolist()):
        return values
    moments = [time_of(each.isoformat()) for each in values.tolist()]
    return np.array(moments, dtype=np.int64)


def _native(name: Hashable) -> Hashable:
    return name.item() if isinstance(name, np.generic) else name
