"""Compound words and paths: ``PackageMetadata`` is found by its parts, ``urlopen`` by what it is put together from."""

from __future__ import annotations

import re
from itertools import permutations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_BOUNDARY = re.compile(r"(?<=[a-z]{2})(?=[A-Z])|(?<=[A-Z]{2})(?=[A-Z][a-z]{2})")
"""Where a capital begins a part. ``iPhone``, ``McDonald`` and ``PDFs`` have none: their parts are no words."""
_APART = re.compile(r"[./:#]+")
_LETTERS = re.compile(r"[A-Za-z]+")
_JOINED_MAX = 8
"""So many words of a question are put together in pairs: at most 56 compounds."""
_JOINED_LETTERS = 3
"""A word of fewer letters is in no compound: pairs of such are parts of anything."""


def split_compounds(text: str) -> str:
    """``text`` with the parts of each compound after it. O(characters)."""
    if _BOUNDARY.search(text) is None:
        return text
    return _LETTERS.sub(lambda word: _with_parts(word.group()), text)


def join_pairs(words: Iterable[str]) -> dict[str, tuple[str, str]]:
    """What two of ``words`` make together, in either order, with the two; of a longer question, its first words."""
    long = [word for word in dict.fromkeys(words) if len(word) >= _JOINED_LETTERS]
    return {one + other: (one, other) for one, other in permutations(long[:_JOINED_MAX], 2)}


def own_name(name: str) -> str:
    """What a name without spaces calls its particle: ``urlopen`` of ``urllib.request.urlopen``; "" for others."""
    return next((part for part in reversed(_parts(name)) if part), "")


def is_path(name: str) -> bool:
    """Whether a name is a path: ``json.load``, ``notes/bread.md``."""
    return sum(map(bool, _parts(name))) > 1


def _parts(name: str) -> list[str]:
    """What stands between dots, slashes, colons and # in a name without spaces; none of others."""
    return [] if any(map(str.isspace, name)) else _APART.split(name)


def _with_parts(word: str) -> str:
    parts = _BOUNDARY.split(word)
    return word if len(parts) == 1 else f"{word} {' '.join(parts)}"
