"""The type of each expression is inferred, and what can never work is refused."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.query.language.syntax import (
    BinaryExpression,
    CallExpression,
    CaseExpression,
    ComparisonExpression,
    Expression,
    IndexExpression,
    LabelExpression,
    ListComprehension,
    ListExpression,
    LiteralExpression,
    MapExpression,
    MapProjection,
    ParameterExpression,
    PatternComprehension,
    PatternExpression,
    PropertyExpression,
    QuantifierExpression,
    ReduceExpression,
    SliceExpression,
    SubqueryExpression,
    UnaryExpression,
    VariableExpression,
)
from focusmesh.engine.reasoning.query.meaning.calls import CallRules
from focusmesh.engine.reasoning.query.meaning.inferred import (
    ANYTHING,
    NOTHING,
    InferredType,
    any_of,
    either,
    list_of,
    type_words,
)
from focusmesh.engine.reasoning.query.meaning.operations import BOOLEAN, INTEGER, operation_type
from focusmesh.engine.reasoning.query.meaning.scope import CONDITION, PLAIN, Place, QueryScope
from focusmesh.engine.reasoning.query.values import ValueType

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.engine.reasoning.query.language.syntax import PathPattern, WrittenQuery

_LITERALS = {
    "null": NOTHING,
    "boolean": BOOLEAN,
    "integer": INTEGER,
    "float": InferredType(ValueType.FLOAT),
    "string": InferredType(ValueType.STRING),
}
_KEYED = ValueType.MAP | ValueType.ELEMENT
_LOGIC = {"AND", "OR", "XOR"}


class TypeRules(CallRules):
    """Infers types of expressions."""

    @abstractmethod
    def pattern_scope(self, path: PathPattern, scope: QueryScope, *, binds: bool) -> QueryScope:
        """The scope inside a pattern that stands in an expression; ``binds`` allows variables of its own."""

    @abstractmethod
    def check_subquery(self, query: WrittenQuery, scope: QueryScope) -> None:
        """Checks the query of an EXISTS or COUNT."""

    def type_of(self, node: Expression, scope: QueryScope, place: Place) -> InferredType:
        """The type of an expression; raises QueryError where it has no meaning."""
        return _RULES[type(node)](self, node, scope, place)

    def condition(
        self, node: Expression | None, scope: QueryScope, place: Place = CONDITION
    ) -> None:
        """Checks a predicate, where there is one."""
        if node is not None:
            self.require_type(node, ValueType.BOOLEAN, scope, place)

    def require_type(
        self, node: Expression, wanted: ValueType, scope: QueryScope, place: Place
    ) -> InferredType:
        """The type of an expression that has to be one of ``wanted``."""
        found = self.type_of(node, scope, place)
        if not found.fits(wanted):
            self.mismatch(node.at, wanted, found)
        return found

    def _literal(self, node: LiteralExpression, scope: QueryScope, place: Place) -> InferredType:
        return _LITERALS[node.type]

    def _list(self, node: ListExpression, scope: QueryScope, place: Place) -> InferredType:
        place = replace(place, patterns=False)
        return list_of(any_of([self.type_of(each, scope, place) for each in node.items]))

    def _map(self, node: MapExpression, scope: QueryScope, place: Place) -> InferredType:
        place = replace(place, patterns=False)
        for _, each in node.entries:
            self.type_of(each, scope, place)
        return InferredType(ValueType.MAP)

    def _parameter(
        self, node: ParameterExpression, scope: QueryScope, place: Place
    ) -> InferredType:
        self.parameters.setdefault(node.name, node.at)
        return ANYTHING

    def _variable(self, node: VariableExpression, scope: QueryScope, place: Place) -> InferredType:
        if node.name not in scope.types:
            self.refuse_unknown(node.name, node.at, scope)
        return scope.types[node.name]

    def _property(self, node: PropertyExpression, scope: QueryScope, place: Place) -> InferredType:
        found = self.type_of(node.subject, scope, replace(place, patterns=False))
        if not found.fits(_KEYED | ValueType.TEMPORAL):
            kind = "SyntaxError" if found.fits(ValueType.PATH) else "TypeError"
            reason = f"a {type_words(found)} has no properties, so `.{node.key}` is nothing"
            self.fail(node.at, "InvalidArgumentType", reason, kind)
        return ANYTHING

    def _index(self, node: IndexExpression, scope: QueryScope, place: Place) -> InferredType:
        place = replace(place, patterns=False)
        found = self.type_of(node.subject, scope, place)
        index = self.type_of(node.index, scope, place)
        if not found.fits(ValueType.LIST | _KEYED):
            self.mismatch(node.at, ValueType.LIST | ValueType.MAP, found, "TypeError")
        if found.is_only(ValueType.LIST) and not index.fits(ValueType.INTEGER):
            self.mismatch(node.index.at, ValueType.INTEGER, index, "TypeError")
        return found.elements if found.is_only(ValueType.LIST) else ANYTHING

    def _slice(self, node: SliceExpression, scope: QueryScope, place: Place) -> InferredType:
        place = replace(place, patterns=False)
        found = self.require_type(node.subject, ValueType.LIST, scope, place)
        for bound in (node.first, node.last):
            if bound is not None:
                self.require_type(bound, ValueType.INTEGER, scope, place)
        return list_of(found.elements)

    def _label(self, node: LabelExpression, scope: QueryScope, place: Place) -> InferredType:
        self.require_type(node.subject, ValueType.ELEMENT, scope, replace(place, patterns=False))
        return BOOLEAN

    def _unary(self, node: UnaryExpression, scope: QueryScope, place: Place) -> InferredType:
        if node.operator == "NOT":
            self.condition(node.operand, scope, replace(place, patterns=True))
            return BOOLEAN
        place = replace(place, patterns=False)
        if node.operator.startswith("IS"):
            self.type_of(node.operand, scope, place)
            return BOOLEAN
        wanted = ValueType.NUMBER | ValueType.DURATION
        found = self.require_type(node.operand, wanted, scope, place)
        return InferredType(found.types & wanted)

    def _binary(self, node: BinaryExpression, scope: QueryScope, place: Place) -> InferredType:
        if node.operator in _LOGIC:
            place = replace(place, patterns=True)
            self.condition(node.left, scope, place)
            self.condition(node.right, scope, place)
            return BOOLEAN
        place = replace(place, patterns=False)
        left = self.type_of(node.left, scope, place)
        if node.operator == "IN":
            self.require_type(node.right, ValueType.LIST, scope, place)
            return BOOLEAN
        right = self.type_of(node.right, scope, place)
        if node.operator == "=~":
            told = "regular expressions are not built, for no limit could end one"
            instead = "use STARTS WITH, ENDS WITH or CONTAINS"
            self.fail(node.at, "UnexpectedSyntax", f"{told}: {instead}")
        if node.operator in _PREDICATES:
            return BOOLEAN
        found = operation_type(node.operator, left, right)
        if found is None:
            reason = f"`{node.operator}` does not take {type_words(left)} and {type_words(right)}"
            self.fail(node.at, "InvalidArgumentType", reason)
        return found

    def _comparison(
        self, node: ComparisonExpression, scope: QueryScope, place: Place
    ) -> InferredType:
        place = replace(place, patterns=False)
        for each in node.operands:
            self.type_of(each, scope, place)
        return BOOLEAN

    def _case(self, node: CaseExpression, scope: QueryScope, place: Place) -> InferredType:
        results = list[InferredType]()
        if node.subject is not None:
            self.type_of(node.subject, scope, replace(place, patterns=False))
        for when, then in node.branches:
            if node.subject is None:
                self.condition(when, scope, replace(place, patterns=True))
            else:
                self.type_of(when, scope, replace(place, patterns=False))
            results.append(self.type_of(then, scope, place))
        if node.otherwise is not None:
            results.append(self.type_of(node.otherwise, scope, place))
        return any_of(results)

    def _list_comprehension(
        self, node: ListComprehension, scope: QueryScope, place: Place
    ) -> InferredType:
        inner, element = self._draw(node.variable, node.source, scope, place)
        inside = replace(place, aggregates=False)
        self.condition(node.condition, inner, replace(inside, patterns=True))
        if node.result is None:
            return list_of(element)
        return list_of(self.type_of(node.result, inner, replace(inside, patterns=False)))

    def _draw(
        self, variable: str, source: Expression, scope: QueryScope, place: Place
    ) -> tuple[QueryScope, InferredType]:
        """The scope with a variable that runs over a list, and its type."""
        found = self.require_type(source, ValueType.LIST, scope, replace(place, patterns=False))
        return scope.binding(variable, found.elements), found.elements

    def _pattern_comprehension(
        self, node: PatternComprehension, scope: QueryScope, place: Place
    ) -> InferredType:
        inner = self.pattern_scope(node.pattern, scope, binds=True)
        self.condition(node.condition, inner)
        return list_of(self.type_of(node.result, inner, PLAIN))

    def _quantifier(
        self, node: QuantifierExpression, scope: QueryScope, place: Place
    ) -> InferredType:
        inner, _ = self._draw(node.variable, node.source, scope, place)
        self.condition(node.condition, inner, replace(place, aggregates=False, patterns=True))
        return BOOLEAN

    def _reduce(self, node: ReduceExpression, scope: QueryScope, place: Place) -> InferredType:
        start = self.type_of(node.start, scope, replace(place, patterns=False))
        inner, _ = self._draw(node.variable, node.source, scope, place)
        inside = replace(place, aggregates=False, patterns=False)
        return either(start, self.type_of(node.step, inner.binding(node.total), inside))

    def _map_projection(self, node: MapProjection, scope: QueryScope, place: Place) -> InferredType:
        place = replace(place, patterns=False)
        self.require_type(node.subject, _KEYED, scope, place)
        for _, each in node.entries:
            if each is not None:
                self.type_of(each, scope, place)
        return InferredType(ValueType.MAP)

    def _pattern(self, node: PatternExpression, scope: QueryScope, place: Place) -> InferredType:
        if not place.patterns:
            reason = "a pattern is a predicate: use it in WHERE, or write `EXISTS { … }`"
            self.fail(node.at, "UnexpectedSyntax", reason)
        self.pattern_scope(node.pattern, scope, binds=False)
        return BOOLEAN

    def _subquery(self, node: SubqueryExpression, scope: QueryScope, place: Place) -> InferredType:
        self.check_subquery(node.query, scope)
        return BOOLEAN if node.kind == "exists" else INTEGER


_PREDICATES = {"STARTS WITH", "ENDS WITH", "CONTAINS"}

_RULES: dict[type, Callable[..., InferredType]] = {
    LiteralExpression: TypeRules._literal,
    ListExpression: TypeRules._list,
    MapExpression: TypeRules._map,
    ParameterExpression: TypeRules._parameter,
    VariableExpression: TypeRules._variable,
    PropertyExpression: TypeRules._property,
    IndexExpression: TypeRules._index,
    SliceExpression: TypeRules._slice,
    LabelExpression: TypeRules._label,
    CallExpression: TypeRules.call,
    UnaryExpression: TypeRules._unary,
    BinaryExpression: TypeRules._binary,
    ComparisonExpression: TypeRules._comparison,
    CaseExpression: TypeRules._case,
    ListComprehension: TypeRules._list_comprehension,
    PatternComprehension: TypeRules._pattern_comprehension,
    QuantifierExpression: TypeRules._quantifier,
    ReduceExpression: TypeRules._reduce,
    MapProjection: TypeRules._map_projection,
    PatternExpression: TypeRules._pattern,
    SubqueryExpression: TypeRules._subquery,
}
