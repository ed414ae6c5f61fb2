"""Why a file gave nothing: what was seen in it, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.importers.file_looks import look_of
from focusmesh.engine.importers.import_run import Reading
from focusmesh.engine.importers.source import Source
from focusmesh.engine.links import shorten
from focusmesh.errors import FocusmeshError

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.engine.links import LinkColumns

_HEAD_BYTES = 1 << 12
_SHOWN = 60
_UNKNOWN = b"\0"
"""Stands for a beginning that says nothing, as that of a spreadsheet."""
_DELIMITED = ((b",", "commas"), (b";", "semicolons"), (b"\t", "tabs"))


def empty_reason(path: Path, format: str, reading: Reading) -> str:
    """One sentence or two: how many lines of what were seen, why the first could not be used, what to try."""
    head = _head_of(path)
    if head == b"":
        return f"{path} is empty: there is nothing to read; was it written to the end?"
    head = head or _UNKNOWN
    good = reading.line_count - reading.bad_count
    if not reading.bad_count:
        held = "line" if reading.line_count == 1 else "lines"
        return (
            f"{path} has no links: {reading.line_count:,} {held} read as {format}, all of them blank, comments or a "
            f"header{_advice(head, format)}"
        )
    first = reading.bad[0]
    more = f"; {good:,} others are blank, comments or a header" if good > 0 else ""
    return (
        f"{path}: no line could be used of {reading.line_count:,} read as {format}; line {first.line}: {first.reason}"
        f"{more}{_beginning(head)}{_advice(head, format)}"
    )


def linkless_reason(path: Path, links: LinkColumns, reading: Reading) -> str:
    """What to say of particles without any link, where links were there and none could be used."""
    first, further = reading.bad[0], reading.bad_count - 1
    more = f"; and {further:,} more such" if further else ""
    return (
        f"{path} has {_particles(links)} and no link that could be used; line {first.line}: {first.reason}{more}; "
        "repair the file, or say with --columns which of its columns or keys is meant"
    )


def uncounted_warning(path: str, links: LinkColumns) -> str:
    """What to say of a graph whose ranking has nothing to go by."""
    if len(links):
        return f"{path}: no link has a weight and leads to another particle, so all particles rank alike"
    if links.texts is not None:
        return (
            f"{path} has texts of {_particles(links)} and no links, so all rank alike: hand it in beside the links "
            "(--texts on the command line, texts= in Python)"
        )
    return f"{path} has {_particles(links)} and no links, so all rank alike"


def _particles(links: LinkColumns) -> str:
    count = len(links.particles)
    return f"{count:,} particle{'s' if count != 1 else ''}"


def _head_of(path: Path) -> bytes | None:
    """The first bytes of what lies in a file; None where there are none to be had."""
    try:
        with Source(path, Reading(str(path))) as source:
            return source.head(_HEAD_BYTES)
    except FocusmeshError:
        return None


def _beginning(head: bytes) -> str:
    """How the file begins, where it is text."""
    return "" if b"\0" in head else f"; the file begins {shorten(_first_line(head), _SHOWN)}"


def _first_line(head: bytes) -> str:
    return head.lstrip(b"\r\n").split(b"\n", 1)[0].rstrip(b"\r").decode(errors="replace")


def _advice(head: bytes, format: str) -> str:
    """What to try, by how the file looks."""
    look = look_of(head)
    if look is not None and format not in look.formats:
        return f"; it looks like {look.title}: try {look.advice}"
    line = head.lstrip().split(b"\n", 1)[0]
    looked_at = (line.split() or [b""])[0] if format == "edge-list" else line
    delimiter = next((title for mark, title in _DELIMITED if mark in looked_at), None)
    if format == "edge-list" and delimiter is not None:
        return f"; {delimiter} stand between the columns: say --format csv"
    if format == "csv" and delimiter is None and len(line.split()) in (2, 3):
        return "; blanks stand between the columns: say --format edge-list"
    return "; say what it is with --format, and which columns with --columns source=…,target=…"
