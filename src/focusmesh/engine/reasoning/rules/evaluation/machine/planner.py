"""Plans of the join machine: the levels of a rule, in the order in which they are joined, as numbers."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.reasoning.relations import KEY_BITS
from focusmesh.engine.reasoning.rules.evaluation.machine import layout as machine
from focusmesh.engine.reasoning.rules.evaluation.machine.arrangements import selection
from focusmesh.engine.reasoning.rules.evaluation.machine.bodies import UnfitError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from focusmesh.engine.reasoning.rules.evaluation.machine.arrangements import Arrangements
    from focusmesh.engine.reasoning.rules.evaluation.machine.bodies import (
        Condition,
        JoinAtom,
        JoinBody,
        Part,
    )
    from focusmesh.engine.reasoning.rules.evaluation.machine.growth import GrowingRows
    from focusmesh.engine.support.arrays import OffsetArray

_TESTS = {"=": machine.EQUAL, "!=": machine.UNEQUAL, "<": machine.LESS, "<=": machine.AT_MOST}


class JoinPlan:
    """Levels, checks, slots and head as ``join_compiled.run`` takes them; ``is_void``: it yields nothing."""

    def __init__(self, body: JoinBody, start: JoinAtom | None) -> None:
        self.body = body
        self.start = start
        self.levels = np.zeros((0, machine.LEVEL_WIDTH), dtype=np.int64)
        self.checks = np.zeros((0, machine.CHECK_WIDTH), dtype=np.int64)
        self.slots = np.zeros(0, dtype=np.int64)
        self.head = np.zeros(0, dtype=np.int64)
        self.is_void = False
        self.marks = np.zeros(0, dtype=np.int64)
        """Marks on values, by which ranges are met; ``stamp`` is the last one."""
        self.stamp = 0
        self.whole_rows: list[tuple[int, str]] = []
        """Levels that go through all rows of a relation that grows."""


def needed_variables(body: JoinBody) -> Counter[str]:
    """In how many atoms, conditions and the head a variable is."""
    parts: list[JoinAtom | Condition] = [body.head, *body.atoms, *body.conditions]
    return Counter(name for part in parts for name in set(part.variables))


def is_alone(part: Part, atom: JoinAtom, needed: Mapping[str, int]) -> bool:
    """Whether a part of an atom is a variable that is nowhere else."""
    return isinstance(part, str) and needed[part] < 2 and atom.parts.count(part) < 2


class JoinPlanner:
    """Makes the plan of one rule, from nothing or from the new rows of one atom."""

    def __init__(
        self,
        body: JoinBody,
        start: JoinAtom | None,
        tools: tuple[
            Arrangements, Mapping[str, int], Sequence[GrowingRows], Mapping[str, OffsetArray]
        ],
    ) -> None:
        """``tools`` are arrangements, numbers of the relations that grow, these, and the orders of types."""
        self.arrangements, self.numbers, self.grown, self.orders = tools
        self.made = JoinPlan(body, start)
        self.needed = needed_variables(body)
        self.slots: dict[Part, int] = {}
        self.bound: set[str] = set()
        self.latest: set[str] = set()
        """What changes with each row of the last level."""
        self.levels: list[list[int]] = []
        self.checks: list[list[int]] = []
        self.atoms = [atom for atom in body.atoms if atom is not start]
        self.conditions = list(body.conditions)

    def plan(self) -> JoinPlan:
        """The plan; raises UnfitError for more than the machine holds."""
        made = self.made
        if made.start is not None:
            self.rows(made.start)
        elif not any(self.free(atom) for atom in self.atoms if not atom.is_negated):
            self.level(machine.ROWS, -1)
            self.levels[-1][machine.END] = 1
        self.test()
        while self.atoms:
            self.next()
            self.test()
        head = [self.slot(part) for part in made.body.head.parts]
        made.head = np.array(
            [self.numbers[made.body.head.relation], len(head), *head], dtype=np.int64
        )
        self.fuse(head)
        made.levels = np.array(self.levels, dtype=np.int64)
        if any(level[machine.KIND] == machine.MEET for level in self.levels):
            made.marks = np.zeros(self.arrangements.values, dtype=np.int64)
            made.levels[:, machine.MARKS] = made.marks.ctypes.data
        made.checks = np.array(self.checks, dtype=np.int64).reshape(-1, machine.CHECK_WIDTH)
        made.slots = np.zeros(len(self.slots), dtype=np.int64)
        for part, slot in self.slots.items():
            if isinstance(part, int):
                made.slots[slot] = part
        return made

    def fuse(self, head: list[int]) -> None:
        """The last level becomes one loop where it is one column, and nothing is checked."""
        last = self.levels[-1]
        plain = last[machine.CHECKS] == last[machine.CHECKS_END] and last[machine.NEW] == 1
        kinds = machine.RANGE, machine.MEET
        fused = plain and last[machine.KIND] in kinds and last[machine.NEW_SLOTS] in head
        last[machine.FUSED] = fused
        if fused and last[machine.KIND] == machine.RANGE and len(self.levels) > 1:
            # Two loops: the level before is one column of a range too.
            before = self.levels[-2]
            plain = (
                before[machine.CHECKS] == before[machine.CHECKS_END] and before[machine.NEW] == 1
            )
            before[machine.FUSED] = plain and before[machine.KIND] == machine.RANGE

    def slot(self, part: Part) -> int:
        return self.slots.setdefault(part, len(self.slots))

    def free(self, atom: JoinAtom) -> list[str]:
        """The variables of an atom that are needed and have no value yet."""
        return [name for name in atom.variables if name not in self.bound and self.needed[name] > 1]

    def bindings(self, atom: JoinAtom) -> list[str]:
        return [name for name in atom.variables if name in self.bound]

    # Levels.

    def level(self, kind: int, number: int) -> list[int]:
        made = [0] * machine.LEVEL_WIDTH
        made[machine.KIND], made[machine.FIRST] = kind, number
        made[machine.CHECKS] = len(self.checks) if self.levels else 0
        made[machine.NEW_SLOTS : machine.MARKS] = [-1] * machine.COLUMNS_MAX
        self.levels.append(made)
        return made

    def rows(self, atom: JoinAtom) -> None:
        """A level of rows that grow: those of a chain where a column is known, else all, or the new ones."""
        number = self.numbers[atom.relation]
        known = [
            at for at, part in enumerate(atom.parts) if isinstance(part, int) or part in self.bound
        ]
        chained = atom is not self.made.start and bool(known)
        made = self.level(machine.CHAIN if chained else machine.ROWS, number)
        if chained:
            self.grown[number].chain(known[0])
            made[machine.FIRST_KEYS], made[machine.FIRST_SLOTS] = (
                known[0],
                self.slot(atom.parts[known[0]]),
            )
        elif atom is not self.made.start:
            self.made.whole_rows.append((len(self.levels) - 1, atom.relation))
        own = made[machine.FIRST_KEYS] if chained else -1
        seen = set(self.bound)
        for at, part in enumerate(atom.parts):
            is_new = isinstance(part, str) and part not in seen
            if at == own or (is_new and is_alone(part, atom, self.needed)):
                continue
            made[machine.NEW_SLOTS + at] = self.slot(part) if is_new else self.spare(part)
            if isinstance(part, str):
                seen.add(part)
        self.bind(name for name in atom.variables if self.needed[name] > 1)

    def spare(self, part: Part) -> int:
        """A slot for what must be equal to a part."""
        slot = self.slot(f"another {len(self.slots)}")
        self.check(machine.EQUAL, slot, self.slot(part))
        return slot

    def next(self) -> None:
        """Joins with the atom that makes least of it."""
        open_ = [atom for atom in self.atoms if not atom.is_negated]
        if not open_:
            raise UnfitError
        best = max(open_, key=self.worth)
        self.atoms.remove(best)
        if best.relation in self.numbers:
            if not any(isinstance(part, int) or self.needed[part] > 1 for part in best.parts):
                raise UnfitError
            self.rows(best)
            return
        free, known = self.free(best), self.bindings(best)
        other = None
        if len(free) == 1 and known:
            other = next((atom for atom in self.atoms if self.meets(atom, free)), None)
        if other is not None:
            self.atoms.remove(other)
            if not self.latest & set(known):
                # The second range is the one that stays the same for longer: it is marked.
                best, other = other, best
        made = self.range_level(best, machine.FIRST, free)
        made[machine.NEW] = len(free)
        for at, name in enumerate(free):
            made[machine.NEW_SLOTS + at] = self.slot(name)
        if other is not None:
            made[machine.KIND] = machine.MEET
            self.range_level(other, machine.SECOND, free, made)
        self.bind(free)
        self.latest = set(free[-1:])

    def range_level(
        self, atom: JoinAtom, which: int, free: list[str], level: list[int] | None = None
    ) -> list[int]:
        """A level of a range of an arrangement; with ``level`` its second one."""
        known = self.bindings(atom)
        number = self.arrangement(atom, [*known, *free])
        made = self.level(machine.RANGE, number) if level is None else level
        made[which] = number
        is_first = which == machine.FIRST
        slots = machine.FIRST_SLOTS if is_first else machine.SECOND_SLOTS
        made[machine.FIRST_KEYS if is_first else machine.SECOND_KEYS] = len(known)
        for at, name in enumerate(known):
            made[slots + at] = self.slot(name)
        return made

    def bind(self, names: Iterable[str]) -> None:
        self.latest = set(names)
        self.bound |= self.latest

    def meets(self, atom: JoinAtom, free: list[str]) -> bool:
        """Whether an atom needs the same value and no other one."""
        plain = not atom.is_negated and atom.relation not in self.numbers
        return plain and self.free(atom) == free and bool(self.bindings(atom))

    def arrangement(self, atom: JoinAtom, names: list[str]) -> int:
        if len(names) > machine.COLUMNS_MAX or len(names) * self.arrangements.bits > KEY_BITS:
            raise UnfitError
        return self.arrangements.number(selection(atom, names))

    def worth(self, atom: JoinAtom) -> tuple[float, int]:
        free, known = len(self.free(atom)), len(self.bindings(atom))
        if atom.relation in self.numbers:
            size = self.grown[self.numbers[atom.relation]].count
            known += sum(isinstance(part, int) for part in atom.parts)
        else:
            size = self.arrangements.size(selection(atom, []))
        return -(max(size, 1) ** (free / max(free + known, 1))), known

    # Checks.

    def test(self) -> None:
        """Adds what can be checked by now to the last level."""
        for condition in [one for one in self.conditions if set(one.variables) <= self.bound]:
            self.conditions.remove(condition)
            self.compare(condition)
        for atom in list(self.atoms):
            wanted = [n for n in atom.variables if self.needed[n] > 1 or n in self.bound]
            if set(wanted) <= self.bound and self.is_tested(atom):
                self.atoms.remove(atom)
        if self.levels:
            self.levels[-1][machine.CHECKS_END] = len(self.checks)

    def is_tested(self, atom: JoinAtom) -> bool:
        """Whether an atom whose variables are known is a check; what binds the first level is none."""
        if atom.relation in self.numbers:
            return self.member(atom)
        names = self.bindings(atom)
        asked = selection(atom, names)
        if not names:
            self.made.is_void |= (self.arrangements.size(asked) > 0) == atom.is_negated
            return True
        test = machine.ABSENT if atom.is_negated else machine.PRESENT
        check = self.check(test, 0, 0)
        check[machine.WHERE], check[machine.KEYS] = self.arrangement(atom, names), len(names)
        for at, name in enumerate(names):
            check[machine.KEY_SLOTS + at] = self.slot(name)
        return True

    def member(self, atom: JoinAtom) -> bool:
        if any(isinstance(part, str) and part not in self.bound for part in atom.parts):
            return False
        number = self.numbers[atom.relation]
        self.grown[number].number_rows()
        check = self.check(machine.MEMBER, 0, 0)
        check[machine.WHERE], check[machine.KEYS] = number, len(atom.parts)
        for at, part in enumerate(atom.parts):
            check[machine.KEY_SLOTS + at] = self.slot(part)
        return True

    def compare(self, condition: Condition) -> None:
        left, right = self.slot(condition.left), self.slot(condition.right)
        check = self.check(_TESTS[condition.test], left, right)
        if condition.test in ("<", "<="):
            check[machine.WHERE] = self.orders[condition.type_].ctypes.data

    def check(self, test: int, left: int, right: int) -> list[int]:
        made = [0] * machine.CHECK_WIDTH
        made[machine.TEST], made[machine.LEFT], made[machine.RIGHT] = test, left, right
        self.checks.append(made)
        return made
