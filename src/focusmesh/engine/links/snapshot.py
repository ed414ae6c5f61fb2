"""Links at one moment: arrays that never change, and what was worked out from them."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import ref

import numpy as np

from focusmesh.engine.links.columns import LinkColumns
from focusmesh.engine.links.pairs import RowIndex, plain_links
from focusmesh.errors import InputError

if TYPE_CHECKING:
    from weakref import ReferenceType

    from focusmesh.engine.links.edits import Edits, Link
    from focusmesh.engine.links.names.names import Names
    from focusmesh.engine.links.properties.properties import Properties
    from focusmesh.engine.links.structure.structure import Structure


class Origin(NamedTuple):
    """What a snapshot was made of: another one, as long as somebody else keeps it, and the edits since."""

    base: ReferenceType[Snapshot]
    edits: Edits


class Snapshot:
    """Particles and links as they stood when they were last merged.

    Nothing in it changes, so that any number of threads, copies and readers share one; an edited graph gets another.
    What is derived is kept with it and made anew after pickling: the structure and the row index by itself, and in
    ``derived`` whatever packages above work out of it, each under a key of its own.
    """

    def __init__(
        self,
        particles: Names,
        *,
        structure: Structure | None = None,
        columns: LinkColumns | None = None,
        texts: Names | None = None,
        properties: Properties | None = None,
    ) -> None:
        """Labelled links come as ``columns``, plain ones as ``structure``; labelled ones may bring theirs along.

        ``root`` is worked out when it is first asked for, ``file_root`` said by the file that this was opened from.
        """
        if structure is None and columns is None:
            raise InputError("a graph needs links as columns or as a structure")
        self.particles = particles
        self.columns = columns
        self.texts = texts
        self.properties = properties
        self.derived: dict[str, Any] = {}
        self.root: str | None = None
        self.file_root: str | None = None
        self.origin: Origin | None = None
        self._given = structure

    @cached_property
    def structure(self) -> Structure:
        """The aggregated axons in solver order. O(n + m) when first asked for, unless given."""
        return _build(self.links()) if self._given is None else self._given

    @cached_property
    def _rows(self) -> RowIndex:
        return RowIndex(self.links())

    def links(self) -> LinkColumns:
        """All links as columns."""
        if self.columns is not None:
            return self.columns
        plain = columns_of(self.structure, self.particles, self.texts)
        return replace(plain, properties=self.properties)

    def links_of(self, pair: tuple[int, int]) -> list[Link]:
        """The links of a pair of indices, none where an index is beyond these particles."""
        if max(pair) >= len(self.particles):
            return []
        if self.columns is None:
            return plain_links(self.structure, pair)
        return self._rows.links(pair)

    def with_edits(self, edits: Edits) -> Snapshot:
        """Another snapshot with ``edits`` applied: O(n + m) for any number of them.

        Where none of them touches a link or adds a particle, the structure is shared: O(n) for texts, for properties
        what ``Properties.edit`` says.
        """
        if edits.only_describe:
            texts, properties = edits.describe(self)
            columns = self.columns
            if columns is not None:  # one without links is falsy
                columns = replace(columns, texts=texts, properties=properties)
            made = Snapshot(
                self.particles,
                structure=vars(self).get("structure", self._given),
                columns=columns,
                texts=texts,
                properties=properties,
            )
        else:
            links = edits.apply_to(self.links())
            made = Snapshot(
                links.particles,
                structure=_build(links),
                columns=links if links.labelled else None,
                texts=links.texts,
                properties=links.properties,
            )
        made.origin = Origin(ref(self), edits)
        return made

    def __getstate__(self) -> dict[str, Any]:
        kept = {
            name: getattr(self, name) for name in ("particles", "columns", "texts", "properties")
        }
        return kept | {
            "_given": vars(self).get("structure", self._given),
            "derived": {},
            "root": None,
            "origin": None,
        }

    def __deepcopy__(self, memo: dict[int, Any]) -> Snapshot:
        return self


def _build(links: LinkColumns) -> Structure:
    from focusmesh.engine.links.structure.builder import build

    return build(links.source, links.target, links.weight, len(links.particles))


def columns_of(structure: Structure, particles: Names, texts: Names | None) -> LinkColumns:
    """The axons of a structure as plain links, sorted by source in solver order."""
    rows = np.repeat(structure.order, np.diff(structure.out_start))
    return LinkColumns(
        particles=particles,
        source=rows,
        target=structure.order[structure.out_target],
        weight=structure.out_weight,
        texts=texts,
    )
