"""The links of a graph and the edits that wait for them: what Graph can be asked and told about links."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.graph import making
from focusmesh.engine.graph.building import build
from focusmesh.engine.graph.edits import Edits, Link, added, verify_weight
from focusmesh.errors import InputError, UnknownParticleError

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    from focusmesh.engine.focus import Focus
    from focusmesh.engine.graph.importers import ImportReport
    from focusmesh.engine.graph.links import LinkColumns
    from focusmesh.engine.graph.names import Names
    from focusmesh.engine.graph.structure import Structure


class LinkStore:
    """Particles and links in arrays that never change, and edits that are merged into new ones when needed."""

    def __init__(
        self,
        particles: Names,
        *,
        structure: Structure | None = None,
        columns: LinkColumns | None = None,
        texts: Names | None = None,
        report: ImportReport | None = None,
    ) -> None:
        """Use the ``from_…`` constructors. Labelled links come as ``columns``, plain ones as ``structure``."""
        self._particles = particles
        self._structure = structure
        self._columns = columns
        self._texts = texts
        self._edits = Edits(len(particles))
        self._rows_of: making.RowIndex | None = None
        self._solved: dict[Hashable, Focus] = {}
        self.report = report

    @property
    def particles(self) -> Names:
        """Names of the particles, in the order of every score array."""
        self._merge()
        return self._particles

    @property
    def particle_count(self) -> int:
        """Number of particles."""
        return len(self._particles) + len(self._edits.added)

    @property
    def link_count(self) -> int:
        """Number of links; equal to ``axon_count`` where links have no relation, author or time."""
        self._merge()
        return self.axon_count if self._columns is None else len(self._columns)

    @property
    def axon_count(self) -> int:
        """Number of ordered pairs with a positive weight, self-loops not counted."""
        return self.structure.axon_count

    @property
    def relations(self) -> Names | None:
        """Names of the relation types, or None where links have none."""
        self._merge()
        return None if self._columns is None else self._columns.relations

    @property
    def authors(self) -> Names | None:
        """Names of the authors, or None where links have none."""
        self._merge()
        return None if self._columns is None else self._columns.authors

    @property
    def texts(self) -> Names | None:
        """One text a particle, or None."""
        self._merge()
        return self._texts

    @property
    def structure(self) -> Structure:
        """The aggregated axons in solver order."""
        self._merge()
        if self._structure is None:
            self._structure = making.structure_of(self.links())
        return self._structure

    def index(self, name: Hashable) -> int:
        """Index of a particle; raises UnknownParticleError, which lists close names."""
        found = self._find(name)
        if found is None:
            raise UnknownParticleError(name, close=self._particles.close(name))
        return found

    def text(self, name: Hashable) -> str:
        """Text of a particle, "" where it has none."""
        texts = self.texts
        return "" if texts is None else str(texts[self.index(name)])

    def weight(self, source: Hashable, target: Hashable) -> float:
        """Sum of the weights of the links from ``source`` to ``target``, 0.0 where there is none."""
        return sum((link.weight for link in self.between(source, target)), start=0.0)

    def between(self, source: Hashable, target: Hashable) -> list[Link]:
        """The links from ``source`` to ``target``: weight, relation, author and time of each."""
        pair = self.index(source), self.index(target)
        return list(self._edits.links_of(pair, self._links_of))

    def successors(self, name: Hashable) -> list[tuple[Hashable, float]]:
        """Targets of the links out of ``name`` with their weights, strongest first."""
        return self._neighbours(name, out=True)

    def predecessors(self, name: Hashable) -> list[tuple[Hashable, float]]:
        """Sources of the links into ``name`` with their weights, strongest first."""
        return self._neighbours(name, out=False)

    def links(self) -> LinkColumns:
        """All links as columns."""
        self._merge()
        return self._merged_links()

    @property
    def labelled_links(self) -> LinkColumns | None:
        """The links as columns where they have relations, authors or times, else None."""
        self._merge()
        return self._columns

    def link(
        self,
        source: Hashable,
        target: Hashable,
        weight: float = 1.0,
        relation: Hashable | None = None,
        author: Hashable | None = None,
        time: int | None = None,
    ) -> None:
        """Adds a link; on a pair that has one of that relation and author, its weight grows."""
        self.update([(source, target, weight, relation, author, time)])

    def unlink(
        self,
        source: Hashable,
        target: Hashable,
        relation: Hashable | None = None,
        author: Hashable | None = None,
    ) -> None:
        """Withdraws the links from ``source`` to ``target``, all or those of a relation or author.

        Raises InputError when there is none.
        """
        pair, present, chosen = self._chosen(source, target, relation, author)
        self._put(pair, [link for link in present if link not in chosen])

    def reweight(
        self,
        source: Hashable,
        target: Hashable,
        weight: float,
        relation: Hashable | None = None,
        author: Hashable | None = None,
    ) -> None:
        """Sets the weight of one link; raises InputError when there is none, or several to choose from."""
        value = verify_weight(weight)
        pair, present, chosen = self._chosen(source, target, relation, author)
        if len(chosen) > 1:
            raise InputError(
                f"{len(chosen)} links lead from {source!r} to {target!r}: name the relation or author"
            )
        kept = [link for link in present if link not in chosen]
        self._put(pair, [*kept, replace(chosen[0], weight=value)] if value else kept)

    def update(self, edges: Iterable[Sequence[Any]]) -> None:
        """Adds many links ``(source, target[, weight[, relation[, author[, time]]]])``: all, or none on error."""
        checked = [making.checked_edge(edge, row) for row, edge in enumerate(edges)]
        for source, target, link in checked:
            pair = self._index_or_add(source), self._index_or_add(target)
            self._put(pair, added(self._edits.links_of(pair, self._links_of), link))

    def _find(self, name: Hashable) -> int | None:
        found = self._particles.find(name)
        return self._edits.added.get(name) if found is None else found

    def _index_or_add(self, name: Hashable) -> int:
        found = self._find(name)
        return self._edits.add_particle(name) if found is None else found

    def _chosen(
        self,
        source: Hashable,
        target: Hashable,
        relation: Hashable | None,
        author: Hashable | None,
    ) -> tuple[tuple[int, int], list[Link], list[Link]]:
        pair = self.index(source), self.index(target)
        present = self._edits.links_of(pair, self._links_of)
        chosen = [link for link in present if link.matches(relation, author)]
        if not chosen:
            raise InputError(f"no such link from {source!r} to {target!r}")
        return pair, present, chosen

    def _put(self, pair: tuple[int, int], links: list[Link]) -> None:
        self._edits.touched[pair] = links
        self._solved = {}

    def _links_of(self, pair: tuple[int, int]) -> list[Link]:
        """The links of a pair in the arrays, edits not looked at."""
        if max(pair) >= len(self._particles):
            return []
        if self._columns is None:
            return making.plain_links(self._base_structure(), pair)
        if self._rows_of is None:
            self._rows_of = making.RowIndex(self._columns)
        return self._rows_of.links(pair)

    def _merged_links(self) -> LinkColumns:
        """The links in the arrays, edits not looked at."""
        if self._columns is not None:
            return self._columns
        return making.columns_of(self._base_structure(), self._particles, self._texts)

    def _base_structure(self) -> Structure:
        if self._structure is None:
            raise InputError("a graph needs links as columns or as a structure")
        return self._structure

    def _neighbours(self, name: Hashable, *, out: bool) -> list[tuple[Hashable, float]]:
        self._merge()
        structure, at = self.structure, int(self.structure.position[self.index(name)])
        others, weights = structure.out_row(at) if out else structure.in_row(at)
        ranked = np.argsort(-weights, kind="stable")
        particles = structure.order[others]
        return [(self._particles[int(particles[i])], float(weights[i])) for i in ranked]

    def _merge(self) -> None:
        """Applies the waiting edits: O(n + m), once for any number of them. On an error they wait on."""
        if not self._edits:
            return
        merged = self._edits.merged(self._merged_links())
        structure = build(merged.source, merged.target, merged.weight, len(merged.particles))
        self._particles, self._texts = merged.particles, merged.texts
        self._columns = merged if merged.labelled else None
        self._structure = structure
        self._edits, self._rows_of, self._solved = Edits(len(self._particles)), None, {}
