"""Rows between the operators of a plan, and where variables lie in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.query.language.syntax import VariableExpression, all_nodes
from focusmesh.engine.reasoning.query.values import QueryValue

if TYPE_CHECKING:
    from collections.abc import Mapping

    from focusmesh.engine.reasoning.query.language.syntax import Expression

Row = Sequence[QueryValue]
"""The values of a row by slot."""
Evaluate = Callable[[Row], QueryValue]
"""An expression that was compiled for rows of one width."""
Operator = Callable[[Iterable[Row]], Iterator[Row]]


@dataclass(frozen=True, slots=True)
class SlotScope:
    """In which slots of a row the variables lie; a row has ``width`` slots.

    ``known`` has the slots of whole expressions that were evaluated before, such as aggregates and columns.
    """

    names: Mapping[str, int] = field(default_factory=dict)
    width: int = 0
    known: Mapping[Expression, int] = field(default_factory=dict)

    def binding(self, *names: str) -> SlotScope:
        """This scope with variables more, in the slots behind the others; they hide what has their names."""
        slots = {name: self.width + index for index, name in enumerate(names)}
        known = {each: slot for each, slot in self.known.items() if not _reads(each, slots.keys())}
        return SlotScope({**self.names, **slots}, self.width + len(names), known)

    def naming(self, slots: Mapping[str, int], width: int) -> SlotScope:
        """This scope with some names for given slots, in rows of another width."""
        return SlotScope({**self.names, **slots}, width, self.known)


def _reads(node: Expression, names: Iterable[str]) -> bool:
    wanted = set(names)
    return any(
        isinstance(each, VariableExpression) and each.name in wanted for each in all_nodes(node)
    )
