"""Goals by demand: rules rewritten so that they derive what a goal asks for and little else (magic sets).

A derived relation is asked for with some of its columns known. Each such pair of relation and columns becomes a
relation of its own, which holds only rows whose known values are demanded; a second relation holds these demands. What
a rule asks of the relations in its body follows from the demands of its head and from what stands before it.
Relations below a negation or an aggregate are derived whole: so nothing that is rewritten can tie them into a cycle.
Values that a rule computes are not asked for, since they may never end: what is demanded stands in the data.
Source: Beeri and Ramakrishnan, On the power of magic, Journal of Logic Programming 10 (1991).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from focusmesh.engine.reasoning.rules.language import (
    Atom,
    Call,
    ComparisonLiteral,
    Constant,
    Variable,
    failure,
)
from focusmesh.engine.reasoning.rules.meaning.normal_form import (
    GroupLiteral,
    NormalForm,
    NormalRule,
    bindings,
    given_relations,
    literal_variables,
    wild,
)
from focusmesh.engine.reasoning.rules.meaning.types import atoms
from focusmesh.engine.reasoning.rules.meaning.variables import term_variables

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from focusmesh.engine.reasoning.rules.language import Term
    from focusmesh.engine.reasoning.rules.meaning.normal_form import NormalLiteral

DEMANDS_MAX = 256
"""Pairs of a relation and its known columns, each of which has all rules of the relation again."""
Types = dict[str, tuple[str, ...]]


class GoalDemand(NamedTuple):
    """A relation, asked for with the values of ``known`` columns."""

    relation: str
    known: tuple[int, ...]

    @property
    def name(self) -> str:
        """What the relation of its rows is called; no name that is written has such a sign."""
        return f"{self.relation}[{','.join(map(str, self.known))}]"

    @property
    def demands(self) -> str:
        """What the relation of the demands is called."""
        return f"?{self.name}"

    def ask(self, atom: Atom) -> Atom:
        """The demand for an atom."""
        return Atom(self.demands, tuple(atom.arguments[at] for at in self.known), atom.at)


def rewrite_for(
    form: NormalForm, types: Mapping[str, tuple[str, ...]], goal: Atom
) -> tuple[NormalForm, Types, str]:
    """Rules that derive the rows of ``goal``, types of their relations, and the relation that has them.

    O(rules · ways in which their relations are asked for).
    """
    rewriting = _Rewriting(form, dict(types))
    demand = rewriting.demand(goal, set())
    rewriting.add(demand.ask(goal), (), goal.at)
    rewriting.close()
    calls = {name: call for name, call in form.calls.items() if name in rewriting.calls}
    return replace(form, rules=rewriting.rules, calls=calls), rewriting.types, demand.name


class _Rewriting:
    def __init__(self, form: NormalForm, types: Types) -> None:
        self.form = form
        self.types = types
        self.rules: list[NormalRule] = []
        self.heads = {rule.head.relation for rule in form.rules}
        self.waiting: list[GoalDemand] = []
        self.known: set[GoalDemand] = set()
        self.whole: set[str] = set()
        self.calls: set[str] = set()

    def demand(self, atom: Atom, bound: set[str]) -> GoalDemand:
        """The demand that an atom makes where ``bound`` variables have values."""
        known = tuple(
            at
            for at, term in enumerate(atom.arguments)
            if isinstance(term, Constant) or (isinstance(term, Variable) and term.name in bound)
        )
        made = GoalDemand(atom.relation, known)
        if made not in self.known:
            if len(self.known) == DEMANDS_MAX:
                words = f"this goal leads to more than {DEMANDS_MAX} ways of asking for relations"
                raise failure(
                    self.form.program.text, atom.at, f"{words}: give values for fewer columns"
                )
            self.known.add(made)
            self.waiting.append(made)
            self.types[made.name] = self.types[atom.relation]
            self.types[made.demands] = tuple(self.types[atom.relation][at] for at in known)
        return made

    def add(self, head: Atom, body: Iterable[NormalLiteral], at: int) -> None:
        self.rules.append(NormalRule(len(self.rules), head, tuple(body), at))

    def close(self) -> None:
        """Rewrites rules until nothing new is asked for; relations that are needed whole keep their rules."""
        while self.waiting:
            demand = self.waiting.pop()
            self._take_given_rows(demand)
            for rule in self.form.rules:
                if rule.head.relation == demand.relation:
                    self._rewrite(rule, demand)
        for rule in self._whole_rules():
            self.add(rule.head, rule.body, rule.at)

    def _take_given_rows(self, demand: GoalDemand) -> None:
        """Rows that were given of a relation that has rules too."""
        terms = tuple(Variable(f"={at}") for at in range(len(self.types[demand.relation])))
        given = Atom(demand.relation, terms)
        self.add(replace(given, relation=demand.name), [demand.ask(given), given], 0)

    def need_whole(self, names: Iterable[str]) -> None:
        """Notes operators, and relations that are needed whole: what operators are given is."""
        for name in names:
            if name in self.form.calls:
                self.calls.add(name)
                self.whole |= given_relations(self.form.calls[name]) & self.heads
            elif name in self.heads:
                self.whole.add(name)

    def _rewrite(self, rule: NormalRule, demand: GoalDemand) -> None:
        asked = demand.ask(rule.head)
        bound = set(term_variables(asked.arguments))
        body: list[NormalLiteral] = [asked]
        left = list(rule.body)
        computed: set[str] = set()
        while left:
            literal = _next(left, bound)
            left.remove(literal)
            if isinstance(literal, Atom) and not literal.negated and literal.relation in self.heads:
                needed = self.demand(literal, bound - computed)
                self.add(needed.ask(literal), body, literal.at)
                literal = replace(literal, relation=needed.name)
            else:
                self.need_whole(atom.relation for atom in atoms([literal]))
            body.append(literal)
            now = bindings([literal], bound)
            if isinstance(literal, Atom):
                computed -= set(term_variables(literal.arguments))
            elif _computes(literal, computed):
                computed |= now - bound
            bound |= now
        self.add(replace(rule.head, relation=demand.name), body, rule.at)

    def _whole_rules(self) -> list[NormalRule]:
        """The rules of relations that are needed whole, and of all that these look at."""
        seen: set[str] = set()
        while waiting := self.whole - seen:
            seen |= waiting
            for rule in self.form.rules:
                if rule.head.relation in waiting:
                    self.need_whole(atom.relation for atom in atoms(rule.body))
        return [rule for rule in self.form.rules if rule.head.relation in seen]


def _computes(literal: NormalLiteral, computed: set[str]) -> bool:
    """Whether a value that an equation or an aggregate binds may stand nowhere in the data."""
    if not isinstance(literal, ComparisonLiteral):
        return True
    sides = (literal.left, literal.right)
    return any(isinstance(side, Call) for side in sides) or bool(
        set(term_variables(sides)) & computed
    )


def _next(left: list[NormalLiteral], bound: set[str]) -> NormalLiteral:
    """The literal that is looked at next: one that only tests, else the atom of which most is known."""
    for literal in left:
        if _is_ready(literal, bound):
            return literal
    scans = [part for part in left if isinstance(part, Atom) and not part.negated]
    return max(scans, key=lambda atom: sum(_is_known(term, bound) for term in atom.arguments))


def _is_ready(literal: NormalLiteral, bound: set[str]) -> bool:
    if isinstance(literal, GroupLiteral):
        return set(literal.injected) <= bound
    if isinstance(literal, ComparisonLiteral):
        free = set(literal_variables(literal)) - bound
        return not free or bool(bindings([literal], bound) - bound)
    needed = {name for name in literal_variables(literal) if not wild(Variable(name))}
    return literal.negated and needed <= bound


def _is_known(term: Term, bound: set[str]) -> bool:
    return isinstance(term, Constant) or (isinstance(term, Variable) and term.name in bound)
