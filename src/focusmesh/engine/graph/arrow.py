"""Arrow tables at the boundary: whatever has an Arrow stream becomes link columns, and the other way round.

Needs the extra ``arrow``. Works batch by batch; the names of a batch pass through Python once each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from focusmesh.engine.graph.importers.objects import ObjectAssembly
from focusmesh.engine.graph.importers.roles import required_roles
from focusmesh.engine.graph.importers.values import time_of, usable_weight
from focusmesh.engine.graph.names import DigestNames, Names, label
from focusmesh.errors import InputError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import ModuleType

    import numpy.typing as npt

    from focusmesh.engine.arrays import FloatArray, IndexArray, OffsetArray
    from focusmesh.engine.graph.links import LinkColumns

_INT64_MAX = 2**63 - 1


def columns_from_arrow(
    table: Any,
    mapping: Mapping[str, str],
    refuse: Callable[[int, str], None] | None = None,
    progress: Callable[[int], None] | None = None,
) -> LinkColumns:
    """Links of anything with ``__arrow_c_stream__``: pandas, Polars, PyArrow, DuckDB, a record batch reader.

    ``mapping`` gives the column of a role; other roles are found by the usual column names. Integers stay integers,
    strings (dictionary-encoded or not) stay strings. Times keep the unit of their column. A null in source, target,
    weight or time, and a weight that cannot be one, make a bad row: it goes to ``refuse`` with its number (from 1) and
    the reason; without ``refuse`` the first raises InputError. A null relation or author is the empty name. A column
    ``text`` has the text of the source; a table with names, texts and no targets describes particles and has no links.
    ``progress`` is told the rows so far. Raises MissingExtraError without the extra ``arrow``.
    """
    core = _core()
    if not hasattr(table, "__arrow_c_stream__"):
        raise InputError(f"a {type(table).__name__} has no Arrow stream (__arrow_c_stream__)")
    batches = core.RecordBatchReader.from_stream(table)
    roles = required_roles(batches.schema.names, mapping, "the table")
    labels: list[str] = [role for role in ("relation", "author") if role in roles]
    assembly = ObjectAssembly(labels, "time" in roles)
    done = 0
    for batch in batches:
        read = {role: _column(core, batch.column(at), role) for role, at in roles.items()}
        keep = _usable(read, batch.num_rows, done, refuse or _stop)
        _add(assembly, read, labels, keep)
        done += batch.num_rows
        if progress is not None:
            progress(done)
    return assembly.columns()


def links_to_arrow(columns: LinkColumns) -> Any:
    """An Arrow table with ``source``, ``target``, ``weight`` and what else the links have.

    Raises MissingExtraError without the extra ``arrow``, InputError for names that are neither integers nor strings.
    """
    core = _core()
    weight = np.ones(len(columns)) if columns.weight is None else columns.weight
    made = {
        "source": _named(core, columns.particles, columns.source),
        "target": _named(core, columns.particles, columns.target),
        "weight": core.Array.from_numpy(weight),
    }
    if columns.relation is not None and columns.relations is not None:
        made["relation"] = _named(core, columns.relations, columns.relation)
    if columns.author is not None and columns.authors is not None:
        made["author"] = _named(core, columns.authors, columns.author)
    if columns.time is not None:
        made["time"] = core.Array.from_numpy(columns.time)
    return core.Table.from_pydict(made)


def arrow_table(columns: Mapping[str, Names | npt.NDArray[Any]]) -> Any:
    """An Arrow table of named columns: arrays as they are, Names as integers or strings, digests as CIDv1 text.

    Raises MissingExtraError without the extra ``arrow``, InputError for other names.
    """
    core = _core()
    made = {}
    for title, column in columns.items():
        if isinstance(column, DigestNames):
            column = Names.texts(label(name) for name in column)
        if isinstance(column, Names):
            made[title] = _named(core, column, np.arange(len(column), dtype=np.uint32))
        else:
            made[title] = core.Array.from_numpy(column)
    return core.Table.from_pydict(made)


class _Names(NamedTuple):
    """A column of names: distinct ones (None for null) and, for each row, which it is (−1 for null)."""

    distinct: list[int | str | None]
    which: OffsetArray


class _Numbers(NamedTuple):
    """A column of numbers with the reasons of the rows that have none."""

    values: npt.NDArray[Any]
    faults: dict[int, str]


def _core() -> ModuleType:
    try:
        import arro3.core as core
    except ImportError:
        raise MissingExtraError("arrow", "working with Arrow tables") from None
    found: ModuleType = core
    return found


def _stop(row: int, reason: str) -> None:
    raise InputError(f"row {row}: {reason}; remove or repair it")


def _column(core: ModuleType, array: Any, role: str) -> _Names | _Numbers:
    if role == "weight":
        return _weights(core, array)
    if role == "time":
        return _times(core, array)
    return _names(core, array, role)


def _names(core: ModuleType, array: Any, role: str) -> _Names:
    kind = core.DataType
    if kind.is_integer(array.type):
        values, valid = _filled(array, np.uint64 if kind.is_uint64(array.type) else np.int64)
        distinct, which = np.unique(values, return_inverse=True)
        which[~valid] = -1
        return _Names(distinct.tolist(), which)
    if not kind.is_dictionary(array.type):
        if not _is_text(kind, array.type):
            raise InputError(
                f"the {role} column has type {array.type}: names are integers or strings"
            )
        array = array.cast(kind.dictionary(kind.int64(), kind.large_utf8()))
    listed = core.dictionary_dictionary(array).to_pylist()
    if not all(name is None or type(name) in (int, str) for name in listed):
        raise InputError(f"the {role} column has type {array.type}: names are integers or strings")
    which, valid = _filled(core.dictionary_indices(array), np.int64)
    which[~valid] = -1
    return _Names(listed, which)


def _is_text(kind: Any, arrow_type: Any) -> bool:
    return bool(
        kind.is_string(arrow_type)
        or kind.is_large_string(arrow_type)
        or kind.is_string_view(arrow_type)
        or kind.is_null(arrow_type)
    )


def _filled(array: Any, dtype: npt.DTypeLike) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]:
    """Values, 0 for nulls, and which rows have one."""
    if not array.null_count:
        values = np.array(array.to_numpy(), dtype=dtype)
        return values, np.ones(len(values), dtype=np.bool_)
    listed = array.to_pylist()
    valid = np.array([value is not None for value in listed], dtype=np.bool_)
    return np.array([0 if value is None else value for value in listed], dtype=dtype), valid


def _weights(core: ModuleType, array: Any) -> _Numbers:
    kind = core.DataType
    if not (kind.is_numeric(array.type) or kind.is_decimal(array.type) or kind.is_null(array.type)):
        raise InputError(f"the weight column has type {array.type}: weights are numbers")
    numbers = array.cast(kind.float64())
    values, valid = _filled(numbers, np.float64)
    values += 0.0
    faults = dict.fromkeys(np.flatnonzero(~valid).tolist(), "the weight is null")
    for row in np.flatnonzero(~((values >= 0) & (values < np.inf)) & valid).tolist():
        faults[row] = str(usable_weight(float(values[row]), float(values[row])))
    return _Numbers(values, faults)


def _times(core: ModuleType, array: Any) -> _Numbers:
    kind = core.DataType
    if _is_text(kind, array.type):
        moments = ["the time is null" if t is None else time_of(t) for t in array.to_pylist()]
        faults = {row: t for row, t in enumerate(moments) if isinstance(t, str)}
        return _Numbers(
            np.array([0 if isinstance(t, str) else t for t in moments], dtype=np.int64), faults
        )
    if not (kind.is_integer(array.type) or kind.is_temporal(array.type)):
        raise InputError(f"the time column has type {array.type}: times are integers or timestamps")
    values, valid = _filled(array.cast(kind.int64()), np.int64)
    rows = np.flatnonzero(~valid).tolist()
    return _Numbers(values, dict.fromkeys(rows, "the time is null or too large"))


def _usable(
    read: dict[str, _Names | _Numbers], count: int, before: int, refuse: Callable[[int, str], None]
) -> npt.NDArray[np.bool_]:
    """Which rows are good; the others go to ``refuse`` in order, each with its first fault."""
    faults: dict[int, str] = {}
    for role, column in read.items():
        found = _name_faults(column, role) if isinstance(column, _Names) else column.faults
        for row, reason in found.items():
            faults.setdefault(row, reason)
    keep = np.ones(count, dtype=np.bool_)
    for row in sorted(faults):
        refuse(before + row + 1, faults[row])
        keep[row] = False
    return keep


def _name_faults(column: _Names, role: str) -> dict[int, str]:
    reasons = [_name_fault(name, role) for name in column.distinct]
    bad = np.array([reason is not None for reason in [*reasons, _name_fault(None, role)]])
    rows = np.flatnonzero(bad[column.which]).tolist()
    which = column.which[rows].tolist()
    found = [None if at < 0 else column.distinct[at] for at in which]
    return {row: str(_name_fault(name, role)) for row, name in zip(rows, found, strict=True)}


def _name_fault(name: int | str | None, role: str) -> str | None:
    end = role in ("source", "target")
    if name is None or name == "":
        return f"the {role} is {'null' if name is None else 'empty'}" if end else None
    if isinstance(name, int) and name > _INT64_MAX:
        return f"the {role} {name} does not fit 64 bits with a sign"
    return None


def _add(
    assembly: ObjectAssembly,
    read: dict[str, _Names | _Numbers],
    labels: list[str],
    keep: npt.NDArray[np.bool_],
) -> None:
    source, target = read["source"], read.get("target")
    if not isinstance(source, _Names) or isinstance(target, _Numbers):
        raise InputError("source and target must be names")
    if target is not None:
        _add_links(assembly, read, source, target, labels, keep)
    texts = read.get("text")
    if isinstance(texts, _Names):
        particles = _interned(assembly, "source", source.distinct, source.which[keep])
        listed = ["" if text is None else str(text) for text in (*texts.distinct, None)]
        assembly.describe(particles, (listed[at] for at in texts.which[keep].tolist()))


def _add_links(
    assembly: ObjectAssembly,
    read: dict[str, _Names | _Numbers],
    source: _Names,
    target: _Names,
    labels: list[str],
    keep: npt.NDArray[np.bool_],
) -> None:
    weight, time = read.get("weight"), read.get("time")
    shift = len(source.distinct)
    ends = np.column_stack((source.which[keep], target.which[keep] + shift)).reshape(-1)
    endpoints = _interned(assembly, "source", [*source.distinct, *target.distinct], ends)
    found: dict[str, IndexArray] = {}
    for role in labels:
        column = read[role]
        if isinstance(column, _Names):
            found[role] = _interned(assembly, role, [*column.distinct, None], column.which[keep])
    amounts: FloatArray | None = weight.values[keep] if isinstance(weight, _Numbers) else None
    moments = time.values[keep] if isinstance(time, _Numbers) else None
    assembly.add(endpoints, found, amounts, moments)


def _interned(
    assembly: ObjectAssembly, role: str, distinct: list[int | str | None], which: OffsetArray
) -> IndexArray:
    """Indices of rows; the names that occur are numbered in the order of their first row."""
    used, first, local = np.unique(which % len(distinct), return_index=True, return_inverse=True)
    order = np.argsort(first)
    listed = (distinct[at] for at in used[order].tolist())
    codes = np.empty(len(used), dtype=np.uint32)
    codes[order] = assembly.interner(role).add("" if name is None else name for name in listed)
    return codes[local]


def _named(core: ModuleType, names: Names, index: IndexArray) -> Any:
    """The column of the names that ``index`` says: int64 or large_string."""
    listed = list(names)
    if all(type(name) is int for name in listed):
        return core.Array.from_numpy(np.array(listed, dtype=np.int64)[index])
    if not all(isinstance(name, str) for name in listed):
        raise InputError(
            "an Arrow table has integer names or string names; convert other names first"
        )
    values = core.Array(listed, type=core.DataType.large_utf8())
    return values.take(core.Array.from_numpy(index))
