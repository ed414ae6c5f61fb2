"""What every importer does: round trips, formats by suffix, reports, strict, progress, compression, damage."""

from __future__ import annotations

import csv
import gzip
import io
import json
from typing import TYPE_CHECKING, Any

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.engine.importers import importers, read_links
from focusmesh.engine.support.progress import Step
from focusmesh.errors import (
    BadLineError,
    DamagedFileError,
    FileError,
    InputError,
    ParameterError,
    UnsupportedFormatError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from focusmesh.engine.links.columns import LinkColumns

Link = tuple[Any, Any, float]
words = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=8)
tokens = words.filter(lambda word: not word.startswith(("#", "%", "\ufeff")))
weights = st.floats(0, allow_infinity=False)
any_text = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), min_size=1, max_size=8)


def links_of(columns: LinkColumns) -> list[Link]:
    """Links by name."""
    count = len(columns)
    amounts = [1.0] * count if columns.weight is None else columns.weight.tolist()
    ends = zip(columns.source.tolist(), columns.target.tolist(), amounts, strict=True)
    return [(columns.particles[a], columns.particles[b], amount) for a, b, amount in ends]


def write_words(path: Path, links: Sequence[Link]) -> None:
    path.write_text(
        "# comment\n" + "".join(f"{a}\t{b} {w!r}\n" for a, b, w in links), encoding="utf-8"
    )


def write_csv(path: Path, links: Sequence[Link]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        # Blanks around a field that stands without quotes are no part of it.
        writer = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC)
        writer.writerow(["source", "target", "weight"])
        writer.writerows((a, b, repr(w)) for a, b, w in links)


def write_json(path: Path, links: Sequence[Link]) -> None:
    lines = [json.dumps({"source": a, "target": b, "weight": w}) for a, b, w in links]
    path.write_text("\n".join(lines), encoding="utf-8")


def written(tmp: Path, name: str, data: bytes) -> Path:
    path = tmp / name
    path.write_bytes(data)
    return path


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("links")


@given(links=st.lists(st.tuples(tokens, tokens, weights), min_size=1, max_size=20))
def test_words_round_trip(place: Path, links: list[Link]) -> None:
    write_words(place / "a.txt", links)
    assert_same(place / "a.txt", [*links])


@given(links=st.lists(st.tuples(any_text, any_text, weights), min_size=1, max_size=20))
def test_csv_round_trip(place: Path, links: list[Link]) -> None:
    write_csv(place / "a.csv", links)
    assert_same(place / "a.csv", links)


@given(
    links=st.lists(
        st.tuples(any_text | st.integers(-(2**63), 2**63 - 1), any_text, weights),
        min_size=1,
        max_size=20,
    )
)
def test_json_round_trip(place: Path, links: list[Link]) -> None:
    write_json(place / "a.jsonl", links)
    columns, report = read_links(place / "a.jsonl", strict=True)
    assert links_of(columns) == links
    assert report.link_count == len(links)


def assert_same(path: Path, links: list[Link]) -> None:
    """The file gives the links, names as integers if all of them look it."""
    columns, report = read_links(path, strict=True)
    found = [(str(a), str(b), w) for a, b, w in links_of(columns)]
    assert found == links
    assert report.bad_count == 0
    assert list(dict.fromkeys(str(n) for a, b, _ in links for n in (a, b))) == [
        str(name) for name in columns.particles
    ]


def test_integer_names(tmp_path: Path) -> None:
    columns, _ = read_links(written(tmp_path, "a.txt", b"10 -3\n10 7\n"))
    assert links_of(columns) == [(10, -3, 1.0), (10, 7, 1.0)]
    columns, _ = read_links(written(tmp_path, "b.txt", b"10 -3\n10 07\n"))
    assert links_of(columns) == [("10", "-3", 1.0), ("10", "07", 1.0)]


def test_a_bad_line_does_not_change_the_kind_of_names(tmp_path: Path) -> None:
    columns, report = read_links(written(tmp_path, "a.txt", b"1 2\nx y z w\n2 3\n"))
    assert list(columns.particles) == [1, 2, 3]
    assert [(bad.line, bad.reason) for bad in report.bad] == [
        (2, "4 fields where 2 or 3 are expected")
    ]


BAD_WORDS: list[tuple[bytes, str]] = [
    (b"alone", "1 field where 2 or 3"),
    (b"a b c d", "4 fields where 2 or 3"),
    (b"a b nan", "the weight is NaN"),
    (b"a b -inf", "is infinite"),
    (b"a b 1e999", "is infinite"),
    (b"a b -0.5", "is negative"),
    (b"a b 1_0", "is not a number"),
    (b"a b heavy", "is not a number"),
    (b"a b\0", "NUL byte"),
    (b"a \xff", "is not UTF-8"),
    (b"a " + b"b" * (1 << 20), "longer than"),
]
BAD_CSV: list[tuple[bytes, str]] = [
    (b"a,b", "2 fields where 3"),
    (b"a,b,1,2", "4 fields where 3"),
    (b",b,1", "the source is empty"),
    (b"a,,1", "the target is empty"),
    (b"a,b,", "the weight is empty"),
    (b"a,b,NaN", "the weight is NaN"),
    (b"a,b,-1", "is negative"),
    (b'"a"x,b,1', "text after a closing quote"),
    (b'a,b,1"', "is not a number"),
]
BAD_JSON: list[tuple[bytes, str]] = [
    (b'{"source":"a"}', "missing required field `target`"),
    (b'{"source":"a","target":null}', "got `null`"),
    (b'{"source":"a","target":1.5}', "got `float`"),
    (b'{"source":"","target":"b"}', "length >= 1"),
    (b'{"source":"a","target":9223372036854775808}', "`int` <="),
    (b'{"source":"a","target":"b","weight":-1}', ">= 0.0"),
    (b'{"source":"a","target":"b","weight":NaN}', "malformed"),
    (b'{"source":"a","target":"b","weight":1e999}', "out of range"),
    (b'["a"]', "length 2"),
    (b'["a","b",1,2]', "at most length 3"),
    (b"nonsense", "malformed"),
    (b'"\xff"', "Expected"),
    (b"[" * 100_000, ""),
]
TABLES = [
    ("bad.txt", b"a b 1\n", BAD_WORDS),
    ("bad.csv", b"source,target,weight\na,b,1\n", BAD_CSV),
    ("bad.jsonl", b'{"source":"a","target":"b"}\n', BAD_JSON),
]
CASES = [(name, head, line, reason) for name, head, table in TABLES for line, reason in table]


@pytest.mark.parametrize(("name", "head", "line", "reason"), CASES)
def test_bad_lines(tmp_path: Path, name: str, head: bytes, line: bytes, reason: str) -> None:
    good = head.splitlines()[-1]
    path = written(tmp_path, name, head + line + b"\n" + good + b"\n")
    columns, report = read_links(path)
    number = head.count(b"\n") + 1
    assert links_of(columns) == [("a", "b", 1.0)] * 2
    assert report.bad_count == 1
    assert report.line_count == number + 1
    (bad,) = report.bad
    assert (bad.file, bad.line) == (str(path), number)
    assert reason in bad.reason
    with pytest.raises(BadLineError) as raised:
        read_links(path, strict=True)
    assert (raised.value.file, raised.value.line) == (str(path), number)


def test_all_bad_lines_are_counted_and_a_hundred_kept(tmp_path: Path) -> None:
    columns, report = read_links(written(tmp_path, "a.txt", b"x\n" * 250 + b"1 2\n"))
    assert (report.bad_count, len(report.bad), len(columns)) == (250, 100, 1)


@pytest.mark.parametrize("data", [b"", b"\n\n", b"# nothing\n", b"\xef\xbb\xbf"])
def test_files_without_links(tmp_path: Path, data: bytes) -> None:
    for suffix in (".txt", ".jsonl"):
        with pytest.raises(InputError, match=r"is empty|has no links|no line could"):
            read_links(written(tmp_path, f"a{suffix}", data))


def test_byte_order_marks(tmp_path: Path) -> None:
    mark = b"\xef\xbb\xbf"
    for name, data in (("a.txt", b"1 2\n"), ("a.csv", b"source,target\n1,2\n")):
        columns, _ = read_links(written(tmp_path, name, mark + data))
        assert links_of(columns) == [(1, 2, 1.0)]
    with pytest.raises(InputError, match="UTF-32"):
        read_links(written(tmp_path, "b.txt", "1 2\n".encode("utf-32")))


WIDE = {
    "a.csv": "source,target\né,𝔹\n𝔹,c\n",
    "a.txt": "é 𝔹\r\n𝔹 c\r\n",
    "a.tsv": "é\t𝔹\r𝔹\tc\r",
    "a.jsonl": '["é","𝔹"]\n["𝔹","c"]\n',
    "a.json": '[["é","𝔹"],["𝔹","c"]]',
    "a.sif": "é pp 𝔹\n𝔹 pp c\n",
}


@pytest.mark.parametrize("name", WIDE)
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_text_in_utf_16(tmp_path: Path, name: str, encoding: str) -> None:
    data = f"\ufeff{WIDE[name]}".encode(encoding)
    columns, report = read_links(written(tmp_path, name, data), strict=True)
    assert links_of(columns) == [("é", "𝔹", 1.0), ("𝔹", "c", 1.0)]
    assert "UTF-16" in report.understood
    packed = tmp_path / f"{name}.gz"
    packed.write_bytes(gzip.compress(data))
    assert links_of(read_links(packed)[0]) == links_of(columns)


def test_much_text_in_utf_16_is_read_block_by_block(tmp_path: Path) -> None:
    text = "".join(f"é{at} 𝔹{at + 1}\n" for at in range(60_000))
    wide, _ = read_links(written(tmp_path, "a.txt", text.encode("utf-16")), strict=True)
    plain, _ = read_links(written(tmp_path, "b.txt", text.encode()), strict=True)
    assert links_of(wide) == links_of(plain)
    cut = text.encode("utf-16")[:-1]
    with pytest.raises(DamagedFileError, match="no whole UTF-16 text"):
        read_links(written(tmp_path, "c.txt", cut))


def squeeze_gzip(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def squeeze_zstd(data: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(data)


SQUEEZERS = [(".gz", squeeze_gzip), (".zst", squeeze_zstd)]
TEXT = b"".join(b"%d %d\n" % (i, i * i % 1009) for i in range(40_000))


@pytest.mark.parametrize(("suffix", "squeeze"), SQUEEZERS)
def test_compressed_files(tmp_path: Path, suffix: str, squeeze: Callable[[bytes], bytes]) -> None:
    plain, _ = read_links(written(tmp_path, "a.txt", TEXT))
    middle = len(TEXT) // 2
    members = squeeze(TEXT[:middle]) + squeeze(TEXT[middle:])
    for data in (squeeze(TEXT), members):
        columns, report = read_links(written(tmp_path, f"a.txt{suffix}", data))
        assert links_of(columns) == links_of(plain)
        assert report.format == "edge-list"
        assert report.line_count == 40_000


@pytest.mark.parametrize(("suffix", "squeeze"), SQUEEZERS)
def test_damaged_compression(
    tmp_path: Path, suffix: str, squeeze: Callable[[bytes], bytes]
) -> None:
    whole = squeeze(TEXT)
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 0xFF
    for data in (
        b"",
        whole[:10],
        whole[: len(whole) // 2],
        whole[:-3],
        b"plain text",
        whole + b"junk junk",
    ):
        path = written(tmp_path, f"a.txt{suffix}", data)
        with pytest.raises(DamagedFileError, match=r"near byte .*fetch the file again"):
            read_links(path)
    path = written(tmp_path, f"a.txt{suffix}", bytes(flipped))
    try:
        read_links(path)
    except DamagedFileError as error:
        assert str(path) in str(error)  # noqa: PT017  (zstd without checksum may not notice)


def test_formats_go_by_suffix_or_name(tmp_path: Path) -> None:
    path = written(tmp_path, "links.data", b"a,b\n")
    with pytest.raises(UnsupportedFormatError, match=r"edge-list \(\.txt"):
        read_links(path)
    with pytest.raises(UnsupportedFormatError, match="no import format is called 'xml'"):
        read_links(path, format="xml")
    columns, report = read_links(path, format="csv")
    assert (links_of(columns), report.format) == ([("a", "b", 1.0)], "csv")
    assert {"csv", "edge-list", "json-lines", "python", "table"} <= importers().keys()


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"cannot read .*none\.txt"):
        read_links(tmp_path / "none.txt")
    with pytest.raises(ParameterError, match="roles"):
        read_links(tmp_path / "none.txt", columns={"colour": "red"})


def test_progress_ends_at_the_size_of_the_file(tmp_path: Path) -> None:
    steps: list[Step] = []
    path = written(tmp_path, "a.txt", TEXT)
    read_links(path, progress=steps.append)
    assert steps[-1] == Step(f"import {path}", len(TEXT), len(TEXT), "bytes")
    assert [step.done for step in steps] == sorted(step.done for step in steps)


def test_an_interrupt_goes_through(tmp_path: Path) -> None:
    def interrupt(step: Step) -> None:
        raise KeyboardInterrupt

    path = written(tmp_path, "a.txt", TEXT)
    with pytest.raises(KeyboardInterrupt):
        read_links(path, progress=interrupt)
    assert sorted(tmp_path.iterdir()) == [path]


HEADERS: list[tuple[str, dict[str, str], list[Link]]] = [
    ("from,to\na,b\n", {}, [("a", "b", 1.0)]),
    ("Amount,Target ID,source-id\n2,b,a\n", {}, [("a", "b", 2.0)]),
    ("a,b\n", {}, [("a", "b", 1.0)]),
    ("a,b,2\n", {}, [("a", "b", 2.0)]),
    ("cited,citing\n1,2\n", {}, [(1, 2, 1.0)]),
    ("1,2\n3,4\n", {}, [(1, 2, 1.0), (3, 4, 1.0)]),
    ("source;target\r\na;b\r\n", {}, [("a", "b", 1.0)]),
    ("source\ttarget\na\tb\n", {}, [("a", "b", 1.0)]),
    ("x,y,z\na,b,3\n", {"source": "y", "target": "x", "weight": "z"}, [("b", "a", 3.0)]),
    ('"source","target"\r\n"a ""b""","c\nd"\r\n', {}, [('a "b"', "c\nd", 1.0)]),
    ('source,target\na,b 5" pipe\n', {}, [("a", 'b 5" pipe', 1.0)]),
]


@pytest.mark.parametrize(("text", "columns", "links"), HEADERS)
def test_csv_headers(tmp_path: Path, text: str, columns: dict[str, str], links: list[Link]) -> None:
    path = written(tmp_path, "a.csv", text.encode())
    found, _ = read_links(path, columns=columns, strict=True)
    assert links_of(found) == links


def test_csv_with_all_roles(tmp_path: Path) -> None:
    text = "type,source,target,author,time,weight\ncites,a,b,1,2024-01-01,2\n,b,a,2,-5,3\n"
    columns, _ = read_links(written(tmp_path, "a.csv", text.encode()), strict=True)
    assert columns.relations is not None
    assert columns.authors is not None
    assert columns.time is not None
    assert list(columns.relations) == ["cites", ""]
    assert list(columns.authors) == [1, 2]
    assert columns.time.tolist() == [1_704_067_200_000_000, -5]
    columns.verify()


def test_csv_columns_that_are_not_there(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", b"x,y\n1,2\n")
    with pytest.raises(InputError, match="no column 'z' for 'source'; its columns: x, y"):
        read_links(path, columns={"source": "z"})
    with pytest.raises(InputError, match="plainly the target"):
        read_links(path, columns={"source": "x"})
    with pytest.raises(InputError, match="two roles"):
        read_links(path, columns={"source": "x", "target": "x"})


def test_json_with_all_roles(tmp_path: Path) -> None:
    lines = io.StringIO()
    for record in (
        {"src": 1, "dst": "b", "rel": "x", "neuron": "n", "ts": 5, "stake": 2},
        {"src": "1", "dst": 1, "neuron": "n", "ts": "1970-01-01T00:00:01", "extra": [1]},
    ):
        lines.write(json.dumps(record) + "\r\n")
    path = written(tmp_path, "a.ndjson", lines.getvalue().encode())
    columns, _ = read_links(path, strict=True, columns={"time": "ts"})
    assert links_of(columns) == [(1, "b", 2.0), ("1", 1, 1.0)]
    assert columns.relations is not None
    assert columns.time is not None
    assert list(columns.relations) == ["x", ""]
    assert columns.time.tolist() == [5, 1_000_000]
    columns.verify()
