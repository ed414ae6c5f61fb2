"""The normal form of rules: atoms of variables and constants, comparisons, and aggregates with what they look at."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.rules.language import (
    Aggregate,
    Atom,
    Call,
    ComparisonLiteral,
    Constant,
    OperatorCall,
    Variable,
    failure,
)
from focusmesh.engine.reasoning.rules.meaning.variables import (
    rename,
    rename_term,
    term_variables,
    variables,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from focusmesh.engine.reasoning.rules.language import Literal, RuleProgram, Term


@dataclass(frozen=True, slots=True)
class GroupLiteral:
    """``result`` is what ``kind`` makes of ``target`` over ``body``, for given values of ``injected``."""

    kind: str
    result: Variable
    target: Term | None
    body: tuple[NormalLiteral, ...]
    injected: tuple[str, ...]
    at: int = 0
    negated: bool = False


NormalLiteral = Atom | ComparisonLiteral | GroupLiteral


@dataclass(frozen=True, slots=True)
class NormalRule:
    """A rule whose atoms have variables and constants alone; ``number`` is its place among the rules."""

    number: int
    head: Atom
    body: tuple[NormalLiteral, ...]
    at: int


@dataclass(slots=True)
class NormalForm:
    """All rules, and the relations of operator atoms: each call by the name of its relation."""

    program: RuleProgram
    rules: list[NormalRule] = field(default_factory=list)
    calls: dict[str, OperatorCall] = field(default_factory=dict)


def normalise(program: RuleProgram) -> NormalForm:
    """The normal form of a program; raises RuleError for a variable that nothing binds."""
    form = NormalForm(program)
    for number, rule in enumerate(program.rules):
        form.rules.append(_Normaliser(form, number).rule(rule.head, rule.body, rule.at))
    return form


def call_name(call: OperatorCall) -> str:
    """The name of the relation that holds what an operator call gives."""
    given = ", ".join(
        f"{key}={value}" if isinstance(value, str) else f"{key}={json.dumps(value.value)}"
        for key, value in sorted(call.given, key=lambda pair: pair[0])
    )
    return f"@{call.operator}[{given}]" if given else f"@{call.operator}"


def given_relations(call: OperatorCall) -> set[str]:
    """Relations that an operator is given as arguments."""
    return {given for _, given in call.given if isinstance(given, str)}


class _Normaliser:
    """Makes the normal form of one rule; fresh variables begin with ``=``."""

    def __init__(self, form: NormalForm, number: int) -> None:
        self.form = form
        self.number = number
        self.fresh_names: Iterator[str] = (f"={number}" for number in count())

    def fresh(self, at: int) -> Variable:
        return Variable(next(self.fresh_names), at)

    def rule(self, head: Atom, body: Sequence[Literal], at: int) -> NormalRule:
        extra: list[Literal] = []
        arguments = tuple(self.plain(term, extra) for term in head.arguments)
        head = replace(head, arguments=arguments)
        outside = set(term_variables(arguments))
        made, bound = self.body([*body, *extra], set(), outside)
        self.verify_bound(made, bound, arguments)
        return NormalRule(self.number, head, tuple(made), at)

    def plain(self, term: Term, extra: list[Literal]) -> Term:
        """A variable or a constant that stands for ``term``; what ties them goes to ``extra``."""
        if isinstance(term, Variable | Constant):
            return term
        variable = self.fresh(term.at)
        extra.append(ComparisonLiteral("=", variable, term, term.at))
        return variable

    def body(
        self, literals: Iterable[Literal], bound: set[str], outside: set[str]
    ) -> tuple[list[NormalLiteral], set[str]]:
        """The normal literals, and the variables that they bind beside ``bound``."""
        flat: list[Atom | ComparisonLiteral] = []
        groups = list[tuple[Variable, Aggregate]]()
        waiting = list(literals)
        while waiting:
            literal = waiting.pop(0)
            if isinstance(literal, ComparisonLiteral):
                flat.append(self.comparison(literal, groups))
                continue
            extra: list[Literal] = []
            arguments = tuple(self.plain(term, extra) for term in literal.arguments)
            waiting = [*extra, *waiting]
            flat.append(self.atom(literal, arguments))
        made: list[NormalLiteral] = list(flat)
        bound = bound | bindings(made, bound)
        while groups:
            seen = outside | set(variables(flat)) | bound
            ready = [group for group in groups if self.injections(group[1], seen) <= bound]
            if not ready and self.separate(groups, seen, bound, made):
                continue
            if not ready:
                more = self.witnesses(*groups[0], seen, bound)
                groups[0] = (groups[0][0], more[0])
                extra_made, extra_bound = self.body(more[1], bound, seen)
                made += extra_made
                bound |= extra_bound
                flat += [part for part in extra_made if not isinstance(part, GroupLiteral)]
                continue
            for group in ready:
                groups.remove(group)
                made.append(self.group(*group, seen))
                bound.add(group[0].name)
            bound |= bindings(made, bound)
        return made, bound

    def atom(self, literal: Atom | OperatorCall, arguments: tuple[Term, ...]) -> Atom:
        if isinstance(literal, Atom):
            return replace(literal, arguments=arguments)
        name = call_name(literal)
        self.form.calls.setdefault(name, literal)
        return Atom(name, arguments, literal.at, literal.negated)

    def comparison(
        self, literal: ComparisonLiteral, groups: list[tuple[Variable, Aggregate]]
    ) -> ComparisonLiteral:
        left = self.without_aggregates(literal.left, groups)
        right = self.without_aggregates(literal.right, groups)
        return replace(literal, left=left, right=right)

    def without_aggregates(self, term: Term, groups: list[tuple[Variable, Aggregate]]) -> Term:
        if isinstance(term, Aggregate):
            variable = self.fresh(term.at)
            groups.append((variable, term))
            return variable
        if isinstance(term, Call):
            parts = tuple(self.without_aggregates(part, groups) for part in term.arguments)
            return replace(term, arguments=parts)
        return term

    @staticmethod
    def injections(aggregate: Aggregate, seen: set[str]) -> set[str]:
        inside = set(variables(aggregate.body))
        if aggregate.target is not None:
            inside |= set(term_variables((aggregate.target,)))
        return inside & seen

    def group(self, result: Variable, aggregate: Aggregate, seen: set[str]) -> GroupLiteral:
        injected = self.injections(aggregate, seen)
        made, bound = self.body(aggregate.body, set(injected), set())
        targets = () if aggregate.target is None else (aggregate.target,)
        self.verify_bound(made, bound, targets)
        return GroupLiteral(
            aggregate.kind,
            result,
            aggregate.target,
            tuple(made),
            tuple(sorted(injected)),
            aggregate.at,
        )

    def separate(
        self,
        groups: list[tuple[Variable, Aggregate]],
        seen: set[str],
        bound: set[str],
        made: Sequence[NormalLiteral],
    ) -> bool:
        """Whether some aggregate has variables that only its own value binds outside: within they are others."""
        for at, (result, aggregate) in enumerate(groups):
            loose = self.injections(aggregate, seen) - bound
            own = loose & bindings(made, bound | {result.name})
            if own:
                names = {name: self.fresh(aggregate.at).name for name in own}
                renamed = rename(ComparisonLiteral("=", result, aggregate), names)
                assert isinstance(renamed, ComparisonLiteral)
                assert isinstance(renamed.right, Aggregate)
                groups[at] = result, renamed.right
                return True
        return False

    def witnesses(
        self, result: Variable, aggregate: Aggregate, seen: set[str], bound: set[str]
    ) -> tuple[Aggregate, list[Literal]]:
        """A min or max whose body has variables that only it binds: those that attain the value are bound to them.

        The aggregate gets names of its own for them, and the body beside it is one more time in the rule.
        """
        loose = self.injections(aggregate, seen) - bound
        if aggregate.kind not in ("min", "max") or aggregate.target is None:
            name = sorted(loose)[0]
            raise self.unbound_error(Variable(name, aggregate.at))
        inside = set(variables(aggregate.body)) | set(term_variables((aggregate.target,)))
        own = {name: self.fresh(aggregate.at).name for name in loose}
        local = {name: self.fresh(aggregate.at).name for name in inside - seen}
        beside = [rename(literal, local) for literal in aggregate.body]
        target = rename(ComparisonLiteral("=", result, aggregate.target, aggregate.at), local)
        renamed = replace(
            aggregate,
            target=rename_term(aggregate.target, own),
            body=tuple(rename(literal, own) for literal in aggregate.body),
        )
        return renamed, [*beside, target]

    def verify_bound(
        self, made: Sequence[NormalLiteral], bound: set[str], terms: Iterable[Term]
    ) -> None:
        wanted = [*_variables_of(terms)]
        for literal in made:
            if isinstance(literal, ComparisonLiteral):
                wanted += _variables_of((literal.left, literal.right))
            elif isinstance(literal, Atom) and literal.negated:
                wanted += [term for term in _variables_of(literal.arguments) if not wild(term)]
        for variable in wanted:
            if variable.name not in bound:
                raise self.unbound_error(variable)

    def unbound_error(self, variable: Variable) -> Exception:
        text = self.form.program.text
        if wild(variable):
            return failure(text, variable.at, "_ stands for any value, so it has none here")
        name = variable.name
        if name.startswith("="):
            return failure(text, variable.at, "this term has variables that nothing binds")
        return failure(text, variable.at, f"{name} is not bound: add a positive atom with {name}")


def literal_variables(literal: NormalLiteral) -> Iterable[str]:
    """Names of the variables by which a literal is tied to others."""
    if isinstance(literal, GroupLiteral):
        return {*literal.injected, literal.result.name}
    return variables([literal])


def wild(variable: Variable) -> bool:
    """Whether the variable was written ``_``."""
    return variable.name.startswith("_#")


def bindings(literals: Sequence[NormalLiteral], bound: set[str]) -> set[str]:
    """Variables that positive atoms and equations bind, given those in ``bound``."""
    found = set(bound)
    for literal in literals:
        if isinstance(literal, Atom) and not literal.negated:
            found |= set(term_variables(literal.arguments))
        elif isinstance(literal, GroupLiteral):
            found.add(literal.result.name)
    equations = [
        part for part in literals if isinstance(part, ComparisonLiteral) and part.operator == "="
    ]
    while True:
        more = {
            side.name
            for equation in equations
            for side, other in (
                (equation.left, equation.right),
                (equation.right, equation.left),
            )
            if isinstance(side, Variable) and set(term_variables((other,))) <= found
        }
        if more <= found:
            return found
        found |= more


def _variables_of(terms: Iterable[Term]) -> list[Variable]:
    found = list[Variable]()
    for term in terms:
        if isinstance(term, Variable):
            found.append(term)
        elif isinstance(term, Call):
            found += _variables_of(term.arguments)
    return found
