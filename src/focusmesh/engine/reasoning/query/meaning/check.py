"""A query is checked as a whole: the order of its clauses, then each in the scope that those before it leave."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.query.language import close_hint, query_failure
from focusmesh.engine.reasoning.query.language.syntax import (
    CallClause,
    CreateClause,
    MatchClause,
    ReturnClause,
    SingleQuery,
    SubqueryClause,
    UnwindClause,
    VariableExpression,
    WithClause,
    WriteClause,
    WrittenQuery,
    all_nodes,
)
from focusmesh.engine.reasoning.query.meaning.faults import QuerySurroundings
from focusmesh.engine.reasoning.query.meaning.invocations import InvocationRules
from focusmesh.engine.reasoning.query.meaning.scope import PLAIN, QueryScope
from focusmesh.engine.reasoning.query.values import ValueType

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from focusmesh.engine.reasoning.query.language.syntax import Clause
    from focusmesh.engine.reasoning.query.meaning.inferred import InferredType


@dataclass(frozen=True, slots=True)
class QueryColumn:
    """A column of the answer, with what is known of its type."""

    name: str
    type: InferredType


@dataclass(frozen=True, slots=True)
class CheckedQuery:
    """A query that may run.

    ``stars`` has, by the offset ``at`` of a WITH or RETURN with ``*``, the variables that it stands for.
    ``parameters`` has, by the name of each that it needs, the offset of the first place.
    """

    query: WrittenQuery
    columns: tuple[QueryColumn, ...]
    parameters: Mapping[str, int]
    stars: Mapping[int, tuple[str, ...]] = field(default_factory=dict)

    def require(self, given: Collection[str]) -> None:
        """Raises QueryError where a parameter is not among those that were given."""
        for name, at in self.parameters.items():
            if name not in given:
                reason = f"the parameter `${name}` was not given{close_hint(name, given)}"
                raise query_failure(
                    self.query.text, at, "MissingParameter", reason, "ParameterMissing"
                )


def check_query(query: WrittenQuery, surroundings: QuerySurroundings | None = None) -> CheckedQuery:
    """Checks all that can be known before a query runs; raises QueryError at the first fault."""
    rules = _QueryRules(query.text, surroundings or QuerySurroundings())
    try:
        columns = rules.whole(query)
    except RecursionError:
        reason = "expressions are nested too deep: name parts of them by WITH"
        raise query_failure(query.text, query.at, "UnexpectedSyntax", reason) from None
    found = tuple(QueryColumn(name, type_) for name, type_ in columns.types.items())
    return CheckedQuery(query, found, rules.parameters, rules.stars)


class _QueryRules(InvocationRules):
    def whole(self, query: WrittenQuery) -> QueryScope:
        """The columns of the whole query."""
        self._refuse_writes(query)
        clauses = query.parts[0].clauses
        alone = len(query.parts) == 1 and len(clauses) == 1
        if alone and isinstance(clauses[0], CallClause):
            return self.invoke(clauses[0], QueryScope(), alone=True)
        return self._parts(query, QueryScope())

    def check_subquery(self, query: WrittenQuery, scope: QueryScope) -> None:
        """Checks the query of an EXISTS or COUNT, which sees all of ``scope`` and may go without RETURN."""
        for each in all_nodes(query):
            if isinstance(each, WriteClause | CreateClause):
                reason = "a subquery of an expression only reads"
                self.fail(each.at, "InvalidClauseComposition", reason)
        for part in query.parts:
            self._single(part, scope, returns=False)

    def _refuse_writes(self, query: WrittenQuery) -> None:
        """Refuses clauses that write, unless a text makes a graph."""
        for part in query.parts:
            for clause in part.clauses:
                if isinstance(clause, SubqueryClause):
                    self._refuse_writes(clause.query)
                elif isinstance(clause, WriteClause):
                    self._refuse_write(clause.word, clause.at)
                elif isinstance(clause, CreateClause) and not self.surroundings.creates:
                    self._refuse_write("CREATE", clause.at)

    def _refuse_write(self, word: str, at: int) -> None:
        reason = (
            f"queries only read, so {word} is not built: write with `graph.link` and its like, "
            "and to a ledger by signed operations"
        )
        self.fail(at, "WriteClause", reason)

    def _parts(
        self, query: WrittenQuery, scope: QueryScope, *, imports: bool = False
    ) -> QueryScope:
        """The columns of all parts, which UNION wants to be equal."""
        if len(set(query.alls)) > 1:
            reason = "UNION and UNION ALL cannot be mixed: put one of them into `CALL { … }`"
            self.fail(query.parts[-1].at, "InvalidClauseComposition", reason)
        first = self._part(query.parts[0], scope, imports=imports)
        for part in query.parts[1:]:
            other = self._part(part, scope, imports=imports)
            if list(other.types) != list(first.types):
                one, two = ", ".join(first.types), ", ".join(other.types)
                reason = f"the columns of UNION differ: ({one}) before it, ({two}) behind it"
                self.fail(part.at, "DifferentColumnsInUnion", reason)
        return first

    def _part(self, part: SingleQuery, scope: QueryScope, *, imports: bool) -> QueryScope:
        """A part of a subquery sees what its first WITH imports."""
        imported = imports and imports_variables(part)
        return self._single(part, scope if imported else QueryScope(), returns=True)

    def _single(self, part: SingleQuery, scope: QueryScope, *, returns: bool) -> QueryScope:
        self._check_end(part, returns=returns)
        for clause in part.clauses:
            scope = self._clause(clause, scope)
        return scope if isinstance(part.clauses[-1], ReturnClause) else QueryScope()

    def _check_end(self, part: SingleQuery, *, returns: bool) -> None:
        for clause, following in zip(part.clauses, part.clauses[1:], strict=False):
            if isinstance(clause, ReturnClause):
                reason = "RETURN ends a query: join another by UNION, or use WITH"
                self.fail(following.at, "InvalidClauseComposition", reason)
        last = part.clauses[-1]
        if returns and not isinstance(
            last, ReturnClause | CreateClause | CallClause | SubqueryClause
        ):
            reason = "the query ends without RETURN: say what it answers"
            self.fail(last.at, "InvalidClauseComposition", reason)

    def _clause(self, clause: Clause, scope: QueryScope) -> QueryScope:
        match clause:
            case MatchClause():
                return self.match(clause, scope)
            case UnwindClause():
                return self._unwind(clause, scope)
            case WithClause():
                return self.binds(clause, scope)
            case ReturnClause():
                return self.returns(clause, scope)
            case CallClause():
                return self.invoke(clause, scope, alone=False)
            case SubqueryClause():
                return self._call_subquery(clause, scope)
            case CreateClause():
                return self.create(clause, scope)
            case WriteClause():
                self._refuse_write(clause.word, clause.at)
        return scope

    def _unwind(self, clause: UnwindClause, scope: QueryScope) -> QueryScope:
        found = self.type_of(clause.source, scope, PLAIN)
        if clause.variable in scope.types:
            reason = f"`{clause.variable}` is bound already: name the element otherwise"
            self.fail(clause.at, "VariableAlreadyBound", reason)
        element = found.elements if found.fits(ValueType.LIST) else found
        return scope.binding(clause.variable, element)

    def _call_subquery(self, clause: SubqueryClause, scope: QueryScope) -> QueryScope:
        columns = self._parts(clause.query, scope, imports=True)
        for name in columns.types:
            if name in scope.types:
                reason = f"`{name}` is bound already: name the column otherwise by AS"
                self.fail(clause.at, "VariableAlreadyBound", reason)
        return columns.over(scope)


def imports_variables(part: SingleQuery) -> bool:
    """Whether the first clause of a subquery is a WITH that only names variables, which then are seen inside."""
    clause = part.clauses[0]
    if not isinstance(clause, WithClause):
        return False
    projection = clause.projection
    plain = all(
        isinstance(each.expression, VariableExpression) and each.alias is None
        for each in projection.items
    )
    return plain and clause.condition is None and not projection.order
