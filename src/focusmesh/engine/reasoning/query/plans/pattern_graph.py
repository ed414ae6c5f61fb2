"""A pattern as a graph: its nodes, the hops between them, its paths, and what must hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from focusmesh.engine.reasoning.query.paths import Advance, PathMode
    from focusmesh.engine.reasoning.query.plans.rows import Evaluate
    from focusmesh.engine.reasoning.query.sources import Direction

Working = list[Any]
"""A row while a pattern is matched: slots of all its elements, also of those without a name."""
Holds = Callable[[Working], bool]


@dataclass(frozen=True, slots=True)
class PatternCondition:
    """What must hold as soon as the slots in ``needs`` have values."""

    needs: frozenset[int]
    holds: Holds


@dataclass(frozen=True, slots=True)
class PatternLookup:
    """A node's property equals a value, which is known when the slots in ``needs`` are."""

    key: str
    value: Evaluate
    needs: frozenset[int]


@dataclass(slots=True)
class PatternNode:
    """A node of a pattern, wherever it stands in it."""

    slot: int
    labels: set[str] = field(default_factory=set)
    lookups: list[PatternLookup] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class GroupList:
    """A variable of a repeated pattern: its list's slot, and which element it is, from 0: node, relationship, node."""

    slot: int
    place: int


@dataclass(frozen=True, slots=True)
class PatternHop:
    """What lies between two nodes of a path: a relationship, or with ``bounds`` something that repeats.

    ``slot`` has the relationship, or the tuple of stretches; ``lists`` are the variables of what repeats. ``advance``
    makes from a row the function that follows one repetition, from right to left where its second argument says so.
    """

    slot: int
    left: int
    right: int
    types: tuple[str, ...]
    direction: Direction
    mode: PathMode
    bounds: tuple[int, int | None] | None = None
    lists: tuple[GroupList, ...] = ()
    needs: frozenset[int] = frozenset()
    advance: Callable[[Working, bool], Advance] | None = None
    has_ends_only: bool = False
    """Whether nobody asks for more than its ends, and each pair of them once is enough."""
    single: int | None = None
    """The slot of the one relationship, where a selected path has one that does not repeat."""


@dataclass(frozen=True, slots=True)
class PatternPath:
    """A path: the slots of its nodes, its hops by index, and the slot of its value where that is asked for."""

    nodes: tuple[int, ...]
    hops: tuple[int, ...]
    mode: PathMode
    slot: int | None


@dataclass(frozen=True, slots=True)
class PatternSelection:
    """Which paths a selector takes: ``count`` of them, or with the kind ``groups`` all of so many lengths.

    ``tests`` are conditions of the nodes between its ends, by slot; ``late`` those that read several of its elements.
    ``body`` is the greatest number of relationships in one repetition.
    """

    hops: tuple[int, ...]
    nodes: tuple[int, ...]
    kind: str
    count: int
    mode: PathMode
    needs: frozenset[int]
    tests: dict[int, list[Holds]]
    late: tuple[Holds, ...]
    body: int


@dataclass(slots=True)
class PatternGraph:
    """A whole pattern; ``bound`` are the slots that have values before it, ``width`` is the number of all."""

    bound: frozenset[int]
    width: int
    nodes: dict[int, PatternNode] = field(default_factory=dict)
    hops: list[PatternHop] = field(default_factory=list)
    paths: list[PatternPath] = field(default_factory=list)
    conditions: list[PatternCondition] = field(default_factory=list)
    selections: list[PatternSelection] = field(default_factory=list)
