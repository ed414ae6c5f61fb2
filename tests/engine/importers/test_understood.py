"""What an import says of itself: how it understood a file, what may have been meant otherwise, why nothing was read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.engine.importers import read_links
from focusmesh.errors import InputError
from tests.engine.importers.files import faults_of, links_of, read_text

if TYPE_CHECKING:
    from pathlib import Path

    from tests.engine.importers.files import Link

NOTHING: list[tuple[str, bytes, str]] = [
    ("a.csv", b"", "a.csv is empty: there is nothing to read"),
    ("a.txt", b"", "a.txt is empty"),
    ("a.jsonl", b"\xef\xbb\xbf", "a.jsonl is empty"),
    ("a.csv", b"source,target\n", "a.csv has no links: 1 line read as csv, all of them blank, comments or a header"),
    ("a.txt", b"# made today\n\n", "2 lines read as edge-list, all of them blank, comments"),
    ("a.csv", b"a b\nb c\n", "line 1: 1 field where 2 are expected.*say --format edge-list"),
    ("a.csv", b"source,target,weight\na,b,0,5\n", "line 2: 4 fields where 3 are expected"),
    ("a.txt", b"a b 0,5\nb c 1,5\n", "the weight '0,5' is not a number; decimals stand after a point"),
    ("a.txt", b"a,b\nb,c\n", "a.txt:1: commas separate the names.*say --format csv"),
    ("a.txt", b"a, b\nb, c\n", "a.txt:1: commas separate the names.*say --format csv"),
    ("a.txt", b"weight source target\n1 a b\n", "an edge list has source, target and weight in this order"),
    ("a.csv", b"<!DOCTYPE html><title>404</title>", "a page of HTML and not like csv: try fetching the file again"),
    ("a.csv", b"{'source': 1}\n", "a.csv looks like JSON and not like csv: try --format json-lines"),
    ("a.csv", b"PAR1\0\0\0", "a.csv looks like Parquet and not like csv: try --format table"),
    ("a.jsonl", b"source,target\na,b\n", "no line could be used of 2 read as json-lines; line 1: "),
    ("a.csv", b"a,b,x\nb,c,y\n", "line 1: the weight 'x' is not a number.*which columns with --columns"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "data", "reason"), NOTHING)
def test_nothing_read_is_an_error_with_a_reason(
    tmp_path: Path, name: str, data: bytes, reason: str
) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError, match=reason) as raised:
        read_links(tmp_path / name)
    assert name in str(raised.value)


UNDERSTOOD: list[tuple[str, str, str, list[Link]]] = [
    ("a.csv", "a,b\n", "csv, comma, no header, names are text", [("a", "b", 1.0)]),
    (
        "a.csv",
        "a, b\n b,\"c, d\" \n' c', a \n",
        "csv, comma, no header, names are text, 4 names with blanks trimmed",
        [("a", "b", 1.0), ("b", "c, d", 1.0), ("' c'", "a", 1.0)],
    ),
    ("a.csv", '" a",b\n', "csv, comma, no header, names are text", [(" a", "b", 1.0)]),
    (
        "a.tsv",
        "a b\t c\n",
        "csv, tab, no header, names are text, 1 name with blanks trimmed",
        [("a b", "c", 1.0)],
    ),
    (
        "a.csv",
        "source;target;weight\na;b;0,5\nb;c;2\n",
        "csv, semicolon, header, weight column, decimal commas, names are text",
        [("a", "b", 0.5), ("b", "c", 2.0)],
    ),
    (
        "a.csv",
        "1;2;0,5\n2;3;1,25e1\n",
        "csv, semicolon, no header, weight = column 3, decimal commas, names are integers",
        [(1, 2, 0.5), (2, 3, 12.5)],
    ),
    (
        "a.csv",
        "# made by us\n\nsource,target,colour\na,b,red\n",
        "csv, comma, a line that begins with # passed over, header, properties: colour, names are text",
        [("a", "b", 1.0)],
    ),
    ("a.csv", "# source,target\na,b\n", "csv, comma, header, names are text", [("a", "b", 1.0)]),
    (
        "a.csv",
        "follower,followed,n\nada,bob,2\n",
        "csv, comma, header (follower, followed, n), weight = column 3, names are text",
        [("ada", "bob", 2.0)],
    ),
    (
        "a.csv",
        "a,a\nb,b\na,b\n",
        "csv, comma, no header, names are text, 2 self-loops that ranking leaves out",
        [("a", "a", 1.0), ("b", "b", 1.0), ("a", "b", 1.0)],
    ),
    ("a.txt", "citing cited\n1 2\n", "edge-list, header (citing cited), names are integers", [(1, 2, 1.0)]),
    (
        "a.txt",
        "source target weight\na b 2\n",
        "edge-list, header, weight = column 3, names are text",
        [("a", "b", 2.0)],
    ),
    (
        "a.jsonl",
        '{"from":"a","to":"b","count":2,"x":1}\n',
        "json-lines, weight = count, properties: x",
        [("a", "b", 2.0)],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "summary", "links"), UNDERSTOOD)
def test_a_line_says_how_a_file_was_understood(
    tmp_path: Path, name: str, text: str, summary: str, links: list[Link]
) -> None:
    columns, report = read_text(tmp_path, name, text, strict=True)
    assert report.summary == summary
    assert links_of(columns) == links
    assert report.warnings == ()


WARNED: list[tuple[str, str, str]] = [
    (
        "a.csv",
        "follower,followed\nada,bob\nbob,cem\n",
        ":1: 'follower' → 'followed' is read as a link; .* say --columns source=follower,target=followed",
    ),
    ("a.txt", "follower followed\nada bob\n", ":1: 'follower' → 'followed' .* begin it with #"),
    (
        "a.csv",
        "#x,y\na,b\n",
        ":1: a line that begins with # is read as a link; .* --columns source=x,target=y",
    ),
    (
        "a.csv",
        "a;b;1,500\nb;c;2,250\n",
        ":1: the weight '1,500' is read as 1.500: if its comma parts",
    ),
    ("a.csv", "a,b,0,5\nb,c,1,25\n", "columns 3 and 4 are digits: if they are one weight"),
    (
        "a.jsonl",
        '{"source":"a","target":"b"}\n{"source":"a","source":"b","target":"c"}\n',
        ":2: the key 'source' stands twice in one object; the last value counts",
    ),
    (
        "a.jsonl",
        '{"source":"a","target":"b"}\n{"source":"b","target":"c","weight":1,"weight":2}\n',
        ":2: the key 'weight' stands twice",
    ),
    (
        "a.jsonl",
        '{"source":"a","target":"b","rel":"x","rel":"y"}\n{"source":"b","target":"c"}\n',
        ":1: the key 'rel' stands twice",
    ),
]


@pytest.mark.parametrize(("name", "text", "warning"), WARNED)
def test_what_may_be_meant_otherwise_is_told(
    tmp_path: Path, name: str, text: str, warning: str
) -> None:
    _, report = read_text(tmp_path, name, text, strict=True)
    (told,) = report.warnings
    assert told.startswith(f"{tmp_path / name}")
    assert re.search(warning, told), told


UNSUSPICIOUS = [
    ("a.csv", "a,b\nb,c\n"),
    ("a.csv", "a,b\n"),
    ("a.csv", "1,2\n3,4\n"),
    ("a.csv", "n1,n2\nn3,n4\n"),
    ("a.csv", "a,b,3,1600000000\nb,c,4,1600000000\n"),
    ("a.jsonl", '{"source":"a","target":"b","x":{"source":1}}\n{"target":"\\"source\\"","source":"b"}\n'),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text"), UNSUSPICIOUS)
def test_plain_files_have_no_warnings(tmp_path: Path, name: str, text: str) -> None:
    _, report = read_text(tmp_path, name, text, strict=True)
    assert [each for each in report.warnings if "is no value of a property" not in each] == []


def test_a_hint_for_columns_works(tmp_path: Path) -> None:
    for text in ("follower,followed\nada,bob\n", "#follower,followed\nada,bob\n"):
        columns, report = read_text(
            tmp_path, "a.csv", text, columns={"source": "follower", "target": "followed"}
        )
        assert links_of(columns) == [("ada", "bob", 1.0)]
        assert report.warnings == ()


def test_one_mark_stands_before_decimals(tmp_path: Path) -> None:
    _, report = read_text(tmp_path, "a.csv", "a;b;0,5\nb;c;1.5\n")
    assert faults_of(report) == [(2, "the weight '1.5' has a point, in a file with decimal commas")]
    _, report = read_text(tmp_path, "b.csv", "a;b;0.5\nb;c;1,5\n")
    ((line, reason),) = faults_of(report)
    assert line == 2
    assert "decimals stand after a point" in reason


def test_an_edge_list_has_no_columns_to_choose(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="an edge list has no column for 'source'"):
        read_text(tmp_path, "a.txt", "a b\n", columns={"source": "x"})


@pytest.mark.parametrize("name", ["a.csv", "a.txt", "a.jsonl", "a.adj"])
def test_the_first_links_alone(tmp_path: Path, name: str) -> None:
    lines: dict[str, Any] = {".csv": "%d,%d\n", ".txt": "%d %d\n", ".adj": "%d %d\n"}
    line = lines.get(name[1:], '{"source":%d,"target":%d}\n')
    text = "".join(line % (at, at + 1) for at in range(200_000))
    columns, report = read_text(tmp_path, name, text, first=2)
    assert [(int(a), int(b)) for a, b, _ in links_of(columns)] == [(0, 1), (1, 2)]
    assert report.link_count == 2
    if name != "a.adj":
        assert report.line_count < 100_000
