"""The variables of terms and literals, and other names for them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.rules.language import (
    Aggregate,
    Call,
    ComparisonLiteral,
    Variable,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from focusmesh.engine.reasoning.rules.language import Literal, Term


def term_variables(terms: Iterable[Term]) -> Iterator[str]:
    """Names of the variables in terms, those inside of aggregates included."""
    for term in terms:
        if isinstance(term, Variable):
            yield term.name
        elif isinstance(term, Call):
            yield from term_variables(term.arguments)
        elif isinstance(term, Aggregate):
            if term.target is not None:
                yield from term_variables((term.target,))
            yield from variables(term.body)


def variables(literals: Iterable[Literal]) -> Iterator[str]:
    """Names of the variables in literals."""
    for literal in literals:
        if isinstance(literal, ComparisonLiteral):
            yield from term_variables((literal.left, literal.right))
        else:
            yield from term_variables(literal.arguments)


def rename(literal: Literal, names: Mapping[str, str]) -> Literal:
    """The literal with other names for some variables."""
    if isinstance(literal, ComparisonLiteral):
        return replace(
            literal, left=rename_term(literal.left, names), right=rename_term(literal.right, names)
        )
    return replace(literal, arguments=tuple(rename_term(term, names) for term in literal.arguments))


def rename_term(term: Term, names: Mapping[str, str]) -> Term:
    """The term with other names for some variables."""
    if isinstance(term, Variable):
        return replace(term, name=names.get(term.name, term.name))
    if isinstance(term, Call):
        return replace(term, arguments=tuple(rename_term(part, names) for part in term.arguments))
    if isinstance(term, Aggregate):
        return replace(
            term,
            target=None if term.target is None else rename_term(term.target, names),
            body=tuple(rename(literal, names) for literal in term.body),
        )
    return term
