"""Properties and labels as sections of a graph file; a file without any has none of them.

``of_particles.…`` and ``of_links.…`` hold a table each: ``keys`` ascending; ``columns`` (rows of key, kind, number of
values); ``owner``, the owners of all columns one after the other; and the values of each kind, in the same order.
``of_links`` has besides which links its owners are.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.links.file.checks import (
    InconsistentError,
    array_of_type,
    check_indices,
    check_offsets,
)
from focusmesh.engine.links.file.name_sections import names_from_arrays, names_to_arrays
from focusmesh.engine.links.properties.column import NUMBER_TYPES, PropertyColumn, ValueBlocks
from focusmesh.engine.links.properties.label_rows import LabelRows
from focusmesh.engine.links.properties.link_properties import KeyedLinks, LinkProperties
from focusmesh.engine.links.properties.properties import Properties
from focusmesh.engine.links.properties.table import PropertyTable
from focusmesh.engine.links.properties.values import (
    KINDS,
    verify_key,
    verify_key_count,
    verify_label,
)
from focusmesh.engine.support.arrays import pair_keys
from focusmesh.errors import DamagedFileError, InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from focusmesh.engine.links.file.checks import Arrays

_PARTICLES, _LINKS, _LABELS = "of_particles", "of_links", "labels"
_LINK_COLUMNS = ("source", "target", "relation", "author")
_NUMBERS = {"bool": "|u1", "integer": "<i8", "float": "<f8"}


def properties_to_arrays(properties: Properties) -> dict[str, npt.NDArray[Any]]:
    """Their sections. Raises InputError for more keys than a file may have, and relations that cannot be saved."""
    arrays: dict[str, npt.NDArray[Any]] = {}
    if properties.particles:
        arrays |= _table_to_arrays(_PARTICLES, properties.particles)
    if properties.links:
        rows = properties.links.links
        for name in _LINK_COLUMNS:
            arrays[f"{_LINKS}.{name}"] = getattr(rows, name)
        arrays |= names_to_arrays(f"{_LINKS}.relations", rows.relations)
        arrays |= names_to_arrays(f"{_LINKS}.authors", rows.authors)
        arrays |= _table_to_arrays(_LINKS, properties.links.table)
    if len(properties.labels):
        arrays |= _words_to_arrays(_LABELS, properties.labels.names)
        arrays[f"{_LABELS}.owner"] = properties.labels.owner
        arrays[f"{_LABELS}.label"] = properties.labels.label
    return arrays


def properties_from_arrays(arrays: Arrays, particle_count: int) -> Properties | None:
    """Those of a file, None where it has none. Raises InconsistentError for sections that do not fit together."""
    made = Properties(
        _table_from_arrays(_PARTICLES, arrays, particle_count),
        _labels_from_arrays(arrays, particle_count),
        _links_from_arrays(arrays, particle_count),
    )
    return made or None


def _table_to_arrays(prefix: str, table: PropertyTable) -> dict[str, npt.NDArray[Any]]:
    verify_key_count(len(table.keys))
    columns = [(at, column) for at, key in enumerate(table.keys) for column in table.columns[key]]
    listed = [(at, KINDS.index(column.kind), len(column)) for at, column in columns]
    arrays: dict[str, npt.NDArray[Any]] = _words_to_arrays(f"{prefix}.keys", table.keys)
    arrays[f"{prefix}.columns"] = np.array(listed, dtype=np.int64)
    arrays[f"{prefix}.owner"] = np.concatenate([column.owners for _, column in columns])
    for kind in KINDS:
        values = [column.values for _, column in columns if column.kind == kind]
        blocks = [each for each in values if isinstance(each, ValueBlocks)]
        if blocks:
            whole = _join_all(blocks)
            arrays[f"{prefix}.{kind}.blob"], arrays[f"{prefix}.{kind}.ends"] = whole
        elif values:
            arrays[f"{prefix}.{kind}"] = np.concatenate(values)
    return arrays


def _join_all(blocks: list[ValueBlocks]) -> ValueBlocks:
    sizes = np.array([int(each.ends[-1]) for each in blocks], dtype=np.int64)
    shifts = np.cumsum(sizes) - sizes
    ends = [each.ends + shift for each, shift in zip(blocks, shifts.tolist(), strict=True)]
    blobs = [each.blob[:size] for each, size in zip(blocks, sizes.tolist(), strict=True)]
    return ValueBlocks(np.concatenate(blobs), np.concatenate(ends))


def _table_from_arrays(prefix: str, arrays: Arrays, owner_count: int) -> PropertyTable:
    if f"{prefix}.columns" not in arrays:
        return PropertyTable()
    keys = _words_from_arrays(f"{prefix}.keys", arrays, verify_key)
    listed = array_of_type(arrays, f"{prefix}.columns", "<i8", 2)
    owner = array_of_type(arrays, f"{prefix}.owner", "<u4")
    check_indices(f"{prefix}.owner", owner, owner_count)
    _check_columns(prefix, listed, len(keys), len(owner))
    values: dict[str, npt.NDArray[Any] | ValueBlocks] = {
        kind: _values(prefix, kind, arrays) for kind in KINDS if _has(prefix, kind, arrays)
    }
    used = dict.fromkeys(values, 0)
    columns: dict[str, tuple[PropertyColumn, ...]] = {}
    start = 0
    for at, number, count in listed.tolist():
        kind, key = KINDS[number], keys[at]
        begin = used.get(kind, 0)
        if kind not in values or begin + count > len(values[kind]):
            raise InconsistentError(
                f"{prefix}.columns has more values of kind {kind} than there are"
            )
        used[kind] = begin + count
        owners = owner[start : start + count]
        start += count
        if bool(np.any(owners[1:] <= owners[:-1])):
            raise InconsistentError(f"{prefix}.owner does not ascend below {key!r}")
        column = PropertyColumn(kind, owners, _part(values[kind], begin, begin + count))
        columns[key] = (*columns.get(key, ()), column)
    if any(used[kind] != len(values[kind]) for kind in values):
        raise InconsistentError(f"{prefix} has values that no column has")
    for key, found in columns.items():
        if len(found) > 1 and len(np.unique(np.concatenate([c.owners for c in found]))) < sum(
            map(len, found)
        ):
            raise InconsistentError(f"{prefix} gives one owner two values of {key!r}")
    return PropertyTable(columns)


def _check_columns(prefix: str, listed: npt.NDArray[Any], keys: int, owners: int) -> None:
    """Each key has a column, each pair of key and kind one at most, in ascending order, none of them empty."""
    if listed.shape[1] != 3 or not len(listed):
        raise InconsistentError(f"{prefix}.columns has shape {listed.shape}")
    key, kind, count = listed.T
    if not (bool(np.all((kind >= 0) & (kind < len(KINDS)))) and bool(np.all(count > 0))):
        raise InconsistentError(f"{prefix}.columns has a kind or a number that there is not")
    if bool(np.any(count > owners)) or int(count.sum()) != owners:
        raise InconsistentError(f"{prefix}.columns does not span {owners} owners")
    place = key * len(KINDS) + kind
    if not np.array_equal(np.unique(key), np.arange(keys)) or bool(np.any(place[1:] <= place[:-1])):
        raise InconsistentError(f"{prefix}.columns is not ordered by its {keys} keys and kinds")


def _has(prefix: str, kind: str, arrays: Arrays) -> bool:
    return f"{prefix}.{kind}" in arrays or f"{prefix}.{kind}.ends" in arrays


def _values(prefix: str, kind: str, arrays: Arrays) -> npt.NDArray[Any] | ValueBlocks:
    name = f"{prefix}.{kind}"
    if kind not in NUMBER_TYPES:
        return _blocks(name, arrays)
    found = array_of_type(arrays, name, _NUMBERS[kind])
    if kind == "float" and not bool(np.all(np.isfinite(found))):
        raise InconsistentError(f"{name} has values that are not finite")
    if kind == "bool" and bool(np.any(found > 1)):
        raise InconsistentError(f"{name} has values beside 0 and 1")
    return found


def _part(
    values: npt.NDArray[Any] | ValueBlocks, begin: int, end: int
) -> npt.NDArray[Any] | ValueBlocks:
    if not isinstance(values, ValueBlocks):
        return values[begin:end]
    start = int(values.ends[begin - 1]) if begin else 0
    stop = int(values.ends[end - 1])
    return ValueBlocks(values.blob[start:stop], values.ends[begin:end] - start)


def _blocks(prefix: str, arrays: Arrays) -> ValueBlocks:
    blob = array_of_type(arrays, f"{prefix}.blob", "|u1")
    ends = array_of_type(arrays, f"{prefix}.ends", "<i8")
    check_offsets(f"{prefix}.ends", ends, len(blob))
    return ValueBlocks(blob, ends)


def _words_to_arrays(prefix: str, words: list[str]) -> dict[str, npt.NDArray[Any]]:
    blocks = ValueBlocks.of(word.encode("utf-8") for word in words)
    return {f"{prefix}.blob": blocks.blob, f"{prefix}.ends": blocks.ends}


def _words_from_arrays(prefix: str, arrays: Arrays, verify: Callable[[Any], str]) -> list[str]:
    """Words that ascend, each within its bound."""
    blocks = _blocks(prefix, arrays)
    try:
        verify_key_count(len(blocks) if verify is verify_key else 0)
        words = [verify(blocks.value(at).decode("utf-8")) for at in range(len(blocks))]
    except (InputError, UnicodeDecodeError, DamagedFileError) as error:
        raise InconsistentError(f"{prefix}: {error}") from error
    if any(left >= right for left, right in pairwise(words)):
        raise InconsistentError(f"{prefix} does not ascend")
    return words


def _labels_from_arrays(arrays: Arrays, count: int) -> LabelRows:
    if f"{_LABELS}.owner" not in arrays:
        return LabelRows.of(())
    names = _words_from_arrays(_LABELS, arrays, verify_label)
    owner = array_of_type(arrays, f"{_LABELS}.owner", "<u4")
    label = array_of_type(arrays, f"{_LABELS}.label", "<u4")
    if owner.shape != label.shape:
        raise InconsistentError(f"{_LABELS}.label has shape {label.shape}, not {owner.shape}")
    check_indices(f"{_LABELS}.owner", owner, count)
    check_indices(f"{_LABELS}.label", label, len(names))
    keys = pair_keys(owner, label)
    if bool(np.any(keys[1:] <= keys[:-1])):
        raise InconsistentError(f"{_LABELS}.owner does not ascend")
    if not np.array_equal(np.unique(label), np.arange(len(names))):
        raise InconsistentError(f"{_LABELS} has a name that no particle has")
    return LabelRows(names, owner, label)


def _links_from_arrays(arrays: Arrays, count: int) -> LinkProperties:
    if f"{_LINKS}.source" not in arrays:
        return LinkProperties.of({})
    columns = [array_of_type(arrays, f"{_LINKS}.{name}", "<u4") for name in _LINK_COLUMNS]
    names = [names_from_arrays(f"{_LINKS}.{name}", arrays) for name in ("relations", "authors")]
    if names[0] is None or names[1] is None:
        raise InconsistentError(f"{_LINKS} has no relations or no authors")
    limits = (count, count, len(names[0]), len(names[1]))
    for name, column, limit in zip(_LINK_COLUMNS, columns, limits, strict=True):
        if column.shape != columns[0].shape:
            raise InconsistentError(f"{_LINKS}.{name} has shape {column.shape}")
        check_indices(f"{_LINKS}.{name}", column, limit)
    rows = KeyedLinks(columns[0], columns[1], columns[2], columns[3], names[0], names[1])
    if len(np.unique(np.stack(columns), axis=1).T) < len(columns[0]):
        raise InconsistentError(f"{_LINKS} names a link twice")
    return LinkProperties(rows, _table_from_arrays(_LINKS, arrays, len(columns[0])))
