"""The YAML at the top of a note, as far as notes need it: scalars and lists of ``aliases``, ``tags`` and ``title``."""

from __future__ import annotations

import re
from typing import NamedTuple

_FRONT = re.compile(r"\A---[ \t]*\n(.*?\n)??(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_ENTRY = re.compile(r"([A-Za-z_-]+)[ \t]*:(?:[ \t]+(.*)|[ \t]*)")
_ITEM = re.compile(r"[ \t]*-[ \t]+(.*)")
_LISTED = re.compile(
    r"""[ \t\n]*("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|\[\[[^\[\]]*\]\]|[^,]*)[ \t\n]*(?:,|$)"""
)
_REMARK = re.compile(r"(?:^|[ \t])#.*$")


class FrontMatter(NamedTuple):
    """Other names of the note, its tags, the raw text, and where the body begins."""

    aliases: list[str]
    tags: list[str]
    raw: str
    end: int


def front_matter(text: str) -> FrontMatter:
    """What stands between ``---`` lines at the top; empty where nothing does."""
    found = _FRONT.match(text)
    if found is None:
        return FrontMatter([], [], "", 0)
    raw = found[1] or ""
    entries = _entries(raw)
    aliases = [name for key in ("aliases", "alias", "title") for name in entries.get(key, ())]
    tags = [
        tag.lstrip("#")
        for key in ("tags", "tag")
        for value in entries.get(key, ())
        for tag in re.split(r"[,\s]+", value)
    ]
    return FrontMatter(aliases, [tag for tag in tags if tag], raw, found.end())


def split_list(text: str) -> list[str]:
    """Items between commas, quotes around an item taken off, commas in quotes kept."""
    return [item for item in map(_unquote, _LISTED.findall(text)) if item]


def _entries(raw: str) -> dict[str, list[str]]:
    """Values of the entries at the left margin, by lower-case key; maps and block scalars are passed over."""
    entries: dict[str, list[tuple[bool, str]]] = {}
    key = ""
    for line in raw.split("\n"):
        entry, item = _ENTRY.fullmatch(line), _ITEM.fullmatch(line)
        if entry is not None:
            key = entry[1].lower()
            entries[key] = []
        value = item[1] if item is not None else entry[2] if entry is not None else line
        if key and value and value.strip():
            entries[key].append((item is not None, value.strip()))
    return {key: _values(key, parts) for key, parts in entries.items()}


def _values(key: str, parts: list[tuple[bool, str]]) -> list[str]:
    """The values of an entry; each part says whether it is an item of a list."""
    plain = [part if part[0] in "\"'[" else _REMARK.sub("", part) for _, part in parts]
    whole = " ".join(plain)
    if whole.startswith("[") and not whole.startswith("[[") and "]" in whole:
        return split_list(whole[1 : whole.rindex("]")])
    if len(plain) == 1 and not parts[0][0] and key in ("aliases", "alias"):
        return split_list(plain[0])
    return [value for value in map(_unquote, plain) if value]


def _unquote(text: str) -> str:
    value = text.strip()
    if len(value) > 1 and value[0] == value[-1] == '"':
        return re.sub(r"\\(.)", r"\1", value[1:-1])
    if len(value) > 1 and value[0] == value[-1] == "'":
        return value[1:-1].replace("''", "'")
    return value
