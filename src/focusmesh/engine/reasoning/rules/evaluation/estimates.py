"""Estimates: a rule that is sure to pass a limit is refused before anything of it is joined.

They are counts that the rule cannot stay below, of the relations as they are: the product of parts that share no
variable, and of two atoms that share some, the pairs of rows that agree. Distinct heads are held against limits of
rows; rows on the way, whose number depends on the order of a join, against ten times their limit.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from focusmesh.engine.reasoning.relations import KEY_BITS, distinct, pack, row_bytes
from focusmesh.engine.reasoning.rules.language import Atom, ComparisonLiteral, Constant, Variable
from focusmesh.engine.reasoning.rules.meaning import literal_text, literal_variables, wild
from focusmesh.errors import BudgetError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.reasoning.relations import QueryLimits
    from focusmesh.engine.reasoning.rules.evaluation.stratum import Stratum
    from focusmesh.engine.reasoning.rules.meaning import NormalLiteral, NormalRule
    from focusmesh.engine.support.arrays import OffsetArray

TIMES = 10
"""A rule is refused for its rows on the way from so many times the limit on."""


class JoinEstimate(NamedTuple):
    """What a rule cannot stay below: distinct heads, and rows that its join yields on the way."""

    rows: int
    inferences: int


def verify_estimates(stratum: Stratum, limits: QueryLimits) -> None:
    """Raises BudgetError for the first rule that cannot stay within limits.

    O(n log n) of the relations that a rule joins where the product of their sizes passes a limit; else O(rules).
    """
    for rule in stratum.rules:
        bounds = _bounds(rule, limits)
        if bounds and _product(stratum, rule) > min(bounds.values()):
            _verify(stratum, rule, limits, bounds)


def _bounds(rule: NormalRule, limits: QueryLimits) -> dict[str, int]:
    """How many rows each limit admits of a rule."""
    bytes_ = limits.memory_bytes
    most = {
        "rows": limits.rows,
        "memory_bytes": None if bytes_ is None else bytes_ // row_bytes(len(rule.head.arguments)),
        "inferences": None if limits.inferences is None else TIMES * limits.inferences,
    }
    return {name: count for name, count in most.items() if count is not None}


def _verify(
    stratum: Stratum, rule: NormalRule, limits: QueryLimits, bounds: dict[str, int]
) -> None:
    found = estimate(rule, stratum)
    given = len(stratum.given[rule.head.relation])
    for name, most in bounds.items():
        unit = "inferences" if name == "inferences" else "rows"
        count: int = getattr(found, unit)
        if count > most + given:
            joined = " and ".join(literal_text(part, {}) for part in joined_atoms(rule))
            raise BudgetError(
                name,
                f"{stratum.words(rule)} would make {count:,} {unit} or more of {joined}, and {name} is "
                f"{getattr(limits, name):,}: nothing of it was derived; give them one more variable in common, put a "
                f"constant in place of one, ask for less by a goal (?- …), or raise {name}",
            )


def estimate(rule: NormalRule, stratum: Stratum) -> JoinEstimate:
    """Both are 0 for a rule of which nothing is known beforehand."""
    joined = joined_atoms(rule)
    filters = [part for part in rule.body if part not in joined]
    parts = _parts(joined)
    if filters and (len(joined) > 2 or not all(_is_late(part, joined) for part in filters)):
        return JoinEstimate(0, 0)
    if max(map(len, parts), default=3) > 2:
        return JoinEstimate(0, 0)
    needed = {name for part in (rule.head, *filters) for name in literal_variables(part)}
    counts = [_of_part(part, needed, stratum) for part in parts]
    rows, inferences = (prod(each) for each in zip(*counts, strict=True))
    return JoinEstimate(0 if filters else rows, inferences)


def _product(stratum: Stratum, rule: NormalRule) -> int:
    """No join of the rule has more rows; 0 for one atom, and where the stratum's own rows are joined."""
    joined = joined_atoms(rule)
    if len(joined) < 2 or any(atom.relation in stratum.names for atom in joined):
        return 0
    return prod(len(stratum.relations[atom.relation]) for atom in joined)


def joined_atoms(rule: NormalRule) -> list[Atom]:
    """The atoms whose rows a rule joins."""
    return [part for part in rule.body if isinstance(part, Atom) and not part.negated]


def _is_late(part: NormalLiteral, joined: Sequence[Atom]) -> bool:
    """Whether what drops rows needs values of both atoms, so that their join is made first."""
    names = {name for name in literal_variables(part) if not wild(Variable(name))}
    is_equation = isinstance(part, ComparisonLiteral) and part.operator == "="
    return (
        isinstance(part, Atom | ComparisonLiteral)
        and not is_equation
        and not any(names <= set(literal_variables(atom)) for atom in joined)
    )


def _parts(joined: Sequence[Atom]) -> list[list[Atom]]:
    """Atoms that variables connect."""
    parts: list[list[Atom]] = []
    for atom in joined:
        names = set(literal_variables(atom))
        near = [p for p in parts if any(names & set(literal_variables(other)) for other in p)]
        parts = [each for each in parts if each not in near]
        parts.append([*(other for part in near for other in part), atom])
    return parts


def _of_part(joined: Sequence[Atom], needed: set[str], stratum: Stratum) -> JoinEstimate:
    """What one or two atoms cannot stay below in different values of the ``needed`` variables."""
    names = [set(literal_variables(atom)) for atom in joined]
    shared = sorted(set.intersection(*names)) if len(joined) > 1 else []
    free = [sorted((each & needed) - {*shared}) for each in names]
    keys = [_Keys(atom, shared, own, stratum) for atom, own in zip(joined, free, strict=True)]
    if any(each.is_wide for each in keys):
        return JoinEstimate(0, 0)
    if len(joined) == 1:
        return JoinEstimate(keys[0].count, keys[0].count)
    pairs = _pairs(*keys)
    if not any(free) and not needed & {*shared}:
        return JoinEstimate(*[min(1, len(pairs))] * 2)
    total = int(pairs.sum())
    return JoinEstimate(total if {*shared} <= needed else int(pairs.max(initial=0)), total)


class _Keys:
    """The different values of ``shared`` and ``own`` variables that an atom's rows have, as keys."""

    def __init__(
        self, atom: Atom, shared: Sequence[str], own: Sequence[str], stratum: Stratum
    ) -> None:
        self._atom = atom
        self._relation = stratum.relations[atom.relation]
        self._places = stratum.places
        columns = [self._variable(name) for name in (*shared, *own)]
        held = self._mask()
        self.bits = self._places.bits
        self.is_wide = len(columns) * self.bits > KEY_BITS
        self.shift = self.bits * len(own)
        self.keys: OffsetArray | None = None
        self.count = len(self._relation) if held is None else int(held.sum())
        if columns and not self.is_wide:
            kept = columns if held is None else [column[held] for column in columns]
            self.keys = distinct(pack(kept, self.bits))
            self.count = len(self.keys)
        self.count = self.count if columns else min(1, self.count)

    def groups(self) -> Any:
        """The values of the shared variables, and how many keys each has."""
        assert self.keys is not None
        return np.unique(self.keys >> self.shift, return_counts=True)

    def _column(self, at: int) -> OffsetArray:
        return self._relation.column(at, self._places)

    def _variable(self, name: str) -> OffsetArray:
        return self._column(self._places_of(name)[0])

    def _places_of(self, name: str) -> list[int]:
        terms = enumerate(self._atom.arguments)
        return [at for at, term in terms if isinstance(term, Variable) and term.name == name]

    def _mask(self) -> Any:
        """Which rows have the atom's constants, and equal values where a variable stands twice; None for all."""
        held: Any = None
        for at, term in enumerate(self._atom.arguments):
            if isinstance(term, Constant):
                place = self._places.find(self._relation.types[at], term.value)
                fits = self._column(at) == (-1 if place is None else place)
            elif isinstance(term, Variable) and (first := self._places_of(term.name)[0]) != at:
                fits = self._column(first) == self._column(at)
            else:
                continue
            held = fits if held is None else held & fits
        return held


def _pairs(first: _Keys, second: _Keys) -> OffsetArray:
    """How many pairs of keys agree in each value of the shared variables, int64 (values,)."""
    (values, counts), (others, times) = first.groups(), second.groups()
    _, one, two = np.intersect1d(values, others, assume_unique=True, return_indices=True)
    found: OffsetArray = counts[one].astype(np.int64) * times[two]
    return found
