"""Whole numbers where a column has floats: ``1`` is written there for 1.0, and is 1.0 whatever is reckoned with it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.relations import as_float
from focusmesh.engine.reasoning.rules.language import Atom, Constant
from focusmesh.engine.reasoning.rules.meaning.normal_form import GroupLiteral

if TYPE_CHECKING:
    from collections.abc import Mapping

    from focusmesh.engine.reasoning.relations import Row
    from focusmesh.engine.reasoning.rules.meaning.normal_form import NormalLiteral, NormalRule

    Types = Mapping[str, tuple[str, ...]]


def rule_with_floats(rule: NormalRule, types: Types) -> NormalRule:
    """A rule whose constants in columns of floats are floats."""
    body = tuple(_literal(literal, types) for literal in rule.body)
    return replace(rule, head=atom_with_floats(rule.head, types), body=body)


def atom_with_floats(atom: Atom, types: Types) -> Atom:
    """An atom whose constants in columns of floats are floats."""
    arguments = tuple(
        replace(term, value=as_float(term.value))
        if isinstance(term, Constant) and type_ == "float"
        else term
        for term, type_ in zip(atom.arguments, types[atom.relation], strict=True)
    )
    return replace(atom, arguments=arguments)


def rows_with_floats(rows: list[Row], types: tuple[str, ...]) -> list[Row]:
    """Rows whose values in columns of floats are floats. O(rows) where there are such columns."""
    if "float" not in types:
        return rows
    return [
        tuple(
            as_float(value) if type_ == "float" else value
            for value, type_ in zip(row, types, strict=True)
        )
        for row in rows
    ]


def _literal(literal: NormalLiteral, types: Types) -> NormalLiteral:
    if isinstance(literal, GroupLiteral):
        return replace(literal, body=tuple(_literal(part, types) for part in literal.body))
    return atom_with_floats(literal, types) if isinstance(literal, Atom) else literal
