"""Links and named columns as Arrow tables. Needs the extra ``arrow``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.links.names.names import DigestNames, Names, label
from focusmesh.engine.links.properties.values import attribute_name, kind_of, value_text
from focusmesh.engine.links.tables.link_keys import keys_of
from focusmesh.engine.links.tables.roles import ALIASES, plain_name
from focusmesh.errors import InputError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

    import numpy.typing as npt

    from focusmesh.engine.links.columns import LinkColumns
    from focusmesh.engine.links.properties.values import PropertyValue
    from focusmesh.engine.support.arrays import IndexArray

_RESERVED = {alias for role in ALIASES for alias in ALIASES[role]}


def arrow_core() -> ModuleType:
    """The library; raises MissingExtraError."""
    try:
        import arro3.core as core
    except ImportError:
        raise MissingExtraError("arrow", "working with Arrow tables") from None
    found: ModuleType = core
    return found


def links_to_arrow(columns: LinkColumns) -> Any:
    """An Arrow table with ``source``, ``target``, ``weight`` and what else the links have, their properties among it.

    Raises MissingExtraError without the extra ``arrow``, InputError for names that are neither integers nor strings.
    """
    core = arrow_core()
    weight = np.ones(len(columns)) if columns.weight is None else columns.weight
    made = {
        "source": _name_column(core, columns.particles, columns.source),
        "target": _name_column(core, columns.particles, columns.target),
        "weight": core.Array.from_numpy(weight),
    }
    if columns.relation is not None and columns.relations is not None:
        made["relation"] = _name_column(core, columns.relations, columns.relation)
    if columns.author is not None and columns.authors is not None:
        made["author"] = _name_column(core, columns.authors, columns.author)
    if columns.time is not None:
        made["time"] = core.Array.from_numpy(columns.time)
    return core.Table.from_pydict(made | _property_columns(core, columns))


def _property_columns(core: ModuleType, columns: LinkColumns) -> dict[str, Any]:
    """The properties of links, a column a key; values of several kinds are text there. O(links · keys)."""
    known = None if columns.properties is None else columns.properties.links
    if not known:
        return {}
    found, keys = known.by_link(), list(keys_of(columns))
    return {
        attribute_name(key, {key} if plain_name(key) in _RESERVED else ()): _value_column(
            core, [found.get(link, {}).get(key) for link in keys]
        )
        for key in known.table.keys
    }


def _value_column(core: ModuleType, values: list[PropertyValue | None]) -> Any:
    """An array of values of one type, nulls where there is none."""
    kinds = {kind_of(value) for value in values if value is not None}
    types = core.DataType
    if kinds == {"integer", "float"}:
        kinds, values = {"float"}, [None if each is None else float(each) for each in values]
    if len(kinds) != 1:
        kinds, values = {"text"}, [None if each is None else value_text(each) for each in values]
    made = {
        "bool": types.bool,
        "integer": types.int64,
        "float": types.float64,
        "text": types.large_utf8,
        "bytes": types.large_binary,
    }
    return core.Array(values, type=made[kinds.pop()]())


def arrow_table(columns: Mapping[str, Names | npt.NDArray[Any]]) -> Any:
    """An Arrow table of named columns: arrays as they are, Names as integers or strings, digests as CIDv1 text.

    Raises MissingExtraError without the extra ``arrow``, InputError for other names.
    """
    core = arrow_core()
    made = {}
    for title, column in columns.items():
        if isinstance(column, DigestNames):
            column = Names.texts(label(name) for name in column)
        if isinstance(column, Names):
            made[title] = _name_column(core, column, np.arange(len(column), dtype=np.uint32))
        else:
            made[title] = core.Array.from_numpy(column)
    return core.Table.from_pydict(made)


def _name_column(core: ModuleType, names: Names, index: IndexArray) -> Any:
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
