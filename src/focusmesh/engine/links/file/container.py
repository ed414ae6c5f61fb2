"""The graph file: one memory-mapped container of raw little-endian arrays.

Layout (docs/reference/file-format.md): a header of 64 bytes, a table of one entry a section, then the sections, each
on a multiple of 64 bytes. The header has the digest of the table, the table the digest of every section
(BLAKE3-256). What could make a reader leave its arrays (offsets, lengths, row starts, indices) is checked whenever a
file is opened; the digests when asked for.
"""

from __future__ import annotations

import mmap
import os
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from focusmesh.engine.links.file import sections
from focusmesh.engine.links.file.checks import InconsistentError
from focusmesh.engine.support.files import as_path, whole_file
from focusmesh.engine.support.mapped_pages import let_go
from focusmesh.errors import DamagedFileError, FileError, NewerVersionError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy.typing as npt

    from focusmesh.engine.links.snapshot import Snapshot
    from focusmesh.engine.support.arrays import ByteArray

SUFFIX = ".focusmesh"
MAGIC = b"FOCUSGPH"
VERSION = 1
ALIGNMENT = 64
_HEADER = struct.Struct("<8sIIQQ32s")
_ENTRY = struct.Struct("<32s8sQQQ32s")
_ZERO = (24, 32)
"""Bytes of the header that are for later."""
_DTYPES = frozenset({"<u1", "<u4", "<i8", "<f4", "<f8"})


@dataclass(frozen=True, slots=True)
class Section:
    """One entry of the table: ``columns`` is 0 for a vector, else the second dimension of a matrix."""

    name: str
    dtype: str
    offset: int
    length_bytes: int
    columns: int
    digest: bytes


def save_snapshot(snapshot: Snapshot, path: str | os.PathLike[str]) -> None:
    """See ``Graph.save``. Raises FileError; a failed or interrupted save leaves the old file as it was."""
    arrays = sections.to_arrays(snapshot)
    with whole_file(path) as file:
        _write(file, arrays)


def open_snapshot(path: str | os.PathLike[str], verify: bool = False) -> Snapshot:
    """See ``Graph.open``. O(1) memory: arrays are views of the mapped file."""
    buffer = map_file(as_path(path))
    table = read_table(buffer, str(path))
    arrays = {section.name: view_section(buffer, section) for section in table}
    if verify:
        verify_digests(buffer, table, str(path))
    try:
        snapshot = sections.from_arrays(arrays)
    except InconsistentError as error:
        raise DamagedFileError(
            f"{path} is damaged: {error}; make it anew from its source"
        ) from error
    let_go(*arrays.values())
    snapshot.file_root = digest_of(packed_table(table)).hex()
    return snapshot


def root_of(snapshot: Snapshot) -> bytes:
    """The digest that a file of ``snapshot`` has in its header: of all names, texts, weights and labels. O(bytes).

    Raises InputError for names that cannot be saved.
    """
    return digest_of(packed_table(_table(sections.to_arrays(snapshot))))


def list_sections(path: str | os.PathLike[str]) -> list[Section]:
    """The table of a graph file."""
    return read_table(map_file(as_path(path)), str(path))


def _write(file: BinaryIO, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    table = _table(arrays)
    offset = _align(table[-1].offset + table[-1].length_bytes)
    packed = packed_table(table)
    file.write(_HEADER.pack(MAGIC, VERSION, len(table), offset, 0, digest_of(packed)))
    file.write(packed)
    for section, array in zip(table, arrays.values(), strict=True):
        file.write(bytes(section.offset - file.tell()))
        file.write(raw_bytes(array).data)
    file.write(bytes(offset - file.tell()))


def _table(arrays: Mapping[str, npt.NDArray[Any]]) -> list[Section]:
    table, offset = [], _align(_HEADER.size + len(arrays) * _ENTRY.size)
    for name, array in arrays.items():
        table.append(_entry(name, array, offset))
        offset = _align(offset + array.nbytes)
    return table


def packed_table(table: list[Section]) -> bytes:
    """The table as it stands behind the header."""
    return b"".join(_pack(section) for section in table)


def _entry(name: str, array: npt.NDArray[Any], offset: int) -> Section:
    dtype = array.dtype.newbyteorder("<").str.replace("|", "<")
    columns = array.shape[1] if array.ndim == 2 else 0
    return Section(name, dtype, offset, array.nbytes, columns, digest_of(raw_bytes(array)))


def _pack(section: Section) -> bytes:
    return _ENTRY.pack(
        section.name.encode("ascii"),
        section.dtype.encode("ascii"),
        section.offset,
        section.length_bytes,
        section.columns,
        section.digest,
    )


def map_file(path: Path, what: str = "graph file") -> mmap.mmap:
    """The file as private memory: arrays on it count as writable, which spares kernels a second compilation."""
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size < _HEADER.size:
                raise DamagedFileError(f"{path} has {size} bytes, less than a header: no {what}")
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    except OSError as error:
        if isinstance(error, FileError):
            raise
        raise FileError(f"cannot open {path}: {error.strerror or error}") from error


def read_table(
    buffer: mmap.mmap, path: str, expected: bytes = MAGIC, what: str = "graph file"
) -> list[Section]:
    """The table, after every check that needs no section to be read."""
    magic, version, count, size, _, digest = _HEADER.unpack_from(buffer)
    if magic != expected:
        raise DamagedFileError(f"{path} is not a focusmesh {what} (it begins with {magic!r})")
    if version < 1:
        raise DamagedFileError(f"{path} is damaged: there is no format version {version}")
    if version > VERSION:
        raise NewerVersionError(
            f"{path} has format version {version}; this focusmesh reads up to {VERSION}: upgrade it"
        )
    if size != len(buffer):
        raise DamagedFileError(
            f"{path} has {len(buffer)} bytes, its header says {size}: cut short?"
        )
    end = _HEADER.size + count * _ENTRY.size
    if end > size or digest_of(buffer[_HEADER.size : end]) != digest:
        raise DamagedFileError(f"{path} is damaged: its section table does not fit its digest")
    table = [_unpack(buffer, _HEADER.size + i * _ENTRY.size) for i in range(count)]
    for section in table:
        _check_entry(section, end, size, path)
    return table


def verify_digests(buffer: mmap.mmap, table: list[Section], path: str) -> None:
    """Raises DamagedFileError naming the first section, or gap between two, whose bytes are not what was written."""
    view = memoryview(buffer)
    at = _HEADER.size + len(table) * _ENTRY.size
    _verify_zeros(view, _ZERO, "the header", path)
    for section in sorted(table, key=lambda section: section.offset):
        _verify_zeros(view, (at, section.offset), f"before section {section.name!r}", path)
        at = section.offset + section.length_bytes
        if digest_of(view[section.offset : at]) != section.digest:
            raise DamagedFileError(
                f"{path} is damaged: section {section.name!r}, bytes {section.offset:,} to {at - 1:,}, fails its digest"
            )
    _verify_zeros(view, (at, len(view)), "behind the last section", path)


def _verify_zeros(view: memoryview, span: tuple[int, int], where: str, path: str) -> None:
    start, stop = span
    if any(view[start:stop]):
        raise DamagedFileError(
            f"{path} is damaged: {where}, bytes {start:,} to {stop - 1:,}, are not zero"
        )


def _unpack(buffer: mmap.mmap, offset: int) -> Section:
    name, dtype, start, length, columns, digest = _ENTRY.unpack_from(buffer, offset)
    return Section(_text(name), _text(dtype), start, length, columns, digest)


def _check_entry(section: Section, first: int, size: int, path: str) -> None:
    """Whether an entry describes bytes of this file; a table that fits its digest can still be malicious."""
    wrong = f"{path} is damaged: section {section.name!r} has a wrong"
    if section.dtype not in _DTYPES:
        raise DamagedFileError(f"{wrong} type {section.dtype!r}")
    row_bytes = np.dtype(section.dtype).itemsize * max(section.columns, 1)
    if section.length_bytes % row_bytes or section.columns > size:
        raise DamagedFileError(f"{wrong} length {section.length_bytes}")
    inside = first <= section.offset <= size and section.length_bytes <= size - section.offset
    if section.offset % ALIGNMENT or not inside:
        raise DamagedFileError(f"{wrong} place: {section.length_bytes} bytes at {section.offset}")


def view_section(buffer: mmap.mmap, section: Section) -> npt.NDArray[Any]:
    """The array of one section, in the mapped file."""
    dtype = np.dtype(section.dtype)
    count = section.length_bytes // dtype.itemsize
    flat = np.frombuffer(buffer, dtype=dtype, count=count, offset=section.offset)
    return flat.reshape(-1, section.columns) if section.columns else flat


def digest_of(content: Any) -> bytes:
    """BLAKE3-256, on all cores."""
    import blake3

    return blake3.blake3(content, max_threads=blake3.blake3.AUTO).digest()


def _text(field: bytes) -> str:
    return field.rstrip(b"\0").decode("ascii", "replace")


def raw_bytes(array: npt.NDArray[Any]) -> ByteArray:
    """The bytes of an array, without a copy."""
    little = array.astype(array.dtype.newbyteorder("<"), order="C", copy=False)
    return little.reshape(-1).view(np.uint8)


def _align(offset: int) -> int:
    return -(-offset // ALIGNMENT) * ALIGNMENT
