"""Constants that are CIDs: where a column has particles, they stand for the digests that a graph lists."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from focusmesh.engine.reasoning.rules.language import Atom, Constant, Variable
from focusmesh.engine.reasoning.rules.meaning.normal_form import GroupLiteral
from focusmesh.engine.reasoning.rules.meaning.types import atoms, comparisons
from focusmesh.ids import is_cid

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from focusmesh.engine.reasoning.rules.language import Term
    from focusmesh.engine.reasoning.rules.meaning.normal_form import (
        NormalForm,
        NormalLiteral,
        NormalRule,
    )

    Types = Mapping[str, tuple[str, ...]]
    Values = Mapping[str, Any]

PARTICLE = "particle"


def addresses(literals: Iterable[NormalLiteral]) -> set[str]:
    """The CIDs among the constants of literals. O(terms)."""
    listed = list(literals)
    sides = ((each.left, each.right) for each in comparisons(listed))
    terms = (
        term for part in (*(atom.arguments for atom in atoms(listed)), *sides) for term in part
    )
    return {term.value for term in terms if isinstance(term, Constant) and is_address(term.value)}


def is_address(value: Any) -> bool:
    """Whether a value is the CID of a digest."""
    return isinstance(value, str) and is_cid(value)


def with_addresses(form: NormalForm, types: Types, values: Values) -> NormalForm:
    """The form with ``values`` of CIDs in columns of particles, and where they are compared with such."""
    return replace(form, rules=[_rule(rule, types, values) for rule in form.rules])


def address_atom(atom: Atom, types: Types, values: Values) -> Atom:
    """The atom with ``values`` of CIDs in its columns of particles."""
    kinds = types[atom.relation]
    terms = zip(atom.arguments, kinds, strict=True)
    return replace(
        atom,
        arguments=tuple(_term(t, values) if kind == PARTICLE else t for t, kind in terms),
    )


def _rule(rule: NormalRule, types: Types, values: Values) -> NormalRule:
    particles = {
        term.name
        for atom in (rule.head, *atoms(rule.body))
        for term, kind in zip(atom.arguments, types[atom.relation], strict=True)
        if kind == PARTICLE and isinstance(term, Variable)
    }
    body = tuple(_literal(part, types, values, particles) for part in rule.body)
    return replace(rule, head=address_atom(rule.head, types, values), body=body)


def _literal(
    literal: NormalLiteral, types: Types, values: Values, particles: set[str]
) -> NormalLiteral:
    if isinstance(literal, Atom):
        return address_atom(literal, types, values)
    if isinstance(literal, GroupLiteral):
        body = (_literal(part, types, values, particles) for part in literal.body)
        return replace(literal, body=tuple(body))
    sides = literal.left, literal.right
    if not any(isinstance(side, Variable) and side.name in particles for side in sides):
        return literal
    left, right = (_term(side, values) for side in sides)
    return replace(literal, left=left, right=right)


def _term(term: Term, values: Values) -> Term:
    if isinstance(term, Constant) and is_address(term.value):
        return replace(term, value=values.get(term.value, term.value))
    return term
