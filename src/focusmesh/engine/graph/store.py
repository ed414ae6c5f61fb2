"""The links of a graph and the edits that wait for them: what Graph can be asked and told about links."""

from __future__ import annotations

from dataclasses import replace
from threading import RLock
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.graph import making
from focusmesh.engine.graph.edits import Edits, Link, added, verify_weight
from focusmesh.engine.graph.naming import verified_names
from focusmesh.errors import InputError, UnknownParticleError

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence

    from focusmesh.engine.graph.importers import ImportReport
    from focusmesh.engine.graph.links import LinkColumns
    from focusmesh.engine.graph.names import Names
    from focusmesh.engine.graph.snapshot import Snapshot
    from focusmesh.engine.graph.structure import Structure
    from focusmesh.engine.rewrite import ProgramLinks


class LinkStore:
    """A snapshot that never changes, and edits that are merged into a new one when it is needed.

    Safe between threads: every answer comes from one snapshot, before or after an update, never from half of it. One
    writer at a time works out its edits beside the others' and then publishes all of them at once, so that readers wait
    for no update; they wait for each other only while one of them merges.
    """

    def __init__(self, snapshot: Snapshot, report: ImportReport | None = None) -> None:
        """Use the ``from_…`` constructors."""
        self._current = snapshot, Edits()
        self.report = report
        self._make_locks()

    def _make_locks(self) -> None:
        """``_writing`` is held for a whole update, ``_reading`` while edits are published, looked at or merged."""
        self._writing, self._reading = RLock(), RLock()

    def __getstate__(self) -> dict[str, Any]:
        return {"snapshot": self._merged(), "report": self.report}

    def __setstate__(self, state: dict[str, Any]) -> None:
        snapshot = state["snapshot"]
        self._current = snapshot, Edits()
        self.report = state["report"]
        self._make_locks()

    @property
    def particles(self) -> Names:
        """Names of the particles, in the order of every score array."""
        return self._merged().particles

    @property
    def particle_count(self) -> int:
        """Number of particles."""
        snapshot, edits = self._current
        return len(snapshot.particles) + len(edits.added)

    @property
    def link_count(self) -> int:
        """Number of links; equal to ``axon_count`` where links have no relation, author or time."""
        snapshot = self._merged()
        columns = snapshot.columns
        return snapshot.structure.axon_count if columns is None else len(columns)

    @property
    def axon_count(self) -> int:
        """Number of ordered pairs with a positive weight, self-loops not counted."""
        return self.structure.axon_count

    @property
    def relations(self) -> Names | None:
        """Names of the relation types, or None where links have none."""
        columns = self._merged().columns
        return None if columns is None else columns.relations

    @property
    def authors(self) -> Names | None:
        """Names of the authors, or None where links have none."""
        columns = self._merged().columns
        return None if columns is None else columns.authors

    @property
    def texts(self) -> Names | None:
        """The text of each particle, "" where it has none; None where no particle of the graph has one."""
        return self._merged().texts

    def name_root(self, root: str) -> None:
        """From now on, until an edit, ``root`` (16 hex digits or more) names the graph in the place of its digest.

        For graphs that are one moment of something larger, such as of a ledger.
        """
        self._merged().root = root

    @property
    def structure(self) -> Structure:
        """The aggregated axons in solver order."""
        with self._reading:
            return self._merged().structure

    def index(self, name: Hashable) -> int:
        """Index of a particle; raises UnknownParticleError, which lists close names."""
        with self._reading:
            found = self._find(name)
            if found is None:
                raise UnknownParticleError(name, close=self._current[0].particles.close(name))
            return found

    def text(self, name: Hashable) -> str:
        """Text of a particle, "" where it has none."""
        snapshot = self._merged()
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
        return self._merged().links()

    @property
    def labelled_links(self) -> LinkColumns | None:
        """The links as columns where they have relations, authors or times, else None."""
        return self._merged().columns

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
            pair, present, chosen = self._chosen(source, target, relation, author)
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
            pair, present, chosen = self._chosen(source, target, relation, author)
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
        checked = [making.checked_edge(edge, row) for row, edge in enumerate(edges)]
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
                touched[pair] = added(present, link)
            self._publish(touched, new)

    def link_program(
        self,
        program: str,
        names: Iterable[Hashable] = (),
        *,
        lists: Mapping[str, Iterable[Sequence[Hashable]]] | None = None,
        relation: Hashable | None = None,
        weight: float = 1,
        fuel: int | None = None,
        evaluator: str = "lazy",
        dry_run: bool = False,
    ) -> ProgramLinks:
        """Runs a program of the rewrite machine and adds what it yields: all of its links, or none on error.

        Its values are ``#Link{source,target}`` or ``#Link{source,target,weight}``. Numbers stand for ``names``, from 0,
        and ``@count`` for how many there are; each of ``lists`` (of names, pairs or triples of names) is a definition
        of its key, and the names in it come behind ``names``. ``fuel``: interactions at most, 2³² by default; each
        link weighs ``weight`` times what the program says. With ``dry_run`` nothing is added. Raises ProgramError with
        line and column, LinkProgramError for values that are no links, FuelError, MemoryLimitError.
        """
        from focusmesh.engine.rewrite import PROGRAM_FUEL, Limits, program_links

        limits = Limits(PROGRAM_FUEL if fuel is None else fuel)
        found = program_links(program, names, lists, limits, evaluator=evaluator)
        if not dry_run:
            self.update(
                (source, target, units * weight, relation)
                for source, target, units in found.named()
            )
        return found

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
    ) -> None:
        with self._reading:
            _, edits = self._current
            edits.added.update(new or {})
            edits.touched.update(touched)
            edits.texts.update(texts or {})

    def _find(self, name: Hashable) -> int | None:
        snapshot, edits = self._current
        found = snapshot.particles.find(name)
        return edits.added.get(snapshot.particles.canonical(name)) if found is None else found

    def _merged(self) -> Snapshot:
        """The snapshot with every published edit: O(n + m) where there are any. On an error they wait on."""
        with self._reading:
            snapshot, edits = self._current
            if edits:
                snapshot = snapshot.merged(edits)
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

    def _chosen(
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
            snapshot, structure = self._merged(), self.structure
        at = int(structure.position[snapshot.particles.index(name)])
        others, weights = structure.out_row(at) if out else structure.in_row(at)
        ranked = np.argsort(-weights, kind="stable")
        particles = structure.order[others]
        return [(snapshot.particles[int(particles[i])], float(weights[i])) for i in ranked]
