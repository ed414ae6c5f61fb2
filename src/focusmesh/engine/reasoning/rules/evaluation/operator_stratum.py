"""The stratum of one operator atom: its rows are what the operator answers for the links as they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from focusmesh.engine.reasoning.operators import OPERATORS, operator_rows
from focusmesh.engine.reasoning.rules.language import Constant
from focusmesh.errors import FocusmeshError, InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from focusmesh.engine.links import Snapshot
    from focusmesh.engine.reasoning.relations import Meter, Relation, Row
    from focusmesh.engine.reasoning.rules.language import OperatorCall


class OperatorStratum:
    """One relation, ``name``. An operator is asked anew after any edit; what came and went is told by comparison."""

    def __init__(
        self,
        name: str,
        call: OperatorCall,
        relations: Mapping[str, Relation],
        meter: Meter,
        snapshot: Snapshot | None,
    ) -> None:
        self.names = [name]
        self.call = call
        self.relations = relations
        self.meter = meter
        self.snapshot = snapshot

    @property
    def relation(self) -> Relation:
        """The rows as they are."""
        return self.relations[self.names[0]]

    def evaluate(self) -> None:
        """Asks the operator, from nothing."""
        self.relation.put(self.rows(), 0)

    def rows(self) -> dict[Row, None]:
        """What the operator answers now; raises BudgetError, and InputError for particles that are not there."""
        return dict.fromkeys(call_rows(self.call, self.relations, self.snapshot, self.meter))

    def verify(self) -> None:
        """Raises FocusmeshError where the rows are not what the operator answers."""
        rows = self.rows()
        if rows.keys() != self.relation.ranks.keys():
            row = next(iter(rows.keys() ^ self.relation.ranks.keys()))
            raise FocusmeshError(f"{self.names[0]}{row!r} is not what the operator answers")


def call_rows(
    call: OperatorCall, relations: Mapping[str, Relation], snapshot: Snapshot | None, meter: Meter
) -> list[Row]:
    """The rows of an operator atom, given constants and relations of one column."""
    if snapshot is None:
        raise InputError(f"@{call.operator} is asked of a graph: these rules are evaluated without")
    given: dict[str, Any] = {
        name: value.value
        if isinstance(value, Constant)
        else [particle for (particle,) in relations[value].ranks]
        for name, value in call.given
    }
    atom = OPERATORS.find(call.operator)
    step = f"@{call.operator}"
    found = operator_rows(snapshot, atom, given, lambda: meter.infer(0, step))
    # Before rows of Python are made of it, which are many times larger.
    meter.hold(len(found), len(atom.columns), step)
    meter.infer(0, step)
    return list(found)
