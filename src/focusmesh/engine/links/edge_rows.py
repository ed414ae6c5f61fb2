"""Edges as Python has them: tuples, a dict of columns, a list of dicts. All become parallel columns."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from focusmesh.engine.links.edits import NO_NAME, NO_TIME
from focusmesh.engine.links.tables.roles import required_roles
from focusmesh.engine.links.tables.values import shorten, time_of, usable_weight, weight_of
from focusmesh.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

EDGE_FORM = "(source, target[, weight[, relation[, author[, time]]]])"
"""How an edge is written."""
_DATA: dict[str, Any] = {"weight": 1.0, "relation": NO_NAME, "author": NO_NAME, "time": NO_TIME}
"""What a link may have beside its ends, and what it has where nothing is said."""

_MAKERS = {
    "__arrow_c_stream__": "from_table",
    "adjacency": "from_networkx",
    "get_edgelist": "from_igraph",
}
"""What makes a graph of an object that has a method or an attribute, and is no list of edges."""


class EdgeColumns(NamedTuple):
    """``m`` edges as columns of equal length; None for what no edge has."""

    source: Any
    target: Any
    weight: Any = None
    relation: Any = None
    author: Any = None
    time: Any = None


class EdgeTable(NamedTuple):
    """The edges of a table and the texts of its particles. ``particles``: the names of a table that has no edges.

    ``more`` are the columns without a role, one value an edge, or a name: None where there is none.
    """

    edges: EdgeColumns
    texts: dict[Hashable, str]
    particles: list[Hashable] | None
    names: list[Hashable]
    more: dict[str, list[Any]]


def is_edge(row: Any) -> bool:
    """Whether ``row`` has the form of an edge: two to six values in a row."""
    is_row = isinstance(row, Sequence | np.ndarray) and not isinstance(row, str | bytes)
    return is_row and 2 <= len(row) <= 6


def split_edges(edges: Any) -> EdgeColumns:
    """The columns of edges ``(source, target[, weight[, relation[, author[, time]]]])`` of any lengths.

    In the place of the third may stand a mapping with ``weight``, ``relation``, ``author`` or ``time``, as NetworkX
    lists edges; its other keys are passed over. An integer array of shape (m, 2) or (m, 3) will do. Raises InputError
    that names the edge at fault. O(m).
    """
    if isinstance(edges, np.ndarray) and edges.ndim == 2 and edges.shape[1] in (2, 3):
        return EdgeColumns(*(np.ascontiguousarray(column) for column in edges.T))
    for method, maker in _MAKERS.items():
        if hasattr(edges, method):
            raise InputError(
                f"a {type(edges).__name__} is no list of edges {EDGE_FORM}: hand it to Graph.{maker}"
            )
    if isinstance(edges, str | bytes | Mapping) or not isinstance(edges, Iterable):
        raise InputError(
            f"without a target, source is the edges {EDGE_FORM}, not {type(edges).__name__}"
        )
    rows = list(edges)
    for at, row in enumerate(rows):
        if not is_edge(row):
            raise InputError(f"edge {at} is {shorten(row)}; expected {EDGE_FORM}")
    ends = [row[0] for row in rows], [row[1] for row in rows]
    data = [_data(row) for row in rows if len(row) > 2]
    present = [name for name in _DATA if any(name in each for each in data)]
    if not present:
        return EdgeColumns(*ends)
    data = [_data(row) for row in rows]
    columns = {name: [each.get(name, _DATA[name]) for each in data] for name in present}
    return EdgeColumns(*ends, **columns)


def _data(row: Sequence[Any]) -> Mapping[str, Any]:
    if len(row) == 3 and isinstance(row[2], Mapping):
        return row[2]
    named = zip(_DATA, row[2:], strict=False)
    return {name: value for name, value in named if value is not None}


def edges_from_table(table: Any, mapping: Mapping[str, str]) -> EdgeTable:
    """The edges of a dict of columns, or of an iterable of dicts, whose keys are the names of columns.

    ``mapping`` gives the column of a role; other roles are found by the usual column names. Numbers and times may be
    text, as the ``csv`` module leaves them. Where a dict lacks a key its edge weighs 1 and has no relation, author or
    time. Raises InputError that names the row, from 1. O(m).
    """
    columns = _columns(table)
    roles = required_roles(list(columns), mapping, "the table")
    listed = list(columns.values())
    read = {role: listed[at] for role, at in roles.items()}
    more = {
        name: [None if value is _ABSENT else value for value in listed[at]]
        for at, name in enumerate(columns)
        if at not in roles.values()
    }
    if "target" not in read:
        names = _each(read["source"], "particle", _name)
        texts = _texts(names, read["text"])
        return EdgeTable(EdgeColumns([], []), texts, list(dict.fromkeys(names)), names, more)
    readers = {"weight": _weight, "relation": _label, "author": _label, "time": _time}
    ends = [_each(read[role], role, _name) for role in ("source", "target")]
    data = {
        role: _each(read[role], role, reader) for role, reader in readers.items() if role in read
    }
    texts = _texts(ends[0], read.get("text", ()))
    return EdgeTable(EdgeColumns(*ends, **data), texts, None, [], more)


class _Absent:
    """What a row has in a column that it does not know."""


_ABSENT = _Absent()


def _columns(table: Any) -> dict[str, list[Any]]:
    if isinstance(table, Mapping):
        columns = {str(name): _to_list(name, column) for name, column in table.items()}
        if len({len(column) for column in columns.values()}) > 1:
            told = ", ".join(f"{name} {len(column)}" for name, column in columns.items())
            raise InputError(f"the columns of the table differ in length: {told}")
        return columns
    rows = [] if isinstance(table, str | bytes) or not isinstance(table, Iterable) else list(table)
    if isinstance(table, Iterable) and not isinstance(table, str | bytes) and not rows:
        raise InputError("the table has no rows, so nothing says which columns it has")
    if not rows or not all(isinstance(row, Mapping) for row in rows):
        raise InputError(
            "a table is a dict of columns, a list of dicts, or anything with an Arrow stream (pandas, Polars, PyArrow, "
            f"DuckDB), not {shorten(table) if isinstance(table, list | tuple) else type(table).__name__}"
        )
    names = list(dict.fromkeys(name for row in rows for name in row))
    return {str(name): [row.get(name, _ABSENT) for row in rows] for name in names}


def _to_list(name: object, column: Any) -> list[Any]:
    if isinstance(column, str | bytes) or not isinstance(column, Iterable):
        raise InputError(f"the column {name!r} must be a sequence, not {type(column).__name__}")
    return list(column.tolist() if hasattr(column, "tolist") else column)


def _each(column: list[Any], role: str, read: Callable[[Any], Any]) -> list[Any]:
    found = []
    for row, value in enumerate(column, 1):
        try:
            found.append(_default(role) if value is _ABSENT else read(value))
        except ValueError as error:
            what = f"there is no {role}" if value is _ABSENT else f"the {role} is {shorten(value)}"
            raise InputError(f"row {row}: {what}: {error}") from error
    return found


def _default(role: str) -> Any:
    if role not in _DATA:
        raise ValueError("the row has no such key")
    return _DATA[role]


def _name(value: Any) -> Hashable:
    if value is None or not isinstance(value, Hashable) or value != value:
        raise ValueError("it cannot name anything; remove or repair it")
    return value


def _label(value: Any) -> Hashable:
    return NO_NAME if value is None else _name(value)


def _weight(value: Any) -> float:
    if isinstance(value, str):
        found = weight_of(value)
    elif isinstance(value, int | float | np.number):
        found = usable_weight(float(value), value)
    else:
        found = "a weight is a number"
    if isinstance(found, str):
        raise ValueError(found)
    return found


def _time(value: Any) -> int:
    told = value.isoformat() if isinstance(value, date) else value
    if isinstance(told, bool) or not isinstance(told, int | np.integer | str):
        raise ValueError("a time is an integer or a date")
    found = time_of(str(told))
    if isinstance(found, str):
        raise ValueError(found)
    return found


def _texts(names: Sequence[Hashable], texts: Sequence[Any]) -> dict[Hashable, str]:
    found: dict[Hashable, str] = {}
    for name, text in zip(names, texts, strict=False):
        if isinstance(text, str) and text:
            found.setdefault(name, text)
    return found
