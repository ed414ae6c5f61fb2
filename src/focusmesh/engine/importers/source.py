"""The bytes of an input file, plain or unpacked, with progress by position in the file as it lies on disk."""

from __future__ import annotations

import codecs
from contextlib import contextmanager
from typing import TYPE_CHECKING

from focusmesh.engine.importers.compression import compression_of
from focusmesh.errors import DamagedFileError, FileError, FocusmeshError, InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import BinaryIO

    from focusmesh.engine.importers.import_run import Reading

LINE_BYTES_MAX = 1 << 26
"""More of one line is not held, by formats that take lines whole."""
_BLOCK_BYTES = 1 << 20
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_UTF32_MARK = b"\xff\xfe\0\0"
_UTF8_MARK = b"\xef\xbb\xbf"


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

    What is compressed is decompressed (see compression), several members one after the other included. Where the first
    block has ends of lines and all are CR (old Macs), each CR is given as LF. Raises FileError when it cannot be
    opened, DamagedFileError (with the offsets reached) when the compressed stream is cut or corrupt.
    """

    def __init__(self, path: Path, reading: Reading) -> None:
        self._path = path
        with file_errors(path):
            self._file: BinaryIO = path.open("rb")
            self.size_bytes = path.stat().st_size
        self._throttle = reading.throttle(self.size_bytes, "bytes")
        try:
            with file_errors(path):
                packed = compression_of(path, self._file)
        except FocusmeshError:
            self._file.close()
            raise
        self._read = self._file.read if packed is None else packed.read
        self._cr_ends = False
        self._reading = reading
        if packed is not None and packed.title:
            reading.note(packed.title)

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
        return data.replace(b"\r", b"\n") if self._cr_ends else data

    def head(self, size: int) -> bytes:
        """The first bytes, without a byte order mark; text in UTF-16 is given as UTF-8 from here on."""
        data = self.read(size)
        if data[:2] in _UTF16_MARKS:
            data = self._as_utf8(data, size)
        # A CR at the very end may be half of a CR LF, or end the only line.
        if b"\n" not in data and b"\r" in data[:-1]:
            self._cr_ends = True
            self._reading.note("lines end with CR (old Mac)")
            data = data.replace(b"\r", b"\n")
        return data.removeprefix(_UTF8_MARK)

    def _as_utf8(self, data: bytes, size: int) -> bytes:
        """``data``, which begins with the mark of UTF-16, in UTF-8; all that follows is given so too."""
        if data[:4] == _UTF32_MARK:
            raise InputError(f"{self._path} is UTF-32 text: convert it to UTF-8 first")
        read, decoder = self._read, codecs.getincrementaldecoder("utf-16")()
        pending = [data]

        def read_text(wanted: int) -> bytes:
            """The next text; empty at the end alone."""
            while True:
                piece = pending.pop() if pending else read(wanted)
                try:
                    text = decoder.decode(piece, final=not piece)
                except UnicodeDecodeError as error:
                    raise DamagedFileError(
                        f"{self._path} is no whole UTF-16 text: {error}"
                    ) from error
                if text or not piece:
                    return text.encode("utf-8", "surrogatepass")

        self._read = read_text
        self._reading.note("UTF-16")
        return self.read(size)

    def whole(self, bytes_max: int, instead: str) -> bytes:
        """All bytes, without a byte order mark; InputError, which says what to do ``instead``, for more of them."""
        data = bytearray(self.head(_BLOCK_BYTES))
        while block := self.read(_BLOCK_BYTES):
            data += block
            if len(data) > bytes_max:
                raise InputError(
                    f"{self._path} has more than {bytes_max:,} bytes, and is held whole: {instead}"
                )
        return bytes(data)

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
