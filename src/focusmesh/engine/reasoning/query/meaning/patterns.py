"""Patterns bind variables: which, of what type, and which are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.query.language.syntax import (
    MapExpression,
    NodePattern,
    ParameterExpression,
    QuantifiedPattern,
    RelationshipPattern,
)
from focusmesh.engine.reasoning.query.meaning.inferred import InferredType, list_of, type_words
from focusmesh.engine.reasoning.query.meaning.scope import CONDITION, PLAIN, QueryScope
from focusmesh.engine.reasoning.query.meaning.types import TypeRules
from focusmesh.engine.reasoning.query.values import ValueType

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from focusmesh.engine.reasoning.query.language.syntax import (
        MatchClause,
        PathElement,
        PathPattern,
    )

NODE = InferredType(ValueType.NODE)
RELATIONSHIP = InferredType(ValueType.RELATIONSHIP)
PATH = InferredType(ValueType.PATH)


class PatternRules(TypeRules):
    """Checks patterns."""

    def match(self, node: MatchClause, scope: QueryScope) -> QueryScope:
        """The scope behind a MATCH."""
        inner, used = scope, set[str]()
        for path in node.patterns:
            self._check_path(path)
            own = None if path.mode == "walk" else used
            inner = self._bind_elements(path.elements, inner, own)
            if path.variable is not None:
                inner = self._bind_path(path, inner)
        for path in node.patterns:
            self._check_inside(path.elements, inner)
        self.condition(node.condition, inner)
        return inner

    def pattern_scope(self, path: PathPattern, scope: QueryScope, *, binds: bool) -> QueryScope:
        """The scope inside a pattern that stands in an expression; ``binds`` allows variables of its own."""
        self._check_path(path)
        inner = self._bind_elements(path.elements, scope, set(), binds=binds)
        if path.variable is not None:
            inner = self._bind_path(path, inner)
        self._check_inside(path.elements, inner)
        return inner

    def _bind_path(self, path: PathPattern, scope: QueryScope) -> QueryScope:
        assert path.variable is not None
        if path.variable in scope.types:
            reason = f"the variable `{path.variable}` is bound already: name the path otherwise"
            self.fail(path.at, "VariableAlreadyBound", reason)
        return scope.binding(path.variable, PATH)

    def _check_path(self, path: PathPattern) -> None:
        """Refuses walks without end, and repetitions in one another."""
        if path.selector and isinstance(path.selector.count, ParameterExpression):
            self.parameters.setdefault(path.selector.count.name, path.selector.count.at)
        for each in path.elements:
            if isinstance(each, QuantifiedPattern):
                self._check_flat(each)
            if isinstance(each, NodePattern) or each.hops is None or each.hops.most is not None:
                continue
            if path.mode == "walk" and path.selector is None:
                reason = (
                    "a WALK without an upper bound never ends where there is a cycle: "
                    "bound it (`{1,5}`), select (`ANY SHORTEST`), or use TRAIL"
                )
                self.fail(each.at, "InvalidRelationshipPattern", reason)

    def _check_flat(self, group: QuantifiedPattern) -> None:
        for each in group.elements:
            if not isinstance(each, NodePattern) and each.hops is not None:
                reason = "repetitions do not stand in one another: write them side by side"
                self.fail(each.at, "InvalidRelationshipPattern", reason)

    def _bind_elements(
        self,
        elements: Sequence[PathElement],
        scope: QueryScope,
        used: set[str] | None,
        *,
        binds: bool = True,
    ) -> QueryScope:
        """Binds the variables of a path; ``used`` are the relationships named so far where they differ."""
        for each in elements:
            if isinstance(each, QuantifiedPattern):
                scope = self._bind_group(each, scope)
                continue
            if each.variable is None:
                continue
            if not binds and each.variable not in scope.types:
                self.refuse_unknown(each.variable, each.at, scope)
            if isinstance(each, NodePattern):
                scope = self._bind(each.variable, NODE, each.at, scope)
            else:
                wanted = RELATIONSHIP if each.hops is None else list_of(RELATIONSHIP)
                scope = self._bind(each.variable, wanted, each.at, scope)
                if used is not None and each.variable in used:
                    reason = (
                        f"relationships of one MATCH differ, so `{each.variable}` cannot be two"
                    )
                    self.fail(each.at, "RelationshipUniquenessViolation", reason)
                if used is not None:
                    used.add(each.variable)
        return scope

    def _bind(self, name: str, wanted: InferredType, at: int, scope: QueryScope) -> QueryScope:
        known = scope.types.get(name)
        if known is None:
            return scope.binding(name, wanted)
        if known.types == wanted.types:
            fits = not wanted.element or known.elements.fits(wanted.elements.types)
        else:
            fits = known.fits(wanted.types)
        if not fits:
            reason = f"`{name}` is bound as {type_words(known)}, not as {type_words(wanted)}"
            self.fail(at, "VariableTypeConflict", reason)
        return scope.binding(name, wanted)

    def _bind_group(self, group: QuantifiedPattern, scope: QueryScope) -> QueryScope:
        """Binds lists of what the variables of a repeated pattern are in each repetition."""
        inner = self._bind_elements(group.elements, QueryScope(), set())
        for name in inner.types:
            if name in scope.types:
                reason = f"`{name}` is bound outside of the repetition: name it otherwise"
                self.fail(group.at, "VariableAlreadyBound", reason)
        return QueryScope(
            {**scope.types, **{name: list_of(each) for name, each in inner.types.items()}}
        )

    def _check_inside(self, elements: Iterable[PathElement], scope: QueryScope) -> None:
        """Checks properties and conditions, which see all variables of the clause."""
        for each in elements:
            if isinstance(each, QuantifiedPattern):
                single = self._bind_elements(each.elements, QueryScope(), set())
                inner = single.over(scope)
                self._check_inside(each.elements, inner)
                self.condition(each.condition, inner)
                continue
            if isinstance(each.properties, ParameterExpression):
                reason = "a pattern names each property that it asks for: `{key: $value}`"
                self.fail(each.properties.at, "InvalidParameterUse", reason)
            self._check_properties(each.properties, scope)
            inner = scope
            if isinstance(each, RelationshipPattern) and each.variable and each.hops:
                inner = scope.binding(each.variable, RELATIONSHIP)
            self.condition(each.condition, inner, CONDITION)

    def _check_properties(self, properties: MapExpression | None, scope: QueryScope) -> None:
        if properties is not None:
            self.type_of(properties, scope, PLAIN)
