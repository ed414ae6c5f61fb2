"""Link stores that tell which pairs were edited, and stores made by setting pairs: for those who follow edits."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.links.edits import Link
from focusmesh.engine.links.store import LinkStore

if TYPE_CHECKING:
    from collections.abc import Hashable

    import numpy.typing as npt

    from focusmesh.engine.links.names.names import Names
    from focusmesh.engine.links.properties.properties import PropertyEdits
    from focusmesh.engine.links.snapshot import Snapshot
    from focusmesh.engine.links.view import LinkView
    from focusmesh.engine.support.arrays import OffsetArray


@dataclass(frozen=True, slots=True)
class EditedPairs:
    """What edits came to: the weight of every touched pair of indices now, and how many particles there are."""

    weights: dict[tuple[int, int], float]
    particle_count: int


class JournaledLinks(LinkStore):
    """A store that keeps a journal of the pairs that its edits touch."""

    _journal: dict[tuple[int, int], float]

    @classmethod
    def of(cls, links: LinkView) -> JournaledLinks:
        """A journaled copy of ``links``; the journal is empty."""
        copied = cls(links.snapshot(), links.report)
        copied._journal = {}
        return copied

    def _publish(
        self,
        touched: dict[tuple[int, int], list[Link]],
        new: dict[Hashable, int] | None = None,
        texts: dict[int, str] | None = None,
        properties: PropertyEdits | None = None,
    ) -> None:
        super()._publish(touched, new, texts, properties)
        for pair, links in touched.items():
            if pair[0] != pair[1]:
                self._journal[pair] = math.fsum(link.weight for link in links)

    def take_edits(self) -> EditedPairs:
        """What was edited since this was last asked."""
        with self._writing:
            weights, self._journal = self._journal, {}
            return EditedPairs(weights, self.particle_count)


class PlainEdits:
    """Edits of links without labels that are kept elsewhere: names of particles, old and new, by index."""

    def __init__(self, links: LinkView) -> None:
        """Starts from ``links`` as they stand."""
        self._snapshot: Snapshot = links.snapshot()
        self._report = links.report
        self.added: dict[Hashable, int] = {}

    @property
    def particle_count(self) -> int:
        """Number of particles, new ones included."""
        return len(self._snapshot.particles) + len(self.added)

    @property
    def names(self) -> Names:
        """Names of all particles. O(n) where there are new ones."""
        return self._snapshot.particles.with_names(list(self.added))

    def close(self, name: Hashable) -> list[str]:
        """Names spelt like ``name``."""
        return self._snapshot.particles.close(name)

    def number_all(self, ends: npt.NDArray[Any]) -> OffsetArray | None:
        """Indices of many particles at once where names are the integers from 0 and all of these are known."""
        known = len(self._snapshot.particles)
        if self._snapshot.particles.kind != "range" or ends.dtype.kind not in "iu":
            return None
        if len(ends) and not (int(ends.min()) >= 0 and int(ends.max()) < known):
            return None
        return ends.astype(np.int64)

    def find(self, name: Hashable) -> int | None:
        """Index of a particle, None where there is none of that name."""
        found = self._snapshot.particles.find(name)
        if found is None and self.added:
            return self.added.get(self._snapshot.particles.canonical(name))
        return found

    def index_or_new(self, name: Hashable, new: dict[Hashable, int]) -> int:
        """Index of a particle; one that is unknown is noted in ``new``."""
        found = self.find(name)
        if found is not None:
            return found
        plain = self._snapshot.particles.canonical(name)
        return new.setdefault(plain, self.particle_count + len(new))

    def store(self, weights: dict[tuple[int, int], float]) -> LinkStore:
        """The links with the new particles and with ``weights`` on those pairs. O(edits) until it is asked."""
        made = LinkStore(self._snapshot, self._report)
        links = {pair: [Link(weight)] if weight else [] for pair, weight in weights.items()}
        made._publish(links, dict(self.added))
        return made
