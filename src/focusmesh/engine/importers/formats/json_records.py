"""A list of records in one JSON file, as pandas and Polars write it: what is a line of JSON lines is an item here."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from focusmesh.engine.importers.formats import json_lines, memory
from focusmesh.engine.importers.import_run import Reading
from focusmesh.engine.importers.markup.json_items import JsonItems
from focusmesh.engine.importers.registry import Importer
from focusmesh.engine.importers.source import Source
from focusmesh.errors import FocusmeshError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from focusmesh.engine.links import LinkColumns

_HEAD_BYTES = 1 << 16
_BATCH_ITEMS = 1 << 13
_LINES = re.compile(rb"(?:\{[^\n]*\}|\[[^\n]*\])[ \t\r]*+\n\s*+[{\[]")
_RECORDS = re.compile(rb"\[\s*+[{\[]")


def read(path: Path, reading: Reading) -> LinkColumns:
    """Links of a list of objects or of arrays, each as a line of JSON lines; O(bytes), held whole.

    A bad item is named by its place, from 1. A file of JSON lines is read as that.
    """
    if _LINES.match(_head_of(path)):
        return json_lines.read(path, reading)
    items = JsonItems(path, reading)
    reading.line_count = 0
    return json_lines.links_of_blocks(_blocks(items.decode(list[msgspec.Raw])), reading)


def has_shape(path: Path) -> bool:
    """Whether a file begins with a list of records, or with a line that is one and another line of the sort."""
    head = _head_of(path)
    found = _LINES.match(head) or _RECORDS.match(head)
    return found is not None and not memory.has_shape(path)


def _head_of(path: Path) -> bytes:
    """The first bytes that are no blanks; nothing where there are none to be had."""
    try:
        with Source(path, Reading(str(path))) as source:
            return source.head(_HEAD_BYTES).lstrip()
    except FocusmeshError:
        return b""


def _blocks(items: list[msgspec.Raw]) -> Iterator[bytes]:
    """The items, one a line: an end of line is a blank in JSON."""
    for at in range(0, len(items), _BATCH_ITEMS):
        batch = items[at : at + _BATCH_ITEMS]
        yield b"".join(
            bytes(item).replace(b"\n", b" ").replace(b"\r", b" ") + b"\n" for item in batch
        )


IMPORTER = Importer(
    name="json-records",
    suffixes=(".json",),
    summary="JSON that is a list of objects with source and target, or of arrays; JSON lines called .json",
    read=read,
    shape=has_shape,
)
