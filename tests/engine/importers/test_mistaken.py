"""What would be read wrongly in silence: files of another format, all links bad, two meanings of one header."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh import Graph
from focusmesh.engine.importers import read_links
from focusmesh.engine.importers.file_looks import look_of
from focusmesh.errors import FocusmeshError, InputError, UnsupportedFormatError
from tests.engine.importers.files import labels_of, links_of, read_text

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Needs

WRITERS = {
    "graphml": "write_graphml",
    "gexf": "write_gexf",
    "gml": "write_gml",
    "pajek": "write_pajek",
    "dot": "nx_pydot.write_dot",
}


@pytest.mark.parametrize("format", WRITERS)
@pytest.mark.parametrize("suffix", ["txt", "csv", "unheard"])
def test_graph_files_are_known_by_what_is_in_them(
    tmp_path: Path, needs: Needs, format: str, suffix: str
) -> None:
    networkx = needs("networkx")
    if format == "dot":
        needs("pydot")
    write: Any = networkx
    for part in WRITERS[format].split("."):
        write = getattr(write, part)
    write(networkx.les_miserables_graph(), path := tmp_path / f"a.{suffix}")
    with pytest.raises(InputError, match=rf"looks like .*: try --format {format}"):
        read_links(path)
    links, _ = read_links(path, format=format)
    assert len(links) == 2 * 254


OTHERS = [
    (b"%%MatrixMarket matrix coordinate pattern\n2 2 1\n1 2\n", "Matrix Market", "matrix-market"),
    (b'Creator "igraph"\nVersion 1\ngraph\n[\n  directed 1\n', "GML", "gml"),
    (b"<!DOCTYPE html>\n<html>\n<div class='x'>\n", "a page of HTML", "documents"),
    (b'<?xml version="1.0"?><!-- by hand -->\n<!DOCTYPE r [ <!ENTITY a "b"> ]>\n<rdf:RDF>', "RDF/XML", "rdf-xml"),
    (b"@prefix ex: <http://e/> .\nex:a ex:b ex:c .\n", "Turtle", "turtle"),
    (b"SQLite format 3\0", "a database of SQLite", "sqlite"),
    (b'{"source": "a"}\n{"b": "c"}\n', "JSON", "json-lines"),
    (b'[["a", "b"]]', "JSON", "json-lines"),
    (b"% by hand\n*Vertices 2\n1 a\n", "Pajek", "pajek"),
    (b'strict digraph "a b" {\n a -> b }', "DOT", "dot"),
    (b"\x1f\x8b\x08", "gzip within a compressed file", "unpacking it"),
    (b"\x04\x22\x4d\x18\x64", "lz4", "lz4 -d"),
    (b"kg.csv".ljust(257, b"\0") + b"ustar  \0", "an archive of tar", "tar -x"),
    ("a,b\nc,d\n".encode("utf-16-le"), "UTF-16 without", "writing it as UTF-8"),
    ("a,b\nc,d\n".encode("utf-16-be"), "UTF-16 without", "writing it as UTF-8"),
]  # fmt: skip


@pytest.mark.parametrize(("head", "title", "advice"), OTHERS)
def test_what_is_of_another_format_is_no_text_of_links(
    tmp_path: Path, head: bytes, title: str, advice: str
) -> None:
    for name in ("a.txt", "a.csv", "a.unheard"):
        if head.startswith(b"\x1f\x8b"):
            break
        (tmp_path / name).write_bytes(head)
        with pytest.raises(InputError, match=f"looks like {title}") as raised:
            read_links(tmp_path / name)
        assert advice in str(raised.value)
        assert len(str(raised.value)) < 300
    look = look_of(head)
    assert look is not None
    assert (look.title.startswith(title), advice in look.advice) == (True, True)


PLAIN = [
    b"a,b\nb,c\n", b"# from to\n1 2\n", b"graph theory\ntheory graph\n", b"digraph,graph\n", b"*,a\n",
    b"[x] y\n", b"prefix,suffix\n", b"{a},{b}\n", b"<a> <b>\n", b"network vertices\n",
    b"creator a\nversion b\n", b"\xff\xfea\0", b"", b"\0",
]  # fmt: skip


@pytest.mark.parametrize("head", PLAIN)
def test_names_that_sound_like_a_format_are_names(head: bytes) -> None:
    assert look_of(head) is None


@pytest.mark.parametrize(
    "text", [b"# ", b"# a \n   ", b"<!-- ", b"\n \n", b"graph ", b'graph "', b"<!DOCTYPE x ["]
)
def test_looking_takes_a_few_passes_whatever_stands_there(text: bytes) -> None:
    assert look_of(text * 20_000) is None


def test_a_suffix_that_nobody_knows_lists_the_formats_only_where_nothing_else_tells(
    tmp_path: Path,
) -> None:
    (tmp_path / "a.dat").write_text("a b\n")
    with pytest.raises(
        UnsupportedFormatError, match=r"say format=\.\.\., or use one of: adjacency"
    ):
        read_links(tmp_path / "a.dat")
    (tmp_path / "noext").write_text("a b\n")
    with pytest.raises(UnsupportedFormatError, match="no import format for a name without suffix"):
        read_links(tmp_path / "noext")


LINKLESS = [
    ("a.graphml", '<graphml><graph><node id="a"/><edge source="a" target="z"/></graph></graphml>', "no node 'z'"),
    ("a.gml", "graph [ node [ id 0 ] edge [ source 0 ] ]", "the edge has no target"),
    ("a.json", '{"nodes":[{"id":"a"}],"links":[{"source":"a","target":"a","weight":"2,5"}]}', "weight '2,5'"),
    ("a.net", "*Vertices 2\n*Arcs\n1 5\n", "no vertex has the number '5'"),
    ("a.mtx", "%%MatrixMarket matrix coordinate pattern general\n2 2 1\n1 7\n", "line 3"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "reason"), LINKLESS)
def test_particles_whose_links_are_all_bad_are_no_graph(
    tmp_path: Path, name: str, text: str, reason: str
) -> None:
    with pytest.raises(InputError, match=reason) as raised:
        read_text(tmp_path, name, text)
    assert "no link that could be used" in str(raised.value)


UNCOUNTED = [
    ("a.txt", "a b 0\nb c 0\n", "no link has a weight", "2 links of weight 0 that ranking"),
    ("a.txt", "a a\nb b\n", "no link has a weight", "2 self-loops that ranking leaves out"),
    ("a.txt", "a b 1e-400\n", "no link has a weight", "1 link of weight 0"),
    ("a.csv", "Id,Label\na,Ada\nb,Bob\n", "texts of 2 particles and no links.*--texts", "text = Label"),
    ("a.gml", "graph [ node [ id 0 ] node [ id 1 ] ]", "has 2 particles and no links", "gml"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "warning", "understood"), UNCOUNTED)
def test_a_ranking_that_has_nothing_to_go_by_is_warned_of(
    tmp_path: Path, name: str, text: str, warning: str, understood: str
) -> None:
    _, report = read_text(tmp_path, name, text)
    (told,) = report.warnings
    assert re.search(warning, told), told
    assert understood in report.summary


def test_a_file_of_texts_beside_the_links_is_not_warned_of(tmp_path: Path) -> None:
    (tmp_path / "nodes.csv").write_text("Id,Label\na,Ada\n")
    graph = Graph.from_edges([("a", "b")])
    assert graph.read_texts(tmp_path / "nodes.csv").warnings == ()
    assert graph.text("a") == "Ada"


def test_a_link_of_weight_zero_among_others_is_counted(tmp_path: Path) -> None:
    _, report = read_text(tmp_path, "a.csv", "source,target,weight\na,b,0\nb,c,2\n")
    assert "1 link of weight 0 that ranking leaves out" in report.understood
    assert report.warnings == ()


TRIPLES = [
    ("a.csv", "head,relation,tail\nparis,capital of,france\n", "from head to tail"),
    ("a.csv", "tail,relation,head\nfrance,capital of,paris\n", "from head to tail"),
    ("a.csv", "subject,predicate,object\nparis,capital of,france\n", "relation = predicate"),
    ("a.jsonl", '{"head":"paris","relation":"capital of","tail":"france"}\n', "relation column"),
    ("a.jsonl", '{"subject":"paris","predicate":"capital of","object":"france"}\n', "relation ="),
]


@pytest.mark.parametrize(("name", "text", "understood"), TRIPLES)
def test_triples_go_from_subject_to_object(
    tmp_path: Path, name: str, text: str, understood: str
) -> None:
    columns, report = read_text(tmp_path, name, text)
    assert links_of(columns) == [("paris", "france", 1.0)]
    assert labels_of(columns, "relation") == ["capital of"]
    assert understood in report.summary


def test_arcs_go_from_tail_to_head(tmp_path: Path) -> None:
    columns, report = read_text(tmp_path, "a.csv", "head,tail\na,b\n")
    assert links_of(columns) == [("b", "a", 1.0)]
    assert "from tail to head" in report.understood


@pytest.mark.parametrize("name", ["since:int", "year:long", "created_at:int", "time:long"])
def test_a_number_that_dates_a_relationship_of_neo4j_is_no_weight(
    tmp_path: Path, name: str
) -> None:
    columns, report = read_text(tmp_path, "a.csv", f":START_ID,{name},:END_ID\na,1999,b\n")
    assert links_of(columns) == [("a", "b", 1.0)]
    assert report.warnings == ()


def test_a_column_that_sounds_like_a_time_and_holds_none_is_passed_over(tmp_path: Path) -> None:
    for name, value in {"date": "05/01/2024", "height": "1.75", "time": ""}.items():
        text = f"source,target,{name},weight\na,b,{value},2\n"
        columns, report = read_text(tmp_path, "a.csv", text)
        assert links_of(columns) == [("a", "b", 2.0)]
        assert columns.time is None
        (told,) = report.warnings
        assert f"the column {name!r} is passed over, as {value!r} is no time" in told
        with pytest.raises(InputError, match="the time"):
            read_text(tmp_path, "a.csv", text, columns={"time": name})
    columns, report = read_text(
        tmp_path, "a.csv", "source,target,date\na,b,2024-05-01\nb,c,05/01/2024\n"
    )
    assert (len(columns), report.bad_count, report.warnings) == (1, 1, ())


def test_a_comment_among_links_is_warned_of(tmp_path: Path) -> None:
    _, report = read_text(tmp_path, "a.csv", "source,target\na,b\n# c,d\nb,c\n")
    (told,) = report.warnings
    assert "begins with '# c' is read as a link" in told
    _, report = read_text(tmp_path, "b.csv", "source,target\n#python,#java\n#java,#c\n")
    assert report.warnings == ()


def test_labels_beside_ids_and_directions_are_told(tmp_path: Path) -> None:
    document = {"nodes": [{"id": 1, "label": "Ada"}, {"id": 2}], "edges": [{"from": 1, "to": 2}]}
    path = tmp_path / "vis.json"
    path.write_text(json.dumps(document | {"directed": False}))
    links, report = read_links(path)
    assert links_of(links) == [(1, 2, 1.0), (2, 1, 1.0)]
    assert report.understood == (
        "particles are called by id (--names label calls them by label)",
        "1 undirected link counts both ways",
    )
    _, report = read_links(path, names="label")
    assert report.understood == ("1 undirected link counts both ways",)
    document["nodes"] = [{"id": "Ada", "label": "Ada"}, {"id": 2}]
    document["edges"] = [{"from": "Ada", "to": 2}]
    path.write_text(json.dumps(document | {"directed": True}))
    assert read_links(path)[1].understood == ()


def test_particles_by_an_index_of_numpy_are_plain_integers(tmp_path: Path) -> None:
    columns, report = read_text(tmp_path, "a.txt", "0 1\n1 2\n")
    assert report.summary == "edge-list, names are integers"
    assert type(columns.particles[columns.target[0]]) is int


@pytest.mark.parametrize(
    "name", ["a.csv", "a.txt", "a.json", "a.jsonl", "a.net", "a.gml", "a.dot", "a.sif"]
)
@pytest.mark.parametrize("data", [b"\0", b"\xff", b"{", b"[", b"<", b"#", b"*", b'"', b"\r", b"%"])
def test_one_byte_is_an_error_of_ours(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    found: object = None
    with suppress(FocusmeshError):
        found, _ = read_links(tmp_path / name)
    assert found is None or name.endswith((".txt", ".csv", ".sif"))
