"""CALL of procedures: names, arguments, columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.query.language import close_hint
from focusmesh.engine.reasoning.query.language.syntax import VariableExpression
from focusmesh.engine.reasoning.query.meaning.inferred import InferredType, type_words
from focusmesh.engine.reasoning.query.meaning.projections import ProjectionRules
from focusmesh.engine.reasoning.query.meaning.scope import PLAIN, QueryScope
from focusmesh.engine.reasoning.query.values import ValueType

if TYPE_CHECKING:
    from focusmesh.engine.reasoning.query.language.syntax import CallClause, YieldItem
    from focusmesh.engine.reasoning.query.meaning.procedures import ProcedureSignature


class InvocationRules(ProjectionRules):
    """Checks CALL."""

    def invoke(self, node: CallClause, scope: QueryScope, *, alone: bool) -> QueryScope:
        """The scope behind a CALL; ``alone`` says that it is the whole query."""
        signature = self.procedure(node)
        if signature.is_relation:
            scope = self._bind_arguments(node, signature, scope)
        self._check_arguments(node, signature, scope, alone=alone)
        if node.star and not alone:
            reason = "name the columns: `YIELD *` is for a CALL that stands alone"
            self.fail(node.at, "UnexpectedSyntax", reason)
        types = {name: InferredType(type_) for name, type_ in signature.columns}
        if node.items is None:
            return QueryScope(types) if alone and not signature.is_relation else scope
        for item in node.items:
            scope = self._bind_column(item, types, scope)
        self.condition(node.condition, scope)
        return scope

    def _bind_arguments(
        self, node: CallClause, signature: ProcedureSignature, scope: QueryScope
    ) -> QueryScope:
        """Binds variables without value to the columns where they stand."""
        for argument, (_, type_) in zip(node.arguments or (), signature.columns, strict=False):
            if isinstance(argument, VariableExpression) and argument.name not in scope.types:
                scope = scope.binding(argument.name, InferredType(type_))
        return scope

    def procedure(self, node: CallClause) -> ProcedureSignature:
        """What a CALL names."""
        known = self.surroundings.procedures
        found = known.get(node.procedure.lower())
        if found is None:
            hint = close_hint(node.procedure, known)
            reason = f"there is no procedure `{node.procedure}`{hint}"
            self.fail(node.at, "ProcedureNotFound", reason, "ProcedureError")
        return found

    def _check_arguments(
        self, node: CallClause, signature: ProcedureSignature, scope: QueryScope, *, alone: bool
    ) -> None:
        if node.arguments is None:
            if not alone:
                reason = f"write the arguments: `CALL {node.procedure}(…)`"
                self.fail(node.at, "InvalidArgumentPassingMode", reason)
            for name, _ in signature.parameters[: len(signature.parameters) - signature.optional]:
                self.parameters.setdefault(name, node.at)
            return
        if not signature.takes(len(node.arguments)):
            names = ", ".join(name for name, _ in signature.parameters)
            reason = f"`{signature.name}({names})` is called with {len(node.arguments)} arguments"
            self.fail(node.at, "InvalidNumberOfArguments", reason)
        pairs = zip(node.arguments, signature.parameters, strict=False)
        for argument, (name, wanted) in pairs:
            found = self.type_of(argument, scope, PLAIN)
            if wanted & ValueType.FLOAT:
                wanted |= ValueType.INTEGER
            if not found.fits(wanted):
                asked = type_words(InferredType(wanted))
                reason = f"`{name}` is {asked}, not {type_words(found)}"
                self.fail(argument.at, "InvalidArgumentType", reason)

    def _bind_column(
        self, item: YieldItem, types: dict[str, InferredType], scope: QueryScope
    ) -> QueryScope:
        if item.column not in types:
            reason = f"the procedure has no column `{item.column}`{close_hint(item.column, types)}"
            self.fail(item.at, "UndefinedVariable", reason)
        if item.name in scope.types:
            reason = f"`{item.name}` is bound already: name the column otherwise by AS"
            self.fail(item.at, "VariableAlreadyBound", reason)
        return scope.binding(item.name, types[item.column])
