"""Closures: one relation of two columns whose rules go on from its rows by one step at a time.

``path(x, z) :- path(x, y), edge(y, z).`` keeps x while y moves on, so that all rows are those of breadth-first
searches: from each x the values that were met, and how many steps away. Pairs are numbers, and many searches go on at
one time. The steps are the ranks: a row follows from one that is a step nearer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.rules.language import Atom, Variable
from focusmesh.engine.reasoning.rules.meaning import bindings, literal_variables

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from focusmesh.engine.reasoning.rules.language import Term
    from focusmesh.engine.reasoning.rules.meaning import NormalLiteral, NormalRule


@dataclass(frozen=True, slots=True)
class StepRule:
    """A rule that goes on: ``terms`` are where it stands and where it goes, ``body`` what it looks at for that.

    Without a body it is ``r(x, z) :- r(x, y), r(y, z).``, which goes on by the rows that no such rule gave.
    """

    rule: NormalRule
    terms: tuple[Term, ...]
    body: tuple[NormalLiteral, ...]


@dataclass(frozen=True, slots=True)
class ClosureRules:
    """The rules of a closure. ``moving`` is the column that moves on, 1 or 0; the other one stays."""

    name: str
    moving: int
    steps: tuple[StepRule, ...]
    first: tuple[NormalRule, ...]

    @property
    def is_linear(self) -> bool:
        """Whether no step goes on by the rows of the relation itself."""
        return all(step.body for step in self.steps)

    @classmethod
    def of(cls, names: Sequence[str], rules: Iterable[NormalRule]) -> ClosureRules | None:
        """The closure that rules are, None where they are something else."""
        if len(names) != 1:
            return None
        (name,) = names
        first: list[NormalRule] = []
        steps: list[NormalRule] = []
        for rule in rules:
            uses = [a for a in rule.body if isinstance(a, Atom) and a.relation == name]
            (steps if uses else first).append(rule)
        for moving in (1, 0) if steps else ():
            found = [_step(rule, moving) for rule in steps]
            if None not in found:
                return cls(name, moving, tuple(each for each in found if each), tuple(first))
        return None


def _step(rule: NormalRule, moving: int) -> StepRule | None:
    """The step that a rule takes in one column, None where it does something else."""
    name, head = rule.head.relation, rule.head.arguments
    uses = [a for a in rule.body if isinstance(a, Atom) and a.relation == name]
    variables = [term.name for term in head if isinstance(term, Variable)]
    if len(set(variables)) != 2 or any(len(use.arguments) != 2 or use.negated for use in uses):
        return None
    stays, goes = head[1 - moving], head[moving]
    own = [use for use in uses if _name(use.arguments[1 - moving]) == _name(stays)]
    if len(own) != 1 or not isinstance(own[0].arguments[moving], Variable):
        return None
    stands = own[0].arguments[moving]
    body = tuple(part for part in rule.body if part is not own[0])
    if _name(stands) in variables:
        return None
    if len(uses) > 1:
        ends = (stands, goes) if moving else (goes, stands)
        other = next(use for use in uses if use is not own[0])
        return StepRule(rule, (), ()) if len(body) == 1 and _same(other.arguments, ends) else None
    used = {each for part in body for each in literal_variables(part)}
    if _name(stays) in used or not {_name(stands), _name(goes)} <= bindings(body, set()):
        return None
    return StepRule(rule, (stands, goes), body)


def _same(terms: Sequence[Term], others: Sequence[Term]) -> bool:
    return [_name(term) for term in terms] == [_name(term) for term in others]


def _name(term: Term) -> str:
    return term.name if isinstance(term, Variable) else ""
