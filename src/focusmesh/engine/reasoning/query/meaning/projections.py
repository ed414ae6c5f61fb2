"""WITH and RETURN: columns, order, bounds, and the scope behind them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.query.language.syntax import (
    LiteralExpression,
    VariableExpression,
    all_nodes,
)
from focusmesh.engine.reasoning.query.meaning.aggregation import AggregationRules
from focusmesh.engine.reasoning.query.meaning.scope import ITEM, PLAIN, Scope
from focusmesh.engine.reasoning.query.values import ValueType

if TYPE_CHECKING:
    from focusmesh.engine.reasoning.query.language.syntax import (
        Expression,
        Projection,
        ReturnClause,
        WithClause,
    )


class ProjectionRules(AggregationRules):
    """Checks projections."""

    def returns(self, node: ReturnClause, scope: Scope) -> Scope:
        """The columns of a RETURN."""
        if node.projection.star and not scope.types:
            reason = "there is no variable that `*` could stand for"
            self.fail(node.at, "NoVariablesInScope", reason)
        return self._columns(node.projection, scope, node.at)

    def binds(self, node: WithClause, scope: Scope) -> Scope:
        """The scope behind a WITH."""
        columns = self._columns(node.projection, scope, node.at)
        for item in node.projection.items:
            if item.alias is None and not isinstance(item.expression, VariableExpression):
                reason = f"name this column: `{item.text[:60]} AS name`"
                self.fail(item.at, "NoExpressionAlias", reason)
        if node.condition is not None:
            self._check_kept(node.condition, node.projection, scope, columns)
            self.condition(node.condition, columns.over(scope))
        return columns

    def _folds(self, projection: Projection) -> bool:
        return any(self.aggregates(each.expression) for each in projection.items)

    def _columns(self, projection: Projection, scope: Scope, at: int) -> Scope:
        kept = scope if projection.star else Scope()
        if projection.star:
            self.stars[at] = tuple(scope.types)
        columns = dict(kept.types)
        for item in projection.items:
            if item.name in columns:
                reason = f"two columns are called `{item.name[:60]}`: name one otherwise by AS"
                self.fail(item.at, "ColumnNameConflict", reason)
            columns[item.name] = self.type_of(item.expression, scope, ITEM)
        folds = self._folds(projection)
        if folds:
            self.check_groups(projection.items, kept.types)
        for each in projection.order:
            self._check_kept(each.expression, projection, scope, Scope(columns))
            place = replace(PLAIN, aggregates=folds)
            self.type_of(each.expression, Scope(columns).over(scope), place)
        for bound, word in ((projection.skip, "SKIP"), (projection.limit, "LIMIT")):
            if bound is not None:
                self._check_bound(bound, word)
        return Scope(columns)

    def _check_kept(
        self, node: Expression, projection: Projection, scope: Scope, columns: Scope
    ) -> None:
        """Refuses a condition or sort key that reads what aggregates or DISTINCT have dropped.

        What equals the expression of an item is read off its column.
        """
        if self._folds(projection):
            kept = scope if projection.star else Scope()
            self.check_kept_of_groups(node, projection.items, columns, kept)
        elif projection.distinct:
            self.check_kept_of_distinct(node, projection.items, columns)

    def _check_bound(self, bound: Expression, word: str) -> None:
        """Refuses numbers of rows that depend on rows, or that are no such numbers."""
        for each in all_nodes(bound):
            if isinstance(each, VariableExpression):
                reason = f"{word} is one number for all rows, so it cannot read `{each.name}`"
                self.fail(each.at, "NonConstantExpression", reason)
        self.wanted(bound, ValueType.INTEGER, Scope(), PLAIN)
        if (
            isinstance(bound, LiteralExpression)
            and isinstance(bound.value, int)
            and bound.value < 0
        ):
            reason = f"{word} is a number of rows, so it is not negative"
            self.fail(bound.at, "NegativeIntegerArgument", reason)
