"""All properties and labels of a graph, the edits of them, and what an importer collects."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from focusmesh.engine.links.properties.label_rows import LabelRows
from focusmesh.engine.links.properties.link_properties import LinkKey, LinkProperties
from focusmesh.engine.links.properties.refusals import Refusals
from focusmesh.engine.links.properties.table import PropertyTable
from focusmesh.engine.links.properties.values import (
    PropertyValue,
    checked_value,
    is_equal,
    property_key,
    verify_key,
    verify_key_count,
    verify_label,
)
from focusmesh.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy as np
    import numpy.typing as npt

LABELS = "labels"
"""The attribute of a particle that holds its labels, in files and in other libraries."""


@dataclass(slots=True)
class PropertyEdits:
    """Values set since the arrays were made, None where one was taken away; labels given (True) and taken."""

    particles: dict[int, dict[str, PropertyValue | None]] = field(default_factory=dict)
    links: dict[LinkKey, dict[str, PropertyValue | None]] = field(default_factory=dict)
    labels: dict[int, dict[str, bool]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.particles or self.links or self.labels)

    def add(self, later: PropertyEdits) -> None:
        """Takes in edits that were made later."""
        for owner, values in later.particles.items():
            self.particles.setdefault(owner, {}).update(values)
        for link, values in later.links.items():
            self.links.setdefault(link, {}).update(values)
        for owner, said in later.labels.items():
            self.labels.setdefault(owner, {}).update(said)


@dataclass(frozen=True)
class Properties:
    """Properties of particles and links by index, and labels of particles. Nothing in it changes."""

    particles: PropertyTable = field(default_factory=PropertyTable)
    labels: LabelRows = field(default_factory=lambda: LabelRows.of(()))
    links: LinkProperties = field(default_factory=lambda: LinkProperties.of({}))

    def __bool__(self) -> bool:
        return bool(self.particles or len(self.labels) or self.links)

    def edit(self, edits: PropertyEdits) -> Properties:
        """Others, with ``edits``: what they do not touch is shared. O(values of the keys that they touch)."""
        return Properties(
            self.particles.edit(edits.particles) if edits.particles else self.particles,
            self.labels.edit(edits.labels) if edits.labels else self.labels,
            self.links.edit(edits.links) if edits.links else self.links,
        )

    def without_links(self, gone: Iterable[LinkKey]) -> Properties:
        """Without those of the links that are ``gone``. O(links with properties)."""
        return replace(self, links=self.links.without(gone))

    def move(self, place: npt.NDArray[np.int64]) -> Properties:
        """What particle ``i`` has for particle ``place[i]``, −1 for none; of several values the first stays."""
        return Properties(
            self.particles.move(place), self.labels.move(place), self.links.move(place)
        )


def read_labels(value: Any) -> list[str] | None:
    """Labels as a list, as JSON of one, or as Neo4j writes them (``:Person:Actor``); None for anything else."""
    listed = value
    if isinstance(value, str) and value.startswith("["):
        with suppress(ValueError, RecursionError):
            listed = json.loads(value)
    elif isinstance(value, str) and value.startswith(":"):
        listed = value[1:].split(":")
    is_list = isinstance(listed, list | tuple | set | frozenset)
    return [*listed] if is_list and all(isinstance(label, str) for label in listed) else None


class PropertyBuilder:
    """Properties as an importer meets them. What cannot be one is counted, by key and reason, and never raised.

    About 100 bytes a value while reading. Of two values of one key of one particle, or of one link, the first stays;
    a later one that differs is counted.
    """

    def __init__(self) -> None:
        self._particles: dict[str, dict[int, PropertyValue]] = {}
        self._links: dict[LinkKey, dict[str, PropertyValue]] = {}
        self._labels: dict[tuple[int, str], None] = {}
        self.refusals = Refusals()

    def particle(self, owner: int, attributes: Mapping[Any, Any]) -> None:
        """Properties of a particle; the attribute ``labels`` is its labels, a list or as ``read_labels`` reads them."""
        for attribute, value in attributes.items():
            labels = read_labels(value) if attribute == LABELS else None
            for label in labels or ():
                self.label(owner, label)
            if labels is None:
                self.set_property(owner, property_key(attribute), value)

    def set_property(self, owner: int, key: Any, value: Any) -> None:
        """One property of a particle, whatever its key is called."""
        checked = self._check(key, value)
        if checked is not None:
            self._put(self._particles.setdefault(key, {}), owner, key, checked)

    def link(self, link: LinkKey, attributes: Mapping[Any, Any]) -> None:
        """Properties of a link."""
        for attribute, value in attributes.items():
            key = property_key(attribute)
            checked = self._check(key, value)
            if checked is not None:
                self._put(self._links.setdefault(link, {}), str(key), str(key), checked)

    def label(self, owner: int, label: Any) -> None:
        """A label of a particle."""
        try:
            self._labels[owner, verify_label(label)] = None
        except InputError as error:
            self.refusals.add("labels", str(error))

    def properties(self) -> Properties | None:
        """All of them; None where there are none. Raises InputError for more keys than a graph may have."""
        for values in (self._particles, {key for each in self._links.values() for key in each}):
            verify_key_count(len(values))
        made = Properties(
            PropertyTable.of(self._particles),
            LabelRows.of(self._labels),
            LinkProperties.of(self._links),
        )
        return made or None

    def warnings(self) -> list[str]:
        """What was left out, a sentence for each key and reason."""
        return self.refusals.warnings()

    def _check(self, key: Any, value: Any) -> PropertyValue | None:
        try:
            verify_key(key)
            return checked_value(value)
        except InputError as error:
            self.refusals.add(str(key), str(error))
            return None

    def _put(
        self, known: dict[Any, PropertyValue], place: Any, key: str, value: PropertyValue
    ) -> None:
        before = known.setdefault(place, value)
        if not is_equal(before, value):
            self.refusals.add(key, "another value was there first")
