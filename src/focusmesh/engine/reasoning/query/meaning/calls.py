"""Calls of functions: their names, the number and types of arguments, aggregates."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING, NoReturn

from focusmesh.engine.reasoning.query.functions import close_functions
from focusmesh.engine.reasoning.query.language.syntax import (
    CallExpression,
    SubqueryExpression,
    inner_nodes,
)
from focusmesh.engine.reasoning.query.meaning.faults import QueryFaults
from focusmesh.engine.reasoning.query.meaning.inferred import (
    InferredType,
    any_of,
    list_of,
    type_words,
)
from focusmesh.engine.reasoning.query.values import ValueType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh.engine.reasoning.query.functions import FunctionSignature
    from focusmesh.engine.reasoning.query.language.syntax import Expression
    from focusmesh.engine.reasoning.query.meaning.scope import Place, QueryScope


class CallRules(QueryFaults, ABC):
    """Checks calls."""

    @abstractmethod
    def type_of(self, node: Expression, scope: QueryScope, place: Place) -> InferredType:
        """The type of an expression; raises QueryError where it has no meaning."""

    def mismatch(
        self, at: int, wanted: ValueType, found: InferredType, kind: str = "SyntaxError"
    ) -> NoReturn:
        """Raises QueryError for a value of another type than ``wanted``."""
        asked = type_words(InferredType(wanted))
        reason = f"expected {asked}, found {type_words(found)}"
        self.fail(at, "InvalidArgumentType", reason, kind)

    def aggregate_calls(self, node: object) -> Iterator[CallExpression]:
        """The outermost aggregates of an expression, those of subqueries left out."""
        if isinstance(node, CallExpression) and self.is_aggregate(node):
            yield node
        elif not isinstance(node, SubqueryExpression):
            for each in inner_nodes(node):
                yield from self.aggregate_calls(each)

    def aggregates(self, node: object) -> bool:
        """Whether an expression holds an aggregate that belongs to it, and not to a subquery."""
        return next(self.aggregate_calls(node), None) is not None

    def is_aggregate(self, node: CallExpression) -> bool:
        """Whether a call folds rows."""
        signature = self.surroundings.function(node.name)
        return signature is not None and signature.is_aggregate

    def call(self, node: CallExpression, scope: QueryScope, place: Place) -> InferredType:
        """The type of what a function answers."""
        signature = self.surroundings.function(node.name)
        if signature is None:
            close = close_functions(node.name)
            hint = f"; did you mean `{close[0]}`?" if close else ""
            self.fail(node.at, "UnknownFunction", f"there is no function `{node.name}`{hint}")
        if signature.is_aggregate:
            self._check_aggregate(node, place)
            inside = replace(place, aggregates=False, patterns=False, within=node.name)
        else:
            if node.distinct:
                reason = f"`{signature.name}` folds no rows, so it takes no DISTINCT"
                self.fail(node.at, "UnexpectedSyntax", reason)
            self._check_constant(signature, node, place)
            inside = replace(place, patterns=signature.name == "exists")
        if not node.star and not signature.takes(len(node.arguments)):
            reason = f"`{signature.name}` takes {signature.arity()}, not {len(node.arguments)}"
            self.fail(node.at, "InvalidNumberOfArguments", reason)
        return self._result(signature, self._arguments(signature, node, scope, inside))

    def _arguments(
        self, signature: FunctionSignature, node: CallExpression, scope: QueryScope, place: Place
    ) -> list[InferredType]:
        found = list[InferredType]()
        for index, argument in enumerate(node.arguments):
            inferred, wanted = self.type_of(argument, scope, place), signature.parameter(index)
            if not inferred.fits(wanted):
                self.mismatch(argument.at, wanted, inferred)
            found.append(inferred)
        return found

    def _result(self, signature: FunctionSignature, arguments: list[InferredType]) -> InferredType:
        name = signature.name
        if name in {"head", "last"}:
            return arguments[0].elements
        if name == "coalesce":
            return any_of(arguments)
        if name == "collect":
            return list_of(arguments[0])
        if name in {"min", "max", "reverse", "tail"}:
            return arguments[0]
        if signature.result == ValueType.LIST:
            return list_of(InferredType(signature.elements))
        return InferredType(signature.result)

    def _check_aggregate(self, node: CallExpression, place: Place) -> None:
        if place.within:
            reason = f"`{node.name}` stands inside `{place.within}`: aggregate in a WITH before"
            self.fail(node.at, "NestedAggregation", reason)
        if not place.aggregates:
            reason = (
                f"`{node.name}` folds rows, which is not possible here: aggregate in WITH or RETURN"
            )
            self.fail(node.at, "InvalidAggregation", reason)

    def _check_constant(
        self, signature: FunctionSignature, node: CallExpression, place: Place
    ) -> None:
        if place.within and signature.is_volatile:
            reason = f"`{signature.name}` differs from row to row: bind it in a WITH before"
            self.fail(node.at, "NonConstantExpression", reason)
