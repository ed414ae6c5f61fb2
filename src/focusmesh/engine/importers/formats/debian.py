"""Debian package lists: what ``apt-cache dumpavail`` prints, Packages files, dpkg's status file.

A link is what a package asks for: Depends, Pre-Depends, Recommends, Suggests, and for virtual packages what provides
them. Syntax: Debian Policy §5.1 (control files) and §7.1 (relationship fields).
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from focusmesh.engine.importers.link_sums import Gathering
from focusmesh.engine.importers.registry import Importer
from focusmesh.engine.importers.text_rows.lines import text_lines
from focusmesh.engine.links import shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from focusmesh.engine.importers.import_run import Reading
    from focusmesh.engine.links import LinkColumns

ASKS = {
    "depends": "depends",
    "pre-depends": "pre-depends",
    "recommends": "recommends",
    "suggests": "suggests",
}
PROVIDED = "provided by"
_TEXTS = ("description", "description-en")
_KEPT = {"package", "provides", *_TEXTS, *ASKS}
_FIELD = re.compile(r"([!-9;-~]+):[ \t]*(.*)")
_NAME = r"[A-Za-z0-9][A-Za-z0-9+.-]*"
_PACKAGE = re.compile(_NAME)
_ITEM = re.compile(
    rf"({_NAME})(?::[a-z0-9-]+)?\s*(?:\([^()]*\)\s*)?(?:\[[^\[\]]*\]\s*)?(?:<[^<>]*>\s*)*"
)


def read(path: Path, reading: Reading) -> LinkColumns:
    """Links between packages by name; versions, architectures and build profiles are left aside.

    Each thing asked for has weight 1, shared by its alternatives (``a | b``); a package named twice in a field (as for
    a range of versions) counts once, with its larger weight. A virtual package, which no stanza describes, links to
    what provides it, weight 1 shared. A package is known by all its stanzas. Its text is its Description.
    """
    packages = _Packages()
    for stanza in _stanzas(path, reading):
        packages.add(stanza, reading)
    return packages.columns()


class _Packages:
    """What the stanzas said so far: weights by (package, relation), providers by virtual name."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._asked: dict[tuple[str, str], dict[str, float]] = {}
        self._providers: dict[str, dict[str, None]] = defaultdict(dict)

    def add(self, stanza: dict[str, tuple[int, str]], reading: Reading) -> None:
        """Takes a stanza in; a relationship that is none is refused, the others count."""
        name = stanza["package"][1]
        text = next((stanza[key][1] for key in _TEXTS if key in stanza), "")
        self._texts[name] = self._texts.get(name) or text.replace("\n.\n", "\n\n")
        for key, relation in ASKS.items():
            if key in stanza:
                asked = self._asked.setdefault((name, relation), {})
                for group in _groups(*stanza[key], reading):
                    for target in group:
                        asked[target] = max(asked.get(target, 0.0), 1 / len(group))
        if "provides" in stanza:
            for group in _groups(*stanza["provides"], reading):
                for virtual in group:
                    self._providers[virtual][name] = None

    def columns(self) -> LinkColumns:
        """All links."""
        links = Gathering([*ASKS.values(), PROVIDED])
        for name, text in self._texts.items():
            links.particle(name, text)
        for (name, relation), asked in self._asked.items():
            for target, weight in asked.items():
                links.link(name, target, relation, weight)
        for virtual, providers in self._providers.items():
            if virtual not in self._texts:
                for provider in providers:
                    links.link(virtual, provider, PROVIDED, 1 / len(providers))
        return links.columns()


def _groups(line: int, value: str, reading: Reading) -> Iterator[list[str]]:
    """The alternatives of each item of a relationship field; refuses items that are none."""
    for item in value.split(","):
        if not item.strip():
            continue
        found = [_ITEM.fullmatch(part.strip()) for part in item.split("|")]
        if all(found):
            yield list(dict.fromkeys(part[1] for part in found if part))
        else:
            reading.refuse(line, f"{shorten(item.strip())} names no package")


def _stanzas(path: Path, reading: Reading) -> Iterator[dict[str, tuple[int, str]]]:
    """Fields that matter, by lower-case name, with the line they begin in; only stanzas of a package."""
    fields: dict[str, tuple[int, str]] = {}
    begin, key = 0, ""
    for number, line in text_lines(path, reading):
        if line is None:
            continue
        if not line.strip():
            yield from _whole(fields, begin, reading)
            fields, begin, key = {}, 0, ""
            continue
        begin = begin or number
        if line[0] in " \t":
            if not key:
                reading.refuse(number, "a line that goes on with no field before it")
            elif key in fields:
                at, value = fields[key]
                fields[key] = at, f"{value}\n{line[1:]}"
            continue
        found = _FIELD.fullmatch(line)
        if found is None:
            key = ""
            reading.refuse(number, f"{shorten(line)} is no field of the form Name: value")
            continue
        key = found[1].lower()
        if key in _KEPT:
            fields[key] = number, found[2]
    yield from _whole(fields, begin, reading)


def _whole(
    fields: dict[str, tuple[int, str]], begin: int, reading: Reading
) -> Iterable[dict[str, tuple[int, str]]]:
    """The stanza, unless it is none of a package."""
    if not begin:
        return []
    if "package" not in fields:
        reading.refuse(begin, "a stanza without a Package field")
        return []
    number, name = fields["package"]
    if not _PACKAGE.fullmatch(name.strip()):
        reading.refuse(number, f"{shorten(name)} is no name of a package")
        return []
    fields["package"] = number, name.strip()
    return [fields]


IMPORTER = Importer(
    name="debian",
    suffixes=(".dumpavail",),
    summary="Debian packages (apt-cache dumpavail, Packages, status): what they depend on, recommend, suggest",
    read=read,
    names=("Packages", "dumpavail", "available", "status"),
)
