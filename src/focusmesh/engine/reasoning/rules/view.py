"""A view: what a set of rules derives from a graph, kept up to date as the graph changes."""

from __future__ import annotations

from functools import wraps
from threading import RLock
from typing import TYPE_CHECKING, Concatenate, NamedTuple, ParamSpec, TypeVar

from focusmesh.engine.links import EditMark
from focusmesh.engine.reasoning.relations import Meter, Profile, QueryLimits
from focusmesh.engine.reasoning.rules.graph_columns import COLUMNS, GraphBase
from focusmesh.engine.reasoning.rules.graph_relations import (
    FOLLOWED,
    GRAPH_RELATIONS,
    EditSource,
    graph_changes,
    later_changes,
)
from focusmesh.engine.reasoning.rules.proofs import failures, find_proof
from focusmesh.engine.reasoning.rules.rule_set import RuleSet, particle_of
from focusmesh.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from typing import Any

    from focusmesh.engine.links import LaterEdits, Snapshot
    from focusmesh.engine.reasoning.relations import ColumnRows, Relation, Row, StepProfile
    from focusmesh.engine.reasoning.rules.evaluation import RowChange, RuleModel
    from focusmesh.engine.reasoning.rules.graph_relations import SnapshotSource
    from focusmesh.engine.reasoning.rules.proofs import Proof, RuleFailure

Rows = dict[str, list["Row"]]
Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class RuleChanges(NamedTuple):
    """What came and went, by relation. Where ``is_whole``, ``came`` has all rows: forget what was told before."""

    came: Rows
    went: Rows
    is_whole: bool


def graph_rules(text: str) -> RuleSet:
    """Rules over the relations of a graph; raises RuleError."""
    return RuleSet(text, GRAPH_RELATIONS)


def _one_at_a_time(
    method: Callable[Concatenate[RuleView, Arguments], Result],
) -> Callable[Concatenate[RuleView, Arguments], Result]:
    """A method that other threads wait for: what answers is brought up to date in place."""

    @wraps(method)
    def waiting(view: RuleView, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        with view._lock:
            return method(view, *args, **kwargs)

    return waiting


class RuleView:
    """Relations by name. When one is asked for after an edit, what the edit changes is worked out, and no more.

    Safe between threads, one at a time.
    """

    def __init__(
        self,
        source: SnapshotSource,
        rules: str | RuleSet,
        facts: Mapping[str, Iterable[Row]] | None = None,
        limits: QueryLimits | None = None,
        *,
        profile: bool = False,
    ) -> None:
        """``profile``: take down what each rule takes; an evaluation is a little slower for it."""
        self.rules = rules if isinstance(rules, RuleSet) else graph_rules(rules)
        self.limits = limits or QueryLimits()
        self._profile = Profile() if profile else None
        self._source = source
        self._facts = {name: list(rows) for name, rows in (facts or {}).items()}
        self._seen: Snapshot | None = None
        self._mark = EditMark()
        self._edits = _edit_source(source, self.rules)
        self._needs = sorted(self.rules.needs)
        self._base: GraphBase | None = None
        self._model: RuleModel | None = None
        self._untold: list[dict[str, RowChange]] | None = None
        self._lock = RLock()

    @_one_at_a_time
    def __getitem__(self, relation: str) -> list[Row]:
        """The rows of a relation, in the order in which they were found; raises InputError for an unknown one."""
        return list(_find(self._current(), relation).ranks)

    @_one_at_a_time
    def count(self, relation: str) -> int:
        """How many rows a relation has; none is made. Raises InputError for an unknown one."""
        return len(_find(self._current(), relation))

    @property
    def relations(self) -> list[str]:
        """Names of the relations that the rules put out."""
        return self.rules.outputs

    @property
    @_one_at_a_time
    def unsettled(self) -> dict[str, list[Row]]:
        """Rows that may be there or not, by relation: the bounds of scores leave them open. Others are certain.

        An operator that is asked for a smaller ``tolerance`` leaves fewer open. Of an aggregate over open rows the
        least and the greatest value are listed. O(rows).
        """
        return self.rules.open_rows(self._current())

    @property
    def profile(self) -> list[StepProfile]:
        """What each rule took so far, the dearest first; rules of one relation in one line count together.

        Empty unless the view was made with ``profile=True``.
        """
        return [] if self._profile is None else self._profile.steps

    @_one_at_a_time
    def changes(self) -> RuleChanges:
        """What came into and went out of ``relations`` since this was last asked; all rows at first.

        So it is too after an update that a limit or an interrupt broke off.
        """
        relations, untold = self._current(), self._untold
        if untold is None:
            rows = {name: list(relations[name].ranks) for name in self.relations}
            self._untold = []
            return RuleChanges(rows, {}, is_whole=True)
        came, went = Rows(), Rows()
        for name in self.relations if untold else ():
            sides = _sum([each[name] for each in untold if name in each])
            came |= {name: list(sides[0])} if sides[0] else {}
            went |= {name: list(sides[1])} if sides[1] else {}
        self._untold = []
        return RuleChanges(came, went, is_whole=False)

    @_one_at_a_time
    def ask(self, goal: str) -> list[Row]:
        """The rows of a goal, such as ``path("a", y)``: what it asks for is derived, and little else.

        Nothing is kept for later; rows that the bounds of scores leave open are not among them. Raises RuleError, with
        line and column in ``goal``, and BudgetError.
        """
        snapshot = self._source.snapshot()
        facts: dict[str, Iterable[Row] | ColumnRows] = dict(self._facts)
        model = self._model if snapshot is self._seen else None
        base = self._base_of(snapshot)
        for name in sorted(self.rules.needs_for(goal)):
            is_held = model is not None and name not in COLUMNS and name in self.rules.needs
            facts[name] = model.relations[name].ranks if model and is_held else base.rows(name)
        return self.rules.answer(goal, facts, self._meter(), snapshot, dictionary=base.dictionary)

    @_one_at_a_time
    def why(self, relation: str, *row: Any, minimal: bool = False) -> Proof:
        """The proof of a row: the rule that yields it, and the proofs of what that rests on.

        ``minimal``: one of least height, as dear as an evaluation; else O(derivations of the rows in it). Raises
        InputError where the row is not there; ``why_not`` says what is missing.
        """
        relations = self._current()
        row = self._row_of(relation, row)
        if row not in _find(relations, relation).ranks:
            raise InputError(f"{relation} has no row {row!r}: ask why_not for what is missing")
        meter = self._meter()
        rules = self.rules.bound(self._seen)
        return find_proof(rules, relations, relation, row, meter, minimal=minimal)

    @_one_at_a_time
    def why_not(self, relation: str, *row: Any) -> list[RuleFailure]:
        """For each rule of a relation, how far it comes towards a row that is not there, and what stops it."""
        relations = self._current()
        known = _find(relations, relation)
        if len(row) != len(known.types):
            raise InputError(f"{relation} has {len(known.types)} columns, not {len(row)}")
        row = self._row_of(relation, row)
        if row in known.ranks:
            raise InputError(f"{relation} has the row {row!r}: ask why for its proof")
        return failures(self.rules.bound(self._seen), relations, relation, row, self._meter())

    def _row_of(self, relation: str, row: Row) -> Row:
        """The row with particles as the graph lists them, where they are named by their CIDs."""
        types = self.rules.types.get(relation, ())
        if self._seen is None or len(types) != len(row):
            return row
        names = self._seen.particles
        return tuple(
            particle_of(names, value) if kind == "particle" else value
            for value, kind in zip(row, types, strict=True)
        )

    def verify_proof(self, proof: Proof) -> None:
        """See ``Proof.verify``, for this graph and these facts."""
        proof.verify(self._source, self._facts, self.limits)

    @_one_at_a_time
    def verify(self) -> None:
        """Checks that the rows are those of the least model, whatever the edits so far. As dear as an evaluation.

        Raises FocusmeshError with the first row that follows from nothing, or follows and is not there.
        """
        self._current()
        assert self._model is not None
        self._model.verify(self._meter())

    def _base_of(self, snapshot: Snapshot) -> GraphBase:
        if self._base is None or self._base.snapshot is not snapshot:
            self._base = GraphBase(snapshot)
        return self._base

    def _meter(self) -> Meter:
        return Meter(self.limits, profile=self._profile)

    def _current(self) -> dict[str, Relation]:
        """The relations for the graph as it stands. After what an error broke off they are worked out anew."""
        model, self._model = self._model, None
        edits = None if model is None else self._waiting()
        if model is None or edits is None:
            model = self._of_snapshot(model, self._source.snapshot())
        elif edits.links or edits.added:
            self._update(model, lambda relation: later_changes(edits, relation))
            self._mark = edits.mark
        self._model = model
        return model.relations

    def _waiting(self) -> LaterEdits | None:
        """Edits that the graph has not merged yet; None where they have to be for these rules."""
        if self._edits is None or self._seen is None:
            return None
        return self._edits.edits_after(self._seen, self._mark)

    def _of_snapshot(self, model: RuleModel | None, snapshot: Snapshot) -> RuleModel:
        if model is None:
            self._untold = None
            facts: dict[str, Iterable[Row] | ColumnRows] = dict(self._facts)
            base = self._base_of(snapshot)
            facts |= {name: base.rows(name) for name in self._needs}
            dictionary = base.dictionary
            model = self.rules.model(facts, self._meter(), snapshot, dictionary=dictionary)
        elif snapshot is not self._seen:
            seen = self._seen
            assert seen is not None
            self._update(model, lambda relation: graph_changes(seen, snapshot, relation), snapshot)
        self._seen, self._mark = snapshot, EditMark()
        return model

    def _update(
        self,
        model: RuleModel,
        changes_of: Callable[[Relation], tuple[list[Row], list[Row]]],
        snapshot: Snapshot | None = None,
    ) -> None:
        came, went = Rows(), Rows()
        for name in self._needs:
            came[name], went[name] = changes_of(model.relations[name])
        changes = model.update(came, went, self._meter(), snapshot)
        if self._untold is not None:
            self._untold.append({n: changes[n] for n in self.relations if n in changes})

    def __repr__(self) -> str:
        return f"<RuleView: {', '.join(self.relations)}>"


def _edit_source(source: SnapshotSource, rules: RuleSet) -> EditSource | None:
    """What tells of edits before they are merged, where the rules look at nothing that has to be merged for them."""
    is_fit = rules.needs <= {*FOLLOWED} and not rules.form.calls
    return source if is_fit and isinstance(source, EditSource) else None


def _find(relations: Mapping[str, Relation], name: str) -> Relation:
    if name not in relations:
        raise InputError(f"no relation is named {name}; there are: {', '.join(relations)}")
    return relations[name]


def _sum(changes: list[RowChange]) -> tuple[Collection[Row], Collection[Row]]:
    """What came by changes one after the other, and what went; none is in both."""
    if len(changes) == 1:
        return changes[0].came, changes[0].went
    sides: tuple[dict[Row, None], dict[Row, None]] = {}, {}
    for change in changes:
        _cancel(*sides, change.came)
        _cancel(*sides[::-1], change.went)
    return sides


def _cancel(rows: dict[Row, None], others: dict[Row, None], more: Iterable[Row]) -> None:
    """Adds ``more`` to ``rows``, but for those that only undo what ``others`` has."""
    for row in more:
        if row in others:
            del others[row]
        else:
            rows[row] = None
