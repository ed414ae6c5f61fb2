"""What solvers and builders ask of links: a link store answers it, and so does the Graph above it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Hashable

    from focusmesh.engine.links.columns import LinkColumns
    from focusmesh.engine.links.edits import Link
    from focusmesh.engine.links.names.names import Names
    from focusmesh.engine.links.snapshot import Snapshot
    from focusmesh.engine.links.structure.structure import Structure
    from focusmesh.engine.links.tables.report import ImportReport


class LinkView(Protocol):
    """Links that can be read: named particles, the structure that solvers sweep over, and the labels of links."""

    @property
    def report(self) -> ImportReport | None:
        """What the importer said that read the links, None where there was none."""

    @property
    def particles(self) -> Names:
        """Names of the particles, in the order of every score array."""

    @property
    def particle_count(self) -> int:
        """Number of particles."""

    @property
    def relations(self) -> Names | None:
        """Names of the relation types, None where links have none."""

    @property
    def texts(self) -> Names | None:
        """The text of each particle, None where none has one."""

    @property
    def structure(self) -> Structure:
        """The aggregated axons in solver order."""

    @property
    def labelled_links(self) -> LinkColumns | None:
        """The links as columns where they have relations, authors or times, else None."""

    @property
    def derived(self) -> dict[str, Any]:
        """What was worked out of the links as they stand and is kept until an edit, each under the key of its owner."""

    @property
    def root(self) -> str:
        """Names the links as they stand; see ``Graph.root``."""

    def snapshot(self) -> Snapshot:
        """The links as they stand, which later edits do not change."""

    def copy(self) -> LinkView:
        """The same links, independent of later edits. O(1) where no edits wait."""

    def index(self, name: Hashable) -> int:
        """Index of a particle; raises UnknownParticleError, which lists close names."""

    def text(self, name: Hashable) -> str:
        """Text of a particle, "" where it has none."""

    def links(self) -> LinkColumns:
        """All links as columns."""

    def between(self, source: Hashable, target: Hashable) -> list[Link]:
        """The links from ``source`` to ``target``: weight, relation, author and time of each."""


def told_root(graph: LinkView) -> str:
    """``graph.root`` as the file says it that the links were opened from, whose sections are not read for it.

    Worked out where there was no file and after an edit. It is for what goes with a file: a file that was damaged since
    still says what it had.
    """
    told = graph.snapshot().file_root
    return graph.root if told is None else told
