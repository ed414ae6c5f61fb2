"""Graph: particles, the links between them, and the way to their focus."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.graph import making
from focusmesh.engine.graph.building import build
from focusmesh.engine.graph.edits import Edits, Link, added, verify_weight
from focusmesh.engine.graph.names import Names
from focusmesh.engine.graph.weighing import weighed
from focusmesh.errors import InputError, UnknownParticleError

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence
    from os import PathLike

    from focusmesh.engine.focus import Focus, FocusParams
    from focusmesh.engine.graph.importers import ImportReport
    from focusmesh.engine.graph.links import LinkColumns
    from focusmesh.engine.graph.structure import Structure
    from focusmesh.engine.progress import Progress


class Graph:
    """A weighted, directed graph in memory, made by ``from_edges``, ``read``, ``open`` and their like.

    Links on one ordered pair add up to its axon; self-loops and zero weights stay listed but do not rank.
    Edits (``link``, ``unlink``, ``reweight``, ``update``) are merged when the graph is next ranked or listed.
    """

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

    @classmethod
    def from_edges(
        cls,
        source: Any,
        target: Any,
        weight: Any = None,
        relation: Any = None,
        author: Any = None,
        *,
        time: Any = None,
        valence: Any = None,
        particles: int | Iterable[Hashable] | None = None,
    ) -> Graph:
        """A graph from parallel arrays or sequences of ``m`` link ends.

        Ends are integers or any hashable names. Without ``particles`` the ends are the particles: integers in
        ascending order, other names in order of first appearance. With ``particles`` (a count, or names) the
        graph has exactly those; integers then index them, unless the names are integers themselves.
        ``weight`` (finite, ≥ 0; default 1) is kept exactly. ``relation`` and ``author`` are one name or m.
        ``valence`` (−1, 0 or 1): a link of valence −1 weighs nothing.

        Raises InputError naming the row at fault. O(n + m).
        """
        return making.from_edges(
            cls,
            source,
            target,
            weight=weight,
            relation=relation,
            author=author,
            time=time,
            valence=valence,
            particles=particles,
        )

    @classmethod
    def from_links(cls, columns: LinkColumns, report: ImportReport | None = None) -> Graph:
        """A graph from link columns, such as an importer returns. O(n + m)."""
        return making.from_links(cls, columns, report)

    @classmethod
    def from_table(cls, table: Any, **columns: str) -> Graph:
        """A graph from anything with an Arrow stream: pandas, Polars, PyArrow, DuckDB.

        Columns are found by name (``source``, ``target``, ``weight``, ``relation``, ``author``, ``time`` and
        their usual synonyms) or given, as in ``from_table(frame, source="importer", target="imported")``.
        Raises InputError for missing columns, MissingExtraError without the extra ``arrow``.
        """
        from focusmesh.engine.graph.arrow import columns_from_arrow

        return cls.from_links(columns_from_arrow(table, columns))

    @classmethod
    def from_networkx(cls, graph: Any, weight: str | None = "weight") -> Graph:
        """A graph from a NetworkX graph; an undirected edge becomes a link each way."""
        from focusmesh.engine.graph.convert import from_networkx

        return from_networkx(cls, graph, weight)

    @classmethod
    def from_scipy(cls, matrix: Any, particles: Iterable[Hashable] | None = None) -> Graph:
        """A graph from a square SciPy sparse matrix or array: entry (i, j) is the link i → j."""
        from focusmesh.engine.graph.convert import from_scipy

        return from_scipy(cls, matrix, particles)

    @classmethod
    def read(
        cls,
        path: str | PathLike[str],
        *,
        format: str | None = None,
        strict: bool = False,
        exclude: Iterable[str] = (),
        columns: Mapping[str, str] | None = None,
        progress: Progress | None = None,
    ) -> Graph:
        """A graph from a file or a folder of a known format; ``graph.report`` tells what was read.

        Bad lines are counted and named in the report, or raised by ``strict``. A graph file is opened.
        """
        from focusmesh.engine.graph.container import SUFFIX
        from focusmesh.engine.graph.importers import read_links

        if format is None and str(path).endswith(SUFFIX):
            return cls.open(path)
        links, report = read_links(
            path,
            format=format,
            strict=strict,
            exclude=tuple(exclude),
            columns=columns,
            progress=progress,
        )
        return cls.from_links(links, report)

    @classmethod
    def open(cls, path: str | PathLike[str], verify: bool = False) -> Graph:
        """A graph from a file made by ``save``, memory-mapped: bytes are read when they are needed.

        Raises DamagedFileError, NewerVersionError or FileError. ``verify`` also checks the digest of every
        section.
        """
        from focusmesh.engine.graph.container import open_graph

        return open_graph(cls, path, verify)

    def save(self, path: str | PathLike[str]) -> None:
        """Writes the graph to one file, whole or not at all; an existing file is replaced."""
        from focusmesh.engine.graph.container import save_graph

        save_graph(self, path)

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
        return sum(link.weight for link in self.between(source, target))

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
        if self._columns is not None:
            return self._columns
        return making.columns_of(self.structure, self._particles, self._texts)

    @property
    def labelled_links(self) -> LinkColumns | None:
        """The links as columns where they have relations, authors or times, else None."""
        self._merge()
        return self._columns

    def to_table(self) -> Any:
        """All links as an Arrow table (``source``, ``target``, ``weight`` and what else they have)."""
        from focusmesh.engine.graph.arrow import links_to_arrow

        return links_to_arrow(self.links())

    def to_networkx(self) -> Any:
        """A NetworkX DiGraph of the axons; a MultiDiGraph where links have relations, authors or times."""
        from focusmesh.engine.graph.convert import to_networkx

        return to_networkx(self)

    def to_scipy(self) -> Any:
        """The axons as a SciPy CSR array, entry (i, j) the weight of i → j in particle order."""
        from focusmesh.engine.graph.convert import to_scipy

        return to_scipy(self)

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

    def renamed(self, particles: Iterable[Hashable]) -> Graph:
        """The same graph with other names, one a particle; raises InputError unless they are as many and distinct."""
        names = particles if isinstance(particles, Names) else Names.of(particles)
        if len(names) != self.particle_count:
            raise InputError(f"{len(names)} names for {self.particle_count} particles")
        made = self.copy()
        made._particles = names
        if made._columns is not None:
            made._columns = replace(made._columns, particles=names)
        return made

    def weighed(
        self, karma: Mapping[Any, float], *, half: float = 1.0, least: float = 0.1
    ) -> Graph:
        """The same graph with each link's weight scaled by its author's karma factor (focus.md §1).

        An author of karma k ≥ 0 counts ``least + (1 − least)·k / (k + half)``; one without karma ``least``.
        Raises InputError for links without authors, negative karma, or half ≤ 0, or least outside of 0 … 1.
        """
        return Graph.from_links(weighed(self.links(), karma, half, least), self.report)

    def copy(self) -> Graph:
        """An independent graph with the same links; arrays are shared, since none is changed in place."""
        self._merge()
        return Graph(
            self._particles,
            structure=self._structure,
            columns=self._columns,
            texts=self._texts,
            report=self.report,
        )

    def focus(
        self,
        params: FocusParams | None = None,
        tolerance: float = 1e-6,
        seeds: Iterable[Hashable] | Mapping[Any, float] | None = None,
        *,
        beta: float = 0.5,
        u: Any = None,
        u0: Any = None,
        solver: str = "anderson",
        progress: Progress | None = None,
    ) -> Focus:
        """The focus of all particles, or of the context ``seeds``, within ``tolerance`` in L1.

        ``seeds`` (names, or names with weights) draw the share ``beta`` of the teleport to themselves. ``u`` and
        ``u0`` (shape (n,), ≥ 0, not all 0; default uniform) say where teleport and dangling mass go. Raises
        InputError for seeds or vectors that do not fit, ConvergenceError when float64 cannot reach ``tolerance``.
        O(m) for each of some tens of passes; the global focus is kept for later contexts.
        """
        from focusmesh.engine.focus import graph_focus

        return graph_focus(
            self,
            params,
            tolerance,
            seeds,
            beta=beta,
            u=u,
            u0=u0,
            solver=solver,
            progress=progress,
            kept=self._solved,
        )

    def __repr__(self) -> str:
        return f"<Graph: {self.particle_count:,} particles, {self.link_count:,} links>"

    def _repr_html_(self) -> str:
        from focusmesh.engine.graph.display import graph_html

        return graph_html(self)

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
        """Applies the waiting edits: O(n + m), once for any number of them."""
        if not self._edits:
            return
        edits, self._edits = self._edits, Edits(0)
        merged = edits.merged(self.links())
        self._particles, self._texts = merged.particles, merged.texts
        self._columns = merged if merged.labelled else None
        self._structure = build(merged.source, merged.target, merged.weight, len(merged.particles))
        self._edits, self._rows_of, self._solved = Edits(len(self._particles)), None, {}
