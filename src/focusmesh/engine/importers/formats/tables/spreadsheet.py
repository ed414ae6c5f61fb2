"""Spreadsheets of Excel and LibreOffice, through the extra ``spreadsheets``: one sheet, its first row as in a CSV."""

from __future__ import annotations

import importlib.util
import signal
import subprocess
import sys
import zipfile
from itertools import chain, islice
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from focusmesh.engine.importers.registry import Importer
from focusmesh.engine.importers.source import file_errors
from focusmesh.engine.importers.text_rows.table_header import header_of
from focusmesh.engine.importers.typed_rows import sheet_process
from focusmesh.engine.importers.typed_rows.cells import label_of
from focusmesh.engine.importers.typed_rows.rows import BATCH_ROWS, DIRECTION, TypedRows
from focusmesh.engine.importers.typed_rows.sheet_process import End, Failure, Header, SheetRows
from focusmesh.engine.importers.unpacked_size import unpacked_bytes
from focusmesh.errors import DamagedFileError, InputError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from focusmesh.engine.importers.import_run import Reading
    from focusmesh.engine.links import LinkColumns, RowLayout

_Row: TypeAlias = list[bool | int | float | str]
_FRAME = msgspec.msgpack.Decoder(Header | SheetRows | End | Failure)
_SAMPLE_ROWS = 200
_MEMORY_BYTES = 1 << 30
_MEMORY_EACH_BYTE = 8
_SECONDS = 10
_BYTES_A_SECOND = 1 << 19
_BLANKS = " \t\r\n\N{NO-BREAK SPACE}"


def read(path: Path, reading: Reading) -> LinkColumns:
    """Links of the first sheet, or the one that ``reading`` names; rows count from 1, empty ones are passed over.

    What the first row with anything in it is, see table_header. Whole numbers are integers; dates become times, or the
    ISO 8601 text of a name. The file is read in a process that may take 1 GiB and eight times what the file unpacks
    to, and ten seconds of a processor and two a MiB. Raises MissingExtraError without the extra ``spreadsheets``,
    InputError for what unpacks to more than unpacked_bytes allows or needs more memory, and for a password;
    DamagedFileError for a broken file, and for one that takes longer.
    """
    if importlib.util.find_spec("python_calamine") is None:
        raise MissingExtraError("spreadsheets", f"reading {path.suffix} files")
    rows = _sheet_rows(path, reading)
    try:
        return _links(rows, reading)
    finally:
        rows.close()


def _links(rows: Iterator[_Row], reading: Reading) -> LinkColumns:
    skipped, first = 0, next(rows, None)
    while first is not None and _is_empty(first):
        skipped, first = skipped + 1, next(rows, None)
    sample = [] if first is None else [first, *islice(rows, _SAMPLE_ROWS - 1)]
    written = [_texts(row) for row in sample]
    width = max((len(row) for row in written), default=0)
    padded = [row + [""] * (width - len(row)) if row else row for row in written]
    header = header_of(padded, reading, skipped)
    layout = header.layout
    links = TypedRows(_places(layout), reading, layout.decimal_comma, dict(layout.more))
    reading.line_count = skipped + min(header.used_records, len(sample))
    throttle = reading.throttle(None, "rows")
    following = chain(sample[header.used_records :], rows)
    while batch := list(islice(following, min(BATCH_ROWS, reading.first or BATCH_ROWS))):
        before = reading.line_count
        reading.line_count += len(batch)
        numbered = [(before + at, row) for at, row in enumerate(batch, 1) if not _is_empty(row)]
        if numbered:
            numbers, full = zip(*numbered, strict=True)
            links.add([_trim(row, header.layout, reading) for row in full], numbers)
        throttle.at(reading.line_count)
        if reading.first is not None and links.link_count >= reading.first:
            break
    throttle.finish(reading.line_count)
    return links.columns()


def _places(layout: RowLayout) -> dict[str, int]:
    """The column of each role of a layout."""
    places = {
        "source": layout.source,
        "target": None if layout.describes else layout.target,
        "weight": layout.weight,
        "relation": layout.relation,
        "author": layout.author,
        "time": layout.time,
        "text": layout.text,
        DIRECTION: layout.direction,
    }
    return {role: place for role, place in places.items() if place is not None}


def _is_empty(row: _Row) -> bool:
    return not any(cell != "" for cell in row)


def _texts(row: _Row) -> list[str]:
    """A row as a CSV has it, without the empty cells at its end."""
    cells = [str(cell if isinstance(cell, str) else label_of(cell, "cell")) for cell in row]
    while cells and not cells[-1].strip(_BLANKS):
        cells.pop()
    return cells


def _trim(row: _Row, layout: RowLayout, reading: Reading) -> _Row:
    """A row without the blanks around its texts, at least two cells of it."""
    bare = [cell.strip(_BLANKS) if isinstance(cell, str) else cell for cell in row]
    if bare != row:
        reading.trimmed_count += sum(
            bare[at] != row[at] for at in set(layout.names) if at < len(row)
        )
    return bare if len(bare) > 1 else [*bare, ""]


def _sheet_rows(path: Path, reading: Reading) -> Generator[_Row, None, None]:
    """The rows of the sheet, from its first, all of one length."""
    with file_errors(path), path.open("rb"):
        size = path.stat().st_size
        unpacked = unpacked_bytes(path) if zipfile.is_zipfile(path) else size
    memory = _MEMORY_BYTES + _MEMORY_EACH_BYTE * unpacked
    seconds = _SECONDS + unpacked // _BYTES_A_SECOND
    limits = [str(memory), str(seconds)]
    script = str(sheet_process.__file__)
    command = [sys.executable, "-P", script, str(path.absolute()), reading.table or "", *limits]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        try:
            for frame in _frames(process):
                if isinstance(frame, SheetRows):
                    yield from frame.rows
                elif isinstance(frame, Header):
                    of = f" of {frame.sheet_count}" if frame.sheet_count > 1 else ""
                    reading.note(f"sheet {frame.sheet!r}{of}")
                elif isinstance(frame, Failure):
                    kind = DamagedFileError if frame.is_damage else InputError
                    raise kind(f"{path} cannot be read as a spreadsheet: {frame.reason}")
                else:
                    return
        finally:
            process.kill()
    if process.returncode == -signal.SIGXCPU:
        raise DamagedFileError(
            f"{path} cannot be read as a spreadsheet: it takes more than {seconds:,} s of a processor, which no whole "
            f"file of {size:,} bytes should: save it anew, or its table as CSV"
        )
    raise InputError(
        f"{path} needs more than {memory >> 20:,} MiB of memory, which no sheet in a file of {size:,} bytes should: "
        "save its table as CSV"
    )


def _frames(process: subprocess.Popen[bytes]) -> Iterator[Header | SheetRows | End | Failure]:
    """The frames that a process of sheet_process writes, as far as it comes."""
    assert process.stdout is not None
    while length := process.stdout.read(8):
        data = process.stdout.read(int.from_bytes(length, "little"))
        try:
            yield _FRAME.decode(data)
        except msgspec.DecodeError:
            return


IMPORTER = Importer(
    name="spreadsheet",
    suffixes=(".xlsx", ".xls", ".ods"),
    summary="spreadsheet of Excel or LibreOffice: columns as in CSV, of the first sheet or --table SHEET",
    read=read,
    compressed=False,
    has_tables=True,
)
