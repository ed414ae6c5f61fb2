"""Procedures, which CALL names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from focusmesh.engine.reasoning.query.values import ValueType


@dataclass(frozen=True, slots=True)
class ProcedureSignature:
    """A procedure's name, its parameters and its columns, each with a name and a type.

    The last ``optional`` parameters need not be given. A *relation* has its columns as parameters: an argument that is
    a variable without value is bound to its column, all others select rows.
    """

    name: str
    parameters: tuple[tuple[str, ValueType], ...] = ()
    columns: tuple[tuple[str, ValueType], ...] = ()
    optional: int = 0
    is_relation: bool = False

    def takes(self, count: int) -> bool:
        """Whether it can be called with so many arguments."""
        return len(self.parameters) - self.optional <= count <= len(self.parameters)
