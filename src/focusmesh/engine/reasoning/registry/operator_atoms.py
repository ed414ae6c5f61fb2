"""Operator atoms: a name, arguments in brackets, result columns, and the function that gives the rows."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from focusmesh.errors import InputError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from focusmesh.engine.links import LinkView

TYPES = ("particle", "number", "float", "symbol", "bool")
"""The types that columns of relations have."""

ARGUMENT_TYPES = (*TYPES, "relation")


@dataclass(frozen=True, slots=True)
class Column:
    """A result column: a name, and one of TYPES."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Argument:
    """What stands in the brackets of an atom: ``name=value``.

    ``type`` is one of TYPES, or ``"relation"``: the value is then the list of rows of a relation of a lower stratum.
    Without ``default`` the argument must be given.
    """

    name: str
    type: str
    default: Any = None
    required: bool = False


@dataclass(frozen=True, slots=True)
class OperatorAtom:
    """What the registry knows of one operator.

    ``rows(links, arguments, tolerance)`` yields tuples of one value a column, particles as their names. It may be
    called from any thread and must depend on nothing else. ``bounded`` names the pairs (score, bound) of columns: the
    true value lies within bound of the score. An operator with such pairs takes ``tolerance`` (None: its own default)
    and gives finer bounds for a smaller one. ``version`` rises whenever the same links give other rows.
    """

    name: str
    columns: tuple[Column, ...]
    rows: Callable[[LinkView, Mapping[str, Any], float | None], Iterable[tuple[Any, ...]]]
    arguments: tuple[Argument, ...] = ()
    bounded: tuple[tuple[str, str], ...] = ()
    version: int = 1

    def verify(self) -> None:
        """Raises ParameterError for a type that does not exist, a name that occurs twice, or an unknown pair."""
        for column in self.columns:
            _verify_type(self.name, column.name, column.type, TYPES)
        for argument in self.arguments:
            _verify_type(self.name, argument.name, argument.type, ARGUMENT_TYPES)
        names = [column.name for column in self.columns]
        known = {argument.name for argument in self.arguments}
        if len(set(names)) < len(names) or len(known) < len(self.arguments):
            raise ParameterError(f"operator {self.name}: columns and arguments are named once each")
        unknown = {name for pair in self.bounded for name in pair} - set(names)
        if unknown:
            raise ParameterError(f"operator {self.name}: bounded names no column {sorted(unknown)}")

    def complete(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """All arguments, with defaults for those not given; raises InputError for unknown and missing ones."""
        known = {argument.name: argument for argument in self.arguments}
        for name in given:
            if name not in known:
                there = ", ".join(known) or "none"
                raise InputError(f"@{self.name} has no argument {name!r}; it has: {there}")
        for argument in self.arguments:
            if argument.required and argument.name not in given:
                raise InputError(
                    f"@{self.name} needs {argument.name}: write @{self.name}[{argument.name}=…]"
                )
        return {name: given.get(name, argument.default) for name, argument in known.items()}


class OperatorRegistry:
    """Operator atoms by name; one registry serves rules, patterns and all faces."""

    def __init__(self, atoms: Iterable[OperatorAtom] = ()) -> None:
        self._atoms: dict[str, OperatorAtom] = {}
        for atom in atoms:
            self.register(atom)

    def register(self, atom: OperatorAtom) -> OperatorAtom:
        """Takes an atom in; raises ParameterError where it is malformed or another one has its name."""
        atom.verify()
        if self._atoms.setdefault(atom.name, atom) is not atom:
            raise ParameterError(f"an operator named {atom.name} is registered already")
        return atom

    def find(self, name: str) -> OperatorAtom:
        """The atom of that name; raises InputError, which lists close names and all that there are."""
        atom = self._atoms.get(name)
        if atom is None:
            close = get_close_matches(name, self._atoms, 3)
            hint = f"; did you mean @{', @'.join(close)}?" if close else "."
            there = ", ".join(f"@{known}" for known in self.names()) or "none"
            raise InputError(f"no operator is named @{name}{hint} There are: {there}")
        return atom

    def names(self) -> list[str]:
        """The names of all operators, sorted."""
        return sorted(self._atoms)


operators = OperatorRegistry()
"""The registry that every face uses. Packages below register on import; the facade registers what lies beside."""


def _verify_type(operator: str, name: str, type_: str, types: tuple[str, ...]) -> None:
    if type_ not in types:
        raise ParameterError(
            f"operator {operator}: {name} has type {type_!r}; there are {', '.join(types)}"
        )
