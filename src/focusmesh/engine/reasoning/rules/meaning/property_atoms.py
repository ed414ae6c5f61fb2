"""Atoms ``property(p, key, value)``: each reads the values of a type that its rule says, of a key where it names one.

A graph's values have several types, a column of the language has one. So each atom looks at a relation of its own
that has only what the atom can mean, and no row for any other property of the graph.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from focusmesh.engine.reasoning.rules.language import (
    Atom,
    Call,
    ComparisonLiteral,
    Constant,
    Variable,
)
from focusmesh.engine.reasoning.rules.meaning.normal_form import GroupLiteral, wild
from focusmesh.engine.reasoning.rules.meaning.types import atoms, comparisons, variable_types

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from focusmesh.engine.reasoning.rules.language import Term
    from focusmesh.engine.reasoning.rules.meaning.normal_form import (
        NormalForm,
        NormalLiteral,
        NormalRule,
    )

PROPERTY = "property"
"""The relation of a graph that has a row for each property, its value as text."""
AS_TEXT = "any"
"""Values of any type, as text: what an atom reads where nothing says a type."""
_ARITHMETIC = {"+", "-", "*", "/", "%", "^", "band", "bor", "bxor", "bshl", "bshr", "bnot"}
_OF_TEXT = {"strlen", "substr", "to_number", "to_float", "cat"}
_OF_NUMBERS = {"sum", "mean"}
_PATTERNS = ("match", "contains")


class PropertyRelation(NamedTuple):
    """Which properties a relation has: values of ``type``, of one key or of all (None), all values or one."""

    type: str
    key: str | None = None
    value: Any = None

    @property
    def name(self) -> str:
        """What the relation is called."""
        if self == (AS_TEXT, None, None):
            return PROPERTY
        return f"{PROPERTY}{json.dumps([part for part in self if part is not None])}"

    @property
    def columns(self) -> tuple[str, str, str]:
        """The types of its columns."""
        return "particle", "symbol", "symbol" if self.type == AS_TEXT else self.type

    @staticmethod
    def read(name: str) -> PropertyRelation | None:
        """The relation of that name, None for one that has no properties."""
        if name == PROPERTY:
            return PropertyRelation(AS_TEXT)
        if not name.startswith(f"{PROPERTY}["):
            return None
        return PropertyRelation(*json.loads(name.removeprefix(PROPERTY)))


def relation_text(name: str) -> str:
    """What people call a relation."""
    return PROPERTY if name.startswith(f"{PROPERTY}[") else name


def atom_relation(atom: Atom, type_: str) -> PropertyRelation:
    """What an atom looks at whose value is of ``type_``, unless it is a constant."""
    _, key, value = atom.arguments
    named = key.value if isinstance(key, Constant) and isinstance(key.value, str) else None
    if not isinstance(value, Constant):
        return PropertyRelation(type_, named)
    return PropertyRelation(value.type, named, None if named is None else value.value)


def with_property_relations(
    form: NormalForm, types: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    """Has each atom of ``property`` look at a relation of its own, and returns the columns of these.

    ``types`` are those of all relations, ``any`` where only properties could say one. O(rules · their length).
    """
    made: dict[str, tuple[str, ...]] = {}
    for at, rule in enumerate(form.rules):
        if any(atom.relation == PROPERTY for atom in atoms(rule.body)):
            said = _ValueTypes(rule, types)
            form.rules[at] = replace(rule, body=tuple(_rewrite(rule.body, said, made)))
    return made


def _rewrite(
    body: Sequence[NormalLiteral], said: _ValueTypes, made: dict[str, tuple[str, ...]]
) -> Iterator[NormalLiteral]:
    for literal in body:
        if isinstance(literal, GroupLiteral):
            yield replace(literal, body=tuple(_rewrite(literal.body, said, made)))
        elif isinstance(literal, Atom) and literal.relation == PROPERTY:
            found = atom_relation(literal, said.of(literal.arguments[2]))
            made[found.name] = found.columns
            yield replace(literal, relation=found.name)
        else:
            yield literal


class _ValueTypes:
    """What a rule says of the types of its variables, from the clearest to the vaguest."""

    def __init__(self, rule: NormalRule, types: Mapping[str, tuple[str, ...]]) -> None:
        self._known = variable_types(rule, types)
        self._numbers: set[str] = set()
        self._texts: set[str] = set()
        for found in comparisons(rule.body):
            self._compare(found)
        self._groups(rule.body)

    def of(self, term: Term) -> str:
        """The type of a variable: of other relations, else float for what is reckoned with."""
        if not isinstance(term, Variable) or wild(term):
            return AS_TEXT
        known = self._known.get(term.name, "")
        if known in ("number", "float", "symbol", "bool"):
            return known
        if known == "particle" or term.name in self._texts:
            return "symbol"
        return "float" if term.name in self._numbers else AS_TEXT

    def _compare(self, found: ComparisonLiteral) -> None:
        sides = found.left, found.right
        if any(found.operator.endswith(pattern) for pattern in _PATTERNS):
            self._texts |= _plain(sides)
        for side, other in (sides, sides[::-1]):
            self._call(side)
            if self._is_number(other):
                self._numbers |= _plain([side])
            elif isinstance(other, Constant) and other.type == "symbol":
                self._texts |= _plain([side])

    def _is_number(self, term: Term) -> bool:
        if isinstance(term, Constant):
            return term.type in ("number", "float")
        if isinstance(term, Variable):
            return self._known.get(term.name) in ("number", "float")
        return isinstance(term, Call) and term.functor in _ARITHMETIC

    def _call(self, term: Term) -> None:
        if isinstance(term, Call):
            if term.functor in _ARITHMETIC:
                self._numbers |= _plain(term.arguments)
            elif term.functor in _OF_TEXT:
                self._texts |= _plain(term.arguments)
            for part in term.arguments:
                self._call(part)

    def _groups(self, body: Iterable[NormalLiteral]) -> None:
        for literal in body:
            if isinstance(literal, GroupLiteral):
                if literal.kind in _OF_NUMBERS and literal.target is not None:
                    self._numbers |= _plain([literal.target])
                    self._call(literal.target)
                self._groups(literal.body)


def _plain(terms: Iterable[Term]) -> set[str]:
    return {term.name for term in terms if isinstance(term, Variable)}
