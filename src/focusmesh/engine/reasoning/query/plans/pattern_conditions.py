"""What must hold of the elements of a pattern, each with the slots that it reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from focusmesh.engine.reasoning.query.language.syntax import (
    BinaryExpression,
    ComparisonExpression,
    LabelExpression,
    MapExpression,
    NodePattern,
    PropertyExpression,
    RelationshipPattern,
    VariableExpression,
    all_nodes,
)
from focusmesh.engine.reasoning.query.plans.comprehensions import ComprehensionPlans
from focusmesh.engine.reasoning.query.plans.pattern_graph import PatternCondition, PatternLookup
from focusmesh.engine.reasoning.query.values import is_equal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh.engine.reasoning.query.language.syntax import Expression
    from focusmesh.engine.reasoning.query.plans.pattern_graph import Holds, PatternGraph
    from focusmesh.engine.reasoning.query.plans.rows import SlotScope


class PatternConditions(ComprehensionPlans):
    """Compiles the conditions of patterns."""

    def add_conditions(
        self, condition: Expression, pattern: PatternGraph, scope: SlotScope
    ) -> None:
        """Each part of a condition that AND joins, looked at as soon as what it reads is bound."""
        for each in _conjuncts(condition):
            needs = needed_slots(each, scope)
            pattern.conditions.append(PatternCondition(needs, self.condition(each, scope)))
            self._add_hint(each, pattern, scope)

    def _add_hint(self, node: Expression, pattern: PatternGraph, scope: SlotScope) -> None:
        """What a condition says of a node that helps to find it: a label, or the value of a property."""
        if isinstance(node, LabelExpression) and isinstance(node.subject, VariableExpression):
            slot = scope.names[node.subject.name]
            if slot in pattern.nodes:
                pattern.nodes[slot].labels.update(node.labels)
        if isinstance(node, ComparisonExpression) and node.operators == ("=",):
            for one, other in (node.operands, node.operands[::-1]):
                if isinstance(one, PropertyExpression) and isinstance(
                    one.subject, VariableExpression
                ):
                    slot, needs = scope.names[one.subject.name], needed_slots(other, scope)
                    if slot in pattern.nodes and slot not in needs:
                        value = self.expression(other, scope)
                        pattern.nodes[slot].lookups.append(PatternLookup(one.key, value, needs))

    def add_element_conditions(
        self,
        element: NodePattern | RelationshipPattern,
        slot: int,
        pattern: PatternGraph,
        scope: SlotScope,
    ) -> None:
        """Labels, properties and the condition of a node or of a single relationship."""
        for needs, holds in self.element_conditions(element, slot, scope):
            pattern.conditions.append(PatternCondition(needs | {slot}, holds))
        if isinstance(element, NodePattern) and isinstance(element.properties, MapExpression):
            for key, value in element.properties.entries:
                needs = needed_slots(value, scope)
                if slot not in needs:
                    lookup = PatternLookup(key, self.expression(value, scope), needs)
                    pattern.nodes[slot].lookups.append(lookup)
        if element.condition is not None:
            for each in _conjuncts(element.condition):
                self._add_hint(each, pattern, scope)

    def element_conditions(
        self, element: NodePattern | RelationshipPattern, slot: int, scope: SlotScope
    ) -> Iterator[tuple[frozenset[int], Holds]]:
        """Conditions of one element that lies in ``slot``, each with the other slots that it reads."""
        if isinstance(element, NodePattern) and element.labels:
            yield frozenset(), self._label_test(slot, element.labels)
        if isinstance(element.properties, MapExpression):
            is_node = isinstance(element, NodePattern)
            for key, value in element.properties.entries:
                needs = needed_slots(value, scope)
                yield needs, self._property_test(slot, key, value, scope, is_node=is_node)
        if element.condition is not None:
            yield (
                needed_slots(element.condition, scope),
                self.condition(element.condition, scope),
            )

    def _label_test(self, slot: int, labels: tuple[str, ...]) -> Holds:
        has_all = self.run.graph.label_test(labels)
        return lambda row: has_all(row[slot].id)

    def _property_test(
        self, slot: int, key: str, value: Expression, scope: SlotScope, *, is_node: bool
    ) -> Holds:
        graph, evaluate = self.run.graph, self.expression(value, scope)
        read = graph.node_property if is_node else graph.relationship_property

        def holds(row: list[Any]) -> bool:
            return is_equal(read(row[slot].id, key), evaluate(row)) is True

        return holds


def needed_slots(node: Expression, scope: SlotScope) -> frozenset[int]:
    """The slots of all variables that an expression names anywhere."""
    found = set[int]()
    for each in all_nodes(node):
        name = getattr(each, "name", None) or getattr(each, "variable", None)
        if isinstance(name, str) and name in scope.names:
            found.add(scope.names[name])
    return frozenset(found)


def _conjuncts(condition: Expression) -> Iterator[Expression]:
    """The parts that AND joins, from left to right."""
    waiting = [condition]
    while waiting:
        node = waiting.pop()
        if isinstance(node, BinaryExpression) and node.operator == "AND":
            waiting += (node.right, node.left)
        else:
            yield node
