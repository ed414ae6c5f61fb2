"""Keys that stand twice in one object of JSON lines: the last value counts, and that is told."""

from __future__ import annotations

import json
from itertools import repeat
from operator import contains
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from focusmesh.engine.importers.import_run import Reading


def first_repeat(names: Iterable[str]) -> str | None:
    """The first name that occurs again."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None


def warn_of_duplicate_keys(block: bytes, keys: Mapping[str, int | None], reading: Reading) -> None:
    """Warns of each object of a block of whole lines, the next that ``reading`` counts, that has a key twice.

    ``keys`` says how many good objects have each one, where that is known: then counting is enough. O(bytes) a key;
    lines that are suspected are parsed once more.
    """
    quoted = {json.dumps(key, ensure_ascii=False).encode(): having for key, having in keys.items()}
    suspected = [key for key, having in quoted.items() if _is_suspect(block, key, having)]
    if not suspected:
        return
    for number, line in enumerate(block.split(b"\n"), start=reading.line_count + 1):
        if not any(line.count(key) > 1 for key in suspected):
            continue
        key = duplicate_key(line)
        if key is not None:
            reading.warn(duplicate_key_warning(reading.path, number, key))


def duplicate_key_warning(where: object, line: int, key: str) -> str:
    """What is said of a key that stands twice."""
    return f"{where}:{line}: the key {key!r} stands twice in one object; the last value counts"


def duplicate_key(text: bytes, among: Collection[str] | None = None) -> str | None:
    """A key (of ``among``, if given) that an object in a JSON text has again, None for what is no JSON. O(bytes)."""
    found: list[str] = []

    def look(pairs: list[tuple[str, object]]) -> None:
        key = first_repeat(key for key, _ in pairs if among is None or key in among)
        if key is not None:
            found.append(key)

    try:
        json.loads(text, object_pairs_hook=look)
    except (ValueError, RecursionError):
        return None
    return found[0] if found else None


def _is_suspect(block: bytes, key: bytes, having: int | None) -> bool:
    count = block.count(key)
    if count < 2 or (having is not None and count <= having):
        return False
    between = block.split(key)[1:-1]
    return not all(map(contains, between, repeat(b"\n")))
