"""What a graph can be asked and told about its links: all of it goes to the link store that it has."""

from __future__ import annotations

from threading import RLock
from typing import TYPE_CHECKING, Any

from focusmesh.engine.graph.property_methods import PropertyMethods

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
    from os import PathLike

    from focusmesh.engine.links import (
        EditMark,
        ImportReport,
        LaterEdits,
        Link,
        LinkColumns,
        LinkStore,
        Names,
        Snapshot,
        Structure,
    )
    from focusmesh.engine.rewrite import ProgramLinks


class LinkMethods(PropertyMethods):
    """A link store, and its methods."""

    def __init__(self, store: LinkStore) -> None:
        """Use the ``from_…`` constructors."""
        self._store = store
        self._asking = RLock()

    def __getstate__(self) -> dict[str, Any]:
        return {"store": self._store}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._store = state["store"]
        self._asking = RLock()

    def __len__(self) -> int:
        return self.particle_count

    def __contains__(self, name: object) -> bool:
        return self._store.has(name)

    def __iter__(self) -> Iterator[Hashable]:
        return iter(self.particles)

    @property
    def report(self) -> ImportReport | None:
        """What the importer said that read the links, None where there was none."""
        return self._store.report

    @property
    def particles(self) -> Names:
        """Names of the particles, in the order of every score array."""
        return self._store.particles

    @property
    def particle_count(self) -> int:
        """Number of particles."""
        return self._store.particle_count

    @property
    def link_count(self) -> int:
        """Number of links; equal to ``axon_count`` where links have no relation, author or time."""
        return self._store.link_count

    @property
    def axon_count(self) -> int:
        """Number of ordered pairs with a positive weight, self-loops not counted."""
        return self._store.axon_count

    @property
    def relations(self) -> Names | None:
        """Names of the relation types, or None where links have none."""
        return self._store.relations

    @property
    def authors(self) -> Names | None:
        """Names of the authors, or None where links have none."""
        return self._store.authors

    @property
    def texts(self) -> Names | None:
        """The text of each particle, "" where it has none; None where no particle of the graph has one."""
        return self._store.texts

    @property
    def derived(self) -> dict[str, Any]:
        """What was worked out of the links as they stand and is kept until an edit, each under the key of its owner."""
        return self._store.derived

    @property
    def root(self) -> str:
        """Names this graph as it stands: 64 hex digits, the digest in the header of the file that ``save`` writes.

        Equal particles, texts, links and labels in equal order have equal roots; any edit changes it. A graph of a
        ledger is named ``STATE_ROOT@HEIGHT`` instead, until it is edited. Raises InputError for names that cannot be
        saved. O(bytes of the graph), kept until an edit.
        """
        return self._store.root

    def name_root(self, root: str) -> None:
        """From now on, until an edit, ``root`` (16 hex digits or more) names the graph in the place of its digest.

        For graphs that are one moment of something larger, such as of a ledger.
        """
        self._store.name_root(root)

    def snapshot(self) -> Snapshot:
        """What there is now, every edit merged: O(n + m) where edits wait, else O(1)."""
        return self._store.snapshot()

    def edits_after(self, snapshot: Snapshot, mark: EditMark) -> LaterEdits | None:
        """Edits of labelled links after ``mark`` that wait to be merged into ``snapshot``. O(edits after it).

        None where these are too many, the links have no labels, or ``snapshot`` is not what they wait for any more.
        """
        return self._store.edits_after(snapshot, mark)

    @property
    def structure(self) -> Structure:
        """The aggregated axons in solver order."""
        return self._store.structure

    def index(self, name: Hashable) -> int:
        """Index of a particle; raises UnknownParticleError, which lists close names."""
        return self._store.index(name)

    def text(self, name: Hashable) -> str:
        """Text of a particle, "" where it has none."""
        return self._store.text(name)

    def set_text(self, name: Hashable, text: str) -> None:
        """Sets the text of a particle, which is added where there is none of that name; "" takes it away.

        Raises InputError for what is no text. Another thread sees the particle with its text or not at all.
        """
        self._store.set_text(name, text)

    def set_texts(self, texts: Mapping[Hashable, str]) -> None:
        """As ``set_text`` for many at once: another thread sees all of them or none. O(texts)."""
        self._store.set_texts(texts)

    def weight(self, source: Hashable, target: Hashable) -> float:
        """Sum of the weights of the links from ``source`` to ``target``, 0.0 where there is none."""
        return self._store.weight(source, target)

    def between(self, source: Hashable, target: Hashable) -> list[Link]:
        """The links from ``source`` to ``target``: weight, relation, author and time of each."""
        return self._store.between(source, target)

    def successors(self, name: Hashable) -> list[tuple[Hashable, float]]:
        """Targets of the links out of ``name`` with their weights, strongest first."""
        return self._store.successors(name)

    def predecessors(self, name: Hashable) -> list[tuple[Hashable, float]]:
        """Sources of the links into ``name`` with their weights, strongest first."""
        return self._store.predecessors(name)

    def links(self) -> LinkColumns:
        """All links as columns."""
        return self._store.links()

    @property
    def labelled_links(self) -> LinkColumns | None:
        """The links as columns where they have relations, authors or times, else None."""
        return self._store.labelled_links

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
        self._store.unlink(source, target, relation, author)

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
        self._store.reweight(source, target, weight, relation, author)

    def update(self, edges: Iterable[Sequence[Any]]) -> None:
        """Adds many links ``(source, target[, weight[, relation[, author[, time]]]])``: all, or none on error.

        Another thread sees all of them or none.
        """
        self._store.update(edges)

    def save(self, path: str | PathLike[str], *, words: bool = False) -> None:
        """Writes the graph to one file, whole or not at all; an existing file is replaced.

        ``words``: with the index of its names and texts beside it, in the folder ``path``.words, so that the first
        question of a later process need not make it. Raises MissingExtraError without the extra ``recall`` then.
        """
        from focusmesh.engine.links import save_snapshot

        moment = self._store.copy()
        save_snapshot(moment.snapshot(), path)
        if words:
            from focusmesh.engine.recall import write_words

            write_words(moment, path)

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
