"""Links and named columns as Arrow tables. Needs the extra ``arrow``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.links.names.names import DigestNames, Names, label
from focusmesh.errors import InputError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

    import numpy.typing as npt

    from focusmesh.engine.links.columns import LinkColumns
    from focusmesh.engine.support.arrays import IndexArray


def arrow_core() -> ModuleType:
    """The library; raises MissingExtraError."""
    try:
        import arro3.core as core
    except ImportError:
        raise MissingExtraError("arrow", "working with Arrow tables") from None
    found: ModuleType = core
    return found


def links_to_arrow(columns: LinkColumns) -> Any:
    """An Arrow table with ``source``, ``target``, ``weight`` and what else the links have.

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
    return core.Table.from_pydict(made)


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
