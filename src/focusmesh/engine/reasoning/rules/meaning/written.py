"""Rules and what they look at, written for people."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from focusmesh.engine.links import label
from focusmesh.engine.reasoning.rules.language import (
    Atom,
    Call,
    ComparisonLiteral,
    Constant,
    Variable,
)
from focusmesh.engine.reasoning.rules.meaning.normal_form import GroupLiteral, wild
from focusmesh.engine.reasoning.rules.meaning.property_atoms import relation_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from focusmesh.engine.reasoning.rules.language import Term
    from focusmesh.engine.reasoning.rules.meaning.normal_form import NormalLiteral, NormalRule

_SENTENCE = re.compile(r'(?:"(?:[^"\\]|\\.)*"|[^".]|\.(?=\d))*\.')
INFIX = {"+", "-", "*", "/", "%", "^"}


def rule_text(text: str, rule: NormalRule) -> str:
    """A rule as it was written, on one line."""
    found = _SENTENCE.match(text, rule.at)
    return " ".join((found.group() if found else text[rule.at :]).split())


def row_text(relation: str, row: Sequence[Any]) -> str:
    """A row as a fact of the language: ``path("a", "b")``."""
    return f"{relation_text(relation)}({', '.join(map(value_text, row))})"


def value_text(value: Any) -> str:
    """A value as the language writes it; digests as their CIDs."""
    if isinstance(value, bytes):
        value = label(value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else str(value)


def literal_text(literal: NormalLiteral, values: Mapping[str, Any]) -> str:
    """A literal with the values that variables have."""
    if isinstance(literal, Atom):
        said = ", ".join(_term_text(term, values) for term in literal.arguments)
        return f"{'!' if literal.negated else ''}{relation_text(literal.relation)}({said})"
    if isinstance(literal, ComparisonLiteral):
        sides = _term_text(literal.left, values), _term_text(literal.right, values)
        return f"{sides[0]} {literal.operator} {sides[1]}"
    target = "" if literal.target is None else f" {_term_text(literal.target, values)}"
    body = ", ".join(literal_text(part, values) for part in literal.body)
    return f"{_term_text(literal.result, values)} = {literal.kind}{target} : {{ {body} }}"


def _term_text(term: Term, values: Mapping[str, Any]) -> str:
    if isinstance(term, Constant):
        return value_text(term.value)
    if isinstance(term, Variable):
        if term.name in values:
            return value_text(values[term.name])
        return "_" if wild(term) else term.name.replace("=", "value")
    assert isinstance(term, Call)
    parts = [_term_text(part, values) for part in term.arguments]
    if term.functor in INFIX and len(parts) == 2:
        return f"({parts[0]} {term.functor} {parts[1]})"
    return f"{term.functor}({', '.join(parts)})"


def is_condition(literal: NormalLiteral) -> bool:
    """Whether a literal only tests or computes: no row stands for it in a proof."""
    return isinstance(literal, ComparisonLiteral | GroupLiteral) or literal.negated
