"""The types of columns and variables; relations without a declaration get theirs from the rules."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.rules.language import (
    Atom,
    Call,
    ComparisonLiteral,
    Constant,
    Declaration,
    Variable,
    failure,
    position,
)
from focusmesh.engine.reasoning.rules.meaning.functors import FUNCTORS
from focusmesh.engine.reasoning.rules.meaning.normal_form import GroupLiteral

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from focusmesh.engine.reasoning.rules.language import Term
    from focusmesh.engine.reasoning.rules.meaning.normal_form import (
        NormalForm,
        NormalLiteral,
        NormalRule,
    )

ANY = "any"
"""What nothing says the type of."""


def column_types(form: NormalForm, known: dict[str, Declaration]) -> dict[str, tuple[str, ...]]:
    """Types of the columns of every relation; raises RuleError where arities or types do not agree."""
    types = {name: list(found.types) for name, found in known.items()}
    declared = set(types)
    for atom in _all_atoms(form):
        arity = len(types.setdefault(atom.relation, [ANY] * len(atom.arguments)))
        if len(atom.arguments) != arity:
            words = f"{atom.relation} has {arity} columns; {len(atom.arguments)} terms are given"
            raise failure(form.program.text, atom.at, words)
    _infer_all(form, types, declared)
    for rule in form.rules:
        _VariableTypes(form.program.text, types).verify(rule)
    return {name: tuple(found) for name, found in types.items()}


def variable_types(rule: NormalRule, types: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """What relations and equations, and the head's relation, say of the types of a rule's variables."""
    known = {name: list(found) for name, found in types.items()}
    checker = _VariableTypes("", known, strict=False)
    found = checker.of(rule)
    checker.atom(rule.head, found)
    return {name: type_ for name, (type_, _) in found.items()}


def _infer_all(form: NormalForm, types: dict[str, list[str]], declared: set[str]) -> None:
    """Types of columns that nothing declares, as far as rules say them. O(uses of relations · their columns)."""
    users: dict[str, list[NormalRule]] = {}
    for rule in form.rules:
        for name in {atom.relation for atom in atoms(rule.body)}:
            users.setdefault(name, []).append(rule)
    waiting = deque(form.rules)
    while waiting:
        rule = waiting.popleft()
        if _infer(rule, types, declared):
            waiting += users.get(rule.head.relation, ())


def _infer(rule: NormalRule, types: dict[str, list[str]], declared: set[str]) -> bool:
    if rule.head.relation in declared:
        return False
    found = _VariableTypes("", types, strict=False).of(rule)
    columns, changed = types[rule.head.relation], False
    for at, term in enumerate(rule.head.arguments):
        type_ = term.type if isinstance(term, Constant) else found.get(_name(term), (ANY, 0))[0]
        if columns[at] == ANY and type_ != ANY:
            columns[at], changed = type_, True
    return changed


class _VariableTypes:
    def __init__(self, text: str, types: dict[str, list[str]], strict: bool = True) -> None:
        self.text = text
        self.types = types
        self.strict = strict

    def of(self, rule: NormalRule) -> dict[str, tuple[str, int]]:
        found = dict[str, tuple[str, int]]()
        self.literals(rule.body, found)
        return found

    def verify(self, rule: NormalRule) -> None:
        found = self.of(rule)
        self.atom(rule.head, found)
        self.literals(rule.body, found)

    def literals(self, body: Sequence[NormalLiteral], found: dict[str, tuple[str, int]]) -> None:
        for literal in body:
            if isinstance(literal, Atom):
                self.atom(literal, found)
            elif isinstance(literal, GroupLiteral):
                self.literals(literal.body, found)
                type_ = {"count": "number", "mean": "float"}.get(literal.kind)
                if type_ is None and literal.target is not None:
                    type_ = self.term(literal.target, found)
                self.note(literal.result, type_ or ANY, found)
        for literal in body:
            if isinstance(literal, ComparisonLiteral):
                self.comparison(literal, found)

    def atom(self, atom: Atom, found: dict[str, tuple[str, int]]) -> None:
        for term, type_ in zip(atom.arguments, self.types[atom.relation], strict=True):
            if isinstance(term, Variable):
                self.note(term, type_, found)
            elif isinstance(term, Constant):
                self.fit(term, type_)

    def note(self, variable: Variable, type_: str, found: dict[str, tuple[str, int]]) -> None:
        before, at = found.setdefault(variable.name, (type_, variable.at))
        if before == ANY:
            found[variable.name] = type_, variable.at
        elif self.strict and ANY not in (before, type_) and before != type_:
            line, column = position(self.text, at)
            words = f"{variable.name} is a {type_} here and a {before} at {line}:{column}"
            raise failure(self.text, variable.at, words)

    def fit(self, constant: Constant, type_: str) -> None:
        fits = {constant.type, ANY} | ({"float"} if constant.type == "number" else set())
        if self.strict and type_ not in fits and type_ != "particle":
            words = f"{constant.value!r} is a {constant.type}, and the column is of type {type_}"
            raise failure(self.text, constant.at, words)

    def comparison(self, literal: ComparisonLiteral, found: dict[str, tuple[str, int]]) -> None:
        left, right = self.term(literal.left, found), self.term(literal.right, found)
        sides = (literal.left, right, literal.right), (literal.right, left, literal.left)
        for side, type_, other in sides:
            if literal.operator != "=" or not isinstance(side, Variable):
                continue
            # A value may name a particle, as it may in an atom.
            if not (isinstance(other, Constant) and self.term(side, found) == "particle"):
                self.note(side, type_, found)
        kinds = {left, right} - {ANY}
        literal_number = isinstance(literal.left, Constant) or isinstance(literal.right, Constant)
        allowed = len(kinds) < 2 or (kinds == {"number", "float"} and literal_number)
        if self.strict and not allowed and "particle" not in kinds:
            words = f"a {left} is compared with a {right}"
            raise failure(self.text, literal.at, words)

    def term(self, term: Term, found: dict[str, tuple[str, int]]) -> str:
        if isinstance(term, Constant):
            return term.type
        if isinstance(term, Variable):
            return found.get(term.name, (ANY, 0))[0]
        if not isinstance(term, Call):
            return ANY
        kinds = [self.term(part, found) for part in term.arguments]
        if term.functor not in FUNCTORS:
            if not self.strict:
                return ANY
            there = ", ".join(sorted(name for name in FUNCTORS if name.isidentifier()))
            raise failure(
                self.text, term.at, f"no functor is named {term.functor}; there are: {there}"
            )
        _, arity, result = FUNCTORS[term.functor]
        if self.strict and (len(kinds) != arity if arity >= 0 else len(kinds) < -arity):
            raise failure(
                self.text, term.at, f"{term.functor} does not take {len(kinds)} arguments"
            )
        if result != "same":
            return result
        return "float" if "float" in kinds else next((kind for kind in kinds if kind != ANY), ANY)


def _name(term: Term) -> str:
    return term.name if isinstance(term, Variable) else ""


def _all_atoms(form: NormalForm) -> Iterable[Atom]:
    for rule in form.rules:
        yield rule.head
        yield from atoms(rule.body)


def atoms(body: Sequence[NormalLiteral]) -> Iterable[Atom]:
    """All atoms of a body, those inside of aggregates included."""
    for literal in body:
        if isinstance(literal, Atom):
            yield literal
        elif isinstance(literal, GroupLiteral):
            yield from atoms(literal.body)


def comparisons(body: Iterable[NormalLiteral]) -> Iterable[ComparisonLiteral]:
    """All comparisons of a body, those inside of aggregates included."""
    for literal in body:
        if isinstance(literal, ComparisonLiteral):
            yield literal
        elif isinstance(literal, GroupLiteral):
            yield from comparisons(literal.body)
