"""Facts and outputs in files as Soufflé has them: a relation a file, a row a line, columns between tabs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from focusmesh.engine.reasoning.rules.meaning import FunctorError, whole
from focusmesh.errors import FileError, InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from os import PathLike

    from focusmesh.engine.reasoning.relations import Row
    from focusmesh.engine.reasoning.rules.rule_set import RuleSet

BOOLS = {"true": True, "false": False}
READERS: dict[str, Callable[[str], Any]] = {
    "number": lambda text: whole(int(text)),
    "float": float,
    "bool": BOOLS.__getitem__,
}
"""From text to a value of a type; all other types are text."""


def read_facts(folder: str | PathLike[str], rules: RuleSet) -> dict[str, list[Row]]:
    """The rows of every relation that the rules mark ``.input``, from ``NAME.facts`` below ``folder``.

    Raises FileError where a file cannot be read, InputError with file and line for a row that does not fit.
    """
    return {
        name: list(_rows(Path(folder) / f"{name}.facts", rules.types[name]))
        for name in rules.inputs
    }


def _rows(path: Path, types: tuple[str, ...]) -> Iterable[Row]:
    try:
        with path.open(encoding="utf-8", newline="\n") as file:
            for number, line in enumerate(file, 1):
                yield _row(path, number, line.rstrip("\r\n"), types)
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8: {error}") from error
    except OSError as error:
        raise FileError(f"{path}: {error.strerror}: name the folder that has it") from error


def _row(path: Path, number: int, line: str, types: tuple[str, ...]) -> Row:
    fields = line.split("\t") if types else []
    if len(fields) != len(types):
        raise InputError(
            f"{path}:{number}: {len(types)} columns are declared, {len(fields)} are there"
        )
    row = list[Any]()
    for field, type_ in zip(fields, types, strict=True):
        try:
            row.append(READERS.get(type_, str)(field))
        except (ValueError, KeyError, FunctorError):
            raise InputError(f"{path}:{number}: {field!r} is no {type_}") from None
    return tuple(row)


def row_line(row: Row) -> str:
    """A row as Soufflé prints it."""
    if not row:
        return "()"
    return "\t".join(f"{value:.6g}" if isinstance(value, float) else str(value) for value in row)
