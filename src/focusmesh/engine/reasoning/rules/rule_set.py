"""A set of rules that has been read and checked: what it declares, needs and puts out."""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from dataclasses import replace
from difflib import get_close_matches
from functools import cached_property
from typing import TYPE_CHECKING, Any

from focusmesh.engine.reasoning.relations import meter_of
from focusmesh.engine.reasoning.rules.evaluation import RuleModel
from focusmesh.engine.reasoning.rules.language import (
    Atom,
    Constant,
    Declaration,
    Variable,
    failure,
    read_program,
)
from focusmesh.engine.reasoning.rules.meaning import (
    ANY,
    AS_TEXT,
    PROPERTY,
    PropertyRelation,
    address_atom,
    addresses,
    atom_relation,
    atom_with_floats,
    atoms,
    call_columns,
    column_types,
    comparisons,
    given_relations,
    is_address,
    literal_text,
    normalise,
    relation_text,
    rewrite_for,
    rows_with_floats,
    rule_with_floats,
    stratify,
    verify_given,
    with_addresses,
    with_bounds,
    with_property_relations,
)
from focusmesh.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from focusmesh.engine.links import Names, Snapshot
    from focusmesh.engine.reasoning.relations import (
        ColumnRows,
        Dictionary,
        Meter,
        QueryLimits,
        Relation,
        Row,
    )
    from focusmesh.engine.reasoning.rules.meaning import NormalRule
    from focusmesh.errors import BudgetError


MAY_BE_OWN = ("property", "label")
"""Relations of a graph that a program may have under these names for itself: it had before graphs did."""


class RuleSet:
    """Rules by their text. ``base`` are relations that whoever evaluates them has, such as those of a graph.

    Raises RuleError with line and column for what cannot be read, is not bound, has no stratum, or does not agree in
    arity or type.
    """

    def __init__(self, text: str, base: Mapping[str, tuple[str, ...]] | None = None) -> None:
        self.text = text
        self._program = read_program(text)
        declared = dict(self._program.declarations)
        own = declared.keys() | {rule.head.relation for rule in self._program.rules}
        self.base = {
            name: types
            for name, types in (base or {}).items()
            if name not in own or name not in MAY_BE_OWN
        }
        for name, types in self.base.items():
            if name in declared:
                raise failure(
                    text, declared[name].at, f"{name} is there already: choose another name"
                )
            declared[name] = _declaration(name, types)
        self.form = normalise(self._program)
        declared |= call_columns(self.form)
        for rule in self.form.rules:
            if rule.head.relation in self.base:
                raise failure(
                    text, rule.at, f"{rule.head.relation} is given: derive another relation"
                )
        if PROPERTY in self.base:
            declared[PROPERTY] = Declaration(PROPERTY, (*declared[PROPERTY].columns[:2], ("", ANY)))
            found = with_property_relations(self.form, column_types(self.form, declared))
            self.base |= found
            declared |= {name: _declaration(name, types) for name, types in self.base.items()}
        self.types = column_types(self.form, declared)
        self._verify_known()
        for call in self.form.calls.values():
            verify_given(text, call, self.types)
        self.form.rules[:] = [rule_with_floats(rule, self.types) for rule in self.form.rules]
        self.form, self.types, self.possible = with_bounds(self.form, self.types)
        self.strata = stratify(self.form)

    def _verify_known(self) -> None:
        heads = {rule.head.relation for rule in self.form.rules}
        known = (
            heads | self.base.keys() | self._program.declarations.keys() | self.form.calls.keys()
        )
        for name, at in {**self._program.inputs, **self._program.outputs}.items():
            if name not in known:
                raise failure(self.text, at, f"{name} is not declared: write .decl {name}(…)")
        for name, at in _uses(self.form.rules):
            if name not in known:
                raise failure(self.text, at, _unknown_words(name, known))

    def verify_alone(self, *, patterns: bool = True) -> None:
        """Raises RuleError for ``.input``, where there are no files; without ``patterns`` for regular expressions too.

        Of these one match may take for ever, and no limit stops it.
        """
        for name, at in self._program.inputs.items():
            words = f".input reads files, and here are none: write the facts of {name} as rules"
            raise failure(self.text, at, words)
        literals = (part for rule in self.form.rules for part in rule.body)
        for found in () if patterns else comparisons(literals):
            if found.operator.endswith("match"):
                words = "match takes regular expressions, which are not offered here"
                raise failure(self.text, found.at, f"{words}: use contains or substr")

    @property
    def inputs(self) -> list[str]:
        """Relations whose rows are read from elsewhere."""
        return list(self._program.inputs)

    @property
    def goals(self) -> list[str]:
        """Goals of the text, as ``answer`` takes them."""
        return [literal_text(goal, {}) for goal in self._program.goals]

    @property
    def outputs(self) -> list[str]:
        """Relations that are to be shown: what ``.output`` names, else all that have rules."""
        return list(self._program.outputs) or self.heads

    @property
    def heads(self) -> list[str]:
        """Relations that have rules, each after what it needs."""
        others = {*self.form.calls, *self.possible.values()}
        return [name for part in self.strata for name in part if name not in others]

    def columns(self, relation: str) -> list[str]:
        """Names of the columns of a relation: as declared, else as its first rule calls them."""
        if relation in self._program.declarations:
            return [name for name, _ in self._program.declarations[relation].columns]
        heads = (rule.head for rule in self._program.rules if rule.head.relation == relation)
        terms = next((head.arguments for head in heads), ())
        return [
            term.name if isinstance(term, Variable) else f"c{at}"
            for at, term in enumerate(terms or self.types[relation])
        ]

    @cached_property
    def needs(self) -> set[str]:
        """Base relations that some rule looks at."""
        given = {name for call in self.form.calls.values() for name in given_relations(call)}
        return ({name for name, _ in _uses(self.form.rules)} | given) & self.base.keys()

    def needs_for(self, goal: str) -> set[str]:
        """Base relations that some rule, or ``goal`` itself, looks at; raises as ``answer`` does."""
        asked = self._goal(goal).relation
        is_base = relation_text(asked) in self.base
        return self.needs | ({asked} if is_base else set())

    def _goal(self, goal: str) -> Atom:
        atom = read_goal(goal)
        if atom.relation not in self.types:
            raise failure(goal, atom.at, _unknown_words(atom.relation, set(self.types)))
        arity = len(self.types[atom.relation])
        if len(atom.arguments) != arity:
            words = f"{atom.relation} has {arity} columns; {len(atom.arguments)} terms are given"
            raise failure(goal, atom.at, words)
        if atom.relation == PROPERTY and PROPERTY in self.base:
            return replace(atom, relation=atom_relation(atom, AS_TEXT).name)
        return atom

    def bound(self, snapshot: Snapshot | None) -> RuleSet:
        """These rules for the particles of a graph: CIDs among their constants stand for the digests that it lists."""
        if snapshot is None or not self._addresses:
            return self
        made = copy(self)
        values = {cid: particle_of(snapshot.particles, cid) for cid in self._addresses}
        made.form = with_addresses(self.form, self.types, values)
        return made

    @cached_property
    def _addresses(self) -> set[str]:
        return addresses(part for rule in self.form.rules for part in (rule.head, *rule.body))

    def given_rows(self, relations: Mapping[str, Relation]) -> dict[str, list[Row]]:
        """The rows of derived relations that were given and follow from no rule."""
        return {
            name: [row for row, rank in relations[name].ranks.items() if rank == 0]
            for name in self.heads
        }

    def open_rows(self, relations: Mapping[str, Relation]) -> dict[str, list[Row]]:
        """Rows of an evaluation that may be there or not: the bounds of scores leave them open. O(rows)."""
        found = {
            name: [row for row in relations[more].ranks if row not in relations[name].ranks]
            for name, more in self.possible.items()
        }
        return {name: rows for name, rows in found.items() if rows}

    def evaluate(
        self,
        facts: Mapping[str, Iterable[Row] | ColumnRows] | None = None,
        limits: QueryLimits | Meter | None = None,
        snapshot: Snapshot | None = None,
    ) -> dict[str, Relation]:
        """All relations, for ``facts`` by relation and operators of ``snapshot``.

        Raises BudgetError, and InputError for rows that do not fit or operators without a snapshot.
        """
        return self.model(facts, limits, snapshot).relations

    def model(
        self,
        facts: Mapping[str, Iterable[Row] | ColumnRows] | None = None,
        limits: QueryLimits | Meter | None = None,
        snapshot: Snapshot | None = None,
        *,
        partial: bool = False,
        dictionary: Dictionary | None = None,
    ) -> RuleModel:
        """The least model, which can be kept up to date; raises as ``evaluate`` does, unless it may be ``partial``.

        ``dictionary`` is that of facts that come as columns.
        """
        given, meter = _fitting_rows(facts or {}, self.types), meter_of(limits)
        return RuleModel(
            self.bound(snapshot).form,
            self.strata,
            self.types,
            given,
            meter,
            snapshot,
            partial=partial,
            dictionary=dictionary,
        )

    def answer(
        self,
        goal: str,
        facts: Mapping[str, Iterable[Row] | ColumnRows] | None = None,
        limits: QueryLimits | Meter | None = None,
        snapshot: Snapshot | None = None,
        *,
        dictionary: Dictionary | None = None,
    ) -> list[Row]:
        """The rows of a goal such as ``path("a", y)``: what it asks for is derived, and little else.

        Raises RuleError for a goal that cannot be read or has no such relation, else as ``evaluate``.
        """
        return self.answer_partly(
            goal, facts, limits, snapshot, partial=False, dictionary=dictionary
        )[0]

    def answer_partly(
        self,
        goal: str,
        facts: Mapping[str, Iterable[Row] | ColumnRows] | None = None,
        limits: QueryLimits | Meter | None = None,
        snapshot: Snapshot | None = None,
        *,
        partial: bool = True,
        dictionary: Dictionary | None = None,
    ) -> tuple[list[Row], BudgetError | None]:
        """``answer`` as far as the limits let it come, and the limit that stopped it, if one did."""
        atom = self._goal(goal)
        known = dict(self.types)
        asked = PropertyRelation.read(atom.relation) if PROPERTY in self.base else None
        if asked is not None:
            known[atom.relation] = asked.columns
        atom = atom_with_floats(atom, known)
        if snapshot is not None:
            values = {cid: particle_of(snapshot.particles, cid) for cid in addresses([atom])}
            atom = address_atom(atom, known, values)
        form, types, name = rewrite_for(self.bound(snapshot).form, known, atom)
        given, meter = _fitting_rows(facts or {}, known), meter_of(limits)
        strata = stratify(form)
        model = RuleModel(
            form, strata, types, given, meter, snapshot, partial=partial, dictionary=dictionary
        )
        return [row for row in model.relations[name].ranks if _agrees(atom, row)], model.stopped


def particle_of(names: Names, name: Any) -> Any:
    """How a graph lists a particle that may be named by its CID; ``name`` as it is where it does not."""
    at = names.find(name) if is_address(name) else None
    return names.canonical(name) if at is None else names[at]


def _fitting_rows(
    facts: Mapping[str, Iterable[Row] | ColumnRows], types: Mapping[str, tuple[str, ...]]
) -> dict[str, list[Row] | ColumnRows]:
    given: dict[str, list[Row] | ColumnRows] = {}
    for name, rows in facts.items():
        if name not in types:
            raise InputError(f"no relation is named {name}; there are: {', '.join(types)}")
        if not isinstance(rows, Iterable):
            given[name] = rows
            continue
        given[name] = listed = list(map(tuple, rows))
        arity = len(types[name])
        if not set(map(len, listed)) <= {arity}:
            row = next(row for row in listed if len(row) != arity)
            raise InputError(f"{name} has {arity} columns, and the row {row!r} has {len(row)}")
        given[name] = rows_with_floats(listed, types[name])
    return given


def _declaration(name: str, types: tuple[str, ...]) -> Declaration:
    return Declaration(name, tuple((f"c{at}", type_) for at, type_ in enumerate(types)))


def _agrees(goal: Atom, row: Row) -> bool:
    """Whether a row has the constants of a goal, and equal values where a variable stands twice."""
    values: dict[str, Any] = {}
    for term, value in zip(goal.arguments, row, strict=True):
        if isinstance(term, Constant) and term.value != value:
            return False
        if isinstance(term, Variable) and values.setdefault(term.name, value) != value:
            return False
    return True


def read_goal(text: str) -> Atom:
    """A relation with values and variables, such as ``path("a", y)``; raises RuleError, and InputError for more."""
    written = text.strip().removeprefix("?-").removesuffix(".")
    program = read_program(f"?- {written}.")
    if len(program.goals) != 1 or program.rules:
        raise InputError(
            f'a goal is a relation with values and variables, such as path("a", y), not {text}'
        )
    return program.goals[0]


def _uses(rules: Iterable[NormalRule]) -> list[tuple[str, int]]:
    return [(atom.relation, atom.at) for rule in rules for atom in atoms(rule.body)]


def _unknown_words(name: str, known: set[str]) -> str:
    close = get_close_matches(name, known, 3)
    hint = f"did you mean {', '.join(close)}?" if close else "declare it, or write a rule for it"
    return f"no relation is named {name}: {hint}"


def read_fact(text: str) -> tuple[str, Row]:
    """A relation and a row, from text such as ``path("a", 3)``; raises RuleError, InputError for a variable in it."""
    written = read_program(f"{text.strip().removesuffix('.')}.").rules
    if len(written) != 1 or not written[0].is_fact:
        raise InputError(f'a fact is a relation with values, such as path("a", 3), not {text}')
    head = written[0].head
    return head.relation, tuple(t.value for t in head.arguments if isinstance(t, Constant))
