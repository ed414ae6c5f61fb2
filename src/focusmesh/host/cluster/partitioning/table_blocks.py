"""A block of a Parquet table becomes codes, names and weights; rows that cannot be used are named."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from focusmesh.engine.cluster import RowBlock, SpeltNames, keep_block
from focusmesh.engine.links import BAD_LINES_KEPT, usable_weight
from focusmesh.errors import DamagedFileError
from focusmesh.host.cluster.partitioning.tables import open_parquet, parquet_of

if TYPE_CHECKING:
    import numpy.typing as npt

    from focusmesh.engine.cluster import PartitionJob
    from focusmesh.host.cluster.partitioning.tables import BlockSpan, TableSet

_BATCH_ROWS = 1 << 17
_INT64_MAX = 2**63 - 1


class _Column(NamedTuple):
    """A column of one role, and for rows that have no usable value in it, why."""

    values: Any
    faults: dict[int, str]


def read_block(job: PartitionJob, tables: TableSet, number: int) -> None:
    """Reads a block and keeps it for the phases that follow. Raises FileError, DamagedFileError."""
    span = tables.blocks[number]
    columns = _read(tables, span)
    table = tables.tables[span.table]
    found = [_read_names(columns[table.columns[role]], role) for role in ("source", "target")]
    weight = None
    if "weight" in table.columns:
        weight = _weights(columns[table.columns["weight"]])
        found.append(weight)
    faults: dict[int, str] = {}
    for column in found:
        for row, reason in column.faults.items():
            faults.setdefault(row, reason)
    good = np.ones(span.count, dtype=np.bool_)
    good[list(faults)] = False
    listed = [[span.first + row + 1, faults[row]] for row in sorted(faults)[:BAD_LINES_KEPT]]
    ends = [_keep_good(column.values, good) for column in found[:2]]
    codes, names = _encode_names(ends, integers=job.integers)
    half = int(good.sum())
    amounts = None if weight is None else weight.values[good]
    if amounts is not None and bool(np.all(amounts == 1)):
        amounts = None
    block = RowBlock(
        source=codes[:half],
        target=codes[half:],
        weight=amounts,
        names=names,
        rows=span.count,
        bad_count=len(faults),
        bad=json.dumps(listed).encode(),
        table=span.table,
    )
    keep_block(job, number, block)


def _read(tables: TableSet, span: BlockSpan) -> dict[str, Any]:
    """The columns of a block, decoded batch by batch: a row group may be larger than the block."""
    import pyarrow as pa

    table = tables.tables[span.table]
    parquet, filesystem, path = parquet_of(table.url, tables.options)
    names = list(dict.fromkeys(table.columns.values()))
    batches, skip, left = [], span.skip, span.count
    with open_parquet(parquet, filesystem, path) as file:
        groups = list(range(span.group, file.metadata.num_row_groups))
        for batch in file.iter_batches(_BATCH_ROWS, row_groups=groups, columns=names):
            part = batch.slice(min(skip, batch.num_rows))
            skip -= batch.num_rows - part.num_rows
            if part.num_rows:
                batches.append(part.slice(0, left))
                left -= batches[-1].num_rows
            if not left:
                break
    if left:
        raise DamagedFileError(f"{table.name} is cut short: {left} rows less than its footer says")
    whole = pa.Table.from_batches(batches)
    return {name: whole.column(name) for name in names}


def _read_names(column: Any, role: str) -> _Column:
    """A column of names as int64 or large_string without dictionaries; rows without a name."""
    import pyarrow as pa
    import pyarrow.compute as compute

    types = pa.types
    if types.is_dictionary(column.type):
        column = compute.cast(column, column.type.value_type)
    faults = dict.fromkeys(_rows(compute.is_null(column)), f"the {role} is null")
    if types.is_integer(column.type):
        if types.is_uint64(column.type):
            large = compute.greater(column, pa.scalar(_INT64_MAX, pa.uint64()))
            for row in _rows(large):
                faults[row] = f"the {role} {column[row]} does not fit 64 bits with a sign"
            column = compute.if_else(large, pa.scalar(0, pa.uint64()), column)
        return _Column(column.cast(pa.int64()), faults)
    column = column.cast(pa.large_string())
    empty = compute.equal(compute.binary_length(column), 0)
    faults |= dict.fromkeys(_rows(empty), f"the {role} is empty")
    return _Column(column, faults)


def _weights(column: Any) -> _Column:
    import pyarrow as pa
    import pyarrow.compute as compute

    missing = compute.is_null(column)
    numbers = compute.fill_null(column.cast(pa.float64()), 0.0)
    values = numbers.to_numpy() + 0.0
    faults = dict.fromkeys(_rows(missing), "the weight is null")
    for row in np.flatnonzero(~((values >= 0) & (values < np.inf))).tolist():
        faults[row] = str(usable_weight(float(values[row]), float(values[row])))
    return _Column(values, faults)


def _rows(mask: Any) -> list[int]:
    """The rows where an Arrow mask is true."""
    import pyarrow.compute as compute

    rows: list[int] = np.flatnonzero(compute.fill_null(mask, False).to_numpy()).tolist()
    return rows


def _keep_good(column: Any, good: npt.NDArray[np.bool_]) -> Any:
    """The good rows, in one piece."""
    import pyarrow as pa

    chunk = column if bool(good.all()) else column.filter(pa.array(good))
    return chunk.combine_chunks()


def _encode_names(
    ends: list[Any], *, integers: bool
) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64] | SpeltNames]:
    """Codes of sources, then of targets, and the names that they stand for."""
    import pyarrow as pa

    letters = {pa.types.is_integer(end.type) for end in ends}
    if not integers and letters != {False}:
        ends = [_spelt(end) for end in ends]
    coded = pa.chunked_array(ends).combine_chunks().dictionary_encode()
    codes = coded.indices.to_numpy().astype(np.uint32)
    names = coded.dictionary
    if integers:
        return codes, names.to_numpy().astype(np.int64, copy=False)
    if letters == {False}:
        names = _spelt(names)
    offsets = np.frombuffer(names.buffers()[1], dtype=np.int64)
    offsets = offsets[names.offset : names.offset + len(names) + 1]
    blob = np.frombuffer(names.buffers()[2] or b"", dtype=np.uint8)
    return codes, SpeltNames(blob[: int(offsets[-1])], np.ascontiguousarray(offsets[1:]))


def _spelt(names: Any) -> Any:
    """Names with the letter of their type first, as digests want them."""
    import pyarrow as pa
    import pyarrow.compute as compute

    large = pa.large_string()
    letter = "i" if pa.types.is_integer(names.type) else "s"
    joined = (pa.scalar(letter, large), names.cast(large), pa.scalar("", large))
    return compute.binary_join_element_wise(*joined)
