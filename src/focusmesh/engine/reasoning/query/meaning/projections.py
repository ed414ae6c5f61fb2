"""WITH and RETURN: columns, order, bounds, and the scope behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.query.language.syntax import (
    LiteralExpression,
    VariableExpression,
    all_nodes,
)
from focusmesh.engine.reasoning.query.meaning.aggregation import AggregationRules
from focusmesh.engine.reasoning.query.meaning.scope import ITEM, PLAIN, Place, QueryScope
from focusmesh.engine.reasoning.query.values import ValueType

if TYPE_CHECKING:
    from focusmesh.engine.reasoning.query.language.syntax import (
        Expression,
        Projection,
        ReturnClause,
        WithClause,
    )
    from focusmesh.engine.reasoning.query.meaning.aggregation import KeptColumns


class ProjectionRules(AggregationRules):
    """Checks projections."""

    def returns(self, node: ReturnClause, scope: QueryScope) -> QueryScope:
        """The columns of a RETURN."""
        if node.projection.star and not scope.types:
            reason = "there is no variable that `*` could stand for"
            self.fail(node.at, "NoVariablesInScope", reason)
        return self._columns(node.projection, scope, node.at)[0]

    def binds(self, node: WithClause, scope: QueryScope) -> QueryScope:
        """The scope behind a WITH."""
        columns, kept = self._columns(node.projection, scope, node.at)
        for item in node.projection.items:
            if item.alias is None and not isinstance(item.expression, VariableExpression):
                reason = f"name this column: `{item.text[:60]} AS name`"
                self.fail(item.at, "NoExpressionAlias", reason)
        if node.condition is not None:
            if kept is not None:
                self.check_kept(node.condition, kept)
            self.condition(node.condition, columns.over(scope))
        return columns

    def _columns(
        self, projection: Projection, scope: QueryScope, at: int
    ) -> tuple[QueryScope, KeptColumns | None]:
        """The columns, and what they leave of ``scope`` where that is not all."""
        if projection.star:
            self.stars[at] = tuple(scope.types)
        columns = dict(scope.types) if projection.star else {}
        for item in projection.items:
            if item.name in columns:
                reason = f"two columns are called `{item.name[:60]}`: name one otherwise by AS"
                self.fail(item.at, "ColumnNameConflict", reason)
            columns[item.name] = self.type_of(item.expression, scope, ITEM)
        kept = self.kept_columns(projection, scope, QueryScope(columns))
        self.check_groups(projection, scope, kept)
        narrowed = kept if kept.folds or projection.distinct else None
        place, inner = Place(aggregates=kept.folds), QueryScope(columns).over(scope)
        for each in projection.order:
            if narrowed is not None:
                self.check_kept(each.expression, narrowed)
            self.type_of(each.expression, inner, place)
        for bound, word in ((projection.skip, "SKIP"), (projection.limit, "LIMIT")):
            if bound is not None:
                self._check_bound(bound, word)
        return QueryScope(columns), narrowed

    def _check_bound(self, bound: Expression, word: str) -> None:
        """Refuses numbers of rows that depend on rows, or that are no such numbers."""
        for each in all_nodes(bound):
            if isinstance(each, VariableExpression):
                reason = f"{word} is one number for all rows, so it cannot read `{each.name}`"
                self.fail(each.at, "NonConstantExpression", reason)
        self.require_type(bound, ValueType.INTEGER, QueryScope(), PLAIN)
        if (
            isinstance(bound, LiteralExpression)
            and isinstance(bound.value, int)
            and bound.value < 0
        ):
            reason = f"{word} is a number of rows, so it is not negative"
            self.fail(bound.at, "NegativeIntegerArgument", reason)
