"""Rules as the join machine takes them: variables with types, constants as places, equations put in.

What has arithmetic, aggregates or columns whose type nothing says is left to the steps of plans.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from focusmesh.engine.reasoning.rules.language import (
    Atom,
    ComparisonLiteral,
    Constant,
    Variable,
)
from focusmesh.engine.reasoning.rules.meaning import wild

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from focusmesh.engine.reasoning.relations import Dictionary
    from focusmesh.engine.reasoning.rules.language import Term
    from focusmesh.engine.reasoning.rules.meaning import NormalRule

ANY = "any"
ORDERED = ("number", "float", "symbol", "particle")
_SWAPPED = {">": "<", ">=": "<="}

Part = str | int
"""A variable by its name, or a constant by its place."""


class UnfitError(Exception):
    """The machine does not take such a rule."""


@dataclass(frozen=True, slots=True)
class JoinAtom:
    """A relation and what stands in its columns."""

    relation: str
    parts: tuple[Part, ...]
    is_negated: bool = False

    @property
    def variables(self) -> list[str]:
        """The variables, each once."""
        return list(dict.fromkeys(part for part in self.parts if isinstance(part, str)))


@dataclass(frozen=True, slots=True)
class Condition:
    """A comparison of variables and constants of one type; the test is =, !=, < or <=."""

    test: str
    left: Part
    right: Part
    type_: str

    @property
    def variables(self) -> list[str]:
        """The variables of both sides."""
        return [side for side in (self.left, self.right) if isinstance(side, str)]


@dataclass(slots=True)
class JoinBody:
    """A rule: its head, atoms and conditions."""

    rule: NormalRule
    head: JoinAtom
    atoms: list[JoinAtom] = field(default_factory=list)
    conditions: list[Condition] = field(default_factory=list)
    uses: list[JoinAtom] = field(default_factory=list)
    """The atoms of the stratum itself."""


def join_body(
    rule: NormalRule,
    types: Mapping[str, tuple[str, ...]],
    names: Iterable[str],
    dictionary: Dictionary,
) -> JoinBody:
    """A rule for the machine, its constants in ``dictionary``; raises UnfitError."""
    return _Reader(rule, types, dictionary).body(set(names))


class _Reader:
    def __init__(
        self, rule: NormalRule, types: Mapping[str, tuple[str, ...]], dictionary: Dictionary
    ) -> None:
        self.rule = rule
        self.types = types
        self.dictionary = dictionary
        self.kinds: dict[str, str] = {}
        self.values: dict[str, Part] = {}
        """What stands for a variable that an equation binds."""

    def body(self, names: set[str]) -> JoinBody:
        literals = [part for part in self.rule.body if isinstance(part, Atom)]
        compared = [part for part in self.rule.body if isinstance(part, ComparisonLiteral)]
        if len(literals) + len(compared) != len(self.rule.body):
            raise UnfitError
        for literal in [*literals, self.rule.head]:
            self.note(literal)
        left = [each for each in compared if each.operator != "=" or not self.equation(each)]
        made = JoinBody(self.rule, self.atom(self.rule.head))
        for literal in literals:
            atom = self.atom(literal)
            if literal.relation in names:
                made.uses.append(atom)
            made.atoms.append(atom)
        made.conditions = [self.condition(literal) for literal in left]
        return made

    def note(self, atom: Atom) -> None:
        """The types of variables."""
        for term, type_ in zip(atom.arguments, self.types[atom.relation], strict=True):
            if not isinstance(term, Variable) or wild(term):
                continue
            if type_ == ANY or self.kinds.setdefault(term.name, type_) != type_:
                raise UnfitError

    def equation(self, literal: ComparisonLiteral) -> bool:
        """Whether one side stands for the other from now on."""
        for side, other in ((literal.left, literal.right), (literal.right, literal.left)):
            if isinstance(side, Variable) and isinstance(other, Constant | Variable):
                type_ = self.kind(side, other)
                left, right = self.part(side, type_), self.part(other, type_)
                if isinstance(left, str):
                    if left != right:
                        self.values[left] = right
                    return True
        return False

    def kind(self, *terms: Term) -> str:
        kinds = {self.kinds.get(term.name, ANY) for term in terms if isinstance(term, Variable)}
        if len(kinds) != 1 or ANY in kinds:
            raise UnfitError
        return kinds.pop()

    def part(self, term: Term, type_: str) -> Part:
        if isinstance(term, Constant):
            return self.dictionary.place(type_, term.value)
        if not isinstance(term, Variable):
            raise UnfitError
        found: Part = term.name
        while isinstance(found, str) and found in self.values:
            found = self.values[found]
        return found

    def atom(self, atom: Atom) -> JoinAtom:
        types = self.types[atom.relation]
        parts = []
        for term, type_ in zip(atom.arguments, types, strict=True):
            if type_ == ANY:
                raise UnfitError
            parts.append(self.part(term, type_))
        return JoinAtom(atom.relation, tuple(parts), atom.negated)

    def condition(self, literal: ComparisonLiteral) -> Condition:
        type_ = self.kind(literal.left, literal.right)
        left, right = self.part(literal.left, type_), self.part(literal.right, type_)
        test: Any = literal.operator
        if test in _SWAPPED:
            left, right, test = right, left, _SWAPPED[test]
        if test not in ("=", "!=", "<", "<=") or (test in ("<", "<=") and type_ not in ORDERED):
            raise UnfitError
        return Condition(test, left, right, type_)
