"""A proof: a row, the rule by which it follows, and the proofs of the rows that the rule looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from focusmesh.engine.reasoning.relations import Meter, QueryLimits, Relation
from focusmesh.engine.reasoning.rules.evaluation import Planner, call_rows
from focusmesh.engine.reasoning.rules.graph_relations import graph_rows
from focusmesh.engine.reasoning.rules.language import Atom, Constant, Variable
from focusmesh.engine.reasoning.rules.meaning import (
    atoms,
    given_relations,
    is_condition,
    literal_text,
    row_text,
    rule_text,
    wild,
)
from focusmesh.engine.reasoning.rules.proofs.document import proof_json
from focusmesh.errors import ProofError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from focusmesh.engine.reasoning.relations import Row
    from focusmesh.engine.reasoning.rules.graph_relations import SnapshotSource
    from focusmesh.engine.reasoning.rules.meaning import NormalRule
    from focusmesh.engine.reasoning.rules.rule_set import RuleSet

SHOWN_MAX = 1_000
"""Lines of a proof as text."""


@dataclass(frozen=True, eq=False, slots=True)
class ProofStep:
    """A row and how it follows. ``rule`` is the number of a rule, None for a row of the graph or of given facts.

    ``values`` are those of the rule's variables; ``children`` one step for each positive atom of the rule, in its
    order.
    """

    relation: str
    row: Row
    rule: int | None
    values: Mapping[str, Any]
    children: tuple[ProofStep, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Proof:
    """Why a row is there: a tree of steps, down to links, given facts and absences."""

    rules: RuleSet
    root: ProofStep

    def steps(self) -> Iterator[tuple[ProofStep, int]]:
        """All steps and their depth, each row once, before those it follows from."""
        seen, waiting = set[int](), [(self.root, 0)]
        while waiting:
            step, depth = waiting.pop()
            if id(step) in seen:
                continue
            seen.add(id(step))
            yield step, depth
            waiting += [(child, depth + 1) for child in reversed(step.children)]

    @property
    def height(self) -> int:
        """Rules on the longest way down; 0 for a row of the graph. O(steps)."""
        heights: dict[int, int] = {}
        waiting = [self.root]
        while waiting:
            step = waiting[-1]
            unknown = [child for child in step.children if id(child) not in heights]
            if unknown:
                waiting += unknown
                continue
            waiting.pop()
            below = max((heights[id(child)] for child in step.children), default=0)
            heights[id(step)] = 0 if step.rule is None else 1 + below
        return heights[id(self.root)]

    def rule_of(self, step: ProofStep) -> str:
        """The rule of a step as it was written; "" for a row that no rule derived."""
        return (
            ""
            if step.rule is None
            else rule_text(self.rules.text, self.rules.form.rules[step.rule])
        )

    def conditions(self, step: ProofStep) -> list[str]:
        """What a step's rule tested besides, such as ``!blocked("a")``, with the values of its variables."""
        if step.rule is None:
            return []
        body = self.rules.form.rules[step.rule].body
        said = (literal_text(part, step.values) for part in body if is_condition(part))
        return [words for words in said if not _is_plain(words)]

    def __str__(self) -> str:
        lines, said = list[str](), set[int]()
        waiting = [(self.root, 0)]
        while waiting and len(lines) < SHOWN_MAX:
            step, depth = waiting.pop()
            again = id(step) in said and bool(step.children)
            said.add(id(step))
            by = f"    by {self.rule_of(step)}" if step.rule is not None and not again else ""
            above = "    (above)" if again else ""
            lines.append(f"{'  ' * depth}{row_text(step.relation, step.row)}{by}{above}")
            if not again:
                lines += [f"{'  ' * (depth + 1)}{words}" for words in self.conditions(step)]
                waiting += [(child, depth + 1) for child in reversed(step.children)]
        return "\n".join([*lines, "…"] if waiting else lines)

    def to_json(self) -> str:
        """The proof as JSON, for ``focusmesh.read_proof`` of whoever wants to verify it. O(steps)."""
        return proof_json(self)

    def verify(
        self,
        graph: SnapshotSource,
        facts: Mapping[str, Iterable[Row]] | None = None,
        limits: QueryLimits | None = None,
    ) -> None:
        """Checks every step against the graph (and ``facts`` that were given), whoever made the proof.

        Rows of rules are never taken from elsewhere; what a rule needs to be absent, and aggregates, are worked out
        again where a rule derives them. Raises ProofError with the first step that does not hold, and BudgetError.
        """
        _Verifier(self.rules, graph, facts or {}, limits or QueryLimits()).verify(self)


def _is_plain(words: str) -> bool:
    """Whether a comparison only says that a value is itself, as those do that name a value."""
    left, equals, right = words.partition(" = ")
    return bool(equals) and left == right


class _Verifier:
    def __init__(
        self,
        rules: RuleSet,
        graph: SnapshotSource,
        facts: Mapping[str, Iterable[Row]],
        limits: QueryLimits,
    ) -> None:
        self.limits = limits
        self.snapshot = graph.snapshot()
        self.rules = rules.bound(self.snapshot)
        self.facts = {name: [tuple(row) for row in rows] for name, rows in facts.items()}
        self._given: dict[str, Relation] = {}
        self._derived: dict[str, Relation] | None = None
        self._heads = {rule.head.relation for rule in rules.form.rules}

    def verify(self, proof: Proof) -> None:
        for step, _ in proof.steps():
            if step.rule is None:
                if step.children or step.row not in self.given_rows(step.relation).ranks:
                    raise self._error(step, "it is no row of the graph, nor of given facts")
            else:
                self._follows(step)

    def _follows(self, step: ProofStep) -> None:
        rules = self.rules.form.rules
        if not isinstance(step.rule, int) or not 0 <= step.rule < len(rules):
            raise self._error(step, "there is no such rule")
        rule = rules[step.rule]
        needed = [part for part in rule.body if isinstance(part, Atom) and not part.negated]
        if len(needed) != len(step.children):
            raise self._error(step, "the rule looks at another number of rows")
        rows = [(step.relation, step.row), *((each.relation, each.row) for each in step.children)]
        for atom, (relation, row) in zip([rule.head, *needed], rows, strict=True):
            if atom.relation != relation or not _fits(atom, row, step.values):
                raise self._error(
                    step, f"{row_text(relation, row)} does not fit {atom.relation}(…)"
                )
        if not self._holds(rule, step.values):
            raise self._error(step, "a condition of the rule does not hold")

    def _holds(self, rule: NormalRule, values: Mapping[str, Any]) -> bool:
        """Whether comparisons, absences and aggregates hold for the values of variables."""
        body = [part for part in rule.body if is_condition(part)]
        if not body:
            return True
        relations = {atom.relation: self._relation(atom.relation) for atom in atoms(body)}
        start = [Variable(name) for name in values]
        planner = Planner(body, relations, self.rules.text, "a condition of a proof")
        plan = planner.plan_from(start, start)
        try:
            return bool(plan.rows([tuple(values.values())], Meter(self.limits)))
        except TypeError:  # values of other types than the rule's
            return False

    def given_rows(self, name: str) -> Relation:
        """The rows of a relation that no rule derives."""
        if name not in self._given:
            relation = Relation(name, self.rules.types.get(name, ()))
            if name in self.rules.form.calls:
                relation.put(self._operator_rows(name), 0)
            if name in self.rules.base:
                relation.put(graph_rows(self.snapshot, name), 0)
            relation.put(self.facts.get(name, ()), 0)
            self._given[name] = relation
        return self._given[name]

    def _operator_rows(self, name: str) -> list[Row]:
        call = self.rules.form.calls[name]
        relations = {each: self._relation(each) for each in given_relations(call)}
        return call_rows(call, relations, self.snapshot, Meter(self.limits))

    def _relation(self, name: str) -> Relation:
        if name not in self._heads:
            return self.given_rows(name)
        if self._derived is None:
            facts = {each: graph_rows(self.snapshot, each) for each in self.rules.needs}
            given = {**self.facts, **facts}
            self._derived = self.rules.evaluate(given, self.limits, self.snapshot)
        return self._derived[name]

    @staticmethod
    def _error(step: ProofStep, reason: str) -> ProofError:
        return ProofError("step", f"{row_text(step.relation, step.row)}: {reason}")


def _fits(atom: Atom, row: Row, values: Mapping[str, Any]) -> bool:
    if len(atom.arguments) != len(row):
        return False
    for term, value in zip(atom.arguments, row, strict=True):
        if isinstance(term, Constant):
            known = term.value
        else:
            assert isinstance(term, Variable)
            if wild(term) and term.name not in values:
                continue
            known = values.get(term.name)
        if type(known) is not type(value) or known != value:
            return False
    return True
