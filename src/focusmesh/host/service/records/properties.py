"""Properties of a particle as answers show them."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from focusmesh.engine.links import kind_of
from focusmesh.host.service.records.records import ParticleProperty

if TYPE_CHECKING:
    from collections.abc import Hashable

    from focusmesh.engine.graph import Graph
    from focusmesh.engine.links import PropertyValue
    from focusmesh.host.service.records.records import Value

SHOWN_MOST = 100
"""Labels, and properties, that an answer shows of a particle."""
_CHARACTERS_MOST = 4_096


def particle_properties(graph: Graph, name: Hashable) -> list[ParticleProperty]:
    """The first properties of a particle, keys ascending, texts cut. O(keys of the graph · log n)."""
    shown = islice(graph.properties(name).items(), SHOWN_MOST)
    return [
        ParticleProperty(key=key, type=kind_of(value), value=_shown(value)) for key, value in shown
    ]


def _shown(value: PropertyValue) -> Value:
    if isinstance(value, bytes):
        value = f"0x{value[:_CHARACTERS_MOST].hex()}"
    if isinstance(value, str) and len(value) > _CHARACTERS_MOST:
        return f"{value[: _CHARACTERS_MOST - 1]}…"
    return value
