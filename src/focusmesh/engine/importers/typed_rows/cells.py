"""One field of a row as a name, a weight, a time or a text. What cannot be one comes back as a CellError."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias
from uuid import UUID

from focusmesh.engine.importers.text_rows.rows import amount_of as amount_of_text
from focusmesh.engine.links import shorten, time_of, usable_weight

if TYPE_CHECKING:
    from focusmesh.engine.links import RowLayout

Cell: TypeAlias = object
"""What a table holds: None, bool, int, float, Decimal, str, bytes, UUID, a date, a time, or what no role takes."""
_INT64_MIN, _INT64_MAX = -(2**63), 2**63 - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class CellError(Exception):
    """Why a row cannot be used."""


def end_of(value: Cell, role: str) -> int | str:
    """The name of a source or target: an integer or text that says something; raises CellError."""
    name = label_of(value, role)
    if name == "":
        raise CellError(f"the {role} is empty")
    return name


def label_of(value: Cell, role: str) -> int | str:
    """A name that may be empty (a relation, an author, nothing at all); raises CellError.

    Whole numbers are integers, others text, as are dates (ISO 8601), truth values and UUIDs.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        if not _INT64_MIN <= value <= _INT64_MAX:
            raise CellError(f"the {role} {shorten(value)} does not fit 64 bits with a sign")
        return value
    if isinstance(value, float | Decimal):
        plain = _plain(value)
        return plain if isinstance(plain, int) else str(plain)
    return _text(value, role)


def text_of(value: Cell) -> str:
    """The text of a particle, as label_of has names; raises CellError."""
    return str(label_of(value, "text"))


def amount_of(value: Cell, layout: RowLayout) -> float:
    """A weight, finite and ≥ 0; of text as text formats with ``layout`` read it; raises CellError."""
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        try:
            found = usable_weight(float(value), _plain(value))
        except OverflowError:
            found = f"the weight {shorten(value)} is infinite"
    else:
        found = amount_of_text(str(label_of(value, "weight")), layout)
    if isinstance(found, str):
        raise CellError(found)
    return found


def moment_of(value: Cell) -> int:
    """A time: an integer as it is, a date in microseconds since 1970 (UTC unless it says so); raises CellError."""
    if isinstance(value, datetime):
        zoned = value if value.tzinfo else value.replace(tzinfo=UTC)
        return (zoned - _EPOCH) // timedelta(microseconds=1)
    if isinstance(value, date):
        return (value.toordinal() - _EPOCH.toordinal()) * 86_400_000_000
    found = time_of(str(label_of(value, "time")))
    if isinstance(found, str):
        raise CellError(found)
    return found


def plain_cell(value: Cell) -> Cell:
    """A cell as the value of a property: dates and UUIDs as text, decimals as floats, an empty text as none."""
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta | UUID):
        return str(value)
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, bytearray | memoryview):
        return bytes(value)
    return None if value == "" else value


def _plain(value: float | Decimal) -> int | float | Decimal:
    """A number as an integer, if it is whole and fits 64 bits."""
    is_small = -(2**63) <= float(value) < 2**63
    return int(value) if is_small and value == int(value) else value


def _text(value: Cell, role: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bytes | bytearray | memoryview):
        raise CellError(f"the {role} is {len(value)} bytes, neither an integer nor text")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta | UUID):
        return str(value)
    if not isinstance(value, str):
        kind = type(value).__name__
        raise CellError(f"the {role} is of the type {kind}, neither an integer nor text")
    if "\0" in value:
        raise CellError(f"the {role} {shorten(value)} has a NUL byte")
    if not value.isascii() and not _is_unicode(value):
        raise CellError(f"the {role} {shorten(value)} is not UTF-8")
    return value


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
