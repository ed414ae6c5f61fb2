"""Particles as answers show them, with their properties."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from focusmesh.engine.links import kind_of, value_text
from focusmesh.host.service.records.records import Answer, Name, Record, Value

if TYPE_CHECKING:
    from collections.abc import Hashable

    from focusmesh.engine.graph import Graph
    from focusmesh.engine.links import PropertyValue

SHOWN_MOST = 100
"""Labels, and properties, that an answer shows of a particle."""
_CHARACTERS_MOST = 4_096


class ParticleProperty(Record, frozen=True, kw_only=True):
    """A property of a particle; ``type`` is bool, integer, float, text or bytes.

    Bytes are written ``0x…``, and texts of over 4,096 characters end with "…".
    """

    key: str
    type: str
    value: Value


class ParticleAnswer(Answer, frozen=True, kw_only=True):
    """A particle. ``cid`` where it is one of a ledger; ``links_out`` and ``links_in`` count axons.

    ``labels`` and ``properties`` are the first 100 of each, ascending.
    """

    particle: Name
    cid: str | None
    text: str
    score: float | None
    bound: float | None
    rank: int | None
    links_out: int
    links_in: int
    labels: list[str]
    properties: list[ParticleProperty]


class ParticlePage(Answer, frozen=True, kw_only=True):
    """Particles in their own order."""

    items: list[Name]
    cursor: str | None = None


class ParticleRow(Record, frozen=True, kw_only=True):
    """A particle among all, with its share of the focus."""

    particle: Name
    cid: str | None
    text: str
    score: float | None
    rank: int | None


def particle_properties(graph: Graph, name: Hashable) -> list[ParticleProperty]:
    """The first properties of a particle, keys ascending, texts cut. O(keys of the graph · log n)."""
    shown = islice(graph.properties(name).items(), SHOWN_MOST)
    return [
        ParticleProperty(key=key, type=kind_of(value), value=_brief(value)) for key, value in shown
    ]


def _brief(value: PropertyValue) -> Value:
    if isinstance(value, bytes):
        value = value_text(value[:_CHARACTERS_MOST])
    if isinstance(value, str) and len(value) > _CHARACTERS_MOST:
        return f"{value[: _CHARACTERS_MOST - 1]}…"
    return value
