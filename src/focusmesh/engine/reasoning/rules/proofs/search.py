"""The search for a proof: ranks say which derivation of a row rests on rows that came before it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from focusmesh.engine.reasoning.relations import Relation
from focusmesh.engine.reasoning.rules.evaluation import Planner, Stratum
from focusmesh.engine.reasoning.rules.language import Atom, Constant, Variable
from focusmesh.engine.reasoning.rules.meaning import (
    is_condition,
    literal_variables,
    rows_with_floats,
    wild,
)
from focusmesh.engine.reasoning.rules.proofs.proof import Proof, ProofStep

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from focusmesh.engine.reasoning.relations import Meter, Row
    from focusmesh.engine.reasoning.rules.evaluation import Plan
    from focusmesh.engine.reasoning.rules.meaning import NormalLiteral, NormalRule
    from focusmesh.engine.reasoning.rules.rule_set import RuleSet

Key = tuple[str, "Row"]
LEAST = "least "
"""What names the relations in which ranks are least heights."""


class Way(NamedTuple):
    """How a row follows: the number of a rule, values of its variables, and the rows that it looks at."""

    rule: int
    values: dict[str, Any]
    needs: list[Key]


def find_proof(
    rules: RuleSet,
    relations: Mapping[str, Relation],
    relation: str,
    row: Row,
    meter: Meter,
    *,
    minimal: bool = False,
) -> Proof:
    """The proof of a row that is there; a proof of least height where ``minimal``, as dear as an evaluation.

    Else O(derivations of the rows in it).
    """
    search = _Search(rules, relations, meter)
    (row,) = rows_with_floats([row], rules.types[relation])
    if minimal:
        search.take_heights()
    ways = search.ways((relation, row))
    return Proof(rules, _steps(ways, (relation, row)))


def _steps(ways: dict[Key, Way | None], root: Key) -> ProofStep:
    """The steps of all rows, those first that others need."""
    made: dict[Key, ProofStep] = {}
    waiting = [root]
    while waiting:
        key = waiting[-1]
        way = ways[key]
        unknown = [] if way is None else [need for need in way.needs if need not in made]
        if unknown:
            waiting += unknown
            continue
        waiting.pop()
        if way is None:
            made[key] = ProofStep(*key, None, {}, ())
        else:
            made[key] = ProofStep(*key, way.rule, way.values, tuple(made[n] for n in way.needs))
    return made[root]


class _Search:
    def __init__(self, rules: RuleSet, relations: Mapping[str, Relation], meter: Meter) -> None:
        self.rules = rules
        self.relations = dict(relations)
        self.meter = meter
        self.stratum = {name: at for at, names in enumerate(rules.strata) for name in names}
        self._plans: dict[int, tuple[Plan, list[str]]] = {}

    def take_heights(self) -> None:
        """From now on the rank of a row is the height of its lowest proof: all rules are evaluated in rounds once more.

        What rules need to be absent, aggregates, and answers of operators are those of the model, which are known.
        """
        own = self.stratum.keys() - self.rules.form.calls.keys()
        renamed = [
            replace(
                rule,
                head=_growing(rule.head),
                body=tuple(
                    _growing(part) if isinstance(part, Atom) and _is_own(part, own) else part
                    for part in rule.body
                ),
            )
            for rule in self.rules.form.rules
        ]
        growing = {f"{LEAST}{name}": Relation(name, self.rules.types[name]) for name in own}
        for name, rows in self.rules.given_rows(self.relations).items():
            growing[f"{LEAST}{name}"].put(rows, 0)
        form = replace(self.rules.form, rules=renamed)
        Stratum(form, {**self.relations, **growing}, list(growing), self.meter).evaluate()
        self.relations |= {name: growing[f"{LEAST}{name}"] for name in own}
        self.stratum = dict.fromkeys(own, 0)

    def ways(self, root: Key) -> dict[Key, Way | None]:
        """A way for each row that the root rests on; None for those that no rule derived."""
        found: dict[Key, Way | None] = {}
        waiting = [root]
        while waiting:
            key = waiting.pop()
            if key not in found:
                found[key] = way = self._way(key)
                waiting += [] if way is None else way.needs
        return found

    def _way(self, key: Key) -> Way | None:
        name, row = key
        if self.relations[name].rank(row) == 0:
            return None
        for rule in self.rules.form.rules:
            if rule.head.relation == name:
                way = self._way_by(rule, key)
                if way is not None:
                    return way
        raise AssertionError(f"{key} follows from nothing")

    def _way_by(self, rule: NormalRule, key: Key) -> Way | None:
        name, row = key
        rank = self.relations[name].ranks[row]
        plan, names = self._plan(rule)
        positive = [part for part in rule.body if isinstance(part, Atom) and not part.negated]
        for part in plan.run([row], self.meter):
            for values in map(plan.head, part):
                known = dict(zip(names, values, strict=True))
                needs = [(atom.relation, atom_row(atom, known)) for atom in positive]
                if all(
                    self.relations[need].ranks[its] < rank
                    for need, its in needs
                    if self.stratum.get(need) == self.stratum[name]
                ):
                    return Way(rule.number, known, needs)
        return None

    def _plan(self, rule: NormalRule) -> tuple[Plan, list[str]]:
        if rule.number not in self._plans:
            names = variable_names([rule.head, *rule.body])
            planner = Planner(rule.body, self.relations, self.rules.text, "a proof")
            plan = planner.plan_from(rule.head.arguments, [Variable(name) for name in names])
            self._plans[rule.number] = plan, names
        return self._plans[rule.number]


def variable_names(literals: Sequence[NormalLiteral]) -> list[str]:
    """Variables that have a value wherever the literals hold: all but those written ``_`` below a negation."""
    names: dict[str, None] = {}
    for literal in literals:
        for name in literal_variables(literal):
            if not (is_condition(literal) and wild(Variable(name))):
                names[name] = None
    return list(names)


def atom_row(atom: Atom, values: Mapping[str, Any]) -> Row:
    """The row that an atom looks at."""
    return tuple(
        term.value if isinstance(term, Constant) else values[term.name]
        for term in atom.arguments
        if isinstance(term, Constant | Variable)
    )


def _is_own(atom: Atom, own: set[str]) -> bool:
    return not atom.negated and atom.relation in own


def _growing(atom: Atom) -> Atom:
    return replace(atom, relation=f"{LEAST}{atom.relation}")
