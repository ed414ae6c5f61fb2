"""Rules about rows that are folded into groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.query.language.syntax import (
    CallExpression,
    ListComprehension,
    PatternComprehension,
    PropertyExpression,
    QuantifierExpression,
    ReduceExpression,
    SubqueryExpression,
    VariableExpression,
    all_nodes,
    inner_nodes,
)
from focusmesh.engine.reasoning.query.meaning.creation import CreationRules

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from focusmesh.engine.reasoning.query.language.syntax import Expression, ProjectionItem
    from focusmesh.engine.reasoning.query.meaning.scope import Scope


class AggregationRules(CreationRules):
    """Checks what may stand beside aggregates."""

    def check_groups(self, items: Iterable[ProjectionItem], kept: Collection[str]) -> None:
        """Refuses items that read, beside an aggregate, what is no key of the groups; ``kept`` are keys of ``*``."""
        items = list(items)
        keys = {each.expression for each in items if _is_key(each.expression)}
        for item in items:
            if self.aggregates(item.expression):
                self._visit(item.expression, keys, frozenset(kept), self._ambiguous)

    def check_kept_of_groups(
        self, key: Expression, items: Iterable[ProjectionItem], columns: Scope, kept: Scope
    ) -> None:
        """Refuses sort keys and conditions that read what the groups no longer have."""
        items = list(items)
        if key in {each.expression for each in items}:
            return
        known = {each.expression for each in items if _is_key(each.expression)}
        folded = {call for each in items for call in self.aggregate_calls(each.expression)}
        grouped = {
            each.name
            for item in items
            if not self.aggregates(item.expression)
            for each in all_nodes(item.expression)
            if isinstance(each, VariableExpression)
        }
        visible = frozenset(columns.types) | frozenset(kept.types)
        for call in self.aggregate_calls(key):
            if call not in folded:
                for argument in call.arguments:
                    self._visit(argument, set(), visible, lambda each: self._gone(each, columns))

        def refuse(each: VariableExpression) -> None:
            if each.name in grouped:
                self._ambiguous(each)
            self._gone(each, columns)

        self._visit(key, known, visible, refuse)

    def check_kept_of_distinct(
        self, key: Expression, items: Iterable[ProjectionItem], columns: Scope
    ) -> None:
        """Refuses sort keys and conditions that read what DISTINCT has dropped."""
        known = {each.expression for each in items}
        visible = frozenset(columns.types)
        self._visit(key, known, visible, lambda each: self._gone(each, columns))

    def _gone(self, each: VariableExpression, columns: Scope) -> None:
        self.undefined(each.name, each.at, columns)

    def _ambiguous(self, each: VariableExpression) -> None:
        reason = (
            f"`{each.name}` may differ within a group: make what is read of it a column of its own"
        )
        self.fail(each.at, "AmbiguousAggregationExpression", reason)

    def _visit(
        self,
        node: object,
        known: Collection[object],
        visible: frozenset[str],
        refuse: Callable[[VariableExpression], None],
    ) -> None:
        """Calls ``refuse`` for variables outside of aggregates that are neither visible nor in a known expression."""
        if node in known or (isinstance(node, CallExpression) and self.is_aggregate(node)):
            return
        if isinstance(node, SubqueryExpression | PatternComprehension):
            return
        if isinstance(node, VariableExpression):
            if node.name not in visible:
                refuse(node)
            return
        visible |= _own_variables(node)
        for each in inner_nodes(node):
            self._visit(each, known, visible, refuse)


def _is_key(node: Expression) -> bool:
    """Whether an expression may be read beside aggregates where it is a column: a variable or a property."""
    while isinstance(node, PropertyExpression):
        node = node.subject
    return isinstance(node, VariableExpression)


def _own_variables(node: object) -> frozenset[str]:
    """The variables that an expression binds for its parts."""
    if isinstance(node, ListComprehension | QuantifierExpression):
        return frozenset({node.variable})
    return (
        frozenset({node.variable, node.total})
        if isinstance(node, ReduceExpression)
        else frozenset()
    )
