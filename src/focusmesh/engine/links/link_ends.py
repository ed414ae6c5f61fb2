"""From whatever names link ends to dense indices and the Names that say what they were."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np

from focusmesh.engine.links.names.names import IntegerNames, Names, RangeNames
from focusmesh.engine.support.parallel import COMPILED_FROM_LINKS, even_chunks, run
from focusmesh.errors import InputError

if TYPE_CHECKING:
    from focusmesh.engine.links.structure.builder_checks import Labels
    from focusmesh.engine.support.arrays import BoolArray, IndexArray, IntArray

_SPAN_FREE = 1 << 16
_SPAN_PER_LINK = 4


def is_numbers(values: object) -> TypeGuard[IntArray]:
    """Whether ``values`` is an array of integers."""
    return isinstance(values, np.ndarray) and values.dtype.kind in "iu"


def as_ends(values: Any, what: str) -> IntArray | list[Hashable]:
    """``values`` as an integer array where all are integers, else as a list of names.

    Raises InputError for floats, nested arrays and unhashable names: those are never particles by accident.
    """
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        raise InputError(
            f"{what} must be an array or a sequence of names, not {type(values).__name__}"
        )
    if hasattr(values, "to_numpy"):
        values = values.to_numpy()
    if not isinstance(values, np.ndarray):
        values = list(values)
        if all(_is_integer(value) for value in values):
            values = _integers(values, what)
    if not isinstance(values, np.ndarray):
        return verified_names(values, what)
    if values.ndim != 1:
        raise InputError(f"{what} must have one dimension, this array has shape {values.shape}")
    if values.dtype.kind == "f":
        raise InputError(
            f"{what} holds floats ({values.dtype}); convert it to integers or names first"
        )
    if values.dtype.kind in "iu":
        return _as_signed(values, what)
    listed = values.tolist()
    if values.dtype == object and all(_is_integer(value) for value in listed):
        return _integers(listed, what)
    return verified_names(listed, what)


def _is_integer(value: object) -> bool:
    return type(value) is int or isinstance(value, np.integer)


def _integers(values: list[Any], what: str) -> IntArray:
    try:
        return np.array([int(value) for value in values], dtype=np.int64)
    except OverflowError as error:
        raise InputError(
            f"{what} holds an integer beyond 64 bits; use strings for such names"
        ) from error


def _as_signed(values: IntArray, what: str) -> IntArray:
    """``values`` in a type that compiled loops take and whose differences do not wrap around."""
    if values.dtype == np.uint64 and len(values) and int(values.max()) > np.iinfo(np.int64).max:
        raise InputError(f"{what} holds an integer beyond int64; use strings for such names")
    if values.dtype.itemsize < np.dtype(np.int32).itemsize or values.dtype == np.uint64:
        return values.astype(np.int64)
    return values if values.dtype.isnative else values.astype(np.int64)


def verified_names(values: list[Any], what: str) -> list[Hashable]:
    """``values``; raises InputError naming the first one that is None, NaN or unhashable."""
    for row, value in enumerate(values):
        if value is None or not isinstance(value, Hashable) or value != value:
            raise InputError(f"{what}[{row}] is {value!r}, which cannot name anything")
    return values


def number_labels(source: IntArray, target: IntArray) -> tuple[Names, Labels | None]:
    """Names of the integers that occur, ascending, and how to read the ends; None where they are indices."""
    from focusmesh.engine.links.structure.builder_checks import Labels

    if not len(source):
        return Names.range(0), None
    lowest = min(int(source.min()), int(target.min()))
    span = max(int(source.max()), int(target.max())) - lowest + 1
    if span > _SPAN_FREE + _SPAN_PER_LINK * len(source):
        return sparse_labels(source, target)
    seen = np.zeros(span, dtype=np.bool_)
    _mark(seen, lowest, source, target)
    numbers = np.flatnonzero(seen) + lowest
    if len(numbers) == span and lowest == 0:
        return RangeNames(span), None
    index_of = np.cumsum(seen, dtype=np.int64) - 1
    return IntegerNames(numbers), Labels(lowest, index_of.astype(np.uint32))


def _mark(seen: BoolArray, lowest: int, *columns: IntArray) -> None:
    for ends in columns:
        if len(ends) < COMPILED_FROM_LINKS:
            seen[ends - lowest] = True
        else:
            from focusmesh.engine.links.structure.builder_compiled import mark_numbers

            run(partial(mark_numbers, ends, lowest, seen), even_chunks(len(ends), 1 << 20))


def sparse_labels(source: IntArray, target: IntArray) -> tuple[Names, None]:
    """Names of integers too far apart for a table; ``indexed`` reads their ends."""
    numbers = np.unique(np.concatenate((np.unique(source), np.unique(target))))
    return IntegerNames(numbers.astype(np.int64, copy=False)), None


def index_ends(
    ends: IntArray | Sequence[Hashable], names: Names, labels: Labels | None
) -> IndexArray:
    """Indices of ``ends`` among ``names``, uint32."""
    if not is_numbers(ends):
        return names.indices(ends)
    if labels is not None:
        return labels.index_of[ends - labels.lowest]
    if isinstance(names, IntegerNames):
        return np.searchsorted(names.values, ends).astype(np.uint32)
    return ends.astype(np.uint32)


def first_seen(*columns: Sequence[Hashable]) -> tuple[Names, list[IndexArray]]:
    """Names in order of first appearance, row by row, and the index column of each given column."""
    known: dict[Hashable, int] = {}
    rows = zip(*columns, strict=True)
    flat = [known.setdefault(name, len(known)) for row in rows for name in row]
    table = np.array(flat, dtype=np.uint32).reshape(-1, len(columns))
    return Names.of(known), [np.ascontiguousarray(table[:, i]) for i in range(len(columns))]
