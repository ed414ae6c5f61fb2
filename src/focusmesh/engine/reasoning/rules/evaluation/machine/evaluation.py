"""Rules that depend on one another, evaluated from nothing by the join machine: round after round, as the steps do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.reasoning.relations import KEY_BITS, PackedRows, distinct, pack
from focusmesh.engine.reasoning.rules.evaluation.machine import layout as machine
from focusmesh.engine.reasoning.rules.evaluation.machine.arrangements import Arrangements
from focusmesh.engine.reasoning.rules.evaluation.machine.bodies import UnfitError, join_body
from focusmesh.engine.reasoning.rules.evaluation.machine.growth import GrowingRows
from focusmesh.engine.reasoning.rules.evaluation.machine.join_compiled import run
from focusmesh.engine.reasoning.rules.evaluation.machine.planner import (
    JoinPlanner,
    is_alone,
    needed_variables,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from focusmesh.engine.reasoning.relations import Dictionary, Meter, Relation, Row
    from focusmesh.engine.reasoning.rules.evaluation.machine.bodies import JoinAtom, JoinBody
    from focusmesh.engine.reasoning.rules.evaluation.machine.planner import JoinPlan
    from focusmesh.engine.reasoning.rules.meaning import NormalRule
    from focusmesh.engine.support.arrays import OffsetArray

BUDGET = 1 << 18
"""Rows that the machine makes between two looks at limits: some milliseconds."""

KEY_BYTES = 48
"""What a key takes in the machine, with its place in a set, about."""


class JoinEvaluation:
    """The least rows of ``names`` under rules, over other relations that are whole."""

    def __init__(
        self,
        rules: Iterable[NormalRule],
        given: Mapping[str, Iterable[Row]],
        relations: Mapping[str, Relation],
        types: Mapping[str, tuple[str, ...]],
        dictionary: Dictionary,
    ) -> None:
        """``given`` has the rows that each of the names begins with.

        Raises UnfitError for what the machine leaves out.
        """
        self.dictionary = dictionary
        self.types = types
        self.numbers = {name: number for number, name in enumerate(given)}
        self.bodies = [join_body(rule, types, given, dictionary) for rule in rules]
        columns = self._columns(relations)
        places = {name: dictionary.columns(types[name], rows) for name, rows in given.items()}
        self.bits = bits = dictionary.bits
        widths = [len(types[name]) for name in given]
        if not min(widths) or max(widths) > machine.COLUMNS_MAX or max(widths) * bits > KEY_BITS:
            raise UnfitError
        sizes = {name: len(relation) for name, relation in relations.items()}
        values = max(len(dictionary), 1)
        self.arrangements = Arrangements(columns, sizes, bits, values)
        kinds = {c.type_ for body in self.bodies for c in body.conditions if c.test in ("<", "<=")}
        self.orders = self._orders(kinds)
        self.specs = np.zeros((len(self.numbers), machine.RELATION_WIDTH), dtype=np.int64)
        self.grown = [
            GrowingRows(
                self.specs[number],
                len(types[name]),
                bits,
                values,
                distinct(pack(places[name], bits)),
            )
            for name, number in self.numbers.items()
        ]
        self._kept: set[str] = set()
        self._plans: dict[tuple[int, int], JoinPlan] = {}

    def _columns(self, relations: Mapping[str, Relation]) -> dict[tuple[str, int], OffsetArray]:
        """The columns that bodies look at, whose values get places."""
        found: dict[tuple[str, int], OffsetArray] = {}
        for body in self.bodies:
            needed = needed_variables(body)
            for atom in body.atoms:
                for at, part in enumerate(atom.parts):
                    key = atom.relation, at
                    if atom.relation in self.numbers or is_alone(part, atom, needed):
                        continue
                    if key not in found:
                        found[key] = relations[atom.relation].column(at, self.dictionary)
        return found

    def _orders(self, kinds: set[str]) -> dict[str, OffsetArray]:
        try:
            return {kind: self.dictionary.order(kind) for kind in kinds}
        except TypeError:
            raise UnfitError from None

    def run(
        self,
        meter: Meter,
        words: Callable[[NormalRule], str],
        kept: Iterable[str] | None = None,
    ) -> int:
        """All rounds, and how many they were; only rows of relations that are ``kept`` count as held, by default all.

        The keys of others take memory as long as the machine has them.

        Raises BudgetError at a limit, and UnfitError for rules that turn out to be too wide.
        """
        self._kept = set(self.numbers if kept is None else kept)
        plans = [self._plan(number, None) for number in range(len(self.bodies))]
        rounds = 0
        while True:
            rounds += 1
            for plan in plans:
                self._fill(plan, meter, words(plan.body.rule))
            for grown in self.grown:
                grown.end_round()
            plans = [
                self._plan(number, use)
                for number, body in enumerate(self.bodies)
                for use in range(len(body.uses))
                if self._new(body.uses[use])
            ]
            if not plans:
                return rounds

    def result(self) -> dict[str, PackedRows]:
        """The rows of whole rounds, by relation, each with the number of its round for a rank."""
        found = {}
        for name, number in self.numbers.items():
            grown = self.grown[number]
            ends = grown.ends
            counts = np.diff([0, *ends])
            ranks = np.repeat(np.arange(len(ends), dtype=np.int32), counts)
            keys = grown.keys[: ends[-1]]
            found[name] = PackedRows(self.dictionary, keys, self.bits, len(self.types[name]), ranks)
        return found

    def _new(self, atom: JoinAtom) -> bool:
        ends = self.grown[self.numbers[atom.relation]].ends
        return ends[-1] > ends[-2]

    def _plan(self, number: int, use: int | None) -> JoinPlan:
        key = number, -1 if use is None else use
        if key not in self._plans:
            body: JoinBody = self.bodies[number]
            start = None if use is None else body.uses[use]
            tools = self.arrangements, self.numbers, self.grown, self.orders
            self._plans[key] = JoinPlanner(body, start, tools).plan()
        return self._plans[key]

    def _fill(self, plan: JoinPlan, meter: Meter, words: str) -> None:
        """Runs a plan, part after part."""
        if plan.is_void:
            return
        if plan.start is not None:
            ends = self.grown[self.numbers[plan.start.relation]].ends
            plan.levels[0, machine.BEGIN], plan.levels[0, machine.END] = ends[-2:]
        for level, name in plan.whole_rows:
            plan.levels[level, machine.END] = self.grown[self.numbers[name]].visible
        out = self.grown[plan.head[0]]
        places = np.zeros((len(plan.levels), machine.PLACE_WIDTH), dtype=np.int64)
        places[:, machine.STAMP] = plan.stamp
        state = np.array([-1, BUDGET, 0, len(plan.levels) - 1], dtype=np.int64)
        arrays = (
            *(state, places, plan.slots, plan.levels, plan.checks),
            *(self.arrangements.table, self.specs, plan.head),
        )
        task = np.array([each.ctypes.data for each in arrays])
        status = machine.PAUSED
        while status != machine.ENDED:
            before = out.count
            state[machine.DONE] = 0
            status = run(task)
            meter.infer(int(state[machine.DONE]), words)
            if plan.body.head.relation in self._kept:
                meter.hold(out.count - before, len(plan.head) - 2, words)
            else:
                meter.reserve((out.count - before) * KEY_BYTES, words)
            if status == machine.FULL:
                out.grow()
        plan.stamp = int(places[:, machine.STAMP].max())
