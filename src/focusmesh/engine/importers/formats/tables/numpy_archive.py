"""Archives of NumPy (``.npz``): sparse matrices as SciPy saves them, and ``edge_index`` of PyTorch Geometric.

Nothing in them is unpickled. Particles are the integers from 0 on.
"""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from focusmesh.engine.importers.numbered_particles import numbered_names
from focusmesh.engine.importers.registry import Importer
from focusmesh.engine.importers.source import file_errors
from focusmesh.engine.importers.text_rows.table_header import note_passed_over
from focusmesh.engine.importers.unpacked_size import unpacked_bytes
from focusmesh.engine.links import LinkColumns, usable_weight
from focusmesh.errors import DamagedFileError, InputError

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from focusmesh.engine.importers.import_run import Reading

_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}
_SCIPY = {
    b"csr": ("indptr", "indices"),
    b"csc": ("indptr", "indices"),
    b"bsr": ("indptr", "indices"),
    b"coo": ("row", "col"),
    b"dia": ("offsets",),
}
_EDGES, _WEIGHTS, _COUNT = "edge_index", "edge_weight", "num_nodes"
_DAMAGE = (
    *(ValueError, KeyError, OverflowError, EOFError, OSError, struct.error),
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError),
)
"""What reading a member raises where its bytes, or the places that the directory tells, are wrong."""
_SIZE_MAX = 2**32 - 1


class _Entries(NamedTuple):
    """Entries of a square matrix of ``size`` rows: row, column and value of each, all 1 where there are none."""

    size: int
    rows: npt.NDArray[np.int64]
    columns: npt.NDArray[np.int64]
    values: npt.NDArray[np.float64] | None


def read(path: Path, reading: Reading) -> LinkColumns:
    """Links of a square sparse matrix, entry (i, j) from i to j; or of ``edge_index``, which has a link in each column.

    Particles are 0 … n − 1, empty rows included. An entry whose weight is negative or not finite is a bad line, by its
    place from 1 as it is stored. Raises InputError for other archives, matrices that are not square, indices out of
    range and complex values, DamagedFileError for a broken archive. O(entries + n).
    """
    unpacked_bytes(path)
    with file_errors(path):
        arrays = _Arrays(path)
    if "format" in arrays.names and "shape" in arrays.names:
        found = _matrix(arrays, reading)
    elif _EDGES in arrays.names:
        found = _edges(arrays, reading)
    else:
        raise InputError(
            f"{path} has the arrays {', '.join(arrays.names[:10]) or '(none)'}: read are sparse matrices of "
            f"scipy.sparse.save_npz, and {_EDGES} (2 × links) with {_WEIGHTS}"
        )
    return _links(found, arrays, reading)


class _Arrays:
    """The arrays of an archive; each is read once it is seen that it is as large as its header says."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with zipfile.ZipFile(path) as archive:
            members = archive.namelist()
        self.names = [name.removesuffix(".npy") for name in members if name.endswith(".npy")]

    def array(self, name: str) -> npt.NDArray[Any]:
        """An array by its name; raises InputError where there is none, or one of objects."""
        if name not in self.names:
            raise InputError(f"{self.path} has no array {name!r}, which its format needs")
        try:
            with zipfile.ZipFile(self.path) as archive, archive.open(f"{name}.npy") as stream:
                version = np.lib.format.read_magic(stream)
                if version not in _HEADERS:
                    raise InputError(
                        f"{self.path}: {name} has fields, so it is no array of numbers"
                    )
                shape, by_columns, kind = _HEADERS[version](stream)
                self._verify_numbers(name, kind)
                count = int(np.prod(shape, dtype=object)) if shape else 1
                rest = archive.getinfo(f"{name}.npy").file_size - stream.tell()
                if count * kind.itemsize > rest:
                    raise ValueError(f"{name} is shorter than its header says")
                data = stream.read(count * kind.itemsize)
                found = np.frombuffer(data, dtype=kind, count=count)
                return found.reshape(shape, order="F" if by_columns else "C")
        except InputError:
            raise
        except _DAMAGE as error:
            raise DamagedFileError(f"{self.path} is damaged: {error}") from error
        except (RuntimeError, NotImplementedError, SyntaxError) as error:
            raise InputError(f"{self.path}: {name} cannot be read: {error}") from error

    def integers(self, name: str, dimensions: int = 1) -> npt.NDArray[np.int64]:
        """An array of integers, as int64."""
        found = self.array(name)
        if found.dtype.kind not in "iu" or found.ndim != dimensions:
            raise InputError(
                f"{self.path}: {name} is to be integers in {dimensions} dimension{'s' if dimensions > 1 else ''}, "
                f"not {found.dtype} in {found.ndim}"
            )
        if found.dtype.kind == "u" and found.size and int(found.max()) >= 2**63:
            raise InputError(f"{self.path}: {name} has numbers past 64 bits with a sign")
        return found.astype(np.int64)

    def numbers(self, name: str) -> npt.NDArray[np.float64]:
        """An array of real numbers (or truth values), as float64."""
        found = self.array(name)
        if found.dtype.kind not in "iufb":
            raise InputError(
                f"{self.path}: {name} has values of the type {found.dtype}, no weights"
            )
        return found.astype(np.float64)

    def _verify_numbers(self, name: str, kind: np.dtype[Any]) -> None:
        if kind.hasobject or kind.names is not None or not kind.itemsize:
            raise InputError(f"{self.path}: {name} holds {kind}, not numbers: nothing is unpickled")


def _matrix(arrays: _Arrays, reading: Reading) -> _Entries:
    """The entries of a matrix as ``scipy.sparse.save_npz`` stores it."""
    form = bytes(arrays.array("format").tobytes()).rstrip(b"\0").replace(b"\0", b"")
    if form not in _SCIPY:
        raise InputError(f"{arrays.path} has a sparse matrix of the format {form!r:.20}")
    reading.note(f"a sparse matrix ({form.decode()})")
    shape = arrays.integers("shape").tolist()
    if len(shape) != 2 or shape[0] != shape[1] or not 0 <= shape[0] <= _SIZE_MAX:
        sizes = " × ".join(map(str, shape[:3]))
        raise InputError(f"{arrays.path}: the matrix is {sizes}; links need a square one")
    size = int(shape[0])
    if form == b"dia":
        return _diagonals(arrays, size)
    if form == b"coo":
        ends = arrays.integers("row"), arrays.integers("col")
        return _Entries(size, *ends, arrays.numbers("data").reshape(-1))
    blocks = arrays.numbers("data")
    height, width = blocks.shape[1:] if form == b"bsr" and blocks.ndim == 3 else (1, 1)
    if (
        blocks.ndim != (3 if form == b"bsr" else 1)
        or not height * width
        or size % height
        or size % width
    ):
        raise InputError(
            f"{arrays.path}: data has the wrong shape for {form.decode()}: {blocks.shape}"
        )
    rows, columns = _from_pointers(arrays, size // height, len(blocks))
    if form == b"bsr":
        return _of_blocks(blocks, rows, columns, size)
    return _Entries(size, *((rows, columns) if form == b"csr" else (columns, rows)), blocks)


def _from_pointers(
    arrays: _Arrays, major: int, count: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """For each of ``count`` entries its place along the compressed axis, which has ``major`` places, and the other."""
    begins, minor = arrays.integers("indptr"), arrays.integers("indices")
    steps = np.diff(begins)
    ends = begins[[0, -1]].tolist() if len(begins) else []
    if len(begins) != major + 1 or ends != [0, count] or (steps < 0).any() or len(minor) != count:
        raise InputError(
            f"{arrays.path}: indptr, indices and data do not fit each other: "
            f"{len(begins)}, {len(minor)} and {count} for {major}"
        )
    return np.repeat(np.arange(major), steps), minor


def _of_blocks(
    blocks: npt.NDArray[np.float64],
    rows: npt.NDArray[np.int64],
    columns: npt.NDArray[np.int64],
    size: int,
) -> _Entries:
    """Entries that are not 0, of dense blocks that stand in these rows and columns of blocks."""
    which, down, across = np.nonzero(blocks)
    height, width = blocks.shape[1:]
    values = blocks[which, down, across]
    return _Entries(size, rows[which] * height + down, columns[which] * width + across, values)


def _diagonals(arrays: _Arrays, size: int) -> _Entries:
    """Entries that are not 0, of diagonals: row k of the data is the diagonal ``offsets[k]``, by columns."""
    offsets, data = arrays.integers("offsets"), arrays.numbers("data")
    if data.ndim != 2 or len(data) != len(offsets) or (abs(offsets) > _SIZE_MAX).any():
        raise InputError(
            f"{arrays.path}: data {data.shape} and {len(offsets)} offsets do not fit each other"
        )
    which, columns = np.nonzero(data[:, :size])
    rows = columns - offsets[which]
    inside = (rows >= 0) & (rows < size)
    values = data[which[inside], columns[inside]]
    return _Entries(size, rows[inside], columns[inside], values)


def _edges(arrays: _Arrays, reading: Reading) -> _Entries:
    """The links of ``edge_index``; without ``num_nodes`` there are as many particles as the largest number says."""
    reading.note(_EDGES)
    ends = arrays.integers(_EDGES, 2)
    if len(ends) != 2:
        raise InputError(f"{arrays.path}: {_EDGES} is {len(ends)} × {ends.shape[1]}, not 2 × links")
    values = None
    if _WEIGHTS in arrays.names:
        values = arrays.numbers(_WEIGHTS).reshape(-1)
    size = int(ends.max()) + 1 if ends.size else 0
    if _COUNT in arrays.names:
        said = arrays.array(_COUNT)
        if said.size != 1 or said.dtype.kind not in "iu":
            raise InputError(f"{arrays.path}: {_COUNT} is no number")
        size = int(said.reshape(-1)[0])
    known = (_EDGES, _WEIGHTS, _COUNT)
    note_passed_over([name for name in arrays.names if name not in known], reading)
    return _Entries(size, ends[0], ends[1], values)


def _links(found: _Entries, arrays: _Arrays, reading: Reading) -> LinkColumns:
    """The entries as links; each bad weight is refused."""
    size, rows, columns, values = found
    count = len(rows)
    if len(columns) != count or (values is not None and len(values) != count):
        raise InputError(f"{arrays.path}: rows, columns and values are not equally many")
    for ends in (rows, columns):
        if count and (int(ends.min()) < 0 or int(ends.max()) >= size):
            at = int(np.flatnonzero((ends < 0) | (ends >= size))[0])
            raise InputError(
                f"{arrays.path}: entry {at + 1} has the index {ends[at]}, not one from 0 to {size - 1}"
            )
    reading.line_count = count
    names = numbered_names(size, count, str(arrays.path), first=0)
    source, target = rows.astype(np.uint32), columns.astype(np.uint32)
    if values is None:
        return LinkColumns(names, source, target)
    good = (values >= 0) & (values < np.inf)
    for at in np.flatnonzero(~good).tolist():
        reading.refuse(at + 1, str(usable_weight(float(values[at]), float(values[at]))))
    weight = values[good] + 0.0
    is_weighted = bool((weight != 1).any())
    return LinkColumns(names, source[good], target[good], weight=weight if is_weighted else None)


IMPORTER = Importer(
    name="npz",
    suffixes=(".npz",),
    summary="archive of NumPy: a sparse matrix of scipy.sparse.save_npz, or edge_index and edge_weight; from 0",
    read=read,
    compressed=False,
)
