"""Relationships and patterns that repeat become functions from a node to the repetitions that begin there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.query.language.syntax import (
    NodePattern,
    QuantifiedPattern,
    RelationshipPattern,
)
from focusmesh.engine.reasoning.query.paths import Stretch
from focusmesh.engine.reasoning.query.plans.pattern_conditions import (
    PatternConditions,
    needed_slots,
)
from focusmesh.engine.reasoning.query.plans.pattern_graph import PatternHop
from focusmesh.engine.reasoning.query.plans.steps import FLIPPED
from focusmesh.engine.reasoning.query.values import NodeValue, RelationshipValue

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from focusmesh.engine.reasoning.query.paths import Advance, PathMode
    from focusmesh.engine.reasoning.query.plans.pattern_graph import Holds, Working
    from focusmesh.engine.reasoning.query.plans.pattern_slots import ElementSlots
    from focusmesh.engine.reasoning.query.plans.rows import SlotScope
    from focusmesh.engine.reasoning.query.sources import Direction, Neighbours

    Partial = tuple[tuple[int, ...], tuple[int, ...]]


class RepetitionPlans(PatternConditions):
    """Compiles what repeats."""

    def repetition(
        self,
        element: RelationshipPattern | QuantifiedPattern,
        slots: ElementSlots,
        ends: tuple[int, int],
        mode: PathMode,
        scope: SlotScope,
    ) -> PatternHop:
        """The hop of a relationship or a pattern that repeats; a single relationship repeats once."""
        inner = scope.naming(dict(slots.names), scope.width)
        if isinstance(element, QuantifiedPattern):
            parts: Sequence[NodePattern | RelationshipPattern] = [
                each
                for each in element.elements
                if isinstance(each, NodePattern | RelationshipPattern)
            ]
            types: tuple[str, ...] = ()
            direction: Direction = "both"
        else:
            parts, types, direction = [element], element.types, element.direction
        found = [
            pair
            for part, single in zip(parts, slots.singles, strict=True)
            for pair in self.element_conditions(part, single, inner)
        ]
        if isinstance(element, QuantifiedPattern) and element.condition is not None:
            needs = needed_slots(element.condition, inner)
            found.append((needs, self.condition(element.condition, inner)))
        needed = frozenset[int]().union(*(needs for needs, _ in found)) - {*slots.singles}
        links = [each for each in parts if isinstance(each, RelationshipPattern)]
        advance = self._advance(links, slots.singles, [holds for _, holds in found], mode)
        hops = element.hops
        return PatternHop(
            *(slots.slot, *ends, types, direction, mode),
            (1, 1) if hops is None else (hops.least, hops.most),
            slots.lists,
            needed,
            advance,
            single=slots.singles[0] if hops is None else None,
        )

    def _advance(
        self,
        links: Sequence[RelationshipPattern],
        singles: tuple[int, ...],
        holds: Sequence[Holds],
        mode: PathMode,
    ) -> Callable[[Working, bool], Advance]:
        """The function that follows one repetition, for a row and a direction."""
        graph, tick = self.run.graph, self.run.tick
        forward = [graph.neighbours(each.types, each.direction) for each in links]
        back = [graph.neighbours(each.types, FLIPPED[each.direction]) for each in reversed(links)]
        if not holds and len(links) == 1:
            return lambda working, backwards: _plain_advance((back if backwards else forward)[0])

        def advance(working: Working, backwards: bool) -> Advance:
            follows, places = (back, singles[::-1]) if backwards else (forward, singles)

            def step(node: int) -> list[Stretch]:
                parts: list[Partial] = [((), (node,))]
                for follow in follows:
                    parts = _extend(parts, follow, mode)
                    tick()
                return [
                    Stretch(found, nodes[1:])
                    for found, nodes in parts
                    if _bind(working, places, found, nodes) and all(h(working) for h in holds)
                ]

            return step

        return advance


def _plain_advance(follow: Neighbours) -> Advance:
    return lambda node: [Stretch((link,), (other,)) for other, link in follow(node)]


def _extend(parts: list[Partial], follow: Neighbours, mode: PathMode) -> list[Partial]:
    """All beginnings of a repetition with one relationship more."""
    return [
        ((*links, link), (*nodes, other))
        for links, nodes in parts
        for other, link in follow(nodes[-1])
        if mode == "walk" or link not in links
    ]


def _bind(
    working: Working, places: Sequence[int], links: tuple[int, ...], nodes: tuple[int, ...]
) -> bool:
    """Sets the elements of one repetition; False where one variable would be two nodes."""
    if len(places) == 1:
        working[places[0]] = RelationshipValue(links[0])
        return True
    bound = dict[int, NodeValue]()
    for place, node in zip(places[::2], nodes, strict=True):
        if bound.setdefault(place, NodeValue(node)).id != node:
            return False
    for place, link in zip(places[1::2], links, strict=True):
        working[place] = RelationshipValue(link)
    for place, value in bound.items():
        working[place] = value
    return True
