"""CREATE, for graphs that are written as a text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.query.language.syntax import (
    NodePattern,
    QuantifiedPattern,
)
from focusmesh.engine.reasoning.query.meaning.patterns import (
    NODE,
    PATH,
    RELATIONSHIP,
    PatternRules,
)
from focusmesh.engine.reasoning.query.meaning.scope import PLAIN, QueryScope

if TYPE_CHECKING:
    from focusmesh.engine.reasoning.query.language.syntax import (
        CreateClause,
        PathElement,
        PathPattern,
        RelationshipPattern,
    )


class CreationRules(PatternRules):
    """Checks CREATE."""

    def create(self, node: CreateClause, scope: QueryScope) -> QueryScope:
        """The scope behind a CREATE."""
        for path in node.patterns:
            for each in path.elements:
                scope = self._create_element(each, path, scope)
            if path.variable is not None:
                if path.variable in scope.types:
                    self._bound(path.variable, path.at)
                scope = scope.binding(path.variable, PATH)
        for path in node.patterns:
            for each in path.elements:
                if not isinstance(each, QuantifiedPattern) and each.properties is not None:
                    self.type_of(each.properties, scope, PLAIN)
        return scope

    def _create_element(
        self, each: PathElement, path: PathPattern, scope: QueryScope
    ) -> QueryScope:
        if isinstance(each, NodePattern):
            return self._create_node(each, path, scope)
        if isinstance(each, QuantifiedPattern) or each.hops is not None:
            self.fail(each.at, "CreatingVarLength", "CREATE makes one relationship, not a number")
        if each.variable in scope.types:
            self._bound(each.variable, each.at)
        self._check_relationship(each)
        return scope if each.variable is None else scope.binding(each.variable, RELATIONSHIP)

    def _create_node(self, node: NodePattern, path: PathPattern, scope: QueryScope) -> QueryScope:
        if node.variable is None:
            return scope
        if node.variable in scope.types:
            described = node.labels or node.properties is not None
            if described or len(path.elements) == 1:
                self._bound(node.variable, node.at)
            if not scope.types[node.variable].fits(NODE.types):
                reason = f"`{node.variable}` is no node"
                self.fail(node.at, "VariableTypeConflict", reason)
        return scope.binding(node.variable, NODE)

    def _check_relationship(self, each: RelationshipPattern) -> None:
        if len(each.types) != 1:
            reason = "a relationship that is created has one type: `-[:TYPE]->`"
            self.fail(each.at, "NoSingleRelationshipType", reason)
        if each.direction == "both":
            reason = "a relationship that is created has a direction: `-[:TYPE]->`"
            self.fail(each.at, "RequiresDirectedRelationship", reason)

    def _bound(self, name: str | None, at: int) -> None:
        self.fail(at, "VariableAlreadyBound", f"`{name}` is bound already: name what is new anew")
