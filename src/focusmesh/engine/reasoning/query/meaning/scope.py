"""The variables that an expression sees."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.query.meaning.inferred import ANYTHING, InferredType

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class QueryScope:
    """Variables with their types, in the order in which they were bound."""

    types: Mapping[str, InferredType] = field(default_factory=dict)

    def binding(self, name: str, inferred: InferredType = ANYTHING) -> QueryScope:
        """This scope with one variable more, or with another type of one."""
        return QueryScope({**self.types, name: inferred})

    def over(self, other: QueryScope) -> QueryScope:
        """This scope, and what it does not hide of ``other``."""
        return QueryScope({**other.types, **self.types})

    def without(self, names: Iterable[str]) -> QueryScope:
        """This scope less some variables."""
        gone = set(names)
        return QueryScope({name: each for name, each in self.types.items() if name not in gone})


@dataclass(frozen=True, slots=True)
class Place:
    """What may stand where an expression stands: aggregates, and patterns as predicates.

    ``within`` says in an aggregate's argument which one that is.
    """

    aggregates: bool = False
    patterns: bool = False
    within: str = ""


ITEM = Place(aggregates=True)
"""An item of a projection."""
CONDITION = Place(patterns=True)
"""A condition of WHERE."""
PLAIN = Place()
