"""Groups of aggregates while what they look at changes: each value by what came into its group and went out of it.

A group that a change has touched keeps its count, its exact sum or its least or greatest value from then on. Sums of
floats are whole multiples of the smallest float, so that any order of comings and goings gives the sum that
``math.fsum`` would. A least value that goes has its group read again.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from focusmesh.engine.reasoning.rules.evaluation.plan import Planner
from focusmesh.engine.reasoning.rules.evaluation.steps import evaluator
from focusmesh.engine.reasoning.rules.language import Atom, Variable
from focusmesh.engine.reasoning.rules.meaning import (
    FunctorError,
    GroupLiteral,
    atoms,
    bindings,
    term_variables,
    whole,
    wild,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from focusmesh.engine.reasoning.relations import Meter, Relation, Row
    from focusmesh.engine.reasoning.rules.evaluation.plan import Plan
    from focusmesh.engine.reasoning.rules.evaluation.stratum import RowChange

UNIT = 1074
"""The smallest float is 2 to the power of minus this; each other one is a whole multiple of it."""


class UnkeptError(Exception):
    """A value by which no total can be kept: it is infinite, no number, or of another type than the rest."""


class CountTotal:
    """How many rows a group has."""

    def __init__(self, values: Sequence[Any]) -> None:
        self.count = len(values)

    def after(self, went: Sequence[Any], came: Sequence[Any]) -> CountTotal:
        """The total once rows with these values have gone and come."""
        made = CountTotal(())
        made.count = self.count + len(came) - len(went)
        return made

    def value(self) -> Any:
        """The count."""
        return self.count


class SumTotal:
    """The exact sum of a group and the number of its rows, for its sum or its mean."""

    def __init__(self, kind: str, values: Sequence[Any]) -> None:
        self.kind = kind
        self.count = 0
        self.floats = 0
        self.sum = 0
        self._add(values, 1)

    def after(self, went: Sequence[Any], came: Sequence[Any]) -> SumTotal:
        """The total once rows with these values have gone and come."""
        made = SumTotal(self.kind, ())
        made.count, made.floats, made.sum = self.count, self.floats, self.sum
        made._add(came, 1)
        made._add(went, -1)
        return made

    def value(self) -> Any:
        """The sum or the mean, rounded once; raises FunctorError for a number that is too large."""
        if self.kind == "mean":
            return self.sum / (1 << UNIT) / self.count if self.count else None
        return self.sum / (1 << UNIT) if self.floats else whole(self.sum)

    def _add(self, values: Sequence[Any], sign: int) -> None:
        for value in values:
            is_float = self.kind == "mean" or isinstance(value, float)
            if self.floats not in (0, self.count) or (self.count and is_float != bool(self.floats)):
                raise UnkeptError
            self.count += sign
            self.floats += sign * is_float
            self.sum += sign * (units(value) if is_float else value)


class ExtremeTotal:
    """The least or the greatest value of a group; None for one that is empty."""

    def __init__(self, kind: str, values: Sequence[Any]) -> None:
        self.kind = kind
        self.best = self._best(values)

    def after(self, went: Sequence[Any], came: Sequence[Any]) -> ExtremeTotal | None:
        """The total once rows with these values have gone and come; None where only the group can tell."""
        if self.best in went:
            return None
        return ExtremeTotal(self.kind, [*([] if self.best is None else [self.best]), *came])

    def value(self) -> Any:
        """The least or the greatest value."""
        return self.best

    def _best(self, values: Sequence[Any]) -> Any:
        if any(value != value for value in values):
            raise UnkeptError
        pick: Callable[..., Any] = min if self.kind == "min" else max
        return pick(values, default=None)


Total = CountTotal | SumTotal | ExtremeTotal


def units(value: Any) -> int:
    """A number, as a float, in units of the smallest one; raises UnkeptError where it is not finite."""
    try:
        numerator, denominator = float(value).as_integer_ratio()
    except (OverflowError, ValueError) as error:
        raise UnkeptError from error
    return numerator << UNIT + 1 - denominator.bit_length()


class GroupBook:
    """The totals of one aggregate's groups, by the values that are injected into it, as a change goes through.

    Relations are first as they were: a group that ``begin`` was told of, and that is asked for, gets a total. From
    ``block`` on these groups have no value; from ``open`` on they have that of the relations as they are.
    """

    def __init__(
        self, literal: GroupLiteral, relations: Mapping[str, Relation], text: str, words: str
    ) -> None:
        self.literal = literal
        self.totals: dict[Row, Total] = {}
        self.touched: dict[Row, tuple[Sequence[Any], Sequence[Any]]] = {}
        """Values of the rows that went and came, by group."""
        self.is_blocked = False
        self._later: dict[Row, Total | None] = {}
        self._relations, self._text, self._words = relations, text, words
        self._plans: dict[Atom, Plan] = {}
        parts = [part for part in literal.body if isinstance(part, Atom) and not part.negated]
        names = {name for atom in parts for name in term_variables(atom.arguments)}
        target = () if literal.target is None else (literal.target,)
        self._names = sorted({*names, *literal.injected, *term_variables(target)})
        nested = any(isinstance(part, GroupLiteral) for part in literal.body)
        self.is_kept = not nested and {*self._names} <= bindings(literal.body, set())
        """Whether the rows that a change brings say which groups they belong to."""

    @property
    def needs(self) -> set[str]:
        """Relations that the aggregate looks at."""
        return {atom.relation for atom in atoms([self.literal])}

    def changes(
        self, changes: Mapping[str, RowChange], meter: Meter, *, new: bool
    ) -> dict[Row, list[Any]]:
        """Values by group of the rows that went, relations being as they were; of those that came where ``new``."""
        found: dict[Row, None] = {}
        for atom in self.literal.body:
            if not isinstance(atom, Atom) or atom.relation not in changes:
                continue
            change = changes[atom.relation]
            rows: Iterable[Row] = change.came if new is not atom.negated else change.went
            columns = [
                at
                for at, term in enumerate(atom.arguments)
                if not (atom.negated and isinstance(term, Variable) and wild(term))
            ]
            starts = list(dict.fromkeys(tuple(row[at] for at in columns) for row in rows))
            if not starts:
                continue
            plan = self._plan(atom, columns)
            for part in plan.run(starts, meter):
                found.update(dict.fromkeys(map(plan.head, part)))
        return self._by_group(found)

    def _plan(self, atom: Atom, columns: Sequence[int]) -> Plan:
        if atom not in self._plans:
            body, relations = self.literal.body, self._relations
            planner = Planner(body, relations, self._text, self._words, sets=False)
            terms = [Variable(name) for name in self._names]
            start = [atom.arguments[at] for at in columns]
            self._plans[atom] = (
                planner.plan_from(start, terms) if atom.negated else planner.plan(atom, terms)
            )
        return self._plans[atom]

    def _by_group(self, rows: Iterable[Row]) -> dict[Row, list[Any]]:
        slots = {name: at for at, name in enumerate(self._names)}
        key = [slots[name] for name in self.literal.injected]
        target = self.literal.target
        value = (lambda row: None) if target is None else evaluator(target, slots)
        groups: dict[Row, list[Any]] = {}
        for row in rows:
            groups.setdefault(tuple(row[at] for at in key), []).append(value(row))
        return groups

    # The phases of a change.

    def begin(self, went: Mapping[Row, Sequence[Any]], came: Mapping[Row, Sequence[Any]]) -> None:
        """What a change brings. O(rows that changed)."""
        self.touched = {key: (went.get(key, ()), came.get(key, ())) for key in {**went, **came}}
        self._settle()

    def block(self) -> None:
        """Relations are as they are between: groups that change have no value."""
        self._settle()
        for key, total in self._later.items():
            if total is None:
                del self.totals[key]
            else:
                self.totals[key] = total
        self._later.clear()
        self.is_blocked = True

    def open(self) -> None:
        """Relations are as they will be."""
        self.is_blocked = False

    def end(self) -> None:
        """The change is through."""
        self.touched = {}

    def forget(self) -> None:
        """Lets go of all totals: groups are read anew."""
        self.totals, self.touched, self.is_blocked = {}, {}, False
        self._later.clear()

    def _settle(self) -> None:
        """Works out what totals come to, and lets go of groups whose value stays."""
        for key, (went, came) in list(self.touched.items()):
            total = self.totals.get(key)
            if total is None or key in self._later:
                continue
            later: Total | None = None
            with suppress(UnkeptError, TypeError):
                later = total.after(went, came)
            if later is not None and _are_equal(total, later):
                self.totals[key] = later
                del self.touched[key]
            else:
                self._later[key] = later

    def value(self, key: Row, read: Callable[[], list[Any]], otherwise: Callable[..., Any]) -> Any:
        """What a group comes to: by its total, or by what ``otherwise`` makes of the values that it has."""
        if self.is_blocked and key in self.touched:
            return None
        total = self.totals.get(key)
        if total is None:
            values = read()
            if key not in self.touched:
                return otherwise(values)
            try:
                total = self.totals[key] = total_of(self.literal, values)
            except UnkeptError:
                return otherwise(values)
        return total.value()


def total_of(literal: GroupLiteral, values: Sequence[Any]) -> Total:
    """The total of an aggregate over values; raises UnkeptError."""
    if literal.kind == "count" or literal.target is None:
        return CountTotal(values)
    kind = literal.kind
    return ExtremeTotal(kind, values) if kind in ("min", "max") else SumTotal(kind, values)


def _are_equal(total: Total, other: Total) -> bool:
    """Whether values are equal and of one type: nothing sums up to 0, floats to 0.0."""
    try:
        one, two = total.value(), other.value()
        return type(one) is type(two) and bool(one == two)
    except (FunctorError, OverflowError):
        return False
