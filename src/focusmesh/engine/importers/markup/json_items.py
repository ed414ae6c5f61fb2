"""JSON files of nodes and edges: each object with the line on which it begins, its values as text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from focusmesh.engine.importers.duplicate_keys import duplicate_key, duplicate_key_warning
from focusmesh.engine.importers.source import Source
from focusmesh.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from focusmesh.engine.importers.import_run import Reading

JSON_BYTES_MAX = 1 << 31
"""A JSON file is held whole while it is read; a larger one is better as JSON lines."""
_LISTS = ("nodes", "links", "edges", "elements", "directed")
_OBJECT = msgspec.json.Decoder(dict[str, Any])


class JsonItems:
    """The text of one JSON file, its outermost object, and the lines of what lies in it; 9 bytes a byte at most."""

    def __init__(self, path: Path, reading: Reading) -> None:
        self._path = path
        self._reading = reading
        with Source(path, reading) as source:
            self._text = source.whole(JSON_BYTES_MAX, "write it as JSON lines, an edge a line")
        whole = np.frombuffer(self._text, dtype=np.uint8)
        self._begins_at = whole.ctypes.data
        self._line_ends = np.flatnonzero(whole == ord("\n"))
        reading.line_count += len(self._line_ends) + (not self._text.endswith(b"\n"))

    def decode(self, kind: Any) -> Any:
        """The outermost object as ``kind``; InputError where the file is no such thing, or has a list twice."""
        try:
            found = msgspec.json.decode(self._text, type=kind)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise InputError(
                f"{self._path} is no JSON that describes nodes and edges, or lists links: {error}"
            ) from error
        if any(self._text.count(msgspec.json.encode(key)) > 1 for key in _LISTS):
            key = duplicate_key(self._text, among=_LISTS)
            if key is not None:
                raise InputError(f"{self._path} has {key!r} twice in one object: keep one of them")
        return found

    def objects(self, items: Iterable[msgspec.Raw]) -> Iterator[tuple[int, dict[str, Any]]]:
        """Each object with its line; what is none is refused."""
        for item in items:
            line = self._line_of(item)
            try:
                found = _OBJECT.decode(item)
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
                self._reading.refuse(line, str(error))
                continue
            self._warn_of_duplicate_keys(line, bytes(item), found)
            yield line, found

    def _warn_of_duplicate_keys(self, line: int, text: bytes, found: Mapping[str, object]) -> None:
        """Of such keys the last value counts; one text behind a key is a value, so few objects are parsed again."""
        inner = [key for value in found.values() if isinstance(value, dict) for key in value]
        if any(text.count(msgspec.json.encode(key)) > 1 for key in (*found, *inner)):
            key = duplicate_key(text)
            if key is not None:
                self._reading.warn(duplicate_key_warning(self._path, line, key))

    def _line_of(self, item: msgspec.Raw) -> int:
        """A raw value is a view of the text: where it lies says its line."""
        at = np.frombuffer(item, dtype=np.uint8).ctypes.data - self._begins_at
        return int(np.searchsorted(self._line_ends, at)) + 1


def name_of(value: object) -> str | None:
    """What a particle is called whose identifier is ``value``; a list, as of a tuple's, by its JSON."""
    return None if value is None or isinstance(value, bool | dict) else _text_of(value)


def attributes_of(item: Mapping[str, object]) -> dict[str, str]:
    """The values that are text, numbers or truths, as text."""
    return {
        key: _text_of(value) for key, value in item.items() if isinstance(value, str | int | float)
    }


def _text_of(value: object) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
