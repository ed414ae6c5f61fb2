"""The links of a graph and the edits that wait for them: what can be asked and told about links alone."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import replace
from threading import RLock
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.links.edits import Edits, Link, add_link, verify_weight
from focusmesh.engine.links.link_ends import verified_names
from focusmesh.engine.links.store_properties import StoreProperties
from focusmesh.errors import InputError, UnknownParticleError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.links.columns import LinkColumns
    from focusmesh.engine.links.edits import EditMark, LaterEdits
    from focusmesh.engine.links.names.names import Names
    from focusmesh.engine.links.properties.properties import PropertyEdits
    from focusmesh.engine.links.snapshot import Snapshot
    from focusmesh.engine.links.structure.structure import Structure
    from focusmesh.engine.links.tables.report import ImportReport


class LinkStore(StoreProperties):
    """A snapshot that never changes, and edits that are merged into a new one when it is needed.

    Safe between threads: every answer comes from one snapshot, before or after an update, never from half of it. One
    writer at a time works out its edits beside the others' and then publishes all of them at once, so that readers wait
    for no update; they wait for each other only while one of them merges.
    """

    def __init__(self, snapshot: Snapshot, report: ImportReport | None = None) -> None:
        """``report``: what the importer said that read the links."""
        self._current = snapshot, Edits()
        self.report = report
        self._make_locks()

    def _make_locks(self) -> None:
        """``_writing`` is held for a whole update, ``_reading`` while edits are published, looked at or merged."""
        self._writing, self._reading = RLock(), RLock()

    def __getstate__(self) -> dict[str, Any]:
        return {"snapshot": self._merge(), "report": self.report}

    def __setstate__(self, state: dict[str, Any]) -> None:
        snapshot = state["snapshot"]
        self._current = snapshot, Edits()
        self.report = state["report"]
        self._make_locks()

    def snapshot(self) -> Snapshot:
        """What there is now, every edit merged: O(n + m) where edits wait, else O(1)."""
        return self._merge()

    def edits_after(self, snapshot: Snapshot, mark: EditMark) -> LaterEdits | None:
        """Edits of labelled links after ``mark`` that wait to be merged into ``snapshot``. O(edits after it).

        None where these are too many, the links have no labels, or ``snapshot`` is not what they wait for any more.
        """
        with self._reading:
            base, edits = self._current
            if base is not snapshot or base.columns is None:
                return None
            return edits.after(mark, base.particles)

    @property
    def derived(self) -> dict[str, Any]:
        """What was worked out of the links as they stand and is kept until an edit, each under the key of its owner."""
        return self._merge().derived

    @property
    def root(self) -> str:
        """See ``Graph.root``."""
        from focusmesh.engine.links.file.container import root_of

        snapshot = self._merge()
        if snapshot.root is None:
            snapshot.root = root_of(snapshot).hex()
        return snapshot.root

    def copy(self) -> LinkStore:
        """An independent store with the same links: O(1) where no edits wait."""
        return LinkStore(self._merge(), self.report)

    @property
    def particles(self) -> Names:
        """Names of the particles, in the order of every score array."""
        return self._merge().particles

    @property
    def particle_count(self) -> int:
        """Number of particles."""
        snapshot, edits = self._current
        return len(snapshot.particles) + len(edits.added)

    @property
    def link_count(self) -> int:
        """Number of links; equal to ``axon_count`` where links have no relation, author or time."""
        snapshot = self._merge()
        columns = snapshot.columns
        return snapshot.structure.axon_count if columns is None else len(columns)

    @property
    def axon_count(self) -> int:
        """Number of ordered pairs with a positive weight, self-loops not counted."""
        return self.structure.axon_count

    @property
    def relations(self) -> Names | None:
        """Names of the relation types, or None where links have none."""
        columns = self._merge().columns
        return None if columns is None else columns.relations

    @property
    def authors(self) -> Names | None:
        """Names of the authors, or None where links have none."""
        columns = self._merge().columns
        return None if columns is None else columns.authors

    @property
    def texts(self) -> Names | None:
        """The text of each particle, "" where it has none; None where no particle of the graph has one."""
        return self._merge().texts

    def name_root(self, root: str) -> None:
        """From now on, until an edit, ``root`` (16 hex digits or more) names the graph in the place of its digest.

        For graphs that are one moment of something larger, such as of a ledger.
        """
        if not isinstance(root, str):
            raise InputError(f"a root is text, not {type(root).__name__}")
        snapshot = self._merge()
        snapshot.root, snapshot.file_root = root, None

    @property
    def structure(self) -> Structure:
        """The aggregated axons in solver order."""
        with self._reading:
            return self._merge().structure

    def index(self, name: Hashable) -> int:
        """Index of a particle; raises UnknownParticleError, which lists close names."""
        with self._reading:
            found = self._find(name)
            if found is None:
                raise UnknownParticleError(name, close=self._current[0].particles.close(name))
            return found

    def has(self, name: object) -> bool:
        """Whether a particle has that name. O(1)."""
        with self._reading:
            return self._find(name) is not None

    def text(self, name: Hashable) -> str:
        """Text of a particle, "" where it has none."""
        snapshot = self._merge()
        at = snapshot.particles.index(name)
        return "" if snapshot.texts is None else str(snapshot.texts[at])

    def set_text(self, name: Hashable, text: str) -> None:
        """Sets the text of a particle, which is added where there is none of that name; "" takes it away.

        Raises InputError for what is no text. Another thread sees the particle with its text or not at all.
        """
        verified_names([name], "particle")
        self.set_texts({name: text})

    def set_texts(self, texts: Mapping[Hashable, str]) -> None:
        """As ``set_text`` for many at once: another thread sees all of them or none. O(texts)."""
        if not isinstance(texts, Mapping):
            raise InputError(f"texts are a dict from name to text, not {type(texts).__name__}")
        for name, text in texts.items():
            if not isinstance(text, str):
                raise InputError(f"the text of {name!r} must be a str, not {type(text).__name__}")
        verified_names(list(texts), "particle")
        with self._writing:
            new: dict[Hashable, int] = {}
            found = {self._index_or_new(name, new): text for name, text in texts.items()}
            self._publish({}, new, found)

    def weight(self, source: Hashable, target: Hashable) -> float:
        """Sum of the weights of the links from ``source`` to ``target``, 0.0 where there is none."""
        return sum((link.weight for link in self.between(source, target)), start=0.0)

    def between(self, source: Hashable, target: Hashable) -> list[Link]:
        """The links from ``source`` to ``target``: weight, relation, author and time of each."""
        return list(self._pair(source, target)[1])

    def successors(self, name: Hashable) -> list[tuple[Hashable, float]]:
        """Targets of the links out of ``name`` with their weights, strongest first."""
        return self._neighbours(name, out=True)

    def predecessors(self, name: Hashable) -> list[tuple[Hashable, float]]:
        """Sources of the links into ``name`` with their weights, strongest first."""
        return self._neighbours(name, out=False)

    def links(self) -> LinkColumns:
        """All links as columns."""
        return self._merge().links()

    @property
    def labelled_links(self) -> LinkColumns | None:
        """The links as columns where they have relations, authors or times, else None."""
        return self._merge().columns

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
        with self._writing:
            pair, present, chosen = self._choose(source, target, relation, author)
            self._publish({pair: [link for link in present if link not in chosen]})

    def reweight(
        self,
        source: Hashable,
        target: Hashable,
        weight: float,
        relation: Hashable | None = None,
        author: Hashable | None = None,
    ) -> None:
        """Sets what the links from ``source`` to ``target`` of one relation and author weigh together.

        Raises InputError when there is none, or when they differ in relation or author and neither is named.
        """
        value = verify_weight(weight)
        with self._writing:
            pair, present, chosen = self._choose(source, target, relation, author)
            if len({(link.relation, link.author) for link in chosen}) > 1:
                raise InputError(
                    f"{len(chosen)} links lead from {source!r} to {target!r}: name the relation or author"
                )
            kept = [link for link in present if link not in chosen]
            self._publish({pair: [*kept, replace(chosen[0], weight=value)] if value else kept})

    def update(self, edges: Iterable[Sequence[Any]]) -> None:
        """Adds many links ``(source, target[, weight[, relation[, author[, time]]]])``: all, or none on error.

        Another thread sees all of them or none.
        """
        from focusmesh.engine.links.builder import checked_edge

        if isinstance(edges, str | bytes) or not isinstance(edges, Iterable):
            raise InputError(f"edges are a list of (source, target, …), not {type(edges).__name__}")
        checked = [checked_edge(edge, row) for row, edge in enumerate(edges)]
        with self._writing:
            # A merge in between moves edits into another snapshot and changes no index and no link.
            labelled = self._current[0].columns is not None
            touched: dict[tuple[int, int], list[Link]] = {}
            new: dict[Hashable, int] = {}
            for source, target, link in checked:
                pair = self._index_or_new(source, new), self._index_or_new(target, new)
                if not labelled and link.plain and (pair[0] == pair[1] or not link.weight):
                    continue
                present = touched[pair] if pair in touched else self._links_of(pair)
                touched[pair] = add_link(present, link)
            self._publish(touched, new)

    def _index_or_new(self, name: Hashable, new: dict[Hashable, int]) -> int:
        found = self._find(name)
        if found is not None:
            return found
        plain = self._current[0].particles.canonical(name)
        return new.setdefault(plain, self.particle_count + len(new))

    def _publish(
        self,
        touched: dict[tuple[int, int], list[Link]],
        new: dict[Hashable, int] | None = None,
        texts: dict[int, str] | None = None,
        properties: PropertyEdits | None = None,
    ) -> None:
        with self._reading:
            _, edits = self._current
            self._forget_gone(touched)
            edits.added.update(new or {})
            edits.touch(touched)
            edits.texts.update(texts or {})
            if properties is not None:
                edits.properties.add(properties)

    def _find(self, name: object) -> int | None:
        snapshot, edits = self._current
        found = snapshot.particles.find(name)
        if found is None and edits.added and isinstance(name, Hashable):
            return edits.added.get(snapshot.particles.canonical(name))
        return found

    def _merge(self) -> Snapshot:
        """The snapshot with every published edit: O(n + m) where there are any. On an error they wait on."""
        with self._reading:
            snapshot, edits = self._current
            if edits:
                snapshot = snapshot.with_edits(edits)
                self._current = snapshot, Edits()
            return snapshot

    def _pair(self, source: Hashable, target: Hashable) -> tuple[tuple[int, int], list[Link]]:
        """Indices of both ends, and the links between them."""
        with self._reading:
            pair = self.index(source), self.index(target)
            return pair, self._links_of(pair)

    def _links_of(self, pair: tuple[int, int]) -> list[Link]:
        snapshot, edits = self._current
        return edits.links_of(pair, snapshot.links_of)

    def _choose(
        self,
        source: Hashable,
        target: Hashable,
        relation: Hashable | None,
        author: Hashable | None,
    ) -> tuple[tuple[int, int], list[Link], list[Link]]:
        pair, present = self._pair(source, target)
        chosen = [link for link in present if link.matches(relation, author)]
        if not chosen:
            raise InputError(f"no such link from {source!r} to {target!r}")
        return pair, present, chosen

    def _neighbours(self, name: Hashable, *, out: bool) -> list[tuple[Hashable, float]]:
        with self._reading:
            snapshot, structure = self._merge(), self.structure
        at = int(structure.position[snapshot.particles.index(name)])
        others, weights = structure.out_row(at) if out else structure.in_row(at)
        ranked = np.argsort(-weights, kind="stable")
        particles = structure.order[others]
        return [(snapshot.particles[int(particles[i])], float(weights[i])) for i in ranked]
