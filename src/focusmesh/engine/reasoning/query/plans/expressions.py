"""Expressions become closures over rows; what is nested in them and binds variables is in ``comprehensions.py``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.query.functions import find_function
from focusmesh.engine.reasoning.query.language.syntax import (
    BinaryExpression,
    CallExpression,
    CaseExpression,
    ComparisonExpression,
    IndexExpression,
    LabelExpression,
    ListExpression,
    LiteralExpression,
    MapExpression,
    MapProjection,
    ParameterExpression,
    PatternExpression,
    PropertyExpression,
    SliceExpression,
    UnaryExpression,
    VariableExpression,
)
from focusmesh.engine.reasoning.query.plans.operations import BINARY, COMPARISONS, UNARY
from focusmesh.engine.reasoning.query.values import (
    EvaluationError,
    argument_fault,
    can_fit,
    conjunction,
    element,
    elements,
    has_labels,
    is_equal,
    property_of,
    truth,
    type_fault,
    type_name,
    type_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.engine.reasoning.query.language.syntax import Expression
    from focusmesh.engine.reasoning.query.plans.query_run import ForeignFunction, QueryRun
    from focusmesh.engine.reasoning.query.plans.rows import Evaluate, Row, SlotScope
    from focusmesh.engine.reasoning.query.values import QueryValue


class ExpressionPlans:
    """Compiles expressions."""

    def __init__(self, run: QueryRun) -> None:
        self.run = run

    def expression(self, node: Expression, scope: SlotScope) -> Evaluate:
        """The function of a row that has an expression's value; it raises QueryError with the phase ``runtime``."""
        if scope.known and node in scope.known:
            return _slot(scope.known[node])
        return self.compound(node, scope)

    def compound(self, node: Expression, scope: SlotScope) -> Evaluate:
        """An expression that was not evaluated before."""
        match node:
            case LiteralExpression():
                return _constant(node.value)
            case ParameterExpression():
                return _constant(self.run.parameters[node.name])
            case VariableExpression():
                return _slot(scope.names[node.name])
            case PropertyExpression():
                return self._property(node, scope)
            case ListExpression():
                members = [self.expression(each, scope) for each in node.items]
                return lambda row: [each(row) for each in members]
            case MapExpression():
                return self._map(node, scope)
            case UnaryExpression():
                operation = UNARY[node.operator]
                return self._apply(operation, [self.expression(node.operand, scope)], node.at)
            case BinaryExpression():
                return self._binary(node, scope)
            case ComparisonExpression():
                return self._comparison(node, scope)
            case CallExpression():
                return self._call(node, scope)
            case CaseExpression():
                return self._case(node, scope)
            case _:
                return self._access(node, scope)

    def condition(self, node: Expression, scope: SlotScope) -> Callable[[Row], bool]:
        """Whether a row is kept: where the condition is true, and neither false nor null."""
        evaluate, failure = self.expression(node, scope), self.run.failure

        def holds(row: Row) -> bool:
            value = evaluate(row)
            if value is True or value is False or value is None:
                return value is True
            try:
                return truth(value, "WHERE") is True
            except EvaluationError as error:
                raise failure(error, node.at) from error

        return holds

    def _access(self, node: Expression, scope: SlotScope) -> Evaluate:
        graph = self.run.graph
        match node:
            case LabelExpression():
                labels = node.labels
                subject = self.expression(node.subject, scope)
                return self._apply(
                    lambda value: has_labels(value, labels, graph), [subject], node.at
                )
            case IndexExpression():
                both = [self.expression(each, scope) for each in (node.subject, node.index)]
                return self._apply(lambda value, index: element(value, index, graph), both, node.at)
            case SliceExpression():
                return self._slice(node, scope)
            case MapProjection():
                return self._map_projection(node, scope)
            case _:
                raise TypeError(type(node).__name__)

    def _apply(
        self, operation: Callable[..., QueryValue], arguments: list[Evaluate], at: int
    ) -> Evaluate:
        """An operation on values, whose failures are told with their place."""
        failure = self.run.failure
        if len(arguments) == 1:
            (only,) = arguments

            def evaluate_one(row: Row) -> QueryValue:
                value = only(row)
                try:
                    return operation(value)
                except EvaluationError as error:
                    raise failure(error, at) from error

            return evaluate_one

        def evaluate(row: Row) -> QueryValue:
            values = [each(row) for each in arguments]
            try:
                return operation(*values)
            except EvaluationError as error:
                raise failure(error, at) from error

        return evaluate

    def _property(self, node: PropertyExpression, scope: SlotScope) -> Evaluate:
        graph, key = self.run.graph, node.key
        subject = self.expression(node.subject, scope)
        return self._apply(lambda value: property_of(value, key, graph), [subject], node.at)

    def _map(self, node: MapExpression, scope: SlotScope) -> Evaluate:
        entries = {key: self.expression(each, scope) for key, each in node.entries}
        return lambda row: {key: each(row) for key, each in entries.items()}

    def _binary(self, node: BinaryExpression, scope: SlotScope) -> Evaluate:
        left, right = self.expression(node.left, scope), self.expression(node.right, scope)
        operation, failure, at = BINARY[node.operator], self.run.failure, node.at
        decided = {"AND": False, "OR": True}.get(node.operator)

        def evaluate(row: Row) -> QueryValue:
            first = left(row)
            if first is decided and decided is not None:
                return decided
            second = right(row)
            try:
                return operation(first, second)
            except EvaluationError as error:
                raise failure(error, at) from error

        return evaluate

    def _comparison(self, node: ComparisonExpression, scope: SlotScope) -> Evaluate:
        operands = [self.expression(each, scope) for each in node.operands]
        if len(operands) == 2:
            return self._apply(COMPARISONS[node.operators[0]], operands, node.at)
        operations = [COMPARISONS[each] for each in node.operators]

        def compare(*values: QueryValue) -> QueryValue:
            answer: bool | None = True
            for index, operation in enumerate(operations):
                answer = conjunction(answer, operation(values[index], values[index + 1]))
            return answer

        return self._apply(compare, operands, node.at)

    def _call(self, node: CallExpression, scope: SlotScope) -> Evaluate:
        arguments = [self.expression(each, scope) for each in node.arguments]
        foreign = self.run.functions.get(node.name.lower())
        if foreign is not None:
            return self._apply(_foreign_call(foreign, self.run.meter.look), arguments, node.at)
        if node.name.lower() == "exists" and isinstance(node.arguments[0], PatternExpression):
            return arguments[0]
        function, context = find_function(node.name), self.run.context
        assert function is not None
        call = function.call
        return self._apply(lambda *values: call(context, values), arguments, node.at)

    def _case(self, node: CaseExpression, scope: SlotScope) -> Evaluate:
        branches = [
            (self.expression(when, scope), self.expression(then, scope))
            for when, then in node.branches
        ]
        otherwise = (
            _constant(None) if node.otherwise is None else self.expression(node.otherwise, scope)
        )
        if node.subject is None:
            return _first_true(branches, otherwise)
        subject = self.expression(node.subject, scope)

        def evaluate(row: Row) -> QueryValue:
            value = subject(row)
            for when, then in branches:
                if is_equal(value, when(row)) is True:
                    return then(row)
            return otherwise(row)

        return evaluate

    def _slice(self, node: SliceExpression, scope: SlotScope) -> Evaluate:
        has_start, has_end = node.first is not None, node.last is not None
        parts = [
            _constant(None) if each is None else self.expression(each, scope)
            for each in (node.subject, node.first, node.last)
        ]
        return self._apply(
            lambda value, start, end: elements(
                value, start, end, has_start=has_start, has_end=has_end
            ),
            parts,
            node.at,
        )

    def _map_projection(self, node: MapProjection, scope: SlotScope) -> Evaluate:
        subject, context = self.expression(node.subject, scope), self.run.context
        entries = [
            (key, None if each is None else self.expression(each, scope))
            for key, each in node.entries
        ]
        properties = find_function("properties")
        assert properties is not None
        call = properties.call

        def evaluate(row: Row) -> QueryValue:
            value, made = subject(row), dict[str, "QueryValue"]()
            if value is None:
                return None
            for key, entry in entries:
                if key is None:
                    everything = call(context, [value])
                    made |= everything if isinstance(everything, dict) else {}
                elif entry is None:
                    made[key] = property_of(value, key, context.graph)
                else:
                    made[key] = entry(row)
            return made

        return self._locate(evaluate, node.at)

    def _locate(self, evaluate: Evaluate, at: int) -> Evaluate:
        """``evaluate``, whose failures are told with their place."""
        failure = self.run.failure

        def evaluate_there(row: Row) -> QueryValue:
            try:
                return evaluate(row)
            except EvaluationError as error:
                raise failure(error, at) from error

        return evaluate_there


def _constant(value: QueryValue) -> Evaluate:
    return lambda row: value


def _slot(slot: int) -> Evaluate:
    return lambda row: row[slot]


def _first_true(branches: list[tuple[Evaluate, Evaluate]], otherwise: Evaluate) -> Evaluate:
    def evaluate(row: Row) -> QueryValue:
        for when, then in branches:
            if when(row) is True:
                return then(row)
        return otherwise(row)

    return evaluate


def _foreign_call(function: ForeignFunction, tick: Callable[[], None]) -> Callable[..., QueryValue]:
    """A call as that of a function of the language: null for null, and types are looked at."""
    signature, answer = function.signature, function.answer

    def call(*values: QueryValue) -> QueryValue:
        if None in values:
            return None
        for index, value in enumerate(values):
            if not can_fit(type_of(value), signature.parameter(index)):
                raise argument_fault(f"{signature.name}() does not take {type_name(value)}")
        return answer(tick, *values)

    return call


def require_list(value: QueryValue, word: str) -> list[QueryValue]:
    """``value``, which must be a list; raises EvaluationError else."""
    if isinstance(value, list):
        return value
    raise type_fault(f"{word} takes a list, not {type_name(value)}")
