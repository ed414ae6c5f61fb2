"""A stratum: rules that depend on one another, their plans, and their rows by rank."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from itertools import filterfalse
from typing import TYPE_CHECKING, NamedTuple

from focusmesh.engine.reasoning.relations import Dictionary
from focusmesh.engine.reasoning.rules.evaluation.closure import ClosureRules
from focusmesh.engine.reasoning.rules.evaluation.groups import GroupBook
from focusmesh.engine.reasoning.rules.evaluation.plan import Planner
from focusmesh.engine.reasoning.rules.language import Atom, Variable, position
from focusmesh.engine.reasoning.rules.meaning import GroupLiteral, atoms, wild

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from focusmesh.engine.reasoning.relations import Holdings, Meter, Relation, Row
    from focusmesh.engine.reasoning.rules.evaluation.closure_keeper import ClosureKeeper
    from focusmesh.engine.reasoning.rules.evaluation.machine import JoinEvaluation
    from focusmesh.engine.reasoning.rules.evaluation.plan import Plan
    from focusmesh.engine.reasoning.rules.language import Term
    from focusmesh.engine.reasoning.rules.meaning import NormalForm, NormalLiteral, NormalRule

    Cut = tuple[Relation, int, int]


JOINED_FROM = 2_048
"""Of so many rows the join machine makes more of than its beginning costs."""
SEARCHED_FROM = 2_048
"""Closures of so many rows are searched and kept in compiled code; below, rounds end before the compiler is loaded."""

Rows = dict[str, dict["Row", int]]
"""Rows with their ranks, by relation."""


class RowChange(NamedTuple):
    """What came into a relation and what went out of it, each row with its rank; none is in both."""

    came: Mapping[Row, int]
    went: Mapping[Row, int]


class Derivation(NamedTuple):
    """One way to a row: the row, and 1 more than the greatest rank of the rows of its stratum that it follows from."""

    row: Row
    rank: int


class Use(NamedTuple):
    """A place in a rule where a relation is looked at."""

    rule: NormalRule
    atom: Atom


class Stratum:
    """Rules whose heads are ``names``. Plans are made at first use, from the sizes of relations at that time."""

    def __init__(
        self,
        form: NormalForm,
        relations: Mapping[str, Relation],
        names: list[str],
        meter: Meter,
        dictionary: Dictionary | None = None,
    ) -> None:
        """``dictionary`` has the places of all values; without one nothing is joined by the machine."""
        self.dictionary = dictionary
        self.form = form
        self.relations = relations
        self.names = names
        self.meter = meter
        self.rules = [rule for rule in form.rules if rule.head.relation in names]
        self.given: dict[str, dict[Row, None]] = {
            name: dict.fromkeys(relations[name].ranks) for name in names
        }
        self.highest = 0
        """No rank is greater."""
        self.least = 0
        """What it was when all ranks were least."""
        self.lost: Rows = {}
        """Rows that a change has displaced so far."""
        self.closure = ClosureRules.of(names, self.rules)
        self.keeper: ClosureKeeper | None = None
        """What keeps a closure up to date since its first change."""
        self.books = {
            id(literal): GroupBook(literal, relations, form.program.text, self.words(rule))
            for rule in self.rules
            for literal in rule.body
            if isinstance(literal, GroupLiteral)
        }
        """What is known of each aggregate's groups, by the ``id`` of its literal."""
        self.places = Dictionary() if dictionary is None else dictionary
        """Places of values, also where the machine has none."""
        self._plans: dict[object, Plan] = {}
        self._cuts: dict[int, tuple[list[Term], list[Cut]]] = {}

    @property
    def size(self) -> int:
        """How many rows there are."""
        return self._count(self.names)

    @cached_property
    def needs(self) -> set[str]:
        """Relations of other strata that rules look at."""
        return {atom.relation for rule in self.rules for atom in atoms(rule.body)} - set(self.names)

    def uses(self, relation: str, *, negated: bool = False) -> Iterator[Use]:
        """Where rules look at a relation outside of aggregates."""
        for rule in self.rules:
            for atom in rule.body:
                if isinstance(atom, Atom) and (atom.relation, atom.negated) == (relation, negated):
                    yield Use(rule, atom)

    def evaluate(self) -> None:
        """The least model, from nothing but what is given: round after round, until one finds nothing new."""
        self.highest, self.keeper = 0, None
        held = self.meter.holdings()
        if self.closure is not None and self.is_large:
            self._search(self.closure)
            return
        if self.pays(self.needs | {*self.names}) and self._join():
            return
        for name in self.names:
            relation = self.relations[name]
            relation.remove(list(relation.ranks))
            relation.restore(dict.fromkeys(self.given[name], 0))
        new = self._round((self.whole(rule), [()]) for rule in self.rules)
        later = [
            (self.beginning(use), use.atom.relation)
            for name in self.names
            for use in self.uses(name)
        ]
        while any(new.values()):
            if self.closure is not None and self.is_large:
                self.meter.return_to(held)
                self._search(self.closure)
                return
            if self.pays(self.names) and self._join(held):
                return
            new = self._round((plan, list(new[start])) for plan, start in later if new.get(start))
        self.least = self.highest

    @property
    def is_large(self) -> bool:
        """Whether a closure and what it looks at have so many rows that compiled code is worth its loading."""
        return self._count(self.needs | {*self.names}) >= SEARCHED_FROM

    def pays(self, names: Iterable[str]) -> bool:
        """Whether relations have so many rows that the join machine may pay."""
        return self.dictionary is not None and self._count(names) >= JOINED_FROM

    def _count(self, names: Iterable[str]) -> int:
        return sum(len(self.relations[name]) for name in names)

    def _join(self, held: Holdings | None = None) -> bool:
        """The least model by the join machine, from nothing; False for what it leaves out, and nothing has changed.

        What the steps made of it so far is let go, and counts no more: the meter goes back to ``held``.
        """
        from focusmesh.engine.reasoning.rules.evaluation.machine import JoinEvaluation, UnfitError

        assert self.dictionary is not None
        so_far = self.meter.holdings()
        types = {name: relation.types for name, relation in self.relations.items()}
        others = {
            name: relation for name, relation in self.relations.items() if name not in self.names
        }
        try:
            joined = JoinEvaluation(self.rules, self.given, others, types, self.dictionary)
        except UnfitError:
            self.dictionary = None
            return False
        self.meter.return_to(held or so_far)
        try:
            self.highest = self.least = joined.run(self.meter, self.words)
        except UnfitError:
            self.meter.return_to(so_far)
            self.dictionary = None
            return False
        except BaseException:
            self._take(joined)
            raise
        self._take(joined)
        return True

    def _take(self, joined: JoinEvaluation) -> None:
        """Takes in the rows of whole rounds."""
        for name, rows in joined.result().items():
            self.relations[name].fill(rows)

    def words(self, rule: NormalRule) -> str:
        """What a rule is called."""
        line, _ = position(self.form.program.text, rule.at)
        return f"the rule of {rule.head.relation} in line {line}"

    def _search(self, rules: ClosureRules) -> None:
        """The least model of a closure; what was found when a limit stopped it stays."""
        from focusmesh.engine.reasoning.rules.evaluation.closure_starts import ClosureStarts
        from focusmesh.engine.reasoning.rules.evaluation.searches import Searches

        relation = self.relations[rules.name]
        dictionary = self.places
        begun = ClosureStarts(self, rules, dictionary)
        starts = begun.rows()
        relation.fill(starts)
        searches = Searches(dictionary, rules.moving, begun.given, begun.first, begun.steps())
        try:
            searches.run(self.meter, self.words(rules.steps[0].rule))
        finally:
            relation.fill(searches.rows())
            if not searches.ended:
                relation.restore(
                    {r: k for r, k in starts.rows().items() if r not in relation.ranks}
                )
        self.highest = self.least = int(searches.ranks.max(initial=0))

    def keep(self) -> ClosureKeeper | None:
        """What keeps a closure up to date; None for rules that are none, or go on by its own rows."""
        from focusmesh.engine.reasoning.rules.evaluation.closure_keeper import ClosureKeeper

        if self.keeper is None and self.closure is not None and self.closure.is_linear:
            self.keeper = ClosureKeeper(self, self.closure, self.places)
        return self.keeper

    def rows_of(
        self, rule: NormalRule, terms: Sequence[Term], body: Sequence[NormalLiteral]
    ) -> Iterator[Row]:
        """The rows of terms for a part of a rule's body, by its steps."""
        part = replace(rule, body=tuple(body))
        plan, _ = self._plan(("part", rule.number), part, lambda planner: planner.plan(None, terms))
        for found in plan.run([()], self.meter):
            yield from map(plan.head, found)

    def _round(self, runs: Iterator[tuple[tuple[Plan, str], list[Row]]]) -> Rows:
        """Takes in what plans yield, one rank above all that is there; the rows that are new."""
        made: Rows = {name: {} for name in self.names}
        for (plan, name), starts in runs:
            relation, fresh = self.relations[name], made[name]
            for part in plan.run(starts, self.meter):
                before = len(fresh)
                new = filterfalse(relation.ranks.__contains__, map(plan.head, part))
                fresh.update(dict.fromkeys(new, self.highest + 1))
                self.meter.hold(len(fresh) - before, len(relation.types), plan.words)
        self.highest += 1
        for name, rows in made.items():
            self.relations[name].restore(rows)
        return made

    # Plans.

    def whole(self, rule: NormalRule) -> tuple[Plan, str]:
        """All heads of a rule, from nothing."""
        key = "whole", rule.number
        return self._plan(key, rule, lambda planner: planner.plan(None, rule.head.arguments))

    def beginning(self, use: Use) -> tuple[Plan, str]:
        """All heads of a rule, from rows of one of its atoms."""
        key = "beginning", use.rule.number, use.atom.at
        terms = use.rule.head.arguments
        return self._plan(key, use.rule, lambda planner: planner.plan(use.atom, terms))

    def _plan(
        self, key: object, rule: NormalRule, make: Callable[[Planner], Plan]
    ) -> tuple[Plan, str]:
        plan = self._plans.get(key)
        if plan is None:
            text = self.form.program.text
            plan = self._plans[key] = make(
                Planner(rule.body, self.relations, text, self.words(rule), books=self.books)
            )
        return plan, rule.head.relation

    # Derivations: rows with the rank that one way to them gives.

    def derivations(self, use: Use, rows: list[Row]) -> Iterator[Derivation]:
        """What follows from rows of one atom."""
        key = "derivations", use.rule.number, use.atom.at
        return self._with_ranks(
            key, use.rule, rows, lambda planner, terms: planner.plan(use.atom, terms)
        )

    def absences(self, use: Use, rows: list[Row]) -> Iterator[Derivation]:
        """What follows from the absence of rows of one negated atom, where it holds now."""
        key = "absences", use.rule.number, use.atom.at
        columns = [
            at
            for at, term in enumerate(use.atom.arguments)
            if not (isinstance(term, Variable) and wild(term))
        ]
        start = [use.atom.arguments[at] for at in columns]
        starts = list(dict.fromkeys(tuple(row[at] for at in columns) for row in rows))
        return self._with_ranks(
            key, use.rule, starts, lambda planner, terms: planner.plan_from(start, terms)
        )

    def regroupings(self) -> Iterator[tuple[str, Derivation]]:
        """What follows by aggregates from groups that a change has touched."""
        for rule in self.rules:
            for literal in rule.body:
                book = self.books.get(id(literal))
                if book is None or not book.touched:
                    continue
                yield from self._from_groups(rule, book)

    def _from_groups(self, rule: NormalRule, book: GroupBook) -> Iterator[tuple[str, Derivation]]:
        key = "groups", rule.number, id(book)
        starts = list(book.touched)
        for found in self._with_ranks(
            key, rule, starts, lambda planner, terms: planner.plan_from_groups(book.literal, terms)
        ):
            yield rule.head.relation, found

    def ways(self, rule: NormalRule, rows: list[Row]) -> Iterator[Derivation]:
        """All ways of one rule to rows of its head."""
        key = "ways", rule.number
        head = rule.head.arguments
        return self._with_ranks(
            key, rule, rows, lambda planner, terms: planner.plan_from(head, terms)
        )

    def everything(self, rule: NormalRule) -> Iterator[Derivation]:
        """All derivations of a rule."""
        key = "everything", rule.number
        return self._with_ranks(key, rule, [()], lambda planner, terms: planner.plan(None, terms))

    def _with_ranks(
        self,
        key: object,
        rule: NormalRule,
        starts: list[Row],
        make: Callable[[Planner, list[Term]], Plan],
    ) -> Iterator[Derivation]:
        width = len(rule.head.arguments)
        if rule.number not in self._cuts:
            self._cuts[rule.number] = self._own_atoms(rule)
        own, cuts = self._cuts[rule.number]
        plan = self._plans.get(key)
        if plan is None:
            plan, _ = self._plan(key, rule, lambda planner: make(planner, own))
        if not cuts:
            for part in plan.run(starts, self.meter):
                for values in map(plan.head, part):
                    yield Derivation(values, 1)
            return
        for part in plan.run(starts, self.meter):
            for values in map(plan.head, part):
                rank = max(r.ranks.get(values[a:b], 0) for r, a, b in cuts)
                yield Derivation(values[:width], rank + 1)

    def _own_atoms(self, rule: NormalRule) -> tuple[list[Term], list[Cut]]:
        """The terms of a head and of the atoms of this stratum, and where among them each atom's row is."""
        terms = list(rule.head.arguments)
        cuts: list[Cut] = []
        for atom in rule.body:
            if isinstance(atom, Atom) and not atom.negated and atom.relation in self.names:
                begin = len(terms)
                terms += atom.arguments
                cuts.append((self.relations[atom.relation], begin, len(terms)))
        return terms, cuts
