"""Which variables are needed for certain once a term is: what may be evaluated before its turn without any waste.

Mycroft's strictness (1980) on first-order bodies: the greatest set of parameters such that each way through a body
comes to evaluate them. In a book with an erasure, which an eliminator takes without looking at anything else, only what
is looked at first is needed for certain.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from focusmesh.engine.rewrite.syntax.terms import (
    App,
    Ctr,
    Dup,
    Era,
    Lam,
    Let,
    Match,
    Operation,
    Ref,
    Sup,
    Switch,
    Var,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.rewrite.syntax.terms import Definition, Term

ROUNDS_MAX = 8
"""Rounds after which only strict parameters, and those matched at once, are taken to be needed."""
PARTS_MAX = 200
"""Of a body; nothing is found out about larger ones."""


@dataclass(frozen=True, slots=True)
class Demand:
    """``parameters``: of each definition, those needed once it is called, as bits; ``whole``: the book has no ``*``."""

    parameters: list[int]
    whole: bool

    def of(self, term: Term) -> int:
        """Variables that are needed once ``term`` is, as bits. O(size)."""
        match term:
            case Var():
                return 1 << term.binder
            case Dup():
                return self._of_dup(term)
            case Let():
                return self.of(term.value) | (self.of(term.body) if self.whole else 0)
            case Operation():
                return self.of(term.left) | (self.of(term.right) if self.whole else 0)
            case Ref():
                mask = self.parameters[term.definition]
                found = 0
                for at, argument in enumerate(term.arguments):
                    found |= self.of(argument) if mask >> at & 1 else 0
                return found
            case App() | Match() | Switch():
                return self._of_applied(term)
            case _:
                return 0

    def _of_dup(self, term: Dup) -> int:
        found = self.of(term.body)
        halves = 1 << term.left | 1 << term.right
        return found | (self.of(term.value) if found & halves else 0)

    def _of_applied(self, term: Term) -> int:
        arguments: list[Term] = []
        while isinstance(term, App):
            arguments.append(term.argument)
            term = term.function
        arguments.reverse()
        if isinstance(term, Lam):
            return self._of_body(term, arguments)
        if not isinstance(term, Match | Switch):
            return self.of(term)
        found = self.of(term.value)
        if self.whole:
            every = -1
            for case in term.cases:
                every &= self._of_body(case, arguments, skip=True)
            found |= every
        return found

    def _of_body(self, function: Term, arguments: Sequence[Term], *, skip: bool = False) -> int:
        """Of lambdas that get ``arguments``; ``skip``: as the last ones, after fields that are nobody's."""
        binders: list[int] = []
        while isinstance(function, Lam):
            binders.append(function.binder)
            function = function.body
        if not skip:
            binders = binders[: len(arguments)]
        found = self.of(function)
        if len(binders) < len(arguments):
            return found
        for binder, argument in zip(
            binders[len(binders) - len(arguments) :], arguments, strict=True
        ):
            if found >> binder & 1:
                found |= self.of(argument)
        return found


def demand_of(definitions: Sequence[Definition], first: Sequence[int]) -> Demand:
    """What is needed of a book whose definitions look at ``first`` (bits) before all else. O(rounds · size)."""
    parts = [parts_of(definition.body, PARTS_MAX) for definition in definitions]
    whole = all(
        found is not None and not any(isinstance(part, Era) for part in found) for found in parts
    )
    if not whole:
        return Demand(list(first), whole=False)
    demand = Demand([(1 << len(each.parameters)) - 1 for each in definitions], whole=True)
    for _ in range(ROUNDS_MAX):
        changed = False
        for number, definition in enumerate(definitions):
            needed, mask = demand.of(definition.body), first[number]
            for at, binder in enumerate(definition.parameters):
                mask |= (needed >> binder & 1) << at
            mask &= demand.parameters[number] | first[number]
            changed |= mask != demand.parameters[number]
            demand.parameters[number] = mask
        if not changed:
            return demand
    return Demand(list(first), whole=True)


def parts_of(term: Term, count_max: int) -> list[Term] | None:
    """All parts of a term, itself the first; None if there are more than ``count_max``."""
    found = [term]
    for part in found:
        found += children(part)
        if len(found) > count_max:
            return None
    return found


def children(term: Term) -> tuple[Term, ...]:
    """The terms that a term is made of."""
    match term:
        case Lam():
            return (term.body,)
        case App():
            return term.function, term.argument
        case Sup() | Operation():
            return term.left, term.right
        case Dup() | Let():
            return term.value, term.body
        case Ref():
            return term.arguments
        case Ctr():
            return term.fields
        case Match() | Switch():
            return term.value, *term.cases
        case _:
            return ()
