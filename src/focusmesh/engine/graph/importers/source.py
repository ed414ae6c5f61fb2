"""The bytes of an input file, plain or compressed, with progress by position in the file as it lies on disk."""

from __future__ import annotations

import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from focusmesh.errors import DamagedFileError, FileError, InputError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import BinaryIO

    from focusmesh.engine.graph.importers.reading import Reading

LINE_BYTES_MAX = 1 << 26
"""More of one line is not held, by formats that take lines whole."""
_COMPRESSED_PIECE_BYTES = 1 << 16
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_UTF8_MARK = b"\xef\xbb\xbf"


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


@contextmanager
def file_errors(path: Path) -> Iterator[None]:
    """Turns what the operating system says about ``path`` into FileError."""
    try:
        yield
    except FileError:
        raise
    except OSError as error:
        raise FileError(f"cannot read {path}: {error.strerror or error}") from error


class Source:
    """Decompressed bytes of ``path``, read in order; to be used in a ``with`` statement.

    A name that ends in .gz or .zst is decompressed, several members one after the other included. Raises FileError when
    it cannot be opened, DamagedFileError (with the offsets reached) when the compressed stream is cut or corrupt.
    """

    def __init__(self, path: Path, reading: Reading) -> None:
        self._path = path
        with file_errors(path):
            self._file: BinaryIO = path.open("rb")
            self.size_bytes = path.stat().st_size
        self._throttle = reading.throttle(self.size_bytes, "bytes")
        try:
            self._read = self._reader(path.suffix.lower())
        except MissingExtraError:
            self._file.close()
            raise

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def read(self, size: int) -> bytes:
        """The next bytes, about ``size`` of them; empty at the end."""
        with file_errors(self._path):
            data = self._read(size)
            position = self._file.tell()
        if data:
            self._throttle.at(position)
        else:
            self._throttle.finish(position)
        return data

    def head(self, size: int) -> bytes:
        """The first bytes without a byte order mark; raises InputError for UTF-16."""
        data = self.read(size)
        if data[:2] in _UTF16_MARKS:
            raise InputError(f"{self._path} is UTF-16 text: convert it to UTF-8 first")
        return data.removeprefix(_UTF8_MARK)

    def line_blocks(
        self,
        block_bytes: int,
        too_long: Callable[[bytes], bytes],
        line_bytes_max: int = LINE_BYTES_MAX,
        *,
        cr_ends: bool = False,
    ) -> Iterator[bytes]:
        """Blocks of about ``block_bytes`` that end at an end of line, the last one where the file ends. O(bytes).

        A line ends with LF; with ``cr_ends`` with CR too. ``too_long`` is handed a line that has more than
        ``line_bytes_max`` bytes so far; it raises, or gives back what is to be kept of it.
        """
        pending = self.head(block_bytes)
        while following := self.read(block_bytes):
            cut = pending.rfind(b"\n") + 1
            if not cut and cr_ends:
                # A CR at the very end may be half of a CR LF.
                cut = pending.rfind(b"\r", 0, -1) + 1
            if cut:
                yield pending[:cut]
            pending = pending[cut:] + following
            if len(pending) > line_bytes_max and b"\n" not in pending:
                pending = too_long(pending)
        if pending:
            yield pending

    def _reader(self, suffix: str) -> Callable[[int], bytes]:
        if suffix == ".gz":
            return _gzip(self._path, self._file).read
        if suffix == ".zst":
            return _zstd(self._path, self._file).read
        return self._file.read


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
        piece = self._rest or self._file.read(_COMPRESSED_PIECE_BYTES)
        self._rest = b""
        if not piece:
            if self._member is not None:
                raise self._damaged("the stream is cut short")
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
            raise self._damaged(str(error)) from error
        self._made_bytes += len(made)
        if member.eof:
            self._rest = member.unused_data
            self._member = None
        return made

    def _damaged(self, what: str) -> DamagedFileError:
        return DamagedFileError(
            f"{self._path}: damaged {self._kind} data near byte {self._file.tell()} of the file, after "
            f"{self._made_bytes} bytes of text: {what}; fetch the file again"
        )


def _gzip(path: Path, file: BinaryIO) -> _Inflater:
    return _Inflater(path, file, "gzip", lambda: zlib.decompressobj(31), zlib.error)


def _zstd(path: Path, file: BinaryIO) -> _Inflater:
    try:
        import zstandard
    except ImportError:
        raise MissingExtraError("arrow", "reading .zst files") from None
    context = zstandard.ZstdDecompressor()
    return _Inflater(path, file, "zstd", context.decompressobj, zstandard.ZstdError)
