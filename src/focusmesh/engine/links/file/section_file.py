"""Files of named arrays in the layout of the graph file, for what is not one graph: parts of one, pieces of work.

The sections may come as streams, so that a file may be larger than memory. See container.py for the layout.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import numpy as np

from focusmesh.engine.links.file import container
from focusmesh.engine.links.file.container import ALIGNMENT, Section
from focusmesh.engine.support.files import whole_file

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping

    import numpy.typing as npt

_HEADER = struct.Struct("<8sIIQQ32s")
_ENTRY_BYTES = 96


class SectionKind(NamedTuple):
    """What files of one kind begin with (8 bytes), and what messages call one."""

    magic: bytes
    what: str


@dataclass(frozen=True)
class SectionStream:
    """A section that is written array by array, all of ``dtype``, and never held as a whole."""

    dtype: str
    arrays: Iterable[npt.NDArray[Any]]


def write_sections(
    path: str | os.PathLike[str],
    kind: SectionKind,
    sections: Mapping[str, npt.NDArray[Any] | SectionStream],
    *,
    synced: bool = True,
) -> None:
    """Writes a file of ``sections``, whole or not at all. Raises FileError. The bytes depend on the arrays alone.

    What is not ``synced`` may be lost or damaged with the machine, but not with the process.
    """
    with whole_file(path, synced=synced) as file:
        at = _align(_HEADER.size + len(sections) * _ENTRY_BYTES)
        file.write(bytes(at))
        table = []
        for name, content in sections.items():
            section = _write(file, name, content)
            table.append(section)
            file.write(bytes(-file.tell() % ALIGNMENT))
        size = file.tell()
        packed = container.packed_table(table)
        file.seek(0)
        header = (kind.magic, container.VERSION, len(table), size, 0, container.digest_of(packed))
        file.write(_HEADER.pack(*header))
        file.write(packed)
        file.seek(size)


def open_sections(
    path: str | os.PathLike[str], kind: SectionKind, *, verify: bool = False
) -> dict[str, npt.NDArray[Any]]:
    """The arrays of a file, mapped; with ``verify`` every byte is held against the digests.

    Raises FileError, DamagedFileError, NewerVersionError. O(1) without ``verify``.
    """
    buffer = container.map_file(Path(path), kind.what)
    table = container.read_table(buffer, str(path), kind.magic, kind.what)
    if verify:
        container.verify_digests(buffer, table, str(path))
    return {section.name: container.view_section(buffer, section) for section in table}


def _write(file: BinaryIO, name: str, content: npt.NDArray[Any] | SectionStream) -> Section:
    import blake3

    hasher = blake3.blake3(max_threads=blake3.blake3.AUTO)
    offset = file.tell()
    if isinstance(content, SectionStream):
        dtype, columns, arrays = np.dtype(content.dtype), 0, content.arrays
    else:
        dtype, arrays = content.dtype, [content]
        columns = content.shape[1] if content.ndim == 2 else 0
    for array in arrays:
        raw = container.raw_bytes(array.astype(dtype, copy=False)).data
        hasher.update(raw)
        file.write(raw)
    spelt = dtype.newbyteorder("<").str.replace("|", "<")
    return Section(name, spelt, offset, file.tell() - offset, columns, hasher.digest())


def _align(offset: int) -> int:
    return -(-offset // ALIGNMENT) * ALIGNMENT
