"""Patterns become functions from a row to the rows of its matches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.query.language.syntax import (
    NodePattern,
    RelationshipPattern,
)
from focusmesh.engine.reasoning.query.paths import has_lawful_nodes
from focusmesh.engine.reasoning.query.plans.pattern_conditions import PatternConditions
from focusmesh.engine.reasoning.query.plans.pattern_graph import (
    PatternCondition,
    PatternGraph,
    PatternHop,
    PatternNode,
    PatternPath,
)
from focusmesh.engine.reasoning.query.plans.pattern_order import PatternOrder
from focusmesh.engine.reasoning.query.plans.pattern_slots import PatternSlots, pattern_names
from focusmesh.engine.reasoning.query.plans.repetitions import RepetitionPlans

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from focusmesh.engine.reasoning.query.language.syntax import Expression, PathPattern
    from focusmesh.engine.reasoning.query.plans.pattern_graph import Working
    from focusmesh.engine.reasoning.query.plans.pattern_slots import ElementSlots
    from focusmesh.engine.reasoning.query.plans.rows import Row, SlotScope
    from focusmesh.engine.reasoning.query.plans.steps import Step

    Drafts = Sequence[tuple[PathPattern, list[ElementSlots], int]]


class PatternPlans(RepetitionPlans, PatternConditions):
    """Compiles patterns."""

    def pattern(
        self, paths: tuple[PathPattern, ...], condition: Expression | None, scope: SlotScope
    ) -> tuple[Callable[[Row], Iterator[Row]], SlotScope]:
        """The function that gives a row for each match of a pattern, and where its variables lie."""
        names = (each for each in pattern_names(paths) if each not in scope.names)
        outer = scope.binding(*names)
        slots = PatternSlots(outer)
        drafts = [(path, *slots.of_path(path)) for path in paths]
        inner = outer.naming({}, slots.width)
        pattern = PatternGraph(frozenset(range(scope.width)), slots.width)
        for path, elements, slot in drafts:
            self._add_path(path, elements, slot, pattern, inner)
        if condition is not None:
            self.add_conditions(condition, pattern, inner)
        order = PatternOrder(pattern, self.run.graph, self.run.tick, outer.names)
        self.run.steps.extend(order.words)
        hidden = slots.width - scope.width
        matches = _matcher(order.steps, hidden)
        if not order.is_natural:
            matches = _in_order(matches, pattern, self.run.meter.hold)
        width = outer.width
        return lambda row: (tuple(each[:width]) for each in matches(row)), outer

    def _add_path(
        self,
        path: PathPattern,
        slots: list[ElementSlots],
        slot: int,
        pattern: PatternGraph,
        scope: SlotScope,
    ) -> None:
        hops = list[int]()
        for index, (element, own) in enumerate(zip(path.elements, slots, strict=True)):
            if isinstance(element, NodePattern):
                self._add_node(element, own.slot, pattern, scope)
                continue
            ends = slots[index - 1].slot, slots[index + 1].slot
            hops.append(len(pattern.hops))
            if isinstance(element, RelationshipPattern) and element.hops is None:
                pattern.hops.append(
                    PatternHop(own.slot, *ends, element.types, element.direction, path.mode)
                )
                self.add_element_conditions(element, own.slot, pattern, scope)
            else:
                pattern.hops.append(self.repetition(element, own, ends, path.mode, scope))
        lawful = path.mode in ("simple", "acyclic")
        if lawful:
            mode = path.mode
            pattern.conditions.append(
                PatternCondition(
                    frozenset({slot}), lambda row: has_lawful_nodes(row[slot].nodes, mode)
                )
            )
        wanted = slot if lawful or path.variable is not None else None
        nodes = tuple(each.slot for each in slots[::2])
        pattern.paths.append(PatternPath(nodes, tuple(hops), path.mode, wanted))

    def _add_node(
        self, element: NodePattern, slot: int, pattern: PatternGraph, scope: SlotScope
    ) -> None:
        node = pattern.nodes.setdefault(slot, PatternNode(slot))
        node.labels.update(element.labels)
        self.add_element_conditions(element, slot, pattern, scope)


def _matcher(steps: list[Step], hidden: int) -> Callable[[Row], Iterator[Working]]:
    """All ways through the steps; no call waits in another, however long the pattern is."""
    last, nothing = len(steps), (None,) * hidden

    def matches(row: Row) -> Iterator[Working]:
        working, used = [*row, *nothing], set[int]()
        waiting = [steps[0](working, used)]
        while waiting:
            if not next(waiting[-1], False):
                waiting.pop()
            elif len(waiting) == last:
                yield working
            else:
                waiting.append(steps[len(waiting)](working, used))

    return matches


def _in_order(
    matches: Callable[[Row], Iterator[Working]],
    pattern: PatternGraph,
    hold: Callable[[int, int, str], None],
) -> Callable[[Row], Iterator[Working]]:
    """The matches in the order in which a search from left to right would find them."""

    def key(row: Working) -> list[tuple[int, ...]]:
        found = list[tuple[int, ...]]()
        for path in pattern.paths:
            found.append((row[path.nodes[0]].id,))
            for index, end in zip(path.hops, path.nodes[1:], strict=True):
                hop = pattern.hops[index]
                if hop.bounds is None:
                    found.append((row[end].id, row[hop.slot].id))
                else:
                    found.append(tuple(n for each in row[hop.slot] for n in _flat(each)))
        return found

    def in_order(row: Row) -> Iterator[Working]:
        held = list[tuple[list[tuple[int, ...]], "Working"]]()
        for each in matches(row):
            hold(1, len(each), "MATCH")
            held.append((key(each), each.copy()))
        held.sort(key=lambda each: each[0])
        for _, each in held:
            yield each

    return in_order


def _flat(stretch: tuple[tuple[int, ...], tuple[int, ...]]) -> Iterator[int]:
    for link, node in zip(*stretch, strict=True):
        yield node
        yield link
