"""Operator atoms: a name, arguments in brackets, result columns, and the function that answers."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from focusmesh.errors import InputError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import numpy.typing as npt

    from focusmesh.engine.links import Snapshot

TYPES = ("particle", "number", "float", "symbol", "bool")
"""The types that columns of relations have."""

PARTICLES = "particles"
"""The type of an argument that takes one particle, several, or in rules a relation of one column."""

ARGUMENT_TYPES = (*TYPES, PARTICLES)


@dataclass(frozen=True, slots=True)
class Column:
    """A result column: a name, and one of TYPES."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Argument:
    """What stands in the brackets of an atom: ``name=value``, of one of ARGUMENT_TYPES.

    Without ``default`` the argument must be given. Numbers lie between ``least`` and ``most``; where there are
    ``choices``, the value is one of them.
    """

    name: str
    type: str
    default: Any = None
    required: bool = False
    least: float | None = None
    most: float | None = None
    choices: tuple[str, ...] = ()

    def fitting(self, value: Any) -> Any:
        """``value`` as the operator takes it; raises ValueError that says what is expected."""
        if self.type in ("number", "float"):
            return self._number(value)
        if self.choices and value not in self.choices:
            raise ValueError(f"one of {', '.join(self.choices)}")
        if self.type == "symbol" and not isinstance(value, str):
            raise ValueError("text")
        if self.type == "bool" and not isinstance(value, bool):
            raise ValueError("true or false")
        if self.type == "particle" and not _is_name(value):
            raise ValueError("a name")
        if self.type != PARTICLES:
            return value
        names = tuple(value) if isinstance(value, list | tuple | set | frozenset) else (value,)
        if not all(map(_is_name, names)):
            raise ValueError("a name, or several")
        return names

    def _number(self, value: Any) -> int | float:
        word = "a whole number" if self.type == "number" else "a number"
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise ValueError(word)
        if self.type == "number" and not (isinstance(value, int) or value.is_integer()):
            raise ValueError(word)
        if self.least is not None and not value >= self.least:
            raise ValueError(f"at least {self.least:g}")
        if self.most is not None and not value <= self.most:
            raise ValueError(f"at most {self.most:,g}")
        try:
            return int(value) if self.type == "number" else float(value)
        except OverflowError:
            raise ValueError("a number of 64 bits") from None


@dataclass(frozen=True, slots=True)
class OperatorAtom:
    """What the registry knows of one operator.

    ``answer(snapshot, arguments, tick)`` gives one array a column, particles as their indices. It calls ``tick``
    between slices of its work, which raises where a limit is reached; it may be called from any thread and depends on
    nothing else. ``bounded`` names the pairs (score, bound) of columns: the true value lies within bound of the score.
    ``version`` rises whenever the same links give other rows.
    """

    name: str
    columns: tuple[Column, ...]
    answer: Callable[[Snapshot, Mapping[str, Any], Callable[[], None]], Sequence[npt.NDArray[Any]]]
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
        """All arguments, with defaults for those not given; raises InputError for what is unknown, missing or unfit."""
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
        return {
            name: self._fitting(argument, given[name]) if name in given else argument.default
            for name, argument in known.items()
        }

    def _fitting(self, argument: Argument, value: Any) -> Any:
        try:
            return argument.fitting(value)
        except ValueError as error:
            raise InputError(
                f"@{self.name}: {argument.name} is {error}, not {_shorten(value)!r}"
            ) from None


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
            close = get_close_matches(_shorten(name), self._atoms, 3)
            hint = f"; did you mean @{', @'.join(close)}?" if close else "."
            there = ", ".join(f"@{known}" for known in self.names()) or "none"
            raise InputError(f"no operator is named @{_shorten(name)}{hint} There are: {there}")
        return atom

    def names(self) -> list[str]:
        """The names of all operators, sorted."""
        return sorted(self._atoms)


def _verify_type(operator: str, name: str, type_: str, types: tuple[str, ...]) -> None:
    if type_ not in types:
        raise ParameterError(
            f"operator {operator}: {name} has type {type_!r}; there are {', '.join(types)}"
        )


def _is_name(value: Any) -> bool:
    """Whether a particle may be called so."""
    if isinstance(value, tuple):
        return all(map(_is_name, value))
    return isinstance(value, Hashable) and value is not None and value == value


def _shorten(value: Any) -> str:
    """So much of a value as an error shows."""
    try:
        return str(value)[:40]
    except ValueError:  # more digits than Python writes
        return "a number of many digits"
