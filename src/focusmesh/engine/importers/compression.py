"""Compressed files: which way by their first bytes, whatever they are called, and what lies inside."""

from __future__ import annotations

import bz2
import importlib
import lzma
import zipfile
import zlib
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Protocol

from focusmesh.errors import DamagedFileError, FileError, InputError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import BinaryIO

COMPRESSIONS = (".gz", ".zst", ".bz2", ".xz", ".zip")
"""Suffixes that say how a file is compressed; what stands before them says what it is."""

_MAGIC = (
    (0, b"\x1f\x8b", ".gz"),
    (0, b"\x28\xb5\x2f\xfd", ".zst"),
    # A name may begin with BZh; a block of bzip2 begins with the digits of pi, an empty stream with those of its root.
    (4, b"1AY&SY", ".bz2"),
    (4, b"\x17\x72\x45\x38\x50\x90", ".bz2"),
    (0, b"\xfd7zXZ\x00", ".xz"),
    (0, b"PK\x03\x04", ".zip"),
    (0, b"PK\x05\x06", ".zip"),
)
_TITLES = {".gz": "gzip", ".zst": "zstd", ".bz2": "bzip2", ".xz": "xz", ".zip": "zip"}
_MAGIC_BYTES = 10
_PIECE_BYTES = 1 << 16
_MADE_BYTES_MAX = 1 << 22
_XZ_MEMORY_BYTES_MAX = 1 << 28
_NOT_MEMBERS = ("__MACOSX/", ".DS_Store")
_NO_FILE = "fetch the file again"


class Compression:
    """How one file is compressed: ``title`` in words, and ``read``, the next bytes of what lies inside."""

    def __init__(self, title: str, read: Callable[[int], bytes]) -> None:
        self.title = title
        self.read = read


def compression_of(path: Path, file: BinaryIO) -> Compression | None:
    """How ``file``, open at its beginning, is compressed: by its first bytes, else by its suffix; None for plain.

    Raises MissingExtraError for zstd where nothing can unpack it; InputError for a zip file without exactly one member,
    DamagedFileError for one that is damaged.
    """
    suffix = path.suffix.lower()
    head = file.read(_MAGIC_BYTES)
    file.seek(0)
    kind = next((kind for at, magic, kind in _MAGIC if head.startswith(magic, at)), suffix)
    if kind not in COMPRESSIONS:
        return None
    if kind == ".zip":
        return Compression(_TITLES[kind], _Member(path, file).read)
    start, error = _STARTS[kind]()
    return Compression(_TITLES[kind], _Inflater(path, file, _TITLES[kind], start, error).read)


def inner_name(path: Path) -> tuple[str, bool]:
    """What a file is called without the suffix of its compression, and whether it has one.

    A zip file whose own name tells no format (``data.zip``) is called as its one member is.
    """
    suffix = path.suffix.lower()
    if suffix not in COMPRESSIONS:
        return path.name, False
    if suffix == ".zip" and not PurePath(path.stem).suffix:
        try:
            with path.open("rb") as file:
                return PurePath(_Member(path, file).name).name, True
        except (OSError, InputError):
            return path.stem, True
    return path.stem, True


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


class _Bounded:
    """A decompressor of bzip2, xz or zstd that makes a bounded piece at a time, however well its input was packed."""

    def __init__(self, member: Any) -> None:
        self._member = member

    @property
    def eof(self) -> bool:
        return bool(self._member.eof)

    @property
    def unused_data(self) -> bytes:
        return bytes(self._member.unused_data)

    @property
    def needs_input(self) -> bool:
        return bool(self._member.needs_input)

    def decompress(self, data: bytes) -> bytes:
        return bytes(self._member.decompress(data, _MADE_BYTES_MAX))


class _Inflater:
    """Reads the members of a compressed file one after the other; knows when the last one is cut short."""

    def __init__(
        self,
        path: Path,
        file: BinaryIO,
        kind: str,
        start: Callable[[], _Decompressor],
        error: type[Exception],
    ) -> None:
        self._path = path
        self._file = file
        self._kind = kind
        self._start = start
        self._error = error
        self._member: _Decompressor | None = start()
        self._rest = b""
        self._made_bytes = 0

    def read(self, size: int) -> bytes:
        parts: list[bytes] = []
        ready = 0
        while ready < size:
            part = self._step()
            if part is None:
                break
            parts.append(part)
            ready += len(part)
        return b"".join(parts)

    def _step(self) -> bytes | None:
        """Output of one piece of input, perhaps empty; None at a proper end."""
        if self._member is not None and not getattr(self._member, "needs_input", True):
            return self._inflate(self._member, b"")
        piece = self._rest or self._file.read(_PIECE_BYTES)
        self._rest = b""
        if not piece:
            if self._member is not None:
                raise self._damage_error("the stream is cut short")
            return None
        if self._member is None:
            # Between members: zero bytes are padding, anything else begins the next member.
            piece = piece.lstrip(b"\0")
            if not piece:
                return b""
            self._member = self._start()
        return self._inflate(self._member, piece)

    def _inflate(self, member: _Decompressor, piece: bytes) -> bytes:
        try:
            made = member.decompress(piece)
        except self._error as error:
            raise self._damage_error(str(error)) from error
        self._made_bytes += len(made)
        if member.eof:
            self._rest = member.unused_data
            self._member = None
        return made

    def _damage_error(self, what: str) -> DamagedFileError:
        return DamagedFileError(
            f"{self._path}: damaged {self._kind} data near byte {self._file.tell()} of the file, after "
            f"{self._made_bytes} bytes of text: {what}; {_NO_FILE}"
        )


class _Member:
    """The one file in a zip file."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self._path = path
        try:
            archive = zipfile.ZipFile(file)
            members = [each for each in archive.infolist() if _is_member(each)]
        except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
            raise self._damage_error(error) from error
        if len(members) != 1:
            raise InputError(_wrong_count(path, [each.filename for each in members]))
        self.name = members[0].filename
        try:
            self._stream = archive.open(members[0])
        except (zipfile.BadZipFile, EOFError, ValueError) as error:
            raise self._damage_error(error) from error
        except (RuntimeError, NotImplementedError) as error:
            raise InputError(f"{path}: {error}: unpack it first") from error

    def read(self, size: int) -> bytes:
        try:
            return self._stream.read(size)
        except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, ValueError) as error:
            raise self._damage_error(error) from error
        except OSError as error:
            # What bzip2 says of data that is no such has no number, unlike what the system says.
            raise (self._damage_error(error) if error.errno is None else error) from error

    def _damage_error(self, error: Exception) -> FileError:
        return DamagedFileError(f"{self._path}: damaged zip file: {error}; {_NO_FILE}")


def _is_member(info: zipfile.ZipInfo) -> bool:
    return not (info.is_dir() or any(mark in info.filename for mark in _NOT_MEMBERS))


def _wrong_count(path: Path, names: list[str]) -> str:
    if "[Content_Types].xml" in names:
        return f"{path} is an office document: a spreadsheet is read with --format spreadsheet, or as CSV"
    shown = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
    held = f"{len(names)} files ({shown})" if names else "no file"
    return f"{path} is a zip file with {held}; one with exactly one is read: unpack it and name the file"


def _gzip() -> tuple[Callable[[], _Decompressor], type[Exception]]:
    return lambda: zlib.decompressobj(31), zlib.error


def _bzip2() -> tuple[Callable[[], _Decompressor], type[Exception]]:
    return lambda: _Bounded(bz2.BZ2Decompressor()), OSError


def _xz() -> tuple[Callable[[], _Decompressor], type[Exception]]:
    return lambda: _Bounded(lzma.LZMADecompressor(memlimit=_XZ_MEMORY_BYTES_MAX)), lzma.LZMAError


def _zstd() -> tuple[Callable[[], _Decompressor], type[Exception]]:
    """From Python's own library (3.14) where it has one, else from the extra."""
    try:
        library = importlib.import_module("compression.zstd")
    except ImportError:
        return _zstd_of_extra()
    return lambda: _Bounded(library.ZstdDecompressor()), library.ZstdError


def _zstd_of_extra() -> tuple[Callable[[], _Decompressor], type[Exception]]:
    try:
        import zstandard
    except ImportError:
        raise MissingExtraError("arrow", "reading files compressed with zstd (.zst)") from None
    return zstandard.ZstdDecompressor().decompressobj, zstandard.ZstdError


_STARTS = {".gz": _gzip, ".zst": _zstd, ".bz2": _bzip2, ".xz": _xz}
