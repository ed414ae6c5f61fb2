"""Arrow tables at the boundary: whatever has an Arrow stream becomes link columns, and the other way round.

Needs the extra ``arrow``. Works batch by batch; the names of a batch pass through Python once each.
"""

from __future__ import annotations

from collections.abc import Sized
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from focusmesh.engine.links.names.interning import integer_of
from focusmesh.engine.links.tables.arrow_output import arrow_core
from focusmesh.engine.links.tables.objects import ObjectAssembly
from focusmesh.engine.links.tables.property_rows import MORE_COLUMNS_MAX
from focusmesh.engine.links.tables.roles import required_roles
from focusmesh.engine.links.tables.values import time_of, type_name, usable_weight, weight_of
from focusmesh.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import ModuleType

    import numpy.typing as npt

    from focusmesh.engine.links.columns import LinkColumns
    from focusmesh.engine.links.properties.refusals import Refusals
    from focusmesh.engine.support.arrays import FloatArray, IndexArray, OffsetArray

_INT64_MAX = 2**63 - 1
_UNTYPED = 'datatype "Null"'
"""What arro3 says of columns that only hold nulls where their library hands them over in another layout."""


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
    links = ArrowLinks(mapping)
    links.add(table, refuse=refuse, progress=progress)
    return links.columns()


class ArrowLinks:
    """Links of one Arrow stream, or of several that are parts of one table. ``mapping`` as in columns_from_arrow.

    Of the stream that was added last ``roles`` has the column of each role, ``more`` the columns that are properties of
    the link, or of the particle that a row without a target describes, and ``passed_over`` those beyond a thousand.
    """

    def __init__(self, mapping: Mapping[str, str]) -> None:
        self._core = arrow_core()
        self._mapping = mapping
        self._assembly = ObjectAssembly()
        self._labels: list[str] = []
        self._kinds: dict[str, str] | None = None
        self.roles: dict[str, str] = {}
        self.more: list[str] = []
        self.passed_over: list[str] = []

    @property
    def refusals(self) -> Refusals:
        """What was left out of the columns without a role."""
        return self._assembly.refusals

    def add(
        self,
        table: Any,
        where: str = "the table",
        constants: Mapping[str, str] | None = None,
        refuse: Callable[[int, str], None] | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> None:
        """Adds the rows of a stream, called ``where`` in errors, as columns_from_arrow says.

        ``constants`` are further columns, behind its own, with one text in all rows. Raises InputError where the
        columns are not those of the streams before, by name or by kind (integers, text).
        """
        batches = _stream(self._core, table)
        fixed = dict(constants or {})
        names = [*batches.schema.names, *fixed]
        roles = required_roles(names, self._mapping, where)
        self.roles = {role: names[at] for role, at in roles.items()}
        without = [name for name in names if name not in self.roles.values()]
        self.more, self.passed_over = without[:MORE_COLUMNS_MAX], without[MORE_COLUMNS_MAX:]
        self._verify_like_before(self.roles, batches, where)
        own, done = len(batches.schema.names), 0
        for batch in _each_batch(batches, table):
            read = {
                role: _column(self._core, batch.column(at), role, where) if at < own
                else _constant(fixed[names[at]], role, batch.num_rows)
                for role, at in roles.items()
            }  # fmt: skip
            keep = _usable(read, batch.num_rows, done, refuse or _stop)
            particles = _add(self._assembly, read, self._labels, keep)
            for name in self.more:
                at = names.index(name)
                values = batch.column(at).to_pylist() if at < own else [fixed[name]] * len(keep)
                kept = [value for value, good in zip(values, keep.tolist(), strict=True) if good]
                if "target" in roles:
                    self._assembly.say_of_links(name, kept)
                elif particles is not None:
                    self._assembly.say_of_particles(name, particles, kept)
            done += batch.num_rows
            if progress is not None:
                progress(done)

    def columns(self) -> LinkColumns:
        """All links; to be asked once."""
        return self._assembly.columns()

    def _verify_like_before(self, roles: dict[str, str], batches: Any, where: str) -> None:
        """Raises InputError where a stream has other columns for the roles than the ones before."""
        kind, schema = self._core.DataType, batches.schema
        kinds = {}
        for role, name in roles.items():
            is_integer = name in schema.names and kind.is_integer(schema.field(name).type)
            of = "integers" if is_integer and role in ("source", "target") else ""
            kinds[role] = f"{role} in {name!r}{' of ' + of if of else ''}"
        if self._kinds is None:
            self._kinds = kinds
            self._labels = [role for role in ("relation", "author") if role in roles]
            self._assembly = ObjectAssembly(self._labels, "time" in roles)
        elif self._kinds != kinds:
            here, before = sorted(kinds.values()), sorted(self._kinds.values())
            raise InputError(
                f"{where} is no part of one table with the files before it: it has {', '.join(here)}, "
                f"they have {', '.join(before)}"
            )


def _stream(core: ModuleType, table: Any) -> Any:
    """The batches of a table, with a schema."""
    if not hasattr(table, "__arrow_c_stream__"):
        raise InputError(f"a {type(table).__name__} has no Arrow stream (__arrow_c_stream__)")
    try:
        return core.RecordBatchReader.from_stream(table)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"the {type(table).__name__} cannot be read as Arrow: {error}; give each column one type, or hand in a "
            "list of dicts (pandas: to_dict('records'), Polars: to_dicts())"
        ) from error


def _constant(text: str, role: str, count: int) -> _Names | _Numbers:
    """A column that says ``text`` in every row; integers as names are integers."""
    if role in ("weight", "time"):
        value = weight_of(text) if role == "weight" else time_of(text)
        kind: npt.DTypeLike = np.float64 if role == "weight" else np.int64
        faults = dict.fromkeys(range(count), value) if isinstance(value, str) else {}
        return _Numbers(np.full(count, 0 if isinstance(value, str) else value, dtype=kind), faults)
    number = integer_of(text.encode("utf-8", "surrogatepass"))
    return _Names([text if number is None else number], np.zeros(count, dtype=np.int64))


class _Names(NamedTuple):
    """A column of names: distinct ones (None for null) and, for each row, which it is (−1 for null)."""

    distinct: list[int | str | None]
    which: OffsetArray


class _Numbers(NamedTuple):
    """A column of numbers with the reasons of the rows that have none."""

    values: npt.NDArray[Any]
    faults: dict[int, str]


def _each_batch(batches: Any, table: Any) -> Iterator[Any]:
    """The batches. Raises InputError for a column of nulls, which has no type, unless the table has no rows at all."""
    try:
        yield from batches
    except Exception as error:  # arro3 raises no other.
        if _UNTYPED not in str(error):
            raise
        if not isinstance(table, Sized) or len(table):
            raise InputError(
                f"a column of the {type(table).__name__} only holds nulls, so it has no type: give it one, or leave it "
                "out"
            ) from error


def _stop(row: int, reason: str) -> None:
    raise InputError(f"row {row}: {reason}; remove or repair it")


def _column(core: ModuleType, array: Any, role: str, where: str) -> _Names | _Numbers:
    called = f"the {role} column of {where} has type {type_name(array.type)}"
    read = {"weight": _weights, "time": _times}.get(role, _names)
    return read(core, array, called)


def _names(core: ModuleType, array: Any, called: str) -> _Names:
    kind = core.DataType
    wanted = f"{called}: names are integers or strings"
    if kind.is_floating(array.type):
        wanted += "; make it whole first (pandas: astype('Int64'), Polars: cast(pl.Int64))"
    if kind.is_integer(array.type):
        values, valid = _fill_nulls(array, np.uint64 if kind.is_uint64(array.type) else np.int64)
        distinct, which = np.unique(values, return_inverse=True)
        which[~valid] = -1
        return _Names(distinct.tolist(), which)
    if not (kind.is_dictionary(array.type) or _is_text(kind, array.type)):
        raise InputError(wanted)
    if not kind.is_dictionary(array.type):
        array = array.cast(kind.dictionary(kind.int64(), kind.large_utf8()))
    listed = core.dictionary_dictionary(array).to_pylist()
    if not all(name is None or type(name) in (int, str) for name in listed):
        raise InputError(wanted)
    which, valid = _fill_nulls(core.dictionary_indices(array), np.int64)
    which[~valid] = -1
    return _Names(listed, which)


def _is_text(kind: Any, arrow_type: Any) -> bool:
    return bool(
        kind.is_string(arrow_type)
        or kind.is_large_string(arrow_type)
        or kind.is_string_view(arrow_type)
        or kind.is_null(arrow_type)
    )


def _fill_nulls(array: Any, dtype: npt.DTypeLike) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]:
    """Values, 0 for nulls, and which rows have one."""
    if not array.null_count:
        values = np.array(array.to_numpy(), dtype=dtype)
        return values, np.ones(len(values), dtype=np.bool_)
    listed = array.to_pylist()
    valid = np.array([value is not None for value in listed], dtype=np.bool_)
    return np.array([0 if value is None else value for value in listed], dtype=dtype), valid


def _weights(core: ModuleType, array: Any, called: str) -> _Numbers:
    kind = core.DataType
    if not (kind.is_numeric(array.type) or kind.is_decimal(array.type) or kind.is_null(array.type)):
        raise InputError(f"{called}: weights are numbers")
    numbers = array.cast(kind.float64())
    values, valid = _fill_nulls(numbers, np.float64)
    values += 0.0
    faults = dict.fromkeys(np.flatnonzero(~valid).tolist(), "the weight is null")
    for row in np.flatnonzero(~((values >= 0) & (values < np.inf)) & valid).tolist():
        faults[row] = str(usable_weight(float(values[row]), float(values[row])))
    return _Numbers(values, faults)


def _times(core: ModuleType, array: Any, called: str) -> _Numbers:
    kind = core.DataType
    if _is_text(kind, array.type):
        moments = ["the time is null" if t is None else time_of(t) for t in array.to_pylist()]
        faults = {row: t for row, t in enumerate(moments) if isinstance(t, str)}
        return _Numbers(
            np.array([0 if isinstance(t, str) else t for t in moments], dtype=np.int64), faults
        )
    if not (kind.is_integer(array.type) or kind.is_temporal(array.type)):
        raise InputError(f"{called}: times are integers or timestamps")
    values, valid = _fill_nulls(array.cast(kind.int64()), np.int64)
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
) -> IndexArray | None:
    """Adds rows; the particles of their texts, where they have any."""
    source, target = read["source"], read.get("target")
    if not isinstance(source, _Names) or isinstance(target, _Numbers):
        raise InputError("source and target must be names")
    if target is not None:
        _add_links(assembly, read, source, target, labels, keep)
    texts = read.get("text")
    if isinstance(texts, _Names):
        particles = _intern(assembly, "source", source.distinct, source.which[keep])
        listed = ["" if text is None else str(text) for text in (*texts.distinct, None)]
        assembly.describe(particles, (listed[at] for at in texts.which[keep].tolist()))
        return particles
    return None


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
    endpoints = _intern(assembly, "source", [*source.distinct, *target.distinct], ends)
    found: dict[str, IndexArray] = {}
    for role in labels:
        column = read[role]
        if isinstance(column, _Names):
            found[role] = _intern(assembly, role, [*column.distinct, None], column.which[keep])
    amounts: FloatArray | None = weight.values[keep] if isinstance(weight, _Numbers) else None
    moments = time.values[keep] if isinstance(time, _Numbers) else None
    assembly.add(endpoints, found, amounts, moments)


def _intern(
    assembly: ObjectAssembly, role: str, distinct: list[int | str | None], which: OffsetArray
) -> IndexArray:
    """Indices of rows; the names that occur are numbered in the order of their first row."""
    used, first, local = np.unique(which % len(distinct), return_index=True, return_inverse=True)
    order = np.argsort(first)
    listed = (distinct[at] for at in used[order].tolist())
    codes = np.empty(len(used), dtype=np.uint32)
    codes[order] = assembly.interner(role).add("" if name is None else name for name in listed)
    return codes[local]
