"""JSON lines of items: objects with a name and a text, one a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from focusmesh.engine.documents.items import Item, item_from
from focusmesh.engine.documents.readers.lines import lines_of
from focusmesh.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from focusmesh.engine.importers import Reading

_FIELDS = msgspec.json.Decoder(dict[str, Any])


def read_records(file: Path, path: str, reading: Reading) -> Iterator[Item]:
    """The items of a file, line by line; a line that is none is refused with its number.

    A line without ``name`` and ``title`` is called by the file and the line.
    """
    for number, line in lines_of(file, reading):
        if not line.strip():
            continue
        try:
            fields = _FIELDS.decode(line)
            fields.setdefault("name", fields.get("title") or f"{path}:{number}")
            yield item_from(fields, "this line")
        except (msgspec.DecodeError, UnicodeDecodeError, InputError, RecursionError) as error:
            reading.refuse(number, str(error), str(file))
