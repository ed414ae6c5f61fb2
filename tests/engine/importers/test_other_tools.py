"""Files that other tools write, by the tools themselves where they can be imported: what is read is what was meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.engine.importers import read_links
from focusmesh.errors import BadLineError, InputError
from tests.engine.importers.files import faults_of, labels_of, links_of, read_text, texts_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Needs

LINKS = [("a", "b", 2.5), ("b", "c", 1.0), ("c", "a", 0.5)]


def digraph(networkx: Any) -> Any:
    graph = networkx.DiGraph()
    graph.add_weighted_edges_from(LINKS)
    return graph


NETWORKX: list[tuple[str, dict[str, Any], str]] = [
    ("write_edgelist", {}, "a.edgelist"),
    ("write_edgelist", {"data": ["weight"]}, "a.txt"),
    ("write_edgelist", {"delimiter": ","}, "a.csv"),
    ("write_weighted_edgelist", {}, "a.wel"),
    ("write_edgelist", {}, "a.edgelist.gz"),
    ("write_edgelist", {}, "a.edgelist.bz2"),
    ("write_graphml", {}, "a.graphml"),
    ("write_gexf", {}, "a.gexf"),
]


@pytest.mark.parametrize(("writer", "options", "name"), NETWORKX)
def test_networkx(
    tmp_path: Path, needs: Needs, writer: str, options: dict[str, Any], name: str
) -> None:
    networkx = needs("networkx")
    getattr(networkx, writer)(digraph(networkx), tmp_path / name, **options)
    columns, report = read_links(tmp_path / name, strict=True)
    assert sorted(links_of(columns)) == LINKS
    assert report.warnings == ()


def test_networkx_writes_other_data_as_well(tmp_path: Path, needs: Needs) -> None:
    networkx = needs("networkx")
    graph = networkx.DiGraph()
    graph.add_edge("a", "b", weight=3, color="it's {red}", capacity=7.5)
    graph.add_edge("b", "c")
    networkx.write_edgelist(graph, tmp_path / "a.edgelist")
    columns, report = read_links(tmp_path / "a.edgelist", strict=True)
    assert links_of(columns) == [("a", "b", 3.0), ("b", "c", 1.0)]
    assert "passed over: color, capacity" in report.understood
    columns, _ = read_links(tmp_path / "a.edgelist", columns={"weight": "capacity"})
    assert links_of(columns) == [("a", "b", 7.5), ("b", "c", 1.0)]


BRACES = [
    ("{'weight': __import__('os')}", "no data that can be read"),
    ("{'weight': 2", "no data that can be read"),
    ("{'weight': True}", "the weight True is not a number"),
    ("{'weight': None}", "the weight None is not a number"),
    ("{'weight': -1}", "the weight '-1' is negative"),
    ("{'weight': nan}", "the weight is NaN"),
    ("{'a': " + "[" * 5_000 + "]" * 5_000 + "}", "no data that can be read"),
    ("{'a': '" + "x" * 20_000 + "'}", "longer than 16384 bytes"),
]


@pytest.mark.parametrize(("data", "reason"), BRACES)
def test_braces_are_read_and_never_evaluated(tmp_path: Path, data: str, reason: str) -> None:
    columns, report = read_text(tmp_path, "a.edgelist", f"a b {{'weight': 2}}\nb c {data}\n")
    assert links_of(columns) == [("a", "b", 2.0)]
    ((line, told),) = faults_of(report)
    assert line == 2
    assert reason in told


def test_numpy_numbers_in_braces(tmp_path: Path) -> None:
    columns, _ = read_text(tmp_path, "a.edgelist", "a b {'weight': np.float64(0.5)}\n")
    assert links_of(columns) == [("a", "b", 0.5)]


@pytest.mark.parametrize("name", ["a.ncol", "a.graphml", "a.gml"])
def test_igraph(tmp_path: Path, needs: Needs, name: str) -> None:
    igraph = needs("igraph")
    graph = igraph.Graph.TupleList(LINKS, directed=True, weights=True)
    graph.write(str(tmp_path / name))
    columns, _ = read_links(tmp_path / name, strict=True)
    if name == "a.ncol":
        assert links_of(columns) == LINKS
        return
    names = dict(texts_of(columns))
    assert [(names[a], names[b], w) for a, b, w in links_of(columns)] == LINKS


PANDAS: list[dict[str, Any]] = [
    {},
    {"index": False},
    {"index": False, "header": False},
    {"index": False, "sep": ";", "decimal": ","},
    {"index": False, "sep": ";", "decimal": ",", "header": False},
    {"index": False, "sep": "\t"},
    {"index": False, "quoting": 2},
    {"index": False, "encoding": "utf-8-sig", "lineterminator": "\r\n"},
    {"index": False, "lineterminator": "\r"},
    {"index": False, "compression": "gzip"},
    {"index": False, "compression": "zip"},
    {"index": False, "compression": "xz"},
    {"index": False, "compression": "zstd"},
]


@pytest.mark.parametrize("options", PANDAS, ids=str)
def test_pandas(tmp_path: Path, needs: Needs, options: dict[str, Any]) -> None:
    pandas = needs("pandas")
    frame = pandas.DataFrame(LINKS, columns=["source", "target", "weight"])
    frame.to_csv(tmp_path / "a.csv", **options)
    columns, report = read_links(tmp_path / "a.csv", strict=True)
    assert links_of(columns) == LINKS
    assert report.warnings == ()


def test_polars(tmp_path: Path, needs: Needs) -> None:
    polars = needs("polars")
    frame = polars.DataFrame(LINKS, schema=["source", "target", "weight"], orient="row")
    writers: dict[str, Callable[[Path], None]] = {
        "a.csv": frame.write_csv,
        "b.csv": lambda path: frame.write_csv(path, separator=";", decimal_comma=True),
        "c.jsonl": frame.write_ndjson,
    }
    for name, write in writers.items():
        write(tmp_path / name)
        columns, _ = read_links(tmp_path / name, strict=True)
        assert links_of(columns) == LINKS


GEPHI = """Source,Target,Type,Id,Label,timeset,Weight
1,2,Undirected,0,knows,,2.0
2,3,Directed,1,,,1.0
3,3,Undirected,2,,,1.0
"""


def test_gephi(tmp_path: Path) -> None:
    columns, report = read_text(tmp_path, "edges.csv", GEPHI)
    assert links_of(columns) == [(1, 2, 2.0), (2, 1, 2.0), (2, 3, 1.0), (3, 3, 1.0)]
    assert labels_of(columns, "relation") == ["knows", "knows", "", ""]
    assert "2 undirected links count both ways" in report.understood
    assert (report.link_count, report.self_loop_count) == (4, 1)
    columns, report = read_text(tmp_path, "bad.csv", GEPHI + "4,5,Sideways,3,,,1.0\n")
    assert labels_of(columns, "relation") == ["Undirected", "Directed", "Undirected", "Sideways"]
    late = GEPHI + "1,2,Directed,4,,,1.0\n" * 300 + "4,5,Sideways,3,,,1.0\n"
    _, report = read_text(tmp_path, "late.csv", late)
    assert faults_of(report) == [(305, "the type 'Sideways' is neither Directed nor Undirected")]


def test_a_type_that_was_asked_for_is_a_relation(tmp_path: Path) -> None:
    columns, _ = read_text(tmp_path, "edges.csv", GEPHI, columns={"relation": "Type"})
    assert len(columns) == 3
    assert labels_of(columns, "relation") == ["Undirected", "Directed", "Undirected"]


def test_gephi_nodes(tmp_path: Path) -> None:
    columns, _ = read_text(tmp_path, "nodes.csv", "Id,Label,timeset\n1,Myriel,\n2,Napoleon,\n")
    assert (len(columns), texts_of(columns)) == (0, {1: "Myriel", 2: "Napoleon"})


def test_neo4j(tmp_path: Path) -> None:
    text = ":START_ID,:END_ID,:TYPE,w:double\nkeanu,m1,ACTED_IN,0.5\nlana,m1,DIRECTED,1.5\n"
    columns, report = read_text(tmp_path, "a.csv", text)
    assert links_of(columns) == [("keanu", "m1", 0.5), ("lana", "m1", 1.5)]
    assert labels_of(columns, "relation") == ["ACTED_IN", "DIRECTED"]
    assert "weight = w:double" in report.understood
    text = ":START_ID(Person);role;:END_ID(Movie);since:int;stars:int\nk;Neo;m;1999;5\n"
    columns, report = read_text(tmp_path, "b.csv", text)
    assert links_of(columns) == [("k", "m", 1.0)]
    assert "properties: role, since:int, stars:int" in report.understood
    with pytest.raises(InputError, match="lists nodes for Neo4j and no links"):
        read_text(tmp_path, "c.csv", "movieId:ID,title,:LABEL\nm1,The Matrix,Movie\n")


def test_excel(tmp_path: Path) -> None:
    text = "sep=;\r\nsource;target;weight\r\na;b;2,5\r\n"
    columns, _ = read_text(tmp_path, "a.csv", text, strict=True)
    assert links_of(columns) == [("a", "b", 2.5)]


def test_old_macs(tmp_path: Path) -> None:
    for name, text in {
        "a.csv": "source,target\ra,b\rb,c\r",
        "a.txt": "# by hand\ra b\rb c\r",
        "a.jsonl": '{"source":"a","target":"b"}\r{"source":"b","target":"c"}\r',
        "a.adj": "a b\rb c\r",
    }.items():
        (tmp_path / name).write_bytes(text.encode())
        columns, report = read_links(tmp_path / name, strict=True)
        assert links_of(columns) == [("a", "b", 1.0), ("b", "c", 1.0)]
        assert "lines end with CR (old Mac)" in report.understood


def test_lines_that_end_in_two_ways_are_bad(tmp_path: Path) -> None:
    columns, report = read_text(tmp_path, "a.csv", "source,target\na,b\nc,d\re,f\n")
    assert links_of(columns) == [("a", "b", 1.0)]
    assert faults_of(report) == [
        (3, "a CR stands within the line: do all lines end in the same way?")
    ]
    with pytest.raises(BadLineError, match=r"a\.csv:3"):
        read_links(tmp_path / "a.csv", strict=True)
