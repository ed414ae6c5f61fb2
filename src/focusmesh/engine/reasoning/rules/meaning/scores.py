"""Which values of rules are scores, and what each is off by at most."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.operators import OPERATORS
from focusmesh.engine.reasoning.rules.language import (
    Atom,
    Call,
    ComparisonLiteral,
    Constant,
    Variable,
)
from focusmesh.engine.reasoning.rules.meaning.normal_form import GroupLiteral, wild
from focusmesh.engine.reasoning.rules.meaning.variables import term_variables

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from focusmesh.engine.reasoning.rules.language import Term
    from focusmesh.engine.reasoning.rules.meaning.normal_form import (
        NormalForm,
        NormalLiteral,
        NormalRule,
    )

ScoreColumns = dict[str, dict[int, "int | None"]]
"""By relation: columns with scores, and which column has the bound of each; None where no column has."""

Errors = dict[str, "Term | None"]
"""Variables that have scores, and what each is off by at most; None where that is not at hand."""

NOTHING = Constant(0, "number")


def score_columns(form: NormalForm, rules: Iterable[NormalRule]) -> ScoreColumns:
    """Columns with scores, of operators and of all relations that rules hand them on to."""
    found: ScoreColumns = defaultdict(dict)
    for name, call in form.calls.items():
        atom = OPERATORS.find(call.operator)
        names = [column.name for column in atom.columns]
        found[name] = {names.index(score): names.index(bound) for score, bound in atom.bounded}
    listed = list(rules)
    while any(_hand_on(rule, found) for rule in listed):
        pass
    return found


def _hand_on(rule: NormalRule, columns: ScoreColumns) -> bool:
    """Notes which columns of a rule's head have scores; whether that was not known."""
    errors = score_errors(rule.body, columns)
    names = [term.name if isinstance(term, Variable) else "" for term in rule.head.arguments]
    known, is_new = columns[rule.head.relation], False
    for at, name in enumerate(names):
        if name not in errors:
            continue
        error = errors[name]
        place = (
            names.index(error.name) if isinstance(error, Variable) and error.name in names else None
        )
        if at not in known or known[at] not in (place, None):
            known[at] = None if at in known else place
            is_new = True
    return is_new


def with_named_bounds(
    rule: NormalRule, columns: Mapping[str, Mapping[int, int | None]]
) -> NormalRule:
    """The rule with a variable for the bound of each score that it wrote ``_`` for."""
    return replace(rule, body=tuple(_name_bounds(literal, columns) for literal in rule.body))


def _name_bounds(
    literal: NormalLiteral, columns: Mapping[str, Mapping[int, int | None]]
) -> NormalLiteral:
    if isinstance(literal, GroupLiteral):
        return replace(literal, body=tuple(_name_bounds(part, columns) for part in literal.body))
    if not isinstance(literal, Atom) or literal.negated:
        return literal
    terms = list(literal.arguments)
    for at, bound in columns.get(literal.relation, {}).items():
        score, error = terms[at], None if bound is None else terms[bound]
        if bound is None or not isinstance(score, Variable) or wild(score):
            continue
        if isinstance(error, Variable) and wild(error):
            terms[bound] = Variable(f"{score.name} ±", error.at)
    return replace(literal, arguments=tuple(terms))


def score_errors(
    body: Iterable[NormalLiteral], columns: Mapping[str, Mapping[int, int | None]]
) -> Errors:
    """The variables of a body that have scores."""
    errors: Errors = {}
    literals = list(body)
    for literal in literals:
        if isinstance(literal, Atom) and not literal.negated:
            for at, bound in columns.get(literal.relation, {}).items():
                term = literal.arguments[at]
                if isinstance(term, Variable):
                    errors.setdefault(
                        term.name, None if bound is None else literal.arguments[bound]
                    )
        elif isinstance(literal, GroupLiteral) and literal.target is not None:
            inside = score_errors(literal.body, columns)
            if literal.kind != "count" and inside.keys() & set(term_variables([literal.target])):
                errors.setdefault(literal.result.name, None)
    equations = [
        pair
        for part in literals
        if isinstance(part, ComparisonLiteral) and part.operator == "="
        for pair in ((part.left, part.right), (part.right, part.left))
    ]
    while True:
        new = {
            side.name: error_of(other, errors)
            for side, other in equations
            if isinstance(side, Variable) and side.name not in errors and has_score(other, errors)
        }
        if not new:
            return errors
        errors |= new


def has_score(term: Term, errors: Errors) -> bool:
    """Whether a score goes into a term."""
    return bool(errors.keys() & set(term_variables([term])))


def error_of(term: Term, errors: Errors) -> Term | None:
    """What the value of a term is off by at most; None where that is not known."""
    if isinstance(term, Variable):
        return errors.get(term.name, NOTHING)
    if not isinstance(term, Call) or not has_score(term, errors):
        return NOTHING
    parts = [error_of(part, errors) for part in term.arguments]
    if None in parts:
        return None
    if term.functor in ("+", "-"):
        left, *rest = [part for part in parts if part is not None and part != NOTHING]
        return Call("+", (left, rest[0]), term.at) if rest else left
    if term.functor == "*" and NOTHING in parts:
        at = parts.index(NOTHING)
        return Call("*", (_size(term.arguments[at]), _require(parts[1 - at])), term.at)
    if term.functor == "/" and parts[1] == NOTHING:
        return Call("/", (_require(parts[0]), _size(term.arguments[1])), term.at)
    return None


def _require(error: Term | None) -> Term:
    assert error is not None
    return error


def _size(term: Term) -> Term:
    if isinstance(term, Constant):
        return replace(term, value=abs(term.value))
    return Call("max", (term, Call("-", (term,), term.at)), term.at)
