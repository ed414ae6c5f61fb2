"""Expressions that bind variables of their own: comprehensions, quantifiers, reductions, patterns, subqueries."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.query.language.syntax import (
    ListComprehension,
    PatternComprehension,
    PatternExpression,
    QuantifierExpression,
    ReduceExpression,
    SubqueryExpression,
)
from focusmesh.engine.reasoning.query.plans.expressions import ExpressionPlans, require_list
from focusmesh.engine.reasoning.query.values import (
    holds_for_all,
    holds_for_any,
    holds_for_none,
    holds_for_one,
    truth,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from focusmesh.engine.reasoning.query.language.syntax import (
        Expression,
        PathPattern,
        WrittenQuery,
    )
    from focusmesh.engine.reasoning.query.plans.rows import Evaluate, Row, SlotScope
    from focusmesh.engine.reasoning.query.values import QueryValue

_QUANTIFIERS: dict[str, Callable[[Iterable[bool | None]], bool | None]] = {
    "all": holds_for_all,
    "any": holds_for_any,
    "none": holds_for_none,
    "single": holds_for_one,
}


class ComprehensionPlans(ExpressionPlans):
    """Compiles expressions with variables of their own."""

    @abstractmethod
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

    @abstractmethod
    def subquery(
        self, query: WrittenQuery, scope: SlotScope, *, has_ends_only: bool
    ) -> Callable[[Row], Iterator[Row]]:
        """The rows of a query that sees all variables of a row; with ``has_ends_only`` equal ones may come once."""

    def compound(self, node: Expression, scope: SlotScope) -> Evaluate:
        """An expression that was not evaluated before."""
        match node:
            case ListComprehension():
                return self._list(node, scope)
            case QuantifierExpression():
                return self._quantifier(node, scope)
            case ReduceExpression():
                return self._reduce(node, scope)
            case PatternExpression():
                rows, _ = self.pattern((node.pattern,), None, scope, has_ends_only=True)
                return lambda row: next(rows(row), None) is not None
            case PatternComprehension():
                return self._pattern_list(node, scope)
            case SubqueryExpression():
                is_test = node.kind == "exists"
                inner = self.subquery(node.query, scope, has_ends_only=is_test)
                if is_test:
                    return lambda row: next(inner(row), None) is not None
                return lambda row: sum(1 for _ in inner(row))
            case _:
                return super().compound(node, scope)

    def _list_members(self, value: QueryValue, word: str) -> Iterator[QueryValue]:
        """The elements of a list that an expression goes through, between which limits are looked at."""
        for each in require_list(value, word):
            self.run.tick(word)
            yield each

    def _list(self, node: ListComprehension, scope: SlotScope) -> Evaluate:
        source, inner = self.expression(node.source, scope), scope.binding(node.variable)
        keeps = None if node.condition is None else self.condition(node.condition, inner)
        result = None if node.result is None else self.expression(node.result, inner)

        def evaluate(row: Row) -> QueryValue:
            members = source(row)
            if members is None:
                return None
            rows = ((*row, each) for each in self._list_members(members, "a comprehension"))
            kept = rows if keeps is None else (each for each in rows if keeps(each))
            return [each[-1] for each in kept] if result is None else [result(e) for e in kept]

        return self._locate(evaluate, node.at)

    def _quantifier(self, node: QuantifierExpression, scope: SlotScope) -> Evaluate:
        source, inner = self.expression(node.source, scope), scope.binding(node.variable)
        condition, quantifier = self.expression(node.condition, inner), _QUANTIFIERS[node.kind]

        def evaluate(row: Row) -> QueryValue:
            members = source(row)
            if members is None:
                return None
            return quantifier(
                truth(condition((*row, each)), "WHERE")
                for each in self._list_members(members, f"{node.kind}()")
            )

        return self._locate(evaluate, node.at)

    def _reduce(self, node: ReduceExpression, scope: SlotScope) -> Evaluate:
        source, start = self.expression(node.source, scope), self.expression(node.start, scope)
        step = self.expression(node.step, scope.binding(node.total, node.variable))

        def evaluate(row: Row) -> QueryValue:
            members, total = source(row), start(row)
            if members is None:
                return None
            for each in self._list_members(members, "reduce()"):
                total = step((*row, total, each))
            return total

        return self._locate(evaluate, node.at)

    def _pattern_list(self, node: PatternComprehension, scope: SlotScope) -> Evaluate:
        rows, inner = self.pattern((node.pattern,), node.condition, scope)
        result = self.expression(node.result, inner)
        return lambda row: [result(each) for each in rows(row)]
