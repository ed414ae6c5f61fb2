"""Compressed files are told by their first bytes, whatever they are called."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sys
import types
import zipfile
from typing import TYPE_CHECKING

import pytest
import zstandard

from focusmesh.engine.importers import read_links
from focusmesh.errors import DamagedFileError, InputError, MissingExtraError
from tests.engine.importers.files import links_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PLAIN = b"source,target\na,b\nb,c\n"
LINKS = [("a", "b", 1.0), ("b", "c", 1.0)]


def zipped(*members: tuple[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return made.getvalue()


def zip_one(data: bytes) -> bytes:
    return zipped(("folder/links.csv", data), ("__MACOSX/._links.csv", b"\0"))


def zstd(data: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(data)


SQUEEZERS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    ".gz": ("gzip", gzip.compress),
    ".bz2": ("bzip2", bz2.compress),
    ".xz": ("xz", lzma.compress),
    ".zst": ("zstd", zstd),
    ".zip": ("zip", zip_one),
}


@pytest.mark.parametrize("suffix", SQUEEZERS)
def test_by_first_bytes_or_by_suffix(tmp_path: Path, suffix: str) -> None:
    title, squeeze = SQUEEZERS[suffix]
    for name in ("links.csv", f"links.csv{suffix}"):
        (tmp_path / name).write_bytes(squeeze(PLAIN))
        columns, report = read_links(tmp_path / name, strict=True)
        assert links_of(columns) == LINKS
        assert report.understood[0] == title


@pytest.mark.parametrize("suffix", SQUEEZERS)
def test_what_unpacks_into_much_comes_in_pieces(tmp_path: Path, suffix: str) -> None:
    lines = 150_000  # three times what is unpacked at once
    line = b"a" * 40 + b" " + b"b" * 40 + b"\n"
    (tmp_path / "a.txt").write_bytes(SQUEEZERS[suffix][1](line * lines))
    columns, report = read_links(tmp_path / "a.txt")
    assert (len(columns), report.line_count) == (lines, lines)


@pytest.mark.parametrize("suffix", [".bz2", ".xz", ".zip"])
def test_damage_is_told(tmp_path: Path, suffix: str) -> None:
    whole = SQUEEZERS[suffix][1](b"".join(b"%d,%d\n" % (i, i * i) for i in range(9_000)))
    path = tmp_path / "a.csv"
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 0xFF
    for data in (whole[:40], whole[: len(whole) // 2], bytes(flipped)):
        path.write_bytes(data)
        with pytest.raises(DamagedFileError, match=r"a\.csv: damaged .*fetch the file again"):
            read_links(path)
    path = tmp_path / f"a.csv{suffix}"
    path.write_bytes(b"plain,text\n")
    with pytest.raises(DamagedFileError, match="damaged"):
        read_links(path)


def test_a_zip_file_is_called_as_its_one_member(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    path.write_bytes(zipped(("links.tsv", b"a\tb\n")))
    columns, report = read_links(path)
    assert (links_of(columns), report.format) == ([("a", "b", 1.0)], "csv")
    path.write_bytes(zipped(("a.csv", PLAIN), ("b.csv", PLAIN)))
    with pytest.raises(InputError, match=r"zip file with 2 files \(a.csv, b.csv\)"):
        read_links(path, format="csv")
    path.write_bytes(zipped())
    with pytest.raises(InputError, match="zip file with no file"):
        read_links(path, format="csv")
    sheet = tmp_path / "sheet.csv"
    sheet.write_bytes(zipped(("[Content_Types].xml", b""), ("xl/workbook.xml", b"")))
    with pytest.raises(InputError, match=r"a spreadsheet is read with --format spreadsheet"):
        read_links(sheet)


def test_a_name_that_looks_compressed_is_text(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"BZhang,Li\n")
    assert links_of(read_links(tmp_path / "a.csv")[0]) == [("BZhang", "Li", 1.0)]


def test_zstd_needs_the_extra_or_a_newer_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "links.csv"
    path.write_bytes(zstd(PLAIN))
    monkeypatch.setitem(sys.modules, "compression", None)
    monkeypatch.setitem(sys.modules, "zstandard", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'focusmesh\[arrow\]'"):
        read_links(path)
    monkeypatch.undo()

    class Standard:
        """The interface of Python 3.14's decompressor, made of the extra."""

        needs_input = True

        def __init__(self) -> None:
            self._inner = zstandard.ZstdDecompressor().decompressobj()

        def decompress(self, data: bytes, max_length: int) -> bytes:
            assert max_length > 0
            return self._inner.decompress(data)

        @property
        def eof(self) -> bool:
            return self._inner.eof

        @property
        def unused_data(self) -> bytes:
            return self._inner.unused_data

    library = types.ModuleType("compression.zstd")
    library.__dict__.update(ZstdDecompressor=Standard, ZstdError=zstandard.ZstdError)
    monkeypatch.setitem(sys.modules, "compression", types.ModuleType("compression"))
    monkeypatch.setitem(sys.modules, "compression.zstd", library)
    monkeypatch.setitem(sys.modules, "zstandard", None)
    assert links_of(read_links(path)[0]) == LINKS
