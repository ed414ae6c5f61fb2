"""Patterns become functions from a row to the rows of its matches."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.query.language.syntax import (
    NodePattern,
    QuantifiedPattern,
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
    PatternSelection,
)
from focusmesh.engine.reasoning.query.plans.pattern_order import PatternOrder
from focusmesh.engine.reasoning.query.plans.pattern_slots import PatternSlots, pattern_names
from focusmesh.engine.reasoning.query.plans.repetitions import RepetitionPlans

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from focusmesh.engine.reasoning.query.language.syntax import (
        Expression,
        PathPattern,
        PathSelector,
    )
    from focusmesh.engine.reasoning.query.plans.pattern_graph import Holds, Working
    from focusmesh.engine.reasoning.query.plans.pattern_slots import ElementSlots
    from focusmesh.engine.reasoning.query.plans.rows import Row, SlotScope
    from focusmesh.engine.reasoning.query.plans.steps import Step

    Drafts = Sequence[tuple[PathPattern, list[ElementSlots], int]]


class PatternPlans(RepetitionPlans, PatternConditions):
    """Compiles patterns."""

    def pattern(
        self,
        paths: tuple[PathPattern, ...],
        condition: Expression | None,
        scope: SlotScope,
        *,
        has_ends_only: bool = False,
    ) -> tuple[Callable[[Row], Iterator[Row]], SlotScope]:
        """The function that gives a row for each match of a pattern, and where its variables lie.

        With ``has_ends_only`` equal rows may come once.
        """
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
        if has_ends_only and _is_reachability(paths):
            pattern.hops = [replace(each, has_ends_only=True) for each in pattern.hops]
        order = PatternOrder(pattern, self.run.graph, self.run.tick, outer.names)
        if not order.is_whole:
            reason = "conditions of repetitions read one another's elements: move one to WHERE"
            at = paths[0].at
            raise self.run.fault(at, "SyntaxError", "InvalidRelationshipPattern", reason)
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
        is_selected = path.selector is not None and len(path.elements) > 1
        hops = list[int]()
        for index, (element, own) in enumerate(zip(path.elements, slots, strict=True)):
            is_inner = is_selected and 0 < index < len(slots) - 1
            if isinstance(element, NodePattern):
                if not is_inner:
                    self._add_node(element, own.slot, pattern, scope)
                continue
            ends = slots[index - 1].slot, slots[index + 1].slot
            hops.append(len(pattern.hops))
            is_single = isinstance(element, RelationshipPattern) and element.hops is None
            if isinstance(element, RelationshipPattern) and is_single and not is_selected:
                pattern.hops.append(
                    PatternHop(own.slot, *ends, element.types, element.direction, path.mode)
                )
                self.add_element_conditions(element, own.slot, pattern, scope)
            else:
                pattern.hops.append(self.repetition(element, own, ends, path.mode, scope))
        if is_selected:
            self._add_selection(path, slots, tuple(hops), pattern, scope)
        lawful = path.mode in ("simple", "acyclic") and not is_selected
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

    def _add_selection(
        self,
        path: PathPattern,
        slots: list[ElementSlots],
        hops: tuple[int, ...],
        pattern: PatternGraph,
        scope: SlotScope,
    ) -> None:
        """A selector, with what it requires of the nodes between the ends of its paths."""
        nodes = tuple(each.slot for each in slots[::2])
        inner = {*nodes[1:-1]} - {nodes[0], nodes[-1]}
        inner |= {slot for each in slots[1::2] for slot in (each.slot, *each.singles)}
        inner |= {each.slot for own in slots[1::2] for each in own.lists}
        tests, late, needs = dict[int, list["Holds"]](), list["Holds"](), frozenset[int]()
        for element, own in zip(path.elements[2:-1:2], slots[2:-1:2], strict=True):
            assert isinstance(element, NodePattern)
            for reads, holds in self.element_conditions(element, own.slot, scope):
                if (reads - {own.slot}) & inner:
                    late.append(holds)
                    needs |= reads - inner
                else:
                    tests.setdefault(own.slot, []).append(holds)
                    needs |= reads - {own.slot}
        needs = needs.union(*(pattern.hops[each].needs for each in hops))
        groups = (each for each in path.elements if isinstance(each, QuantifiedPattern))
        assert path.selector is not None
        pattern.selections.append(
            PatternSelection(
                *(hops, nodes, path.selector.kind, self._path_count(path.selector), path.mode),
                *(needs, tests, tuple(late)),
                max((len(each.elements) // 2 for each in groups), default=1),
            )
        )

    def _path_count(self, selector: PathSelector) -> int:
        """How many paths, or lengths, a selector takes."""
        node = selector.count
        if isinstance(node, int):
            count: object = node
            at = 0
        else:
            count, at = self.run.parameters[node.name], node.at
        if isinstance(count, int) and not isinstance(count, bool) and count > 0:
            return count
        reason = "a selector takes a whole number of paths, from 1"
        raise self.run.fault(at, "SyntaxError", "InvalidArgumentType", reason)

    def _add_node(
        self, element: NodePattern, slot: int, pattern: PatternGraph, scope: SlotScope
    ) -> None:
        node = pattern.nodes.setdefault(slot, PatternNode(slot))
        node.labels.update(element.labels)
        self.add_element_conditions(element, slot, pattern, scope)


def _is_reachability(paths: tuple[PathPattern, ...]) -> bool:
    """Whether the one relationship of a pattern repeats from 0 or 1 on, and nobody asks which ways there are."""
    links = [each for path in paths for each in path.elements if not isinstance(each, NodePattern)]
    if len(links) != 1 or any(path.variable or path.selector for path in paths):
        return False
    (link,) = links
    if not isinstance(link, RelationshipPattern) or link.hops is None or link.variable:
        return False
    is_trail = all(path.mode == "trail" for path in paths)
    return is_trail and link.hops.least <= 1


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
