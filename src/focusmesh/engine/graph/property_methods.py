"""What a graph can be asked and told about properties and labels: all of it goes to the link store that it has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

    from focusmesh.engine.links import LinkStore, PropertyValue


class PropertyMethods:
    """Properties are typed values (bool, int, float, str, bytes) of particles and links under keys; True is not 1."""

    _store: LinkStore

    def properties(self, name: Hashable) -> dict[str, PropertyValue]:
        """All properties of a particle, keys ascending. Raises UnknownParticleError. O(keys · log n)."""
        return self._store.properties(name)

    def property(self, name: Hashable, key: str, default: Any = None) -> Any:
        """A property of a particle, ``default`` where it has none of that key. O(log n).

        Raises UnknownParticleError.
        """
        return self._store.property(name, key, default)

    def set_property(self, name: Hashable, key: str, value: Any) -> None:
        """Gives a particle a property; a particle of an unknown name is added.

        Keys are text of 1 … 256 bytes; dates are kept as ISO text. Raises InputError for None, NaN, infinity, integers
        beyond int64, lists, dicts, and more than 1 MiB.
        """
        self._store.set_properties({name: {key: value}})

    def set_properties(self, values: Mapping[Hashable, Mapping[str, Any]]) -> None:
        """As ``set_property`` for many: name → key → value. Another thread sees all of them or none."""
        self._store.set_properties(values)

    def unset_property(self, name: Hashable, key: str) -> None:
        """Takes a property away. Raises InputError where there is none, UnknownParticleError."""
        self._store.unset_property(name, key)

    def labels(self, name: Hashable) -> list[str]:
        """The labels of a particle, ascending; where it has none, the targets of its links to types.

        These are links of the relation ``type``, ``rdf:type`` (or its IRI) or ``memory:type``. Raises
        UnknownParticleError.
        """
        return self._store.labels(name)

    def add_label(self, name: Hashable, label: str) -> None:
        """Gives a particle a label, of 1 … 1,024 bytes; a particle of an unknown name is added. Raises InputError."""
        self._store.add_labels({name: label})

    def add_labels(self, labels: Mapping[Hashable, str | Iterable[str]]) -> None:
        """As ``add_label`` for many: name → label, or labels. Another thread sees all of them or none."""
        self._store.add_labels(labels)

    def remove_label(self, name: Hashable, label: str) -> None:
        """Takes a label away. Raises InputError for one that the particle has not, or that a link says."""
        self._store.remove_label(name, label)

    def find(self, label: str | None = None, /, **properties: Any) -> list[Hashable]:
        """Particles with a label, or with properties of these values, or both, in the order of ``particles``.

        Numbers are equal by what they count (2 and 2.0), and True equals True alone. Keys that are no Python names go
        as ``**{"rdf:about": …}``. The first question about a key makes its index, which is kept until the key is
        edited: O(n log n), then O(log n + found). Raises InputError where nothing is asked for.
        """
        return self._store.find(label, properties)

    def link_properties(
        self,
        source: Hashable,
        target: Hashable,
        relation: Hashable | None = None,
        author: Hashable | None = None,
    ) -> dict[str, PropertyValue]:
        """All properties of a link. Raises InputError where there is no such link, or several and none is named."""
        return self._store.link_properties(source, target, relation, author)

    def set_link_property(
        self,
        source: Hashable,
        target: Hashable,
        key: str,
        value: Any,
        relation: Hashable | None = None,
        author: Hashable | None = None,
    ) -> None:
        """Gives a link a property, None takes it away. A link that is withdrawn loses its properties.

        Raises InputError as ``link_properties`` and ``set_property``.
        """
        self._store.set_link_property(source, target, key, value, relation, author)
