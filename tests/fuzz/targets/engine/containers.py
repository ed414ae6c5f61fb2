"""Graph files: any bytes, also with true digests, are refused or a graph that can be used and written again."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from focusmesh import Graph
from focusmesh.engine.links.file import container
from focusmesh.errors import FileError, FocusmeshError
from tests.engine.links.test_container import NAMES, small, use
from tests.fuzz.target import Structure, Target

if TYPE_CHECKING:
    from collections.abc import Iterator

_TABLE, _ENTRY = container._HEADER, container._ENTRY
_SIZE_AT, _DIGEST_AT, _ENTRY_DIGEST_AT = 16, 32, _ENTRY.size - 32


@cache
def _folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="focusmesh-fuzz-"))


def check(data: bytes) -> bool:
    return _opened(data) | _opened(repaired(data))


def _opened(data: bytes) -> bool:
    path = _folder() / f"{len(data) % 2}.focusmesh"
    path.write_bytes(data)
    try:
        graph = Graph.open(path, verify=True)
    except FileError:
        return False
    _use(graph)
    _written_again(graph, path)
    return True


def _use(graph: Graph) -> None:
    """What a graph is asked for: answers, or the project's own errors (names that are no text, weights no numbers)."""
    with suppress(FocusmeshError), np.errstate(all="ignore"):
        use(graph)


def _written_again(graph: Graph, path: Path) -> None:
    """What was opened and is saved is the same when it is opened again, to the byte."""
    once, twice = path.with_suffix(".once"), path.with_suffix(".twice")
    try:
        graph.save(once)
    except FocusmeshError:
        return
    Graph.open(once, verify=True).save(twice)
    assert once.read_bytes() == twice.read_bytes()


def repaired(data: bytes) -> bytes:
    """The file with its true size and digests, so that what lies in the table and the sections is read at all."""
    content = bytearray(data)
    if len(content) < _TABLE.size:
        return bytes(content)
    content[:_DIGEST_AT] = data[:_SIZE_AT] + len(content).to_bytes(8, "little") + bytes(8)
    for at, first, stop in _sections(data):
        place = at + _ENTRY_DIGEST_AT
        content[place : place + 32] = container.digest_of(bytes(content[first:stop]))
    end = _TABLE.size + int.from_bytes(data[12:16], "little") * _ENTRY.size
    content[_DIGEST_AT : _TABLE.size] = container.digest_of(bytes(content[_TABLE.size : end]))
    return bytes(content)


def _sections(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Where the table has an entry, and which bytes that is of; none that leaves the file."""
    count = int.from_bytes(data[12:16], "little")
    ends = range(_TABLE.size + _ENTRY.size, len(data) + 1, _ENTRY.size)
    for end in ends[:count]:
        at = end - _ENTRY.size
        _, _, first, length, _, _ = _ENTRY.unpack_from(data, at)
        if end <= first <= first + length <= len(data):
            yield at, first, first + length


def seeds() -> list[bytes]:
    found = []
    path = _folder() / "seed.focusmesh"
    for names in NAMES.values():
        for labelled in (False, True):
            small(names, labelled).save(path)
            found.append(path.read_bytes())
    return found


def _read(data: bytes) -> list[object]:
    """Header, entries of the table, contents."""
    count = int.from_bytes(data[12:16], "little")
    entries = [list(_ENTRY.unpack_from(data, _TABLE.size + i * _ENTRY.size)) for i in range(count)]
    contents = [data[entry[2] : entry[2] + entry[3]] for entry in entries]
    return [data[: _TABLE.size], entries, contents]


def _write(value: list[object]) -> bytes:
    """Places and lengths follow from the contents; mutations of bytes reach them as they stand."""
    header, entries, contents = value
    assert isinstance(header, bytes)
    assert isinstance(entries, list)
    assert isinstance(contents, list)
    offset, table, body = _aligned(_TABLE.size + len(entries) * _ENTRY.size), b"", b""
    for entry, content in zip(entries, contents, strict=True):
        name, dtype, _, _, columns, digest = entry
        table += _ENTRY.pack(name, dtype, offset + len(body), len(content), columns, digest)
        body += content + bytes(-len(content) % 64)
    head = header[:12] + len(entries).to_bytes(4, "little") + header[16:]
    return repaired((head + table).ljust(offset, b"\0") + body)


def _aligned(offset: int) -> int:
    return -(-offset // container.ALIGNMENT) * container.ALIGNMENT


TARGET = Target(check, seeds, Structure(_read, _write))
