"""Rules about rows that are folded into groups."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.query.language.syntax import (
    CallExpression,
    ListComprehension,
    NodePattern,
    PatternComprehension,
    PatternExpression,
    PropertyExpression,
    QuantifierExpression,
    ReduceExpression,
    RelationshipPattern,
    SubqueryExpression,
    VariableExpression,
    all_nodes,
    inner_nodes,
)
from focusmesh.engine.reasoning.query.meaning.creation import CreationRules

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from focusmesh.engine.reasoning.query.language.syntax import Expression, Projection
    from focusmesh.engine.reasoning.query.meaning.scope import QueryScope


@dataclass(frozen=True, slots=True)
class KeptColumns:
    """What a projection that folds rows, or drops equal ones, leaves for its sort keys and its condition.

    ``expressions`` are those of its items, ``keys`` those among them that may be read beside aggregates, ``folded`` its
    aggregates. ``grouped`` are the variables that its other items read, ``visible`` those that are still there, and
    ``outer`` all that there were.
    """

    columns: QueryScope
    folds: bool
    expressions: frozenset[Expression]
    keys: frozenset[Expression]
    folded: frozenset[CallExpression]
    grouped: frozenset[str]
    visible: frozenset[str]
    outer: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Seen:
    """The variables that are visible, all that were, and what to do with one that is not."""

    visible: frozenset[str]
    outer: frozenset[str]
    refuse: Callable[[VariableExpression], None]


class AggregationRules(CreationRules):
    """Checks what may stand beside aggregates."""

    def kept_columns(
        self, projection: Projection, scope: QueryScope, columns: QueryScope
    ) -> KeptColumns:
        """What is left of ``scope`` behind a projection with these columns."""
        expressions = frozenset(each.expression for each in projection.items)
        folded = frozenset(call for each in expressions for call in self.aggregate_calls(each))
        grouped = (each for each in expressions if not self.aggregates(each))
        read = (inner for each in grouped for inner in all_nodes(each))
        starred = frozenset(scope.types) if projection.star else frozenset()
        return KeptColumns(
            columns,
            bool(folded),
            expressions,
            frozenset(each for each in expressions if _is_key(each)),
            folded,
            frozenset(each.name for each in read if isinstance(each, VariableExpression)),
            frozenset(columns.types) | starred,
            frozenset(scope.types),
        )

    def check_groups(self, projection: Projection, scope: QueryScope, kept: KeptColumns) -> None:
        """Refuses items that read, beside an aggregate, what is no key of the groups."""
        starred = frozenset(scope.types) if projection.star else frozenset[str]()
        named = {each.name for each in kept.keys if isinstance(each, VariableExpression)}
        seen = _Seen(starred | named, kept.outer, self._refuse_ambiguous)
        for item in projection.items:
            if kept.folds and self.aggregates(item.expression):
                self._visit(item.expression, kept.keys, seen)

    def check_kept(self, node: Expression, kept: KeptColumns) -> None:
        """Refuses a condition or a sort key that reads what is gone.

        What equals the expression of an item is read off its column.
        """
        if node in kept.expressions:
            return

        def lose(each: VariableExpression) -> None:
            self.refuse_unknown(each.name, each.at, kept.columns)

        def refuse(each: VariableExpression) -> None:
            if kept.folds and each.name in kept.grouped:
                self._refuse_ambiguous(each)
            lose(each)

        for call in self.aggregate_calls(node) if kept.folds else ():
            for argument in call.arguments if call not in kept.folded else ():
                self._visit(argument, (), _Seen(kept.visible, kept.outer, lose))
        known = kept.keys if kept.folds else kept.expressions
        self._visit(node, known, _Seen(kept.visible, kept.outer, refuse))

    def _refuse_ambiguous(self, each: VariableExpression) -> None:
        reason = (
            f"`{each.name}` may differ within a group: make what is read of it a column of its own"
        )
        self.fail(each.at, "AmbiguousAggregationExpression", reason)

    def _visit(self, node: object, known: Collection[object], seen: _Seen) -> None:
        """Refuses variables outside of aggregates that are neither visible nor in a known expression."""
        if node in known or (isinstance(node, CallExpression) and self.is_aggregate(node)):
            return
        if isinstance(node, SubqueryExpression | PatternComprehension | PatternExpression):
            for name in sorted((_names(node) & seen.outer) - seen.visible):
                seen.refuse(VariableExpression(name, at=node.at))
        elif isinstance(node, VariableExpression):
            if node.name not in seen.visible:
                seen.refuse(node)
        else:
            if own := _own_variables(node):
                seen = replace(seen, visible=seen.visible | own)
            for each in inner_nodes(node):
                self._visit(each, known, seen)


def _names(node: object) -> set[str]:
    """The variables that a pattern or a query names anywhere."""
    named = VariableExpression | NodePattern | RelationshipPattern
    found = (
        getattr(each, "name", getattr(each, "variable", None))
        for each in all_nodes(node)
        if isinstance(each, named)
    )
    return {each for each in found if each is not None}


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
