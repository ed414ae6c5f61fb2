"""Links that formats find one by one, by name: equal ones become one link with the sum of their weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.links import LinkColumns, Names, verify_count

if TYPE_CHECKING:
    from collections.abc import Iterable


class Gathering:
    """Particles with texts and the links between them; about 300 bytes a link while reading."""

    def __init__(self, relations: Iterable[str]) -> None:
        self._relations = {relation: at for at, relation in enumerate(relations)}
        self._particles: dict[str, int] = {}
        self._texts: list[str] = []
        self._weights: dict[tuple[int, int, int], float] = {}

    def particle(self, name: str, text: str = "") -> int:
        """Index of a particle, added if need be; ``text`` is kept if there was none."""
        at = self._particles.setdefault(name, len(self._particles))
        if at == len(self._texts):
            verify_count(at + 1)
            self._texts.append(text)
        elif text and not self._texts[at]:
            self._texts[at] = text
        return at

    def knows(self, name: str) -> bool:
        """Whether there is such a particle."""
        return name in self._particles

    def link(self, source: str, target: str, relation: str, weight: float = 1.0) -> None:
        """Adds ``weight`` to the link of this relation."""
        key = (self.particle(source), self.particle(target), self._relations[relation])
        self._weights[key] = self._weights.get(key, 0.0) + weight

    def columns(self) -> LinkColumns:
        """All links in the order in which they were first added; relations that occur."""
        table = np.array(list(self._weights), dtype=np.uint32).reshape(-1, 3)
        weight = np.fromiter(self._weights.values(), dtype=np.float64, count=len(table))
        used, relation = np.unique(table[:, 2], return_inverse=True)
        known = list(self._relations)
        return LinkColumns(
            Names.texts(self._particles),
            table[:, 0].copy(),
            table[:, 1].copy(),
            weight=None if bool(np.all(weight == 1)) else weight,
            relations=Names.texts(known[at] for at in used.tolist()),
            relation=relation.astype(np.uint32).reshape(-1),
            texts=Names.texts(self._texts),
        )
