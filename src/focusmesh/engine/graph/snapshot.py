"""A graph at one moment: arrays that never change, and what was worked out from them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.graph.building import build
from focusmesh.engine.graph.links import LinkColumns
from focusmesh.engine.graph.pairs import RowIndex, plain_links
from focusmesh.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Hashable

    from focusmesh.engine.focus import Focus, Standing
    from focusmesh.engine.graph.edits import Edits, Link
    from focusmesh.engine.graph.names import Names
    from focusmesh.engine.graph.structure import Structure
    from focusmesh.engine.recall import EntryIndex, EntryMoment


class Snapshot:
    """Particles and links as they stood when they were last merged.

    Nothing in it changes, so that any number of threads, copies and readers share one; an edited graph gets another.
    What is derived (the structure, the row index, the global focus, what contexts share) is kept with it, and made
    anew after pickling.
    """

    def __init__(
        self,
        particles: Names,
        *,
        structure: Structure | None = None,
        columns: LinkColumns | None = None,
        texts: Names | None = None,
    ) -> None:
        """Labelled links come as ``columns``, plain ones as ``structure``; labelled ones may bring theirs along."""
        if structure is None and columns is None:
            raise InputError("a graph needs links as columns or as a structure")
        self.particles = particles
        self.columns = columns
        self.texts = texts
        self.solved: dict[Hashable, Focus] = {}
        self.contexts: dict[Hashable, Standing] = {}
        self.entries: tuple[EntryIndex, EntryMoment] | None = None
        self.root: str | None = None
        self._given = structure

    @cached_property
    def structure(self) -> Structure:
        """The aggregated axons in solver order. O(n + m) when first asked for, unless given."""
        return _built(self.links()) if self._given is None else self._given

    @cached_property
    def _rows(self) -> RowIndex:
        return RowIndex(self.links())

    def links(self) -> LinkColumns:
        """All links as columns."""
        if self.columns is not None:
            return self.columns
        return columns_of(self.structure, self.particles, self.texts)

    def links_of(self, pair: tuple[int, int]) -> list[Link]:
        """The links of a pair of indices, none where an index is beyond these particles."""
        if max(pair) >= len(self.particles):
            return []
        if self.columns is None:
            return plain_links(self.structure, pair)
        return self._rows.links(pair)

    def merged(self, edits: Edits) -> Snapshot:
        """Another snapshot with ``edits`` applied: O(n + m) for any number of them."""
        links = edits.merged(self.links())
        return Snapshot(
            links.particles,
            structure=_built(links),
            columns=links if links.labelled else None,
            texts=links.texts,
        )

    def __getstate__(self) -> dict[str, Any]:
        kept = {name: getattr(self, name) for name in ("particles", "columns", "texts")}
        return kept | {
            "_given": vars(self).get("structure", self._given),
            "solved": {},
            "contexts": {},
            "entries": None,
            "root": None,
        }

    def __deepcopy__(self, memo: dict[int, Any]) -> Snapshot:
        return self


def _built(links: LinkColumns) -> Structure:
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
