"""Plans: a rule's body in the order in which it is joined, each step from rows of values to rows of values."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from focusmesh.engine.reasoning.relations import slices
from focusmesh.engine.reasoning.rules.evaluation.steps import (
    Absence,
    Filter,
    Group,
    Scan,
    Value,
    evaluator,
)
from focusmesh.engine.reasoning.rules.language import (
    Atom,
    Call,
    ComparisonLiteral,
    Constant,
    Variable,
)
from focusmesh.engine.reasoning.rules.meaning import (
    COMPARISONS,
    GroupLiteral,
    literal_variables,
    term_variables,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from focusmesh.engine.reasoning.relations import Meter, Relation, Row
    from focusmesh.engine.reasoning.rules.evaluation.groups import GroupBook
    from focusmesh.engine.reasoning.rules.evaluation.steps import PlanStep
    from focusmesh.engine.reasoning.rules.language import Term
    from focusmesh.engine.reasoning.rules.meaning import NormalLiteral


@dataclass(slots=True)
class Plan:
    """``run`` takes rows of ``start`` values and yields rows with a value for each of ``slots``.

    ``head`` makes the terms that were asked for of such a row.
    """

    constants: Row
    steps: list[PlanStep]
    slots: dict[str, int]
    words: str
    head: Callable[[Row], Row]
    start: str = ""

    def run(self, starts: list[Row], meter: Meter) -> Iterator[list[Row]]:
        """All rows that satisfy the body, for each of ``starts``, part after part: little is held at a time."""
        return self._from(0, [start + self.constants for start in starts], meter)

    def _from(self, at: int, rows: list[Row], meter: Meter) -> Iterator[list[Row]]:
        if at == len(self.steps):
            yield rows
            return
        step = self.steps[at]
        for part in slices(rows):
            for found in step.run(part, meter):
                meter.infer(len(found), self.words)
                if found:
                    yield from self._from(at + 1, found, meter)

    def rows(self, starts: list[Row], meter: Meter) -> list[Row]:
        """What ``run`` yields, in one list."""
        return [row for part in self.run(starts, meter) for row in part]


class Planner:
    """Orders a body: what is ready and only tests comes first, then the atom with the most columns that are known."""

    def __init__(
        self,
        body: Sequence[NormalLiteral],
        relations: Mapping[str, Relation],
        text: str,
        words: str,
        *,
        sets: bool = True,
        books: Mapping[int, GroupBook] | None = None,
    ) -> None:
        """``sets``: rows that differ in nothing that is needed later count once; an aggregate counts each.

        ``books`` are those of aggregates, by the ``id`` of their literals.
        """
        self.books = {} if books is None else books
        self._last: GroupLiteral | None = None
        self.sets = sets
        self.needed: Counter[str] = Counter()
        self.relations = relations
        self.text = text
        self.words = words
        self.left = list(body)
        self.slots: dict[str, int] = {}
        self.steps: list[PlanStep] = []
        self.literals: dict[int, NormalLiteral] = {}
        """Which literal a step stands for, by its place among the steps."""

    def plan(self, atom: Atom | None, terms: Sequence[Term]) -> Plan:
        """A plan that begins with rows of ``atom``, or with the empty row, and ends with all of ``terms`` known."""
        if atom is None:
            return self.plan_from((), terms)
        self.left.remove(atom)
        plan = self.plan_from(atom.arguments, terms)
        plan.start = atom.relation
        return plan

    def plan_from_groups(self, group: GroupLiteral, terms: Sequence[Term]) -> Plan:
        """A plan that begins with values that are injected into an aggregate, and looks at it late.

        So groups for which the rest of the body has no row are not looked at.
        """
        self._last = group
        return self.plan_from([Variable(name) for name in group.injected], terms)

    def plan_from(self, start: Sequence[Term], terms: Sequence[Term]) -> Plan:
        """A plan that begins with values for ``start``."""
        for slot, term in enumerate(start):
            name = slot_name(term)
            if name in self.slots:
                self.steps.append(_equal(self.slots[name], slot))
                name = f"#{slot}"
            self.slots[name] = slot
        given = [term for term in start if isinstance(term, Constant)]
        for literal in [*self.left, Atom("", tuple(terms))]:
            self.needed.update(set(literal_variables(literal)))
        constants = _constants([*self.left, Atom("", tuple(terms))], self.slots)
        self.steps += [Filter(_is(self.slots[slot_name(term)], term.value)) for term in given]
        while self.left:
            self._next()
        slots = [self.slots[slot_name(term)] for term in terms if not isinstance(term, Call)]
        return Plan(constants, self.steps, self.slots, self.words, tuple_getter(slots))

    def _next(self) -> None:
        for literal in self.left:
            step = None if literal is self._last else self._test(literal)
            if step is not None:
                self.left.remove(literal)
                self._add(step, literal)
                return
        scans = [part for part in self.left if isinstance(part, Atom) and not part.negated]
        best = max(scans, key=self._worth, default=None)
        if self._last is not None and (best is None or not self._worth(best)[1]):
            last, self._last = self._last, None
            self.left.remove(last)
            self._add(self._group(last), last)
            return
        assert best is not None
        self.left.remove(best)
        self._add(self._scan(best), best)

    def _add(self, step: PlanStep, literal: NormalLiteral) -> None:
        self.literals[len(self.steps)] = literal
        self.steps.append(step)

    def _worth(self, atom: Atom) -> tuple[float, int]:
        known = sum(slot_name(term) in self.slots for term in atom.arguments)
        arity = max(len(atom.arguments), 1)
        return -(len(self.relations[atom.relation]) ** (1 - known / arity)), known

    def _has_slots(self, terms: Sequence[Term]) -> bool:
        return set(term_variables(terms)) <= self.slots.keys()

    def _test(self, literal: NormalLiteral) -> PlanStep | None:
        if isinstance(literal, ComparisonLiteral):
            return self._comparison(literal)
        if isinstance(literal, GroupLiteral):
            return self._group(literal) if set(literal.injected) <= self.slots.keys() else None
        needed = [
            term
            for term in literal.arguments
            if not (isinstance(term, Variable) and term.name.startswith("_#"))
        ]
        if literal.negated and self._has_slots(needed):
            return self._absence(literal)
        return None

    def _comparison(self, literal: ComparisonLiteral) -> PlanStep | None:
        left, right = literal.left, literal.right
        if self._has_slots([left, right]):
            sides = evaluator(left, self.slots), evaluator(right, self.slots)
            test = COMPARISONS[literal.operator]
            return Filter(lambda row: test(sides[0](row), sides[1](row)), self.text, literal.at)
        if literal.operator != "=":
            return None
        for side, other in ((left, right), (right, left)):
            if isinstance(side, Variable) and self._has_slots([other]):
                value = evaluator(other, self.slots)
                self._take(side.name)
                return Value(value, self.text, literal.at)
        return None

    def _take(self, name: str) -> None:
        self.slots[name] = len(self.slots)

    def _group(self, literal: GroupLiteral) -> PlanStep:
        start = [Variable(name) for name in literal.injected]
        targets = () if literal.target is None else (literal.target,)
        inner = Planner(literal.body, self.relations, self.text, self.words, sets=False)
        plan = inner.plan_from(start, targets)
        target = None if literal.target is None else evaluator(literal.target, plan.slots)
        key = tuple_getter([self.slots[name] for name in literal.injected])
        bound = literal.result.name in self.slots
        tested = self.slots[literal.result.name] if bound else None
        if not bound:
            self._take(literal.result.name)
        book = self.books.get(id(literal))
        return Group(literal.kind, plan, target, key, tested, self.text, literal.at, book)

    def _absence(self, atom: Atom) -> PlanStep:
        columns, slots = self._key_columns(atom)
        return Absence(self.relations[atom.relation], tuple(columns), tuple_getter(slots))

    def _key_columns(self, atom: Atom) -> tuple[list[int], list[int]]:
        columns, slots = list[int](), list[int]()
        for column, term in enumerate(atom.arguments):
            if slot_name(term) in self.slots:
                columns.append(column)
                slots.append(self.slots[slot_name(term)])
        return columns, slots

    def _scan(self, atom: Atom) -> PlanStep:
        columns, slots = self._key_columns(atom)
        new, equal, seen = list[int](), list[tuple[int, int]](), dict[str, int]()
        for column, term in enumerate(atom.arguments):
            if column in columns:
                continue
            name = slot_name(term)
            if name in seen:
                equal.append((seen[name], column))
            elif not self.sets or self.needed[name] > 1:
                seen[name] = column
                new.append(column)
                self._take(name)
            else:
                seen[name] = column
        relation = self.relations[atom.relation]
        getters = tuple_getter(slots), tuple_getter(new)
        narrowed = len(columns) + len(new) + len(equal) < len(atom.arguments)
        bare = self.sets and not new
        return Scan(relation, tuple(columns), *getters, equal, narrowed=narrowed, bare=bare)


def slot_name(term: Term) -> str:
    """The name under which the value of a variable or a constant is kept."""
    if isinstance(term, Variable):
        return term.name
    assert isinstance(term, Constant)
    return f'"{type(term.value).__name__}:{term.value!r}'


def tuple_getter(slots: Sequence[int]) -> Callable[[Row], Row]:
    """From a row to the tuple of its values at ``slots``."""
    if not slots:
        return lambda row: ()
    if len(slots) == 1:
        (slot,) = slots
        return lambda row: (row[slot],)
    return itemgetter(*slots)


def _equal(first: int, second: int) -> Filter:
    return Filter(lambda row: bool(row[first] == row[second]))


def _is(slot: int, value: Any) -> Callable[[Row], bool]:
    return lambda row: bool(row[slot] == value)


def _constants(body: Sequence[NormalLiteral], slots: dict[str, int]) -> Row:
    """Values of the constants in atoms, each given a slot after those of the start."""
    values = list[Any]()
    for literal in body:
        for term in literal.arguments if isinstance(literal, Atom) else ():
            if isinstance(term, Constant) and slot_name(term) not in slots:
                slots[slot_name(term)] = len(slots)
                values.append(term.value)
    return tuple(values)
