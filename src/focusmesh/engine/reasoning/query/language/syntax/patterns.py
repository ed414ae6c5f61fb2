"""Patterns as they were written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from focusmesh.engine.reasoning.query.language.syntax.expressions import (
        Expression,
        MapExpression,
        ParameterExpression,
    )


@dataclass(frozen=True, slots=True)
class Hops:
    """How often something repeats; ``most`` is None without an upper bound."""

    least: int
    most: int | None


@dataclass(frozen=True, slots=True)
class NodePattern:
    """``(variable:A:B {key: value} WHERE condition)``: a node has all labels."""

    variable: str | None = None
    labels: tuple[str, ...] = ()
    properties: MapExpression | ParameterExpression | None = None
    condition: Expression | None = None
    at: int = field(default=0, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class RelationshipPattern:
    """``-[variable:A|B*1..3 {key: value} WHERE condition]->``: a relationship has one of the types.

    ``direction`` is ``out`` from left to right, ``in`` from right to left, ``both`` either way. With ``hops`` the
    variable is a list of relationships, and properties and condition hold for each.
    """

    variable: str | None = None
    types: tuple[str, ...] = ()
    properties: MapExpression | ParameterExpression | None = None
    condition: Expression | None = None
    direction: Literal["out", "in", "both"] = "both"
    hops: Hops | None = None
    at: int = field(default=0, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class QuantifiedPattern:
    """``((a)-[:r]->(b) WHERE condition){1,5}``: all of its variables are lists outside, one element a repetition.

    ``elements`` are as those of a path: node, relationship, node, …
    """

    elements: tuple[PathElement, ...]
    condition: Expression | None
    hops: Hops
    at: int = field(default=0, compare=False, kw_only=True)


PathElement = NodePattern | RelationshipPattern | QuantifiedPattern


@dataclass(frozen=True, slots=True)
class PathSelector:
    """Which paths between two ends are taken: ``kind`` is ``any``, ``shortest`` or ``groups``.

    ``ANY`` is any of 1, ``ANY SHORTEST`` shortest of 1, ``ALL SHORTEST`` groups of 1, ``SHORTEST k GROUPS`` groups
    of k.
    """

    kind: Literal["any", "shortest", "groups"]
    count: int | ParameterExpression


@dataclass(frozen=True, slots=True)
class PathPattern:
    """``variable = SELECTOR MODE (a)-->(b)``.

    ``elements`` has nodes at even places and relationships or quantified patterns at odd ones; nodes that were left
    out beside quantified patterns are there without anything. ``mode`` is ``trail`` unless written; others are
    ``walk``, ``simple`` and ``acyclic``.
    """

    elements: tuple[PathElement, ...]
    variable: str | None = None
    selector: PathSelector | None = None
    mode: Literal["walk", "trail", "simple", "acyclic"] = "trail"
    at: int = field(default=0, compare=False, kw_only=True)
