"""The least model of a program, stratum after stratum, and its upkeep after changes of what is given."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.relations import ColumnRelation, Dictionary, Relation
from focusmesh.engine.reasoning.rules.evaluation.estimates import verify_estimates
from focusmesh.engine.reasoning.rules.evaluation.maintenance import Maintenance
from focusmesh.engine.reasoning.rules.evaluation.operator_stratum import OperatorStratum
from focusmesh.engine.reasoning.rules.evaluation.stratum import RowChange, Stratum
from focusmesh.errors import BudgetError, FocusmeshError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from focusmesh.engine.links import Snapshot
    from focusmesh.engine.reasoning.relations import ColumnRows, Meter, Row
    from focusmesh.engine.reasoning.rules.meaning import NormalForm


class RuleModel:
    """All relations of a program, with ``facts`` for those that are given; raises BudgetError at a limit.

    ``partial``: a limit ends the evaluation instead. All rows follow then, but not all that follow are there;
    ``stopped`` is what stopped it. Such a model cannot be updated. Without it a rule that is sure to pass a limit is
    refused before it runs.
    """

    def __init__(
        self,
        form: NormalForm,
        strata: list[list[str]],
        types: Mapping[str, tuple[str, ...]],
        facts: Mapping[str, Iterable[Row] | ColumnRows],
        meter: Meter,
        snapshot: Snapshot | None = None,
        *,
        partial: bool = False,
        dictionary: Dictionary | None = None,
    ) -> None:
        """``dictionary`` is that of facts that come as columns."""
        self.relations = {name: Relation(name, columns) for name, columns in types.items()}
        derived = {name for names in strata for name in names}
        for name, rows in facts.items():
            if isinstance(rows, Iterable):
                self.relations[name].put(rows, 0)
            elif name in derived:
                self.relations[name].fill(rows)
            else:
                self.relations[name] = ColumnRelation(name, types[name], rows)
        self.strata: list[Stratum | OperatorStratum] = []
        dictionary = Dictionary() if dictionary is None else dictionary
        self.stopped: BudgetError | None = None
        for names in strata:
            call = form.calls.get(names[0])
            self.strata.append(
                Stratum(form, self.relations, names, meter, dictionary)
                if call is None
                else OperatorStratum(names[0], call, self.relations, meter, snapshot)
            )
        try:
            for stratum in self.strata:
                if isinstance(stratum, Stratum) and not partial:
                    verify_estimates(stratum, meter.limits)
                stratum.evaluate()
        except BudgetError as error:
            if not partial:
                raise
            self.stopped = error

    def update(
        self,
        came: Mapping[str, Iterable[Row]],
        went: Mapping[str, Iterable[Row]],
        meter: Meter,
        snapshot: Snapshot | None = None,
    ) -> dict[str, RowChange]:
        """Takes in changes of relations that no rule derives, and says what came and went in all that did.

        Operators are asked of ``snapshot`` anew. Raises BudgetError at a limit; the model is then of no use any more.
        """
        for stratum in self.strata:
            stratum.meter = meter
            if isinstance(stratum, OperatorStratum):
                stratum.snapshot = snapshot
                continue  # its rows count when they are asked for anew
            for name in stratum.names:
                relation = self.relations[name]
                meter.hold(len(relation), len(relation.types), f"rows of {name}")
        changes: dict[str, RowChange] = {}
        for name in {*came, *went}:
            there = self.relations[name].members
            new, old = dict.fromkeys(came.get(name, ()), 0), dict.fromkeys(went.get(name, ()), 0)
            change = RowChange(
                {row: 0 for row in new if row not in there},
                {row: 0 for row in old if row in there and row not in new},
            )
            if change.came or change.went:
                changes[name] = change
        maintenance = Maintenance(self.relations, changes)
        for stratum in self.strata:
            maintenance.update(stratum)
        maintenance.finish()
        return changes

    def verify(self, meter: Meter) -> None:
        """Checks that each row follows from rows of smaller rank, and that no rule yields a row that is not there.

        Together these say that the relations are the least model, whatever their history. Raises FocusmeshError with
        the first row that breaks one. As dear as one evaluation.
        """
        for stratum in self.strata:
            stratum.meter = meter
            if isinstance(stratum, OperatorStratum):
                stratum.verify()
                continue
            for book in stratum.books.values():
                book.forget()
            founded = {name: set(rows) for name, rows in stratum.given.items()}
            for rule in stratum.rules:
                name = rule.head.relation
                ranks = self.relations[name].ranks
                for row, rank in stratum.everything(rule):
                    if row not in ranks:
                        raise FocusmeshError(f"{name}{row!r} follows by a rule, and is not there")
                    if rank <= ranks[row]:
                        founded[name].add(row)
            for name, rows in founded.items():
                for row in self.relations[name].ranks.keys() - rows:
                    raise FocusmeshError(f"{name}{row!r} is there, and follows from nothing")
