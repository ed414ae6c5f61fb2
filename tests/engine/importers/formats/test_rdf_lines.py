"""N-Triples and N-Quads: the W3C suites, the names of terms, round trips, ends of line, bad lines."""

from __future__ import annotations

import gzip
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.engine.graph import Graph
from focusmesh.engine.importers import read_links
from focusmesh.errors import BadLineError, InputError

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.engine.links.columns import LinkColumns
    from tests.conftest import Measured, Vectors

Quad = tuple[str, str, str, str]
GOOD_STATEMENT = b"\n<a:a> <a:b> <a:c> .\n"
SUITES = [("n-triples", "NTriples", 41, 29), ("n-quads", "NQuads", 53, 34)]


def quads_of(columns: LinkColumns) -> list[Quad]:
    """Subject, predicate, object and graph of each link, by name."""
    assert columns.relations is not None
    assert columns.relation is not None
    found = []
    for row in range(len(columns)):
        graph = ""
        if columns.authors is not None and columns.author is not None:
            graph = str(columns.authors[int(columns.author[row])])
        found.append(
            (
                str(columns.particles[int(columns.source[row])]),
                str(columns.relations[int(columns.relation[row])]),
                str(columns.particles[int(columns.target[row])]),
                graph,
            )
        )
    return found


def written(folder: Path, name: str, data: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


@pytest.mark.parametrize(("suite", "kind", "positive_count", "negative_count"), SUITES)
def test_the_w3c_suite_passes_whole(
    tmp_path: Path,
    vectors: Vectors,
    measured: Measured,
    suite: str,
    kind: str,
    positive_count: int,
    negative_count: int,
) -> None:
    folder = vectors(suite)
    manifest = (folder / "manifest.ttl").read_text(encoding="utf-8")
    entry = rf"rdft:Test{kind}(Positive|Negative)Syntax\b.*?mf:action\s+<([^>]+)>"
    cases = re.findall(entry, manifest, re.DOTALL)
    positive = [name for sign, name in cases if sign == "Positive"]
    negative = [name for sign, name in cases if sign == "Negative"]
    assert (len(positive), len(negative)) == (positive_count, negative_count)
    for name in positive:
        statements = [
            line
            for line in (folder / name).read_text(encoding="utf-8").split("\n")
            if line.strip() and not line.lstrip().startswith("#")
        ]
        if not statements:
            with pytest.raises(InputError, match=r"is empty|has no links"):
                read_links(folder / name, strict=True)
            continue
        _, report = read_links(folder / name, strict=True)
        assert report.link_count == len(statements), name
    for name in negative:
        with pytest.raises(BadLineError):
            read_links(folder / name, strict=True)
        (tmp_path / name).write_bytes((folder / name).read_bytes() + GOOD_STATEMENT)
        _, report = read_links(tmp_path / name)
        assert report.bad_count >= 1, name
    measured(f"W3C {suite}: {len(positive)} positive cases read, {len(negative)} negative refused")


def test_names_of_terms(tmp_path: Path) -> None:
    integer = "http://www.w3.org/2001/XMLSchema#integer"
    terms = [
        ("<http://example/o>", "http://example/o"),
        ("_:o.1", "_:o.1"),
        ('"chat"', '"chat"'),
        ('"chat"^^<http://www.w3.org/2001/XMLSchema#string>', '"chat"'),
        ('"chat"@EN-uk', '"chat"@en-uk'),
        ('"chat" \t@en', '"chat"@en'),
        (f'"5" ^^\t<{integer}>', f'"5"^^<{integer}>'),
        (f'"5"^^<{integer}>', f'"5"^^<{integer}>'),
        (r'"a\tb\n\"\\\u00e9\U0001F600\u0000"', '"a\tb\n"\\é😀\0"'),
        (r"<http://example/\u00e9>", "http://example/é"),
        ("<http://example/é>", "http://example/é"),
        (r'"1"^^<http://example/\u0041>', '"1"^^<http://example/A>'),
    ]
    text = "".join(f"<s:s> <s:p> {token} .\n" for token, _ in terms)
    columns, _ = read_links(written(tmp_path, "a.nt", text), strict=True)
    assert [quad[2] for quad in quads_of(columns)] == [name for _, name in terms]
    assert len(columns.particles) == 1 + len({name for _, name in terms})
    columns.verify()


def escaped(text: str) -> str:
    return "".join(
        f"\\u{ord(c):04x}" if c in '"\\\n\r' else f"\\U{ord(c):08X}" if ord(c) % 3 == 0 else c
        for c in text
    )


iris = st.from_regex(r"[a-z][a-z0-9+.-]{0,3}:[a-zé一/?#%~]{0,6}", fullmatch=True)
blanks = st.from_regex(r"_:[a-z0-9_](?:[a-z0-9.·-]{0,4}[a-z0-9])?", fullmatch=True)
texts = st.text(st.characters(codec="utf-8"), max_size=8)
literals = st.tuples(texts, st.sampled_from(["", "@en", "@de-at", "^^<x:y>"]))
subjects = iris.map(lambda iri: (f"<{iri}>", iri)) | blanks.map(lambda label: (label, label))
objects = subjects | literals.map(
    lambda pair: (f'"{escaped(pair[0])}"{pair[1]}', f'"{pair[0]}"{pair[1]}')
)
gaps = st.sampled_from(["", " ", "\t", "  "])
statements = st.tuples(subjects, iris, objects, st.just(("", "")) | subjects, gaps)


@given(
    rows=st.lists(statements, min_size=1, max_size=8),
    end=st.sampled_from(["\n", "\r\n", "\r", "\n\n# c\n"]),
)
def test_quads_round_trip(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[tuple[str, str], str, tuple[str, str], tuple[str, str], str]],
    end: str,
) -> None:
    lines = [
        f"{gap}{s[0]} {gap}<{p}>{gap}{o[0]} {gap}{g[0]} .{gap}#{gap}" for s, p, o, g, gap in rows
    ]
    path = written(tmp_path_factory.mktemp("quads"), "a.nq", end.join(lines))
    columns, report = read_links(path, strict=True)
    assert quads_of(columns) == [(s[1], p, o[1], g[1]) for s, p, o, g, _ in rows]
    assert report.link_count == len(rows)
    columns.verify()


BAD = [
    (r'<s:s> <s:p> "\ud83d\ude00" .', "escape that stands for no character"),
    (r'<s:s> <s:p> "\U0000DFFF" .', "escape that stands for no character"),
    (r'<s:s> <s:p> "\U00110000" .', "escape that stands for no character"),
    (r"<s:s> <s:p> <s:\u0020> .", "is not an IRI"),
    (r"<s:s> <s:p> <s:\u003e> .", "is not an IRI"),
    (r"<s:s> <s:p> <\u002f/x:y> .", "is a relative IRI"),
    ("<//host/s> <s:p> <s:o> .", "is a relative IRI"),
    ("<> <s:p> <s:o> .", "is a relative IRI"),
    ("_:a. <s:p> <s:o> .", "not of the form"),
    ("<s:s> _:p <s:o> .", "not of the form"),
    ('"s" <s:p> <s:o> .', "not of the form"),
    ("<s:s> <s:p> <s:o>", "not of the form"),
    ("<s:s> <s:p> <s:o> . <s:s> <s:p> <s:o> .", "not of the form"),
    ("<s:s> <s:p> <s:o> <s:g> .", "not of the form: subject predicate object ."),
    ("<s:s> <s:p> 'o' .", "is no term"),
    ('<s:s> <s:p> "o"@e_n .', "not a blank node's label"),
    ("<s:s>\u00a0<s:p> <s:o> .", "is no term"),
    (b'<s:s> <s:p> "\xff" .', "is not UTF-8"),
    (b'<s:s> <s:p> "\xed\xa0\x80" .', "is not UTF-8"),
    ('<s:s> <s:p> "' + "x" * (1 << 20) + '" .', "longer than"),
    ('<s:s> <s:p> "' + "x" * (5 << 20) + '" .', "longer than"),
]


@pytest.mark.parametrize(("line", "reason"), BAD)
def test_bad_lines_are_named_and_the_others_read(
    tmp_path: Path, line: str | bytes, reason: str
) -> None:
    raw = line if isinstance(line, bytes) else line.encode()
    good = b'<s:s> <s:p> "\\u0041" .\n'
    path = written(tmp_path, "a.nt", good + raw + b"\n" + good)
    columns, report = read_links(path)
    assert quads_of(columns) == [("s:s", "s:p", '"A"', "")] * 2
    assert (report.line_count, report.bad_count) == (3, 1)
    (bad,) = report.bad
    assert bad.line == 2
    assert reason in bad.reason
    with pytest.raises(BadLineError, match=r"a\.nt:2"):
        read_links(path, strict=True)


def test_a_graph_is_the_author_and_the_default_graph_the_empty_name(tmp_path: Path) -> None:
    text = "<s:a> <s:p> <s:b> <s:g> .\n<s:a> <s:p> <s:b> _:g .\n<s:a> <s:q> <s:b> .\n"
    graph = Graph.read(written(tmp_path, "a.nq", text), strict=True)
    links = graph.links()
    assert list(links.authors or ()) == ["s:g", "_:g", ""]
    assert list(links.relations or ()) == ["s:p", "s:q"]
    assert graph.weight("s:a", "s:b") == 3.0
    again = Graph.from_table(graph.to_table())
    assert quads_of(again.links()) == quads_of(links)
    without, _ = read_links(written(tmp_path, "b.nq", "<s:a> <s:p> <s:b> .\n"))
    assert without.authors is None


def test_many_blocks_compressed_with_bad_lines(tmp_path: Path) -> None:
    lines = [f'<s:{i % 700}> <s:p> "{i}"@en .' for i in range(40_000)]
    lines[1_000] = lines[30_000] = "nonsense"
    data = gzip.compress("\r\n".join(lines).encode())
    columns, report = read_links(written(tmp_path, "a.nt.gz", data))
    assert len(columns) == 39_998
    assert report.line_count == 40_000
    assert [bad.line for bad in report.bad] == [1_001, 30_001]
    assert [quad[2] for quad in quads_of(columns)[:2]] == ['"0"@en', '"1"@en']
