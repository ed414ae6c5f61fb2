"""WordNet database files (wndb(5WN)): a link a pointer, its kind as relation, the gloss as text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from focusmesh.engine.importers.link_sums import Gathering
from focusmesh.engine.importers.registry import Importer
from focusmesh.engine.importers.text_rows.lines import text_lines
from focusmesh.engine.links import shorten
from focusmesh.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from focusmesh.engine.importers.import_run import Reading
    from focusmesh.engine.links import LinkColumns

POINTERS = {
    "!": "antonym",
    "@": "hypernym",
    "@i": "instance hypernym",
    "~": "hyponym",
    "~i": "instance hyponym",
    "#m": "member holonym",
    "#s": "substance holonym",
    "#p": "part holonym",
    "%m": "member meronym",
    "%s": "substance meronym",
    "%p": "part meronym",
    "=": "attribute",
    "+": "derivationally related",
    ";c": "topic domain",
    "-c": "member of topic domain",
    ";r": "region domain",
    "-r": "member of region domain",
    ";u": "usage domain",
    "-u": "member of usage domain",
    "*": "entailment",
    ">": "cause",
    "^": "also see",
    "$": "verb group",
    "&": "similar to",
    "<": "participle of",
    "\\": "pertains to",
}
_PARTS = {"n": "noun", "v": "verb", "a": "adj", "r": "adv", "s": "adj"}
_FILES = tuple(f"data.{part}" for part in ("noun", "verb", "adj", "adv"))
_HEAD = re.compile(r"([0-9]{8}) [0-9]{2} ([nvasr]) ([0-9a-f]{2}) (.*)")
_POINTER = re.compile(r"(\S+) ([0-9]{8}) ([nvasr]) [0-9a-f]{4}")
_MARKER = re.compile(r"\((?:a|p|ip)\)$")

_Key = tuple[str, str]
"""Part of speech (noun, verb, adj, adv) and offset: what tells one synset from another."""


def read(path: Path, reading: Reading) -> LinkColumns:
    """Links between the synsets of a folder with data.noun, data.verb, data.adj, data.adv, or of one such file.

    A synset is called ``dog.n.01``: its first word, part of speech, and which sense of that word it is, which the index
    file beside it says; without that file, and where a word is not in it, ``02084071-n``. Its text is its words and its
    gloss. Pointers between words count for their synsets; several of one kind add up. A pointer into a part of speech
    whose file is not there leads to a particle without text.
    """
    files = _data_files(path)
    senses = {file.name.removeprefix("data."): _senses(file, reading) for file in files}
    synsets: dict[_Key, _Synset] = {}
    for file in files:
        for synset in _synsets(file, reading):
            if synsets.setdefault(synset.key, synset) is not synset:
                reading.refuse(synset.line, f"synset {synset.key[1]} stands twice", str(file))
    names = {key: _name(synset, senses[key[0]]) for key, synset in synsets.items()}
    links = Gathering(POINTERS.values())
    for key, synset in synsets.items():
        links.particle(names[key], synset.text)
    for key, synset in synsets.items():
        for relation, target in synset.pointers:
            if target not in names and target[0] in senses:
                reason = f"a pointer to synset {target[1]} ({target[0]}), which is not there"
                reading.refuse(synset.line, reason, str(synset.file))
                continue
            links.link(names[key], names.get(target) or _nameless(target), relation)
    return links.columns()


class _Synset(NamedTuple):
    """A line of a data file."""

    key: _Key
    kind: str
    words: list[str]
    text: str
    pointers: list[tuple[str, _Key]]
    file: Path
    line: int


def _data_files(path: Path) -> list[Path]:
    """The data files of a database; raises FileError when there is none."""
    if path.is_file() and path.name in _FILES:
        return [path]
    for folder in (path, path / "dict"):
        files = [folder / name for name in _FILES if (folder / name).is_file()]
        if files:
            return files
    raise FileError(f"{path} has none of the WordNet files {', '.join(_FILES)}")


def _senses(data_file: Path, reading: Reading) -> dict[tuple[str, str], int]:
    """Which sense (from 1) of a lemma a synset is, by (lemma, offset); empty without an index file."""
    index = data_file.with_name(data_file.name.replace("data.", "index."))
    senses: dict[tuple[str, str], int] = {}
    if not index.is_file():
        return senses
    for number, line in text_lines(index, reading):
        if line is None or line.startswith("  ") or not line.strip():
            continue
        fields = line.split()
        offsets = fields[-int(fields[2]) :] if len(fields) > 2 and fields[2].isdecimal() else []
        if not offsets or not all(len(at) == 8 and at.isdecimal() for at in offsets):
            reading.refuse(number, f"{shorten(line)} is no line of an index", str(index))
            continue
        for sense, offset in enumerate(offsets, start=1):
            senses[fields[0], offset] = sense
    return senses


def _synsets(file: Path, reading: Reading) -> Iterator[_Synset]:
    for number, line in text_lines(file, reading):
        # The licence at the top is indented by two spaces.
        if line is None or line.startswith("  ") or not line.strip():
            continue
        found = _synset(line, file, number)
        if isinstance(found, str):
            reading.refuse(number, found, str(file))
        else:
            yield found


def _synset(line: str, file: Path, number: int) -> _Synset | str:
    """The synset in a line, or why there is none."""
    facts, bar, gloss = line.partition("|")
    head = _HEAD.fullmatch(facts.strip())
    if head is None or not bar:
        return f"{shorten(line)} is no synset"
    offset, kind, count, rest = head.groups()
    fields = rest.split(" ")
    end = 2 * int(count, 16)
    words = [_MARKER.sub("", word) for word in fields[:end:2]]
    if not words or len(fields) <= end or not fields[end].isdecimal():
        return f"synset {offset} has not the {int(count, 16)} words that it announces"
    pointers: list[tuple[str, _Key]] = []
    for at in range(int(fields[end])):
        begin = end + 1 + 4 * at
        pointer = _POINTER.fullmatch(" ".join(fields[begin : begin + 4]))
        if pointer is None or pointer[1] not in POINTERS:
            return f"synset {offset}: {shorten(' '.join(fields[begin : begin + 4]))} is no pointer"
        pointers.append((POINTERS[pointer[1]], (_PARTS[pointer[3]], pointer[2])))
    shown = ", ".join(word.replace("_", " ") for word in words)
    text = f"{shown}: {gloss.strip()}"
    return _Synset((_PARTS[kind], offset), kind, words, text, pointers, file, number)


def _name(synset: _Synset, senses: dict[tuple[str, str], int]) -> str:
    lemma = synset.words[0].lower()
    sense = senses.get((lemma, synset.key[1]))
    return f"{lemma}.{synset.kind}.{sense:02}" if sense else f"{synset.key[1]}-{synset.kind}"


def _nameless(key: _Key) -> str:
    kind = next(kind for kind, part in _PARTS.items() if part == key[0])
    return f"{key[1]}-{kind}"


IMPORTER = Importer(
    name="wordnet",
    suffixes=(".noun", ".verb", ".adj", ".adv"),
    summary="directory of WordNet database files: data.noun, data.verb, ... and their index files",
    read=read,
    compressed=False,
    directory=True,
    names=_FILES,
)
