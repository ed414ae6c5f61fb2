"""Labels that links say: where a particle has none of its own, the targets of its links to types."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from focusmesh.engine.links.memory import TYPE, memory_text
from focusmesh.engine.links.properties.label_rows import span_of
from focusmesh.engine.support.arrays import pair_ends, pair_keys

if TYPE_CHECKING:
    from collections.abc import Iterable

    from focusmesh.engine.links.snapshot import Snapshot
    from focusmesh.engine.support.arrays import IndexArray

TYPE_RELATIONS = (
    "type",
    "rdf:type",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#type",
    TYPE,
)
"""Relations that lead from a particle to its type."""
_KEY = "links.type_links"


class TypeLinks(NamedTuple):
    """Links to types, each once, by source and target (uint32)."""

    source: IndexArray
    target: IndexArray


def type_links(snapshot: Snapshot) -> TypeLinks:
    """The links of a snapshot that lead to types. O(m) at the first question, and kept with the snapshot."""
    found: TypeLinks | None = snapshot.derived.get(_KEY)
    if found is None:
        found = snapshot.derived[_KEY] = _find_links(snapshot)
    return found


def labels_of(snapshot: Snapshot, owner: int) -> list[str]:
    """The labels of a particle, ascending: its own, else what its links say are its types."""
    own = [] if snapshot.properties is None else snapshot.properties.labels.of_owner(owner)
    if own:
        return own
    links = type_links(snapshot)
    start, end = span_of(links.source, owner)
    return sorted({label_text(snapshot, at) for at in links.target[start:end].tolist()})


def owners_of_label(snapshot: Snapshot, label: str) -> IndexArray:
    """The particles that ``labels_of`` gives ``label``, ascending. O(links to types + found)."""
    links = type_links(snapshot)
    targets = [at for at in np.unique(links.target).tolist() if label_text(snapshot, at) == label]
    said = links.source[np.isin(links.target, np.array(targets, dtype=np.uint32))]
    properties = snapshot.properties
    if properties is None:
        return np.unique(said)
    own = properties.labels
    return np.union1d(own.owners_of(label), np.setdiff1d(said, own.owner))


def all_labels(snapshot: Snapshot) -> Iterable[tuple[int, str]]:
    """Every particle with each of its labels. O(labels + links to types)."""
    links = type_links(snapshot)
    own = () if snapshot.properties is None else snapshot.properties.labels.pairs()
    labelled = {owner for owner, _ in own}
    texts = {at: label_text(snapshot, at) for at in np.unique(links.target).tolist()}
    pairs = zip(links.source.tolist(), links.target.tolist(), strict=True)
    said = dict.fromkeys((owner, texts[at]) for owner, at in pairs if owner not in labelled)
    return [*own, *said]


def label_text(snapshot: Snapshot, target: int) -> str:
    """What a type is called."""
    return memory_text(snapshot.particles[target])


def _find_links(snapshot: Snapshot) -> TypeLinks:
    columns = snapshot.columns
    none = np.empty(0, dtype=np.uint32)
    if columns is None or columns.relation is None or columns.relations is None:
        return TypeLinks(none, none)
    wanted = [at for at, name in enumerate(columns.relations) if name in TYPE_RELATIONS]
    if not wanted:
        return TypeLinks(none, none)
    rows = np.isin(columns.relation, np.array(wanted, dtype=np.uint32))
    if columns.weight is not None:
        rows &= columns.weight > 0
    return TypeLinks(*pair_ends(np.unique(pair_keys(columns.source[rows], columns.target[rows]))))
