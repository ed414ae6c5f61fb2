"""The documents of a folder by every name that a link may give them."""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections import Counter
from datetime import date
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_NOTES = (".md", ".markdown")
_DAY = re.compile(r"([0-9]{4})[_-]([0-9]{2})[_-]([0-9]{2})")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Vault:
    """Finds documents by path, by the end of their path, by title and alias; case does not matter.

    ``paths`` are relative to the folder, with ``/``. A note is called by its file name without suffix, others by their
    file name; where two share that, by its path. In a Logseq graph, ``pages/a___b.md`` is the page ``a/b``, and a
    journal also has its date as Logseq writes it (``Jan 5th, 2024``).
    """

    def __init__(self, paths: Sequence[str], logseq: bool) -> None:
        self.logseq = logseq
        self.names = _names(paths, logseq)
        self._exact: dict[str, str] = {}
        self._nearest: dict[str, str] = {}
        self._beside: dict[tuple[str, str], str] = {}
        self._aliases: dict[str, str] = {}
        self._unwritten: dict[str, str] = {}
        for path in paths:
            self._exact.setdefault(_key(path), path)
        # Those nearest to the top first, as a folder may have thousands of the same name.
        for path in sorted(paths, key=lambda path: (path.count("/"), path)):
            for key in map(_key, self._known_as(path)):
                self._nearest.setdefault(key, path)
                self._beside.setdefault((key, posixpath.dirname(path)), path)

    def add_alias(self, alias: str, path: str) -> None:
        """Another name of the note at ``path``; what a note is called itself goes before it, the first alias counts."""
        self._aliases.setdefault(_key(alias), path)

    def page(self, target: str, folder: str) -> str:
        """Name of the page that a link in a note of ``folder`` gives: of a note, or of a page nobody wrote yet."""
        found = self._found(target, folder)
        if found is not None:
            return self.names[found]
        shown = _without_suffix(target)
        return self._unwritten.setdefault(_key(shown), shown)

    def tag(self, tag: str) -> str:
        """Name of a tag, ``#`` and how it was first spelt."""
        return self._unwritten.setdefault(f"#{_key(tag)}", f"#{tag}")

    def path(self, target: str, folder: str) -> str:
        """As page, for a path from ``folder`` (from the top when it begins with /)."""
        whole = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
        found = self._exact.get(_key(whole)) or self._found(target, folder)
        return self.names[found] if found is not None else self.page(whole, "")

    def _found(self, target: str, folder: str) -> str | None:
        """Path of the note: in the same folder if it can be, else the one nearest to the top."""
        key = _key(posixpath.normpath(target).lstrip("/"))
        return self._beside.get((key, folder)) or self._nearest.get(key) or self._aliases.get(key)

    def _known_as(self, path: str) -> Iterator[str]:
        parts = path.split("/")
        if not self.logseq:
            yield from ("/".join(parts[at:]) for at in range(len(parts)))
            return
        yield from dict.fromkeys((path, self.names[path]))
        day = _DAY.fullmatch(_without_suffix(parts[-1]))
        if parts[0] == "journals" and day is not None:
            yield from _dates(*(int(part) for part in day.groups()))


def _names(paths: Sequence[str], logseq: bool) -> dict[str, str]:
    stems = {path: _stem(path, logseq) for path in paths}
    shared = Counter(_key(stem) for stem in stems.values())
    names: dict[str, str] = {}
    taken: set[str] = set()
    for path, stem in stems.items():
        name = stem if shared[_key(stem)] == 1 else _without_suffix(path)
        if name in taken:
            name = path
        taken.add(name)
        names[path] = name
    return names


def _stem(path: str, logseq: bool) -> str:
    stem = _without_suffix(path.rpartition("/")[2])
    return unquote(stem.replace("___", "/")) if logseq else stem


def _dates(year: int, month: int, day: int) -> Iterator[str]:
    """How Logseq may write a day, its default first."""
    try:
        date(year, month, day)
    except ValueError:
        return
    ending = "th" if 10 < day < 20 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    yield f"{_MONTHS[month - 1]} {day}{ending}, {year}"
    yield f"{year:04}-{month:02}-{day:02}"


def _without_suffix(path: str) -> str:
    place = PurePosixPath(path)
    return path[: -len(place.suffix)] if place.suffix.lower() in _NOTES else path


def _key(text: str) -> str:
    return unicodedata.normalize("NFC", _without_suffix(text.strip())).casefold()
