"""Clauses become operators over rows, and a query the function that gives its rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.query.functions import number_range
from focusmesh.engine.reasoning.query.language.syntax import (
    CallClause,
    CallExpression,
    CreateClause,
    MatchClause,
    ReturnClause,
    SubqueryClause,
    UnwindClause,
    WithClause,
)
from focusmesh.engine.reasoning.query.meaning import imports_variables
from focusmesh.engine.reasoning.query.plans.creation import CreationPlans
from focusmesh.engine.reasoning.query.plans.patterns import PatternPlans
from focusmesh.engine.reasoning.query.plans.projections import ProjectionPlans, aggregate_calls
from focusmesh.engine.reasoning.query.plans.rows import SlotScope
from focusmesh.engine.reasoning.query.values import EvaluationError, group_key

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator

    from focusmesh.engine.reasoning.query.language.syntax import (
        Clause,
        SingleQuery,
        WrittenQuery,
    )
    from focusmesh.engine.reasoning.query.plans.rows import Evaluate, Operator, Row
    from focusmesh.engine.reasoning.query.values import QueryValue

CHAIN_MAX = 40
"""Operators that wait for one another; behind so many, rows are held, for each waits in a frame of its own."""


class ClausePlans(CreationPlans, PatternPlans, ProjectionPlans):
    """Compiles clauses and queries."""

    def whole(self, query: WrittenQuery) -> Operator:
        """The operator that answers a whole query from one row without slots."""
        clauses = query.parts[0].clauses
        if len(query.parts) == 1 and len(clauses) == 1 and isinstance(clauses[0], CallClause):
            return self._call_procedure(clauses[0], SlotScope(), alone=True)[0]
        return self._query(query, SlotScope())[0]

    def _query(
        self,
        query: WrittenQuery,
        scope: SlotScope,
        *,
        imports: bool = False,
        has_ends_only: bool = False,
    ) -> tuple[Operator, tuple[str, ...]]:
        """The operator that answers a query from rows of ``scope``, and its columns.

        With ``imports`` a part sees of the scope what its first WITH names, and nothing without it.
        """
        parts = [
            self._single(
                each,
                replace(scope, names={}) if imports and not imports_variables(each) else scope,
                has_ends_only=has_ends_only,
            )
            for each in query.parts
        ]
        columns = parts[0][1]
        if len(parts) == 1:
            return parts[0][0], tuple(columns.names)
        operators = [
            _pick(operator, [found.names[name] for name in columns.names])
            for operator, found in parts
        ]

        def union(rows: Iterable[Row]) -> Iterator[Row]:
            held, seen = list(rows), set["Hashable"]()
            for operator in operators:
                for row in operator(held):
                    key = None if query.alls[0] else tuple(map(group_key, row))
                    if key is not None and key not in seen:
                        self.run.meter.hold(1, len(row), "UNION")
                    if key is None or key not in seen:
                        seen.add(key)
                        yield row

        return union, tuple(columns.names)

    def subquery(
        self, query: WrittenQuery, scope: SlotScope, *, has_ends_only: bool
    ) -> Callable[[Row], Iterator[Row]]:
        """The rows of a query that sees all variables of a row; with ``has_ends_only`` equal ones may come once."""
        operator, _ = self._query(query, scope, has_ends_only=has_ends_only)
        return lambda row: operator([row])

    def _single(
        self, query: SingleQuery, scope: SlotScope, *, has_ends_only: bool
    ) -> tuple[Operator, SlotScope]:
        operators = list["Operator"]()
        for clause, following in zip(query.clauses, (*query.clauses[1:], None), strict=True):
            if isinstance(clause, MatchClause):
                once = has_ends_only if following is None else _drops_equal_rows(following)
                operator, scope = self._match(clause, scope, has_ends_only=once)
            else:
                operator, scope = self._clause(clause, scope)
            operators.append(operator)

        def answer(rows: Iterable[Row]) -> Iterator[Row]:
            for index, operator in enumerate(operators, 1):
                rows = operator(rows)
                if index % CHAIN_MAX == 0:
                    rows = list(rows)
            return iter(rows)

        return answer, scope

    def _clause(self, clause: Clause, scope: SlotScope) -> tuple[Operator, SlotScope]:
        match clause:
            case WithClause():
                return self.projection(clause.projection, clause.at, clause.condition, scope)
            case ReturnClause():
                return self.projection(clause.projection, clause.at, None, scope)
            case UnwindClause():
                return self._unwind(clause, scope)
            case CallClause():
                return self._call_procedure(clause, scope, alone=False)
            case SubqueryClause():
                return self._call_subquery(clause, scope)
            case CreateClause():
                return self.create(clause, scope)
            case _:
                raise TypeError(type(clause).__name__)

    def _match(
        self, clause: MatchClause, scope: SlotScope, *, has_ends_only: bool
    ) -> tuple[Operator, SlotScope]:
        matches, inner = self.pattern(
            clause.patterns, clause.condition, scope, has_ends_only=has_ends_only
        )
        nulls = (None,) * (inner.width - scope.width)

        def match(rows: Iterable[Row]) -> Iterator[Row]:
            for row in rows:
                yield from matches(row)

        def match_or_null(rows: Iterable[Row]) -> Iterator[Row]:
            for row in rows:
                found = False
                for each in matches(row):
                    found = True
                    yield each
                if not found:
                    yield (*row, *nulls)

        return (match_or_null if clause.optional else match), inner

    def _unwind(self, clause: UnwindClause, scope: SlotScope) -> tuple[Operator, SlotScope]:
        source, tick = self._members(clause)(scope), self.run.tick

        def unwind(rows: Iterable[Row]) -> Iterator[Row]:
            for row in rows:
                for each in source(row):
                    tick("UNWIND")
                    yield (*row, each)

        return unwind, scope.binding(clause.variable)

    def _members(
        self, clause: UnwindClause
    ) -> Callable[[SlotScope], Callable[[Row], Iterable[QueryValue]]]:
        """What UNWIND goes through: a list, the numbers of ``range`` one by one, a single value, nothing for null."""
        node = clause.source
        is_range = isinstance(node, CallExpression) and node.name.lower() == "range"

        def lazily(scope: SlotScope) -> Callable[[Row], Iterable[QueryValue]]:
            assert isinstance(node, CallExpression)
            bounds = [self.expression(each, scope) for each in node.arguments]

            def numbers(row: Row) -> Iterable[QueryValue]:
                values = [each(row) for each in bounds]
                if None in values:
                    return ()
                try:
                    return number_range(*values)
                except EvaluationError as error:
                    raise self.run.failure(error, node.at) from error

            return numbers

        def wholly(scope: SlotScope) -> Callable[[Row], Iterable[QueryValue]]:
            source = self.expression(node, scope)

            def members(row: Row) -> Iterable[QueryValue]:
                value = source(row)
                if value is None:
                    return ()
                return value if isinstance(value, list) else (value,)

            return members

        return lazily if is_range else wholly

    def _call_subquery(
        self, clause: SubqueryClause, scope: SlotScope
    ) -> tuple[Operator, SlotScope]:
        operator, columns = self._query(clause.query, scope, imports=True)

        def call(rows: Iterable[Row]) -> Iterator[Row]:
            for row in rows:
                for each in operator([row]):
                    yield (*row, *each)

        return call, scope.binding(*columns)

    def _call_procedure(
        self, clause: CallClause, scope: SlotScope, *, alone: bool
    ) -> tuple[Operator, SlotScope]:
        procedure = self.run.procedures[clause.procedure.lower()]
        signature, answer = procedure.signature, procedure.answer
        columns = [name for name, _ in signature.columns]
        arguments = self._arguments(clause, [name for name, _ in signature.parameters], scope)
        picked = [(each.column, each.name) for each in clause.items or ()]
        if clause.items is None and alone:
            picked = [(name, name) for name in columns]
        places = [columns.index(column) for column, _ in picked]
        inner = scope.binding(*(name for _, name in picked))
        keeps = None if clause.condition is None else self.condition(clause.condition, inner)
        nothing, look = not columns, self.run.meter.look
        self.run.steps.append(f"CALL {signature.name}")

        def call(rows: Iterable[Row]) -> Iterator[Row]:
            for row in rows:
                found = answer([each(row) for each in arguments], look)
                if nothing:
                    yield row
                for each in () if nothing else found:
                    extended = (*row, *(each[place] for place in places))
                    if keeps is None or keeps(extended):
                        yield extended

        return call, inner

    def _arguments(
        self, clause: CallClause, parameters: list[str], scope: SlotScope
    ) -> list[Evaluate]:
        """The arguments of a CALL; without parentheses they are the query's parameters of the same names."""
        if clause.arguments is not None:
            return [self.expression(each, scope) for each in clause.arguments]
        given = self.run.parameters
        return [lambda row, name=name: given.get(name) for name in parameters]  # type: ignore[misc]


def _drops_equal_rows(clause: Clause) -> bool:
    """Whether it is all the same to a clause how often it is given a row."""
    if not isinstance(clause, WithClause | ReturnClause) or not clause.projection.distinct:
        return False
    return not aggregate_calls(each.expression for each in clause.projection.items)


def _pick(operator: Operator, slots: list[int]) -> Operator:
    """The rows with their columns in the order of the first part of a UNION."""
    return lambda rows: (tuple(row[each] for each in slots) for row in operator(rows))
