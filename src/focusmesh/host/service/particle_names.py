"""Names of particles between people and the graph: as they are sent, and as answers have them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from focusmesh.engine.links import label
from focusmesh.errors import UnknownParticleError

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from focusmesh.engine.graph import Graph
    from focusmesh.host.service.records.records import Name


def find(graph: Graph, sent: str | int) -> int:
    """The index of the particle that was sent: text as it stands, a number where names are numbers, a CID for a digest.

    Raises UnknownParticleError with close names.
    """
    names = graph.particles
    for spelling in (sent, _number(sent)):
        at = None if spelling is None else names.find(spelling)
        if at is not None:
            return at
    raise UnknownParticleError(sent, close=names.close(sent))


def find_all(graph: Graph, sent: Iterable[str | int]) -> list[Hashable]:
    """The particles that were sent, each once, in their order."""
    return [graph.particles[at] for at in dict.fromkeys(find(graph, name) for name in sent)]


def in_json(name: Hashable) -> Name:
    """A name for JSON: whole numbers as numbers, digests as CIDs, everything else as its text."""
    return name if type(name) is int else label(name)


def finite(value: float | None) -> float | None:
    """A number as JSON can say it: null for −∞, which a particle has that a context cannot reach."""
    return value if value is not None and math.isfinite(value) else None


def _number(text: str | int) -> int | None:
    """``text`` as an integer if it is the plain spelling of one."""
    if isinstance(text, int):
        return None
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdecimal() and len(digits) < 20 else None
