"""Properties and labels of a link store: what can be asked and told about them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.links.link_ends import verified_names
from focusmesh.engine.links.properties.link_properties import LinkKey
from focusmesh.engine.links.properties.properties import PropertyEdits
from focusmesh.engine.links.properties.values import (
    PropertyValue,
    checked_value,
    verify_key,
    verify_label,
)
from focusmesh.errors import InputError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from focusmesh.engine.links.edits import Edits, Link
    from focusmesh.engine.links.snapshot import Snapshot
    from focusmesh.engine.support.arrays import IndexArray

    Pair = tuple[int, int]


class StoreProperties:
    """What a link store keeps of particles and links beside names, texts and weights; see ``LinkStore``."""

    if TYPE_CHECKING:
        _writing: AbstractContextManager[Any]
        _current: tuple[Snapshot, Edits]

        def _merge(self) -> Snapshot: ...
        def _links_of(self, pair: Pair) -> list[Link]: ...
        def _index_or_new(self, name: Hashable, new: dict[Hashable, int]) -> int: ...
        def _publish(
            self,
            touched: dict[Pair, list[Link]],
            new: dict[Hashable, int] | None = None,
            texts: dict[int, str] | None = None,
            properties: PropertyEdits | None = None,
        ) -> None: ...
        def _choose(
            self, source: Hashable, target: Hashable, relation: Any, author: Any
        ) -> tuple[Pair, list[Link], list[Link]]: ...

    def properties(self, name: Hashable) -> dict[str, PropertyValue]:
        """See ``Graph.properties``."""
        snapshot = self._merge()
        at = snapshot.particles.index(name)
        found = snapshot.properties
        return {} if found is None else found.particles.of_owner(at)

    def property(self, name: Hashable, key: str, default: Any = None) -> Any:
        """See ``Graph.property``."""
        verify_key(key)
        snapshot = self._merge()
        at = snapshot.particles.index(name)
        value = None if snapshot.properties is None else snapshot.properties.particles.get(at, key)
        return default if value is None else value

    def set_properties(self, values: Mapping[Hashable, Mapping[str, Any]]) -> None:
        """See ``Graph.set_properties``."""
        self._edit_particles(_checked_all(values))

    def unset_property(self, name: Hashable, key: str) -> None:
        """See ``Graph.unset_property``."""
        verify_key(key)
        with self._writing:
            if self.property(name, key) is None:
                raise InputError(f"{name!r} has no property {key!r}")
            self._edit_particles({name: {key: None}})

    def labels(self, name: Hashable) -> list[str]:
        """See ``Graph.labels``."""
        from focusmesh.engine.links.type_links import labels_of

        snapshot = self._merge()
        return labels_of(snapshot, snapshot.particles.index(name))

    def add_labels(self, labels: Mapping[Hashable, Any]) -> None:
        """See ``Graph.add_labels``."""
        if not isinstance(labels, Mapping):
            raise InputError(f"labels are a dict from name to labels, not {type(labels).__name__}")
        verified_names(list(labels), "particle")
        listed = {
            name: [said] if isinstance(said, str) else list(said) for name, said in labels.items()
        }
        for each in listed.values():
            for label in each:
                verify_label(label)
        with self._writing:
            new: dict[Hashable, int] = {}
            edits = PropertyEdits()
            for name, said in listed.items():
                at = self._index_or_new(name, new)
                edits.labels.setdefault(at, {}).update(dict.fromkeys(said, True))
            self._publish({}, new, None, edits)

    def remove_label(self, name: Hashable, label: str) -> None:
        """See ``Graph.remove_label``."""
        from focusmesh.engine.links.type_links import labels_of

        with self._writing:
            snapshot = self._merge()
            at = snapshot.particles.index(name)
            own = [] if snapshot.properties is None else snapshot.properties.labels.of_owner(at)
            if label not in own:
                is_said = label in labels_of(snapshot, at)
                hint = ": a link says so, withdraw that link" if is_said else ""
                raise InputError(f"{name!r} has no label {label!r} of its own{hint}")
            self._publish({}, None, None, PropertyEdits(labels={at: {label: False}}))

    def find(self, label: str | None, values: Mapping[str, Any]) -> list[Hashable]:
        """See ``Graph.find``."""
        from focusmesh.engine.links.type_links import owners_of_label

        snapshot = self._merge()
        wanted = {verify_key(key): checked_value(value) for key, value in values.items()}
        found: IndexArray | None = None
        for key, value in wanted.items():
            owners = (
                np.empty(0, dtype=np.uint32)
                if snapshot.properties is None
                else snapshot.properties.particles.owners_of(key, value)
            )
            found = owners if found is None else np.intersect1d(found, owners)
        if label is not None:
            owners = owners_of_label(snapshot, verify_label(label))
            found = owners if found is None else np.intersect1d(found, owners)
        if found is None:
            raise InputError("find what? Name a label, or properties and their values")
        return [snapshot.particles[at] for at in found.tolist()]

    def link_properties(
        self, source: Hashable, target: Hashable, relation: Any = None, author: Any = None
    ) -> dict[str, PropertyValue]:
        """See ``Graph.link_properties``."""
        with self._writing:
            key = self._one_link(source, target, relation, author)
            found = self._merge().properties
            return {} if found is None else found.links.of_link(key)

    def set_link_property(
        self,
        source: Hashable,
        target: Hashable,
        key: str,
        value: Any,
        relation: Any = None,
        author: Any = None,
    ) -> None:
        """See ``Graph.set_link_property``; ``value`` None takes it away."""
        verify_key(key)
        checked = None if value is None else checked_value(value)
        with self._writing:
            link = self._one_link(source, target, relation, author)
            if checked is None and key not in self.link_properties(
                source, target, link.relation, link.author
            ):
                raise InputError(f"the link from {source!r} to {target!r} has no property {key!r}")
            self._publish({}, None, None, PropertyEdits(links={link: {key: checked}}))

    def _one_link(self, source: Hashable, target: Hashable, relation: Any, author: Any) -> LinkKey:
        pair, _, chosen = self._choose(source, target, relation, author)
        alike = {(link.relation, link.author) for link in chosen}
        if len(alike) > 1:
            raise InputError(
                f"{len(chosen)} links lead from {source!r} to {target!r}: name the relation or author"
            )
        return LinkKey(*pair, *alike.pop())

    def _forget_gone(self, touched: Mapping[Pair, list[Link]]) -> None:
        """Notes which links edits take away, where any link has properties. O(touched)."""
        snapshot, edits = self._current
        has_some = snapshot.properties is not None and bool(snapshot.properties.links)
        if not (has_some or edits.properties.links):
            return
        for pair, links in touched.items():
            kept = {(link.relation, link.author) for link in links}
            for link in self._links_of(pair):
                if (link.relation, link.author) not in kept:
                    edits.forget_link(LinkKey(*pair, link.relation, link.author))

    def _edit_particles(
        self, values: Mapping[Hashable, Mapping[str, PropertyValue | None]]
    ) -> None:
        with self._writing:
            new: dict[Hashable, int] = {}
            edits = PropertyEdits()
            for name, said in values.items():
                at = self._index_or_new(name, new)
                edits.particles.setdefault(at, {}).update(said)
            self._publish({}, new, None, edits)


def _checked_all(
    values: Mapping[Hashable, Mapping[str, Any]],
) -> dict[Hashable, dict[str, PropertyValue | None]]:
    if not isinstance(values, Mapping):
        raise InputError(f"properties are a dict from name to a dict, not {type(values).__name__}")
    verified_names(list(values), "particle")
    made: dict[Hashable, dict[str, PropertyValue | None]] = {}
    for name, said in values.items():
        if not isinstance(said, Mapping):
            raise InputError(
                f"the properties of {name!r} are a dict from key to value, not {type(said).__name__}"
            )
        try:
            made[name] = {verify_key(key): checked_value(value) for key, value in said.items()}
        except InputError as error:
            raise InputError(f"the properties of {name!r}: {error}") from error
    return made
