"""Reads a sheet in a process of its own, with so much memory and time: a few bytes can say a huge or an endless sheet.

Run as a script with the path, the sheet (empty: the first), bytes of memory and seconds of processor. Writes frames:
eight bytes of length, then MessagePack: a header, lists of rows, and an end; or a failure. Dates and times are ISO 8601
text.
"""

from __future__ import annotations

import resource
import sys
from itertools import islice
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

_FRAME_CELLS = 1 << 17


class Header(msgspec.Struct, tag="header"):
    """The sheet that is read, and how many there are."""

    sheet: str
    sheet_count: int


class SheetRows(msgspec.Struct, tag="rows"):
    """The next rows, all of one length, from the first row of the sheet on."""

    rows: list[list[Any]]


class End(msgspec.Struct, tag="end"):
    """All rows were written."""


class Failure(msgspec.Struct, tag="failure"):
    """Why the file cannot be read; ``is_damage``: it is broken, otherwise something else was asked for."""

    reason: str
    is_damage: bool


def main(path: str, sheet: str, memory_bytes: int, seconds: int) -> None:
    """Writes the frames of a sheet to standard output; ends by SIGXCPU where the time does not suffice."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    # The library never ends with a table of OpenDocument that is not closed.
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    try:
        for frame in _frames(path, sheet):
            _write(frame)
    except BrokenPipeError:
        return
    except MemoryError:
        # The process that reads is told by how this one ends.
        sys.exit(1)
    except BaseException as error:  # A panic of the library is no Exception.
        _write(Failure(str(error) or type(error).__name__, is_damage=True))


def _frames(path: str, sheet: str) -> Iterator[Any]:
    import python_calamine as calamine

    try:
        workbook = calamine.CalamineWorkbook.from_path(path)
    except calamine.PasswordError:
        yield Failure("it is protected by a password: save it without one", is_damage=False)
        return
    names = workbook.sheet_names
    tables = [
        each.name
        for each in workbook.sheets_metadata
        if each.typ == calamine.SheetTypeEnum.WorkSheet
    ]
    chosen = sheet or next(iter(tables or names), "")
    if chosen not in names:
        listed = ", ".join(map(repr, names[:20])) + (", …" if len(names) > 20 else "")
        what = f"it has no sheet {sheet!r:.60}" if sheet else "it has no sheets"
        yield Failure(f"{what}; there are: {listed or 'none'}", is_damage=False)
        return
    yield Header(chosen, len(names))
    table = workbook.get_sheet_by_name(chosen)
    rows = iter(table.iter_rows() if table.start is not None else ())
    each = max(1, _FRAME_CELLS // max(table.width, 1))
    while listed_rows := list(islice(rows, each)):
        yield SheetRows(listed_rows)
    yield End()


def _write(frame: Any) -> None:
    data = msgspec.msgpack.encode(frame)
    sys.stdout.buffer.write(len(data).to_bytes(8, "little"))
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
